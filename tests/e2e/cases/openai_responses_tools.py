"""Function calls of the Responses API, plain and streamed, and their outputs in the next turn."""

import json

import client
import planted
from plan import strings

VALUES = planted.named("mobile", "email", "plate")
[LATER] = planted.named("uscc")
TOOLS = [{"type": "function", "name": "send_message", "parameters": {"type": "object"}, "strict": False}]


def calls(openai, items, stream):
    if not stream:
        reply = openai.responses.create(model=client.MODEL, input=items, tools=TOOLS)
        return [item for item in reply.output if item.type == "function_call"]
    deltas, found = "", []
    for told in openai.responses.create(model=client.MODEL, input=items, tools=TOOLS, stream=True):
        if told.type == "response.function_call_arguments.delta":
            deltas += told.delta
        elif told.type == "response.output_item.done" and told.item.type == "function_call":
            found.append(told.item)
    client.check(deltas == found[0].arguments, f"the deltas say one thing and the item another: {deltas}")
    return found


def main():
    openai = client.openai()
    for stream in (False, True):
        items = [{"role": "user", "content": client.prompt(VALUES, answer="tool", split=3)}]
        [call] = calls(openai, items, stream)
        client.sees("\n".join(strings(json.loads(call.arguments))), VALUES)
        items.append(call.model_dump(exclude_none=True))
        items.append({"type": "function_call_output", "call_id": call.call_id, "output": LATER.sentence})
        reply = openai.responses.create(model=client.MODEL, input=items, tools=TOOLS)
        client.sees(reply.output_text, [*VALUES, LATER])


if __name__ == "__main__":
    main()
