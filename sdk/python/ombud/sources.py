"""Declares where texts come from before they are put into a prompt."""

from typing import Any, Dict, Iterator, Optional

from .client import OmbudClient
from .subjects import current


def declare_source(text: str, kind: str, name: Optional[str] = None, trust: Optional[str] = None, *,
                   everywhere: bool = False) -> str:
    """Declares where `text` comes from, and returns it, so that the call can be placed where the text is used.

    `kind` is one of `memory`, `knowledge`, `web`, `file`, `tool`, `user` and `other`; `name` is the store, page or tool.
    Texts count as a third party's unless `trust` is `user` or `operator`, for which the gateway requires its own key. Inside
    `ombud.subject(…, session=…)` the declaration applies to that session, with `everywhere` to all.
    """
    source: Dict[str, Any] = {"kind": kind, "text": text}
    who = current()
    session = "" if who is None or everywhere else who.session
    for key, value in (("name", name), ("trust", trust), ("conversation", session)):
        if value:
            source[key] = value
    client = OmbudClient()
    for part in _parts(text):
        client.sources([{**source, "text": part}])
    return text


def _parts(text: str, most: int = 60_000) -> Iterator[str]:
    """Splits a text into parts that the gateway accepts. They overlap, so that no passage across a boundary is lost."""
    start = 0
    while len(text) - start > most:
        cut = text.rfind(" ", start + most // 2, start + most) + 1 or start + most
        yield text[start:cut]
        start = cut - 200
    yield text[start:]
