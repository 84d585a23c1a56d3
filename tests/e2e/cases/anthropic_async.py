"""Many Anthropic conversations at once, streamed and not, and the provider's errors."""

import asyncio

import anthropic
import client
from planted import CROWD

ASK = {"model": client.MODEL, "max_tokens": 99}


async def talk(sdk, person, stream):
    messages = [{"role": "user", "content": client.prompt([person], split=2)}]
    if stream:
        async with sdk.messages.stream(**ASK, messages=messages) as events:
            text = "".join([piece async for piece in events.text_stream])
    else:
        text = (await sdk.messages.create(**ASK, messages=messages)).content[0].text
    client.sees(text, [person])
    others = [other.name for other in CROWD if other != person and other.value in text]
    client.check(not others, f"{person.name} sees the number of {others}")


async def main():
    async with client.anthropic_async() as sdk:
        await asyncio.gather(*(talk(sdk, person, stream) for person in CROWD for stream in (False, True)))
        try:
            await sdk.messages.create(**ASK, messages=[{"role": "user", "content": client.prompt([], answer="429")}])
        except anthropic.RateLimitError as error:
            client.check("simulated 429" in str(error), str(error))
        else:
            raise AssertionError("429 was swallowed")


if __name__ == "__main__":
    asyncio.run(main())
