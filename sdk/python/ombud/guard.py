"""`@user_consent_required`: without consent the body never runs."""

import functools
import inspect
from typing import Any, Callable, Optional, TypeVar

from . import consent
from .settings import say

Function = TypeVar("Function", bound=Callable[..., Any])


def user_consent_required(purpose: str, notice: Optional[str] = None) -> Callable[[Function], Function]:
    """Guards a function, which then runs only for a user who has agreed to `purpose`. It may be a method, async, or a generator
    of either kind; a generator asks for consent before its first item. `notice` is the text that the user reads."""
    if not isinstance(purpose, str) or not purpose:
        raise TypeError(say(
            "user_consent_required takes the purpose: @user_consent_required(\"memory.personalise\")",
            "user_consent_required 需要写明用途：@user_consent_required(\"memory.personalise\")",
        ))

    def decorate(function: Function) -> Function:
        if isinstance(function, (staticmethod, classmethod)):
            return type(function)(decorate(function.__func__))
        if inspect.isclass(function) or not callable(function):
            raise TypeError(say(
                "user_consent_required can be used on functions and methods; with @property, put it below that line",
                "user_consent_required 只能用于函数和方法；与 @property 同用时，请写在它的下一行",
            ))
        guarded = _guarded(function, purpose, notice)
        guarded.__ombud_purpose__ = purpose
        return guarded  # type: ignore[no-any-return]

    return decorate


def _guarded(function: Callable[..., Any], purpose: str, notice: Optional[str]) -> Any:
    if inspect.isasyncgenfunction(function):
        @functools.wraps(function)
        async def items(*args: Any, **kwargs: Any) -> Any:
            await consent.ensure_async(purpose, notice)
            source = function(*args, **kwargs)
            # What `yield from` does: values and exceptions reach the function, and closing closes it at once.
            try:
                item = await source.asend(None)
                while True:
                    try:
                        sent = yield item
                    except GeneratorExit:
                        raise
                    except BaseException as error:
                        item = await source.athrow(error)
                    else:
                        item = await source.asend(sent)
            except StopAsyncIteration:
                return
            finally:
                await source.aclose()
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
