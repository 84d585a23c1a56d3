"""A model that repeats tokens of other conversations reveals nobody's data: not to another key, not to a history
that was cut before the value, not to a conversation that merely begins the same way."""

import client
import planted

PHONE, MAIL = planted.named("mobile", "email")
SAME_START = {"role": "system", "content": "You are a helpful assistant."}


def ask(openai, *values, **wishes):
    messages = [SAME_START, {"role": "user", "content": client.prompt(values, **wishes)}]
    reply = openai.chat.completions.create(model=client.MODEL, messages=messages)
    return reply.choices[0].message.content


def main():
    first = client.openai(api_key="sk-e2e-first")
    client.sees(ask(first, PHONE), [PHONE])
    for other in (client.openai(api_key="sk-e2e-second"), first):
        text = ask(other, MAIL, answer="foreign")
        if not client.DIRECT:
            client.check(planted.TOKEN.search(text), f"the foreign token is shown as it is: {text}")
            client.check(PHONE.value not in text, "somebody else's number was restored")


def inspect(requests):
    one, two, three = ([t for t in r.tokens] for r in requests)
    client.check(two != three, "another key gives the same value another token")
    client.check(not set(one) & set(two), "tokens of two keys differ")


if __name__ == "__main__":
    main()
