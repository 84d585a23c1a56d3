"""Asking for, giving and withdrawing consent."""

import contextlib
import contextvars
import inspect
from typing import Any, Dict, Iterator, Optional, Tuple

from . import settings
from .client import OmbudClient
from .errors import ConsentNotAsked, ConsentRequired
from .prompt import Question, checked, question
from .settings import say
from .subjects import Subject, aside, current


def _who(purpose: str) -> Subject:
    who = current()
    if who is None:
        raise ConsentRequired(purpose, "no_subject")
    return who


class _Mark:
    """A question, as what its asking function calls sees it."""

    def __init__(self, who: Subject, purpose: str) -> None:
        self.about, self.is_open = (who, purpose), True


_asking: "contextvars.ContextVar[Tuple[_Mark, ...]]" = contextvars.ContextVar("ombud_asking", default=())


@contextlib.contextmanager
def _marked(who: Subject, purpose: str) -> Iterator[None]:
    """Marks what the asking function calls: it must not wait for its own answer. Tasks that it starts may live on."""
    mark = _Mark(who, purpose)
    token = _asking.set((*_asking.get(), mark))
    try:
        yield
    finally:
        mark.is_open = False
        _asking.reset(token)


def _who_asks(purpose: str) -> Subject:
    who = _who(purpose)
    if any(mark.is_open and mark.about == (who, purpose) for mark in _asking.get()):
        raise ConsentNotAsked(purpose, say("the asking function itself needs this consent", "询问函数自身就需要这项同意"))
    return who


def _open(who: Subject, purpose: str, notice: Optional[str]) -> Any:
    """The state and the request to hand back, or `None` if consent exists and its proof has been kept."""
    standing: Dict[str, Any] = {}
    try:
        standing = OmbudClient().ask(who.id, purpose, who.session, notice)
        if standing.get("state") == "given" and who.keep(purpose, standing, notice):
            return None
    except BaseException:
        who.proofs.pop(purpose, None)
        raise
    who.proofs.pop(purpose, None)
    # A user who said no or withdrew is not asked again and again; `consent.ask` asks when the user wants it.
    return str(standing.get("state")), standing.get("request")


def _close(who: Subject, asked: Question, request: Any, answer: Any, notice: Optional[str]) -> None:
    said = checked(asked, answer)
    standing = OmbudClient().give(who.id, str(request), said.agreed, who.session, said.method)
    if not said.agreed:
        raise ConsentRequired(asked.purpose, "refused")
    if not who.keep(asked.purpose, standing, notice):
        raise ConsentRequired(asked.purpose, "none")


def _prompt(purpose: str) -> Any:
    if settings.prompt is None:
        raise ConsentRequired(purpose, "no_prompt")
    return settings.prompt


def ensure(purpose: str, notice: Optional[str] = None, again: bool = False) -> None:
    """Returns if the user agrees; raises `ConsentRequired` otherwise. A user who said no is asked only if `again` is set."""
    who = _who_asks(purpose)
    with who.turn(purpose):
        found = _open(who, purpose, notice)
        if found is None:
            return
        state, request = found
        if state in ("refused", "withdrawn") and not again:
            raise ConsentRequired(purpose, state)
        asked = question(purpose, notice)
        with _marked(who, purpose):
            answer = _prompt(purpose)(asked)
        if inspect.isawaitable(answer):
            getattr(answer, "close", lambda: None)()
            raise ConsentNotAsked(
                purpose, say("the asking function is async, but its caller is not", "询问函数是异步的，而调用方不是"))
        _close(who, asked, request, answer, notice)


async def ensure_async(purpose: str, notice: Optional[str] = None, again: bool = False) -> None:
    """The same for async code; the asking function may be async."""
    who = _who_asks(purpose)
    async with who.loop_turn(purpose):
        found = await aside(_open, who, purpose, notice)
        if found is None:
            return
        state, request = found
        if state in ("refused", "withdrawn") and not again:
            raise ConsentRequired(purpose, state)
        asked = question(purpose, notice)
        with _marked(who, purpose):
            answer = _prompt(purpose)(asked)
            if inspect.isawaitable(answer):
                answer = await answer
        await aside(_close, who, asked, request, answer, notice)


def ask(purpose: str, notice: Optional[str] = None) -> bool:
    """Asks the user now, even one who said no before; returns whether the user agrees."""
    try:
        ensure(purpose, notice, again=True)
    except ConsentNotAsked:
        raise
    except ConsentRequired as error:
        if error.state in ("no_subject", "no_prompt"):
            raise
        return False
    return True


def give(asked: Question, answer: Any, request: str) -> None:
    """Submits an answer that came later, for example from a button: `request` is what `OmbudClient.ask` returned."""
    _close(_who(asked.purpose), asked, request, answer, None)


def withdraw(purpose: str, method: str = "text") -> Dict[str, Any]:
    """Withdraws consent with immediate effect; the response contains the receipt."""
    who = _who(purpose)
    who.proofs.clear()
    return OmbudClient().withdraw(who.id, purpose, method)
