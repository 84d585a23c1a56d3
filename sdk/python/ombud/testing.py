"""Helpers for the tests of agents."""

import builtins
import contextlib
import inspect
import io
import sys
from typing import Any, Callable, ContextManager, Iterator, Optional

from .errors import ConsentNotAsked
from .prompt import checked, question


@contextlib.contextmanager
def user_types(reply: str) -> Iterator[None]:
    """Plays a user at the terminal who types this whenever asked."""
    before, stdin = builtins.input, sys.stdin
    builtins.input = lambda *_: reply
    sys.stdin = io.StringIO((reply + "\n") * 16)
    try:
        yield
    finally:
        builtins.input, sys.stdin = before, stdin


def assert_consent_is_real(
    ask: Callable[..., Any],
    user: Optional[Callable[[bool], ContextManager[Any]]] = None,
    purpose: str = "memory.personalise",
) -> None:
    """Fails unless a no keeps the store closed and a yes opens it. `user(agreed)` is a context in which a user gives that
    answer; the default types `no` or `yes` at the terminal."""
    play = user or (lambda agreed: user_types("yes" if agreed else "no"))
    for agreed in (False, True, False):
        asked = question(purpose, None)
        try:
            with play(agreed):
                answer = ask(asked)
                if inspect.iscoroutine(answer):
                    answer = _finish(answer)
            opened = checked(asked, answer).agreed
        except ConsentNotAsked as error:
            raise AssertionError(str(error)) from error
        if opened and not agreed:
            raise AssertionError("the user said no, but the answer counted as consent")
        if agreed and not opened:
            raise AssertionError("the user said yes, but the answer did not count as consent")


def _finish(coroutine: Any) -> Any:
    import asyncio

    return asyncio.run(coroutine)
