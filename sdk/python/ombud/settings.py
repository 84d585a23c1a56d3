"""Where the gateway is, which language to speak, who asks."""

import os
from typing import Any, Callable, Optional

gateway_url: Optional[str] = None
client_key: Optional[str] = None
language: Optional[str] = None
prompt: Optional[Callable[..., Any]] = None


def configure(
    *,
    gateway: Optional[str] = None,
    key: Optional[str] = None,
    lang: Optional[str] = None,
    ask: Optional[Callable[..., Any]] = None,
) -> None:
    """Sets the given values and leaves the others unchanged. `ask` takes a `Question` and returns its answer."""
    global gateway_url, client_key, language, prompt
    gateway_url = gateway.rstrip("/") if gateway is not None else gateway_url
    client_key = key if key is not None else client_key
    language = lang if lang is not None else language
    prompt = ask if ask is not None else prompt


def gateway() -> str:
    """The gateway's address, or an empty string."""
    return gateway_url or os.environ.get("OMBUD_GATEWAY", "").rstrip("/")


def key() -> str:
    return client_key or os.environ.get("OMBUD_KEY", "")


def say(en: str, zh: str) -> str:
    """Returns the text in the language chosen by `configure(lang=…)`, `OMBUD_LANG`, `LC_ALL` or `LANG`."""
    tags = (language, os.environ.get("OMBUD_LANG"), os.environ.get("LC_ALL"), os.environ.get("LANG"))
    tag = next((tag for tag in tags if tag), "en")
    return zh if tag.lower().startswith("zh") else en
