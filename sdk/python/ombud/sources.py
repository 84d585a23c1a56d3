"""Where texts come from, said before they are put into a prompt."""

from typing import Any, Dict, Iterator, Optional

from .client import OmbudClient
from .subjects import current


def declare_source(text: str, kind: str, name: Optional[str] = None, trust: Optional[str] = None, *,
                   everywhere: bool = False) -> str:
    """Says where `text` comes from, and hands it back, so that the call can stand where the text is used.

    `kind` is one of `memory`, `knowledge`, `web`, `file`, `tool`, `user` and `other`; `name` is the store, page or tool.
    Texts are a third party's unless `trust` says `user` or `operator`, for which the gateway wants its own key. Inside
    `ombud.subject(…, session=…)` it counts in that session, `everywhere` in all.
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
    """Parts of a text that the gateway takes. They overlap, so that no passage between two of them is lost."""
    start = 0
    while len(text) - start > most:
        cut = text.rfind(" ", start + most // 2, start + most) + 1 or start + most
        yield text[start:cut]
        start = cut - 200
    yield text[start:]
