"""A tool loop: the tool gets the real values, its result is masked, and the history keeps its tokens."""

import json

import client
import planted

FIRST = planted.named("mobile", "email", "plate")
[LATER] = planted.named("iban")
TOOLS = [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in ("send_message", "save_note")]


def main():
    openai = client.openai()
    for ascii in (False, True):
        messages = [{"role": "user", "content": client.prompt(FIRST, answer="tools", ascii=ascii)}]
        reply = openai.chat.completions.create(model=client.MODEL, messages=messages, tools=TOOLS)
        message = reply.choices[0].message
        client.check(len(message.tool_calls) == 2, "two calls come back")
        for call in message.tool_calls:
            arguments = json.loads(call.function.arguments)
            client.sees("\n".join(strings(arguments)), FIRST)
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"done. {LATER.sentence}"})
        reply = openai.chat.completions.create(model=client.MODEL, messages=messages, tools=TOOLS)
        client.sees(reply.choices[0].message.content, [*FIRST, LATER])


def strings(value):
    from plan import strings

    return strings(value)


def inspect(requests):
    for first, second in zip(requests[::2], requests[1::2]):
        client.check(set(first.tokens) <= set(second.tokens), "the same value keeps its token in the history")


if __name__ == "__main__":
    main()
