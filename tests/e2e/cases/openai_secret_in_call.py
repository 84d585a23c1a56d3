"""A model wants to send or store the placeholder of a secret: the call is withheld, streamed or not."""

import client
import planted

KEY = planted.named("openai_key")


def main():
    if client.DIRECT:
        return
    for stream in (False, True):
        messages = [{"role": "user", "content": client.prompt(KEY, answer="tool", split=3)}]
        reply = client.openai().chat.completions.create(model=client.MODEL, messages=messages, stream=stream)
        if stream:
            chunks = list(reply)
            calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
            text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        else:
            calls, text = reply.choices[0].message.tool_calls, reply.choices[0].message.content
        client.check(not calls, f"the call went through: {calls}")
        client.check("placeholder" in text and "[policy.masking]" in text, f"no way out named: {text}")


if __name__ == "__main__":
    main()
