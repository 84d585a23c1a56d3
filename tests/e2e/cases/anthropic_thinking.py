"""Signed thinking returns to the provider exactly as it left it; otherwise its signature would no longer hold."""

import client
import planted
from wire_anthropic import SIGNATURE

VALUES = planted.named("mobile", "email")
ASK = {"model": client.MODEL, "max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}}


def main():
    anthropic = client.anthropic()
    for stream in (False, True):
        messages = [{"role": "user", "content": client.prompt(VALUES, answer="thinking", split=3)}]
        if stream:
            with anthropic.messages.stream(**ASK, messages=messages) as events:
                reply = events.get_final_message()
        else:
            reply = anthropic.messages.create(**ASK, messages=messages)
        client.check([block.type for block in reply.content] == ["thinking", "text"], str(reply.content))
        client.sees(reply.content[1].text, VALUES)
        messages.append({"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in reply.content]})
        messages.append({"role": "user", "content": client.prompt([])})
        client.sees(anthropic.messages.create(**ASK, messages=messages).content[0].text, VALUES)


def inspect(requests):
    for first, second in zip(requests[::2], requests[1::2]):
        block = second.json["messages"][1]["content"][0]
        said = "The user wrote " + " and ".join(first.tokens)
        client.check(block["thinking"] == said, f"the thinking was changed: {block['thinking']!r} for {said!r}")
        client.check(block["signature"] == SIGNATURE, "the signature was changed")


if __name__ == "__main__":
    main()
