"""Anthropic's messages: system and content as strings, plain and streamed."""

import client
import planted

[RULE] = planted.named("iban")


def main():
    anthropic = client.anthropic()
    ask = {"model": client.MODEL, "max_tokens": 99, "system": RULE.sentence}
    everything = [*planted.ALL]
    reply = anthropic.messages.create(**ask, messages=[{"role": "user", "content": client.prompt()}])
    client.sees(reply.content[0].text, everything)
    for split, size in client.CUTS:
        messages = [{"role": "user", "content": client.prompt(split=split, bytes=size)}]
        with anthropic.messages.stream(**ask, messages=messages) as stream:
            text = "".join(stream.text_stream)
            whole = stream.get_final_message()
        client.sees(text, everything)
        client.ends_like_a_token(text)
        client.check(whole.stop_reason == "end_turn", "the stream ends as it should")


def inspect(requests):
    headers = requests[0].headers
    sent = headers.get("x-api-key") or headers.get("authorization", "")  # newer SDKs send the key as a bearer token
    client.check(sent.removeprefix("Bearer ") == "sk-ant-e2e-client", "the client's own key passes through")
    client.check("anthropic-version" in headers, "the version passes through")


if __name__ == "__main__":
    main()
