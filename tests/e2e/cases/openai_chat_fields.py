"""Every field of a chat request that can hold text, in string and in part form, and one that must not be touched."""

import base64
import json

import client
import planted
import plan

PIXEL = base64.b64encode(bytes.fromhex("89504e470d0a1a0a0000000d49484452")).decode()
PHONE, MAIL, CARD, PLATE = planted.named("mobile", "email", "union_pay", "plate")
HUGE = 12345678901234567890123


def main():
    sentence = MAIL.sentence
    arguments = json.dumps({"to": CARD.value, "nested": json.dumps({"plate": PLATE.value})}, ensure_ascii=True)
    messages = [
        {"role": "system", "content": f"House rules. {sentence}"},
        {"role": "developer", "content": [{"type": "text", "text": sentence}]},
        {
            "role": "user",
            "name": "customer",
            "content": [
                {"type": "text", "text": PHONE.sentence},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                {"type": "text", "text": f"{CARD.sentence} {PLATE.sentence}"},
            ],
        },
        {
            "role": "assistant",
            "content": f"I shall write to {MAIL.value}",
            "tool_calls": [{"id": "call_9", "type": "function", "function": {"name": "send", "arguments": arguments}}],
        },
        {"role": "tool", "tool_call_id": "call_9", "content": [{"type": "text", "text": f"sent; {PHONE.sentence}"}]},
        {"role": "user", "content": plan.directive(answer="text")},
    ]
    schema = {
        "type": "object",
        "description": f"e.g. {PHONE.sentence}",
        "properties": {"to": {"type": "string", "enum": [MAIL.value], "default": MAIL.value}},
    }
    function = {"name": "send", "description": f"Writes to {MAIL.value}", "parameters": schema}
    reply = client.openai().chat.completions.create(
        model=client.MODEL,
        messages=messages,
        tools=[{"type": "function", "function": function}],
        user=MAIL.value,
        metadata={"customer": PHONE.value},
        extra_body={"x_unknown": {"huge": HUGE, "note": "left alone"}},
    )
    client.sees(reply.choices[0].message.content, [PHONE, MAIL, CARD, PLATE])


def inspect(requests):
    [request] = requests
    client.check(PIXEL in request.text, "the image passes unread")
    client.check(str(HUGE) in request.text, "a number that no float holds passes digit by digit")
    body = request.json
    inner = json.loads(body["messages"][3]["tool_calls"][0]["function"]["arguments"])
    client.check(set(json.loads(inner["nested"])) == {"plate"}, "JSON in JSON stays JSON")


if __name__ == "__main__":
    main()
