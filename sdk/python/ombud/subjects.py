"""The user for whom the code is running."""

import asyncio
import contextlib
import contextvars
import threading
import time
import urllib.parse
from typing import Any, Callable, Dict, Iterator, Optional, Tuple

from . import settings
from .client import OmbudClient
from .errors import OmbudError


# A proof, when it expires, and the notice that the user read.
Kept = Tuple[str, float, Optional[str]]


class _Nothing:
    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_: object) -> None:
        pass


class Subject:
    """A user, with the proofs obtained so far."""

    def __init__(self, id: str, session: str) -> None:
        # Headers are ASCII; the gateway decodes the id.
        self.id, self.session = id, urllib.parse.quote(session, safe="")
        self.proofs: Dict[str, Kept] = {}
        self._turns: Dict[str, threading.Lock] = {}
        self._loop_turns: Dict[str, Tuple[asyncio.AbstractEventLoop, asyncio.Lock]] = {}

    def turn(self, purpose: str) -> threading.Lock:
        """Held while the user is asked, so that calls at the same time ask once. A lock for threads; `loop_turn` for tasks."""
        return self._turns.setdefault(purpose, threading.Lock())

    def loop_turn(self, purpose: str) -> Any:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # An event loop other than asyncio's.
            return _Nothing()
        known = self._loop_turns.get(purpose)
        if known is None or known[0] is not loop:
            known = self._loop_turns[purpose] = (loop, asyncio.Lock())
        return known[1]

    def keep(self, purpose: str, standing: Dict[str, Any], notice: Optional[str]) -> bool:
        """Keeps the proof, if there is one; returns whether there is."""
        proof, expires = standing.get("proof"), standing.get("expires")
        if not isinstance(proof, str) or not proof or not isinstance(expires, (int, float)):
            return False
        self.proofs[purpose] = (proof, float(expires), notice)
        return True

    def valid(self) -> Iterator[str]:
        """Yields valid proofs; those about to expire are renewed without asking anybody."""
        for purpose, kept in list(self.proofs.items()):
            proof = kept[0]
            if kept[1] - time.time() < 60:
                self._renew(purpose, kept)
                proof = self.proofs.get(purpose, ("",))[0]
            if proof:
                yield proof

    def _renew(self, purpose: str, kept: "Kept") -> None:
        # The old proof stays until the response is there: others may be sending it meanwhile.
        standing: Dict[str, Any] = {}
        with contextlib.suppress(OmbudError):
            standing = OmbudClient().ask(self.id, purpose, self.session, kept[2])
        if self.proofs.get(purpose) is kept and not self.keep(purpose, standing, kept[2]):
            self.proofs.pop(purpose, None)


_current: "contextvars.ContextVar[Optional[Subject]]" = contextvars.ContextVar("ombud_subject", default=None)


def current() -> Optional[Subject]:
    return _current.get()


@contextlib.contextmanager
def subject(id: str, session: Optional[str] = "") -> Iterator[Subject]:
    """Runs everything inside the block for this user. `session` binds proofs to one conversation.

    Do not `yield` to the caller inside the block: Python would run the caller's code for this user as well.
    """
    if not isinstance(id, str) or not id:
        raise ValueError(settings.say("a subject needs a non-empty id (a string)", "用户编号须为非空字符串"))
    if not isinstance(session, (str, type(None))):
        raise ValueError(settings.say("a session is a string", "会话编号须为字符串"))
    token = _current.set(Subject(id, session or ""))
    try:
        found = _current.get()
        assert found is not None
        yield found
    finally:
        # A generator that holds the block may be closed in another context, where there is nothing to reset.
        with contextlib.suppress(ValueError):
            _current.reset(token)


NAMES = ("x-ombud-key", "x-ombud-subject", "x-ombud-session", "x-ombud-consent")


async def aside(call: Callable[..., Any], *args: Any) -> Any:
    """Runs a call that may wait for the gateway in a thread, for the same user, so that the event loop is not blocked."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # An event loop other than asyncio's.
        return call(*args)
    return await asyncio.to_thread(call, *args)


def headers() -> Dict[str, str]:
    """Headers for requests to the gateway: the subject, the session, the proofs of consent, the gateway's key."""
    found: Dict[str, str] = {}
    if settings.key():
        found["x-ombud-key"] = settings.key()
    who = current()
    if who is None:
        return found
    found["x-ombud-subject"] = urllib.parse.quote(who.id, safe="")
    if who.session:
        found["x-ombud-session"] = who.session
    proofs = ",".join(who.valid())
    if proofs:
        found["x-ombud-consent"] = proofs
    return found
