"""A model that wants to send or store the placeholder of a secret: the call is withheld, streamed or not."""

import client
import openai
import planted

KEY = planted.named("openai_key")


def main():
    if client.DIRECT:
        return
    for stream in (False, True):
        messages = [{"role": "user", "content": client.prompt(KEY, answer="tool", split=3)}]
        got = []
        try:
            reply = client.openai().chat.completions.create(model=client.MODEL, messages=messages, stream=stream)
            got = list(reply) if stream else [reply]
        except openai.APIError as error:
            client.check("placeholder" in str(error) and "[policy.masking]" in str(error), f"no way out named: {error}")
        else:
            raise AssertionError(f"the call went through: {got}")


if __name__ == "__main__":
    main()
