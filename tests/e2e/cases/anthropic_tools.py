"""A tool loop with Anthropic's SDK, plain and streamed."""

import client
import planted
from plan import strings

VALUES = planted.named("mobile", "email", "plate")
[LATER] = planted.named("iban")
TOOLS = [{"name": name, "input_schema": {"type": "object"}} for name in ("send_message", "save_note")]
ASK = {"model": client.MODEL, "max_tokens": 99, "tools": TOOLS}


def turn(anthropic, messages, stream):
    if not stream:
        return anthropic.messages.create(**ASK, messages=messages)
    with anthropic.messages.stream(**ASK, messages=messages) as events:
        return events.get_final_message()


def main():
    anthropic = client.anthropic()
    for split, size in [(None, 0), *client.CUTS]:
        stream = split is not None
        ask = client.prompt(VALUES, answer="tools", split=split or 0, bytes=size, ascii=size == 1)
        messages = [{"role": "user", "content": ask}]
        reply = turn(anthropic, messages, stream)
        uses = [block for block in reply.content if block.type == "tool_use"]
        client.check([use.name for use in uses] == ["send_message", "save_note"], f"calls: {reply.content}")
        for use in uses:
            client.sees("\n".join(strings(use.input)), VALUES)
        messages.append({"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in reply.content]})
        results = [{"type": "tool_result", "tool_use_id": use.id, "content": LATER.sentence} for use in uses]
        messages.append({"role": "user", "content": results})
        reply = turn(anthropic, messages, stream)
        client.sees(reply.content[0].text, [*VALUES, LATER])


def inspect(requests):
    for first, second in zip(requests[::2], requests[1::2]):
        client.check(set(first.tokens) <= set(second.tokens), "the same value keeps its token in the history")


if __name__ == "__main__":
    main()
