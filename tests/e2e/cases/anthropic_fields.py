"""Every field of an Anthropic request that can hold text: blocks, tool uses, tool results, documents, metadata."""

import base64

import client
import plan
import planted

PHONE, MAIL, CARD, PLATE = VALUES = planted.named("mobile", "email", "union_pay", "plate")
PIXEL = base64.b64encode(bytes.fromhex("89504e470d0a1a0a0000000d49484452")).decode()


def main():
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": PHONE.sentence, "cache_control": {"type": "ephemeral"}},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
                {
                    "type": "document",
                    "title": MAIL.value,
                    "context": PHONE.sentence,
                    "source": {"type": "text", "media_type": "text/plain", "data": CARD.sentence},
                },
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": f"I shall write to {MAIL.value}"},
                {"type": "tool_use", "id": "toolu_9", "name": "send", "input": {"to": MAIL.value, "deep": [{"plate": PLATE.value}]}},
                {"type": "tool_use", "id": "toolu_8", "name": "send", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_9", "content": [{"type": "text", "text": CARD.sentence}]},
                {"type": "tool_result", "tool_use_id": "toolu_8", "content": PHONE.sentence, "is_error": True},
                {"type": "text", "text": plan.directive(answer="text")},
            ],
        },
    ]
    schema = {"type": "object", "properties": {"to": {"type": "string", "description": f"e.g. {MAIL.value}"}}}
    reply = client.anthropic().messages.create(
        model=client.MODEL,
        max_tokens=99,
        system=[{"type": "text", "text": MAIL.sentence, "cache_control": {"type": "ephemeral"}}],
        messages=messages,
        tools=[{"name": "send", "description": PHONE.sentence, "input_schema": schema}],
        metadata={"user_id": MAIL.value},
    )
    client.sees(reply.content[0].text, VALUES)


def inspect(requests):
    [request] = requests
    client.check(PIXEL in request.text, "the image passes unread")
    client.check(request.text.count("ephemeral") == 2, "cache marks stay where they are")


if __name__ == "__main__":
    main()
