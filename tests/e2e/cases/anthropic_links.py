"""The same with Anthropic's client: an image whose URL carries away an e-mail address is not fetched."""

import client
from cases.openai_links import PAGE, page

USE = {"type": "tool_use", "id": "call_1", "name": "fetch_page", "input": {}}


def main():
    if client.DIRECT:
        return
    anthropic = client.anthropic()
    for split, stream in [(0, False), (0, True), (3, True), (7, True)]:
        result = {"type": "tool_result", "tool_use_id": "call_1", "content": page(split)}
        messages = [
            {"role": "user", "content": "What does the page say?"},
            {"role": "assistant", "content": [USE]},
            {"role": "user", "content": [result]},
        ]
        ask = {"model": client.MODEL, "max_tokens": 99, "messages": messages}
        if stream:
            with anthropic.messages.stream(**ask) as events:
                text = "".join(events.text_stream)
        else:
            text = anthropic.messages.create(**ask).content[0].text
        client.check("evil.example/" not in text and "`evil.example`" in text, f"{split}: {text}")
        client.check(f"[the page]({PAGE})" in text and text.endswith("Bye."), f"{split}: {text}")


if __name__ == "__main__":
    main()
