"""`@user_consent_required`: without consent the body never runs."""

import functools
import inspect
from typing import Any, Callable, Optional, TypeVar

from . import consent

Function = TypeVar("Function", bound=Callable[..., Any])


def user_consent_required(purpose: str, notice: Optional[str] = None) -> Callable[[Function], Function]:
    """Guards a function, which then runs only for a user who has agreed to `purpose`. It may be a method, async, or a generator
    of either kind; a generator asks for consent before its first item. `notice` is the text that the user reads."""
    if not isinstance(purpose, str) or not purpose:
        raise TypeError("user_consent_required takes the purpose: @user_consent_required(\"memory.personalise\")")

    def decorate(function: Function) -> Function:
        if isinstance(function, (staticmethod, classmethod)):
            return type(function)(decorate(function.__func__))  # type: ignore[return-value]
        guarded = _guarded(function, purpose, notice)
        guarded.__ombud_purpose__ = purpose
        return guarded  # type: ignore[no-any-return]

    return decorate


def _guarded(function: Callable[..., Any], purpose: str, notice: Optional[str]) -> Any:
    if inspect.isasyncgenfunction(function):
        @functools.wraps(function)
        async def items(*args: Any, **kwargs: Any) -> Any:
            await consent.ensure_async(purpose, notice)
            async for item in function(*args, **kwargs):
                yield item
        return items
    if inspect.iscoroutinefunction(function):
        @functools.wraps(function)
        async def later(*args: Any, **kwargs: Any) -> Any:
            await consent.ensure_async(purpose, notice)
            return await function(*args, **kwargs)
        return later
    if inspect.isgeneratorfunction(function):
        @functools.wraps(function)
        def each(*args: Any, **kwargs: Any) -> Any:
            consent.ensure(purpose, notice)
            return (yield from function(*args, **kwargs))
        return each

    @functools.wraps(function)
    def now(*args: Any, **kwargs: Any) -> Any:
        consent.ensure(purpose, notice)
        return function(*args, **kwargs)
    return now
