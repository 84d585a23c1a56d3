"""Asks an agent's users for consent before their data is read. See README.md."""

from . import consent, testing
from .attach import attach, opener
from .client import OmbudClient
from .errors import ConsentNotAsked, ConsentRequired, OmbudError, Unreachable
from .guard import user_consent_required
from .prompt import Answer, Question, consent_prompt
from .settings import configure
from .sources import declare_source
from .subjects import headers, subject

__all__ = [
    "Answer", "ConsentNotAsked", "ConsentRequired", "OmbudClient", "OmbudError", "Question", "Unreachable", "attach",
    "configure", "consent", "consent_prompt", "declare_source", "headers", "opener", "subject", "testing",
    "user_consent_required",
]
