"""The agent."""
import json

from openai import AsyncOpenAI

from . import facts, settings, tools_office, tools_system  # noqa: F401  tools register on import
from .registry import TOOLS, schemas

client = AsyncOpenAI(base_url=settings.BASE_URL, api_key=settings.API_KEY)
SYSTEM = "You keep the servers and the office of a small firm running. Use the tools."


async def call(name, arguments):
    return str(TOOLS[name](**json.loads(arguments)))


async def answer(user, text):
    messages = [
        {"role": "system", "content": SYSTEM + " Known: " + "; ".join(facts.known(user))},
        {"role": "user", "content": text},
    ]
    facts.learn(user, text)
    while True:
        response = await client.chat.completions.create(
            model=settings.MODEL, messages=messages, tools=schemas(), max_tokens=settings.MAX_OUTPUT_TOKENS
        )
        message = response.choices[0].message
        messages.append(message)
        if not message.tool_calls:
            return message.content
        for wanted in message.tool_calls:
            result = await call(wanted.function.name, wanted.function.arguments)
            messages.append({"role": "tool", "tool_call_id": wanted.id, "content": result})
