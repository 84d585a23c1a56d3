"""Anthropic's SDK with `[tools] mode = "ask"`: one of two parallel calls is asked about, and the user's code releases it."""

import client
from ask_openai import CODE, EMAIL, MAIL, NAMES

TOOLS = [{"name": name, "input_schema": {"type": "object"}} for name in NAMES]


def turn(anthropic, turns, stream):
    read = [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_read", "name": "read_mail", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_read", "content": MAIL}]},
    ]
    ask = {"model": client.MODEL, "max_tokens": 99, "tools": TOOLS, "messages": [turns[0], *read, *turns[1:]]}
    if stream:
        with anthropic.messages.stream(**ask) as events:
            reply = events.get_final_message()
    else:
        reply = anthropic.messages.create(**ask)
    text = "\n".join(block.text for block in reply.content if block.type == "text")
    calls = [(block.name, block.input) for block in reply.content if block.type == "tool_use"]
    client.check((reply.stop_reason == "tool_use") == bool(calls), f"stop_reason {reply.stop_reason}: {calls}")
    return text, calls


def converse(anthropic, stream, split):
    wish = f"What does my mail say? Save a note. {client.prompt([], answer='tools', split=split)}"
    turns = [{"role": "user", "content": "Read my mail."}, {"role": "user", "content": wish}]
    text, calls = turn(anthropic, turns, stream)
    client.check([name for name, _ in calls] == ["save_note"], f"released {calls}")
    code = CODE.search(text)
    client.check(EMAIL.value in text and code, f"the question says {text!r}")
    answer = f"yes {code.group(1)}\n{client.prompt([], answer='tool', split=split)}"
    turns += [{"role": "assistant", "content": text}, {"role": "user", "content": answer}]
    text, calls = turn(anthropic, turns, stream)
    client.check([name for name, _ in calls] == ["send_message"], f"after the code {calls} {text!r}")
    client.check(calls[0][1]["to"] == [EMAIL.value], f"to {calls[0][1]['to']}")


def main():
    anthropic = client.anthropic()
    for stream, split in [(False, 0), (True, 0), (True, 1), (True, 7)]:
        converse(anthropic, stream, split)


if __name__ == "__main__":
    main()
