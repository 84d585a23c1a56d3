"""A plain chat completion; the message is a string."""

import client


def main():
    reply = client.openai().chat.completions.create(
        model=client.MODEL, messages=[{"role": "user", "content": client.prompt()}]
    )
    text = reply.choices[0].message.content
    client.sees(text)
    client.ends_like_a_token(text)
    client.check(reply.usage.total_tokens == 16, "the rest of the answer is untouched")


def inspect(requests):
    [request] = requests
    client.check(request.path == "/v1/chat/completions", request.path)
    client.check(request.headers["authorization"] == "Bearer sk-e2e-client", "the client's own key passes through")


if __name__ == "__main__":
    main()
