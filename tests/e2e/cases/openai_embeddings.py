"""Embeddings: a value keeps its token from request to request, so that what is stored can be found again."""

import client
import planted

VALUES = planted.named("mobile", "email", "union_pay")


def main():
    openai = client.openai()
    for texts in ("\n".join(v.sentence for v in VALUES), [v.sentence for v in VALUES]):
        reply = openai.embeddings.create(model=client.MODEL, input=texts)
        client.check(reply.data[0].embedding == [0.25, -0.5], f"the vector passes: {reply.data[0].embedding}")
        client.check(len(reply.data) == (1 if isinstance(texts, str) else 3), "one vector a text")


def inspect(requests):
    one, other = requests
    client.check(set(one.tokens) == set(other.tokens) and len(one.tokens) == 3, f"{one.tokens} {other.tokens}")


if __name__ == "__main__":
    main()
