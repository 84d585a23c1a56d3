"""Streamed tool calls, two at a time and interleaved; the client assembles arguments from cut deltas."""

import json

import client
import planted
from plan import strings

VALUES = planted.named("mobile", "email", "plate", "union_pay")


def main():
    openai = client.openai()
    for split, size in client.CUTS:
        ascii = split % 2 == 1
        ask = client.prompt(VALUES, answer="tools", split=split, bytes=size, ascii=ascii)
        stream = openai.chat.completions.create(
            model=client.MODEL,
            messages=[{"role": "user", "content": f"Send a message and save a note. {ask}"}],
            tools=[{"type": "function", "function": {"name": name}} for name in ("send_message", "save_note")],
            stream=True,
        )
        arguments, names = {}, {}
        for chunk in stream:
            for call in chunk.choices[0].delta.tool_calls or []:
                names.setdefault(call.index, call.function.name)
                arguments[call.index] = arguments.get(call.index, "") + (call.function.arguments or "")
        client.check(names == {0: "send_message", 1: "save_note"}, f"calls: {names}")
        for text in arguments.values():
            client.sees("\n".join(strings(json.loads(text))), VALUES)


if __name__ == "__main__":
    main()
