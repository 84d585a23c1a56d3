"""A streamed chat completion, cut in many ways."""

import client


def main():
    openai = client.openai()
    for split, size in client.CUTS:
        stream = openai.chat.completions.create(
            model=client.MODEL,
            messages=[{"role": "user", "content": client.prompt(split=split, bytes=size)}],
            stream=True,
        )
        chunks = list(stream)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        client.sees(text)
        client.ends_like_a_token(text)
        client.check(chunks[-1].choices[0].finish_reason == "stop", "the stream ends as it should")


if __name__ == "__main__":
    main()
