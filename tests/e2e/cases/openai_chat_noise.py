"""Tokens that a careless model repeats in lower case or with decoration are still restored."""

import client
import planted

VALUES = planted.named("mobile", "email", "resident_id", "visa")


def main():
    openai = client.openai()
    for noise in ["lower", "bold", "angle", "code", "escape"]:
        for split in [0, 1, 4]:
            ask = {"role": "user", "content": client.prompt(VALUES, noise=noise, split=split)}
            if split == 0:
                reply = openai.chat.completions.create(model=client.MODEL, messages=[ask])
                text = reply.choices[0].message.content
            else:
                stream = openai.chat.completions.create(model=client.MODEL, messages=[ask], stream=True)
                text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
            lost = [value.name for value in VALUES if value.value not in text]
            client.check(not lost, f"{noise}, split {split}: not restored: {lost}\n{text}")


if __name__ == "__main__":
    main()
