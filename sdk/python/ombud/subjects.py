"""The user for whom the code is running."""

import asyncio
import contextlib
import contextvars
import time
import urllib.parse
from typing import Any, Callable, Dict, Iterator, Optional, Tuple

from . import settings
from .client import OmbudClient
from .errors import OmbudError


class Subject:
    """A user, with the proofs obtained so far."""

    def __init__(self, id: str, session: str) -> None:
        # Headers are ASCII; the gateway decodes the id.
        self.id, self.session = id, urllib.parse.quote(session, safe="")
        self.proofs: Dict[str, Tuple[str, float, Optional[str]]] = {}

    def keep(self, purpose: str, standing: Dict[str, object], notice: Optional[str]) -> None:
        proof, expires = standing.get("proof"), standing.get("expires")
        if isinstance(proof, str) and isinstance(expires, (int, float)):
            self.proofs[purpose] = (proof, float(expires), notice)

    def valid(self) -> Iterator[str]:
        """Yields valid proofs; those about to expire are renewed without asking anybody."""
        for purpose, (proof, expires, notice) in list(self.proofs.items()):
            if expires - time.time() < 60:
                del self.proofs[purpose]
                with contextlib.suppress(OmbudError):
                    self.keep(purpose, OmbudClient().ask(self.id, purpose, self.session, notice), notice)
                proof = self.proofs.get(purpose, ("",))[0]
            if proof:
                yield proof


_current: "contextvars.ContextVar[Optional[Subject]]" = contextvars.ContextVar("ombud_subject", default=None)


def current() -> Optional[Subject]:
    return _current.get()


@contextlib.contextmanager
def subject(id: str, session: str = "") -> Iterator[Subject]:
    """Runs everything inside the block for this user. `session` binds proofs to one conversation."""
    if not isinstance(id, str) or not id:
        raise ValueError(settings.say("a subject needs a non-empty id", "用户编号不能为空"))
    token = _current.set(Subject(id, session))
    try:
        found = _current.get()
        assert found is not None
        yield found
    finally:
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
