"""The Responses API: instructions, input as a string and as items, plain and streamed."""

import client
import planted

VALUES = planted.named("mobile", "email", "resident_id", "plate", "openai_key")
[RULE] = planted.named("iban")


def main():
    openai = client.openai()
    reply = openai.responses.create(model=client.MODEL, instructions=RULE.sentence, input=client.prompt(VALUES))
    client.sees(reply.output_text, [RULE, *VALUES])
    for split, size in client.CUTS:
        parts = [{"type": "input_text", "text": client.prompt(VALUES, split=split, bytes=size)}]
        items = [{"role": "user", "content": parts}]
        deltas, done = [], None
        for told in openai.responses.create(model=client.MODEL, input=items, stream=True):
            if told.type == "response.output_text.delta":
                deltas.append(told.delta)
            elif told.type == "response.output_text.done":
                client.sees(told.text, VALUES)
            elif told.type == "response.completed":
                done = told.response
        client.sees("".join(deltas), VALUES)
        client.ends_like_a_token("".join(deltas))
        client.check(done is not None, "the stream is completed")
        client.sees(done.output_text, VALUES)


if __name__ == "__main__":
    main()
