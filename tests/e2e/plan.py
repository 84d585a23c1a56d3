"""What a case asks of the simulated provider: a directive in the text of the request, which recognisers ignore.

    [[mock {"answer": "tool", "split": 3}]]

answer   "text" (default), "tool" (one call), "tools" (two, interleaved), "thinking", "foreign" (tokens of other
         requests), "cut" (the connection breaks halfway through the stream), or an HTTP status to fail with
split    characters in each streamed delta; 0 is everything at once
bytes    bytes in each write to the socket; 0 is one write for each event
noise    how tokens are repeated: "none", "lower", "bold", "angle", "escape", "code"
ascii    tool arguments escape everything beyond ASCII
say      words after the text; {} stands for the first token of the request
"""

import json
import re
from dataclasses import dataclass

DIRECTIVE = re.compile(r"\[\[mock (\{.*?\})\]\]")

NOISE = {
    "none": "{}",
    "bold": "**{}**",
    "angle": "<{}>",
    "code": "`{}`",
}


@dataclass
class Plan:
    answer: str = "text"
    split: int = 0
    bytes: int = 0
    noise: str = "none"
    ascii: bool = False
    say: str = ""

    def dress(self, token):
        """The token as a careless model would write it."""
        if self.noise == "lower":
            return token.lower()
        if self.noise == "escape":
            return token.replace("_", "\\_")
        return NOISE[self.noise].format(token)

    def pieces(self, text):
        """Splits the text into streamed deltas."""
        if not self.split:
            return [text]
        return [text[at : at + self.split] for at in range(0, len(text), self.split)]


def directive(**wishes):
    return f"[[mock {json.dumps(wishes)}]]"


def strings(value):
    """Every string in a JSON value, in document order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)


def read(body):
    """The last directive in the body, or the default plan if there is none."""
    found = [match for text in strings(body) for match in DIRECTIVE.findall(text)]
    return Plan(**json.loads(found[-1])) if found else Plan()
