"""Many conversations at once over one connection pool: each gets its own values back and nobody else's."""

import asyncio

import client
from planted import CROWD


async def talk(openai, person, stream):
    ask = [{"role": "user", "content": client.prompt([person], split=2, bytes=7)}]
    if stream:
        chunks = await openai.chat.completions.create(model=client.MODEL, messages=ask, stream=True)
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])
    else:
        reply = await openai.chat.completions.create(model=client.MODEL, messages=ask)
        text = reply.choices[0].message.content
    client.sees(text, [person])
    others = [other.name for other in CROWD if other != person and other.value in text]
    client.check(not others, f"{person.name} sees the number of {others}")


async def main():
    async with client.openai_async() as openai:
        await asyncio.gather(*(talk(openai, person, stream) for person in CROWD for stream in (False, True)))


def inspect(requests):
    client.check(all(len(request.tokens) == 1 for request in requests), "one value, one token")


if __name__ == "__main__":
    asyncio.run(main())
