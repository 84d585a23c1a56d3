"""What the cases share on the agent's side."""

import os

import planted
from plan import directive

MODEL = "mock-1"

# Without Ombud in between, for work on the provider itself: secrets then come back unchanged.
DIRECT = os.environ.get("E2E_DIRECT") == "1"


def openai(**options):
    import openai

    return openai.OpenAI(max_retries=0, timeout=60, **options)


def openai_async(**options):
    import openai

    return openai.AsyncOpenAI(max_retries=0, timeout=60, **options)


def anthropic(**options):
    import anthropic

    return anthropic.Anthropic(max_retries=0, timeout=60, **options)


def anthropic_async(**options):
    import anthropic

    return anthropic.AsyncAnthropic(max_retries=0, timeout=60, **options)


def prompt(values=planted.ALL, **wishes):
    """A message that plants the values and tells the provider how to respond."""
    return "\n".join([*(value.sentence for value in values), directive(**wishes)])


def check(condition, message):
    if not condition:
        raise AssertionError(message)


def sees(text, values=planted.ALL):
    """Checks that the agent sees its own data again, and secrets only as tokens."""
    check(isinstance(text, str) and text, f"no text came back: {text!r}")
    lost = [v.name for v in values if not v.one_way and text.count(v.value) == 0]
    check(not lost, f"not restored: {lost}\n{text}")
    if DIRECT:
        return
    shown = [v.name for v in values if v.one_way and v.value in text]
    check(not shown, f"a secret came back in clear: {shown}")
    left = [token for token in planted.TOKEN.findall(text) if not token.startswith(("SECRET_", "DBURL_"))]
    check(not left, f"tokens left in the text: {left}\n{text}")
    hidden = sum(v.one_way for v in values)
    kept = {token for token in planted.TOKEN.findall(text) if token.startswith(("SECRET_", "DBURL_"))}
    check(len(kept) == hidden, f"{hidden} secrets went out, {len(kept)} tokens came back: {kept}")


def ends_like_a_token(text):
    """Checks that the end, which merely begins like a token, is not held back for ever."""
    check(text.endswith("号码PHONE_"), f"the end is missing: {text[-40:]!r}")


# Ways to cut a stream: characters per delta and bytes per write, 0 for no cut.
CUTS = [(0, 0), (1, 0), (2, 0), (3, 0), (5, 0), (7, 11), (13, 0), (4, 1), (0, 1), (0, 5)]
