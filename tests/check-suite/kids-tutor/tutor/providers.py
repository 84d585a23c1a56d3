"""几个厂家轮着用，便宜的先来。"""
from dataclasses import dataclass

import httpx
from openai import OpenAI

SYSTEM = "你是小鹿老师，一位真人语文老师，温柔、有耐心。"


@dataclass
class Provider:
    name: str
    base: str
    key: str
    model: str


PROVIDERS = {
    "deepseek": Provider("deepseek", "https://api.deepseek.com", "sk-0b6e2d7f94c84a1fb35d8e62f1a9c740", "deepseek-chat"),
    "kimi": Provider("kimi", "https://api.moonshot.cn/v1", "sk-kQ7vXn2ZtR9bYw4LcHs6JmPf1GdUe8AoTiVx3NzBrKySgCqD", "moonshot-v1-8k"),
    # "relay": Provider("relay", "https://api.oneapi-free.cc/v1", "sk-xxxx", "gpt-4o"),
    "local": Provider("local", "http://127.0.0.1:1234/v1", "lm-studio", "qwen3"),
}
ORDER = ["deepseek", "kimi", "local"]


def client(provider):
    return OpenAI(base_url=provider.base, api_key=provider.key)


def complete(messages, name=None):
    for each in [name] if name else ORDER:
        provider = PROVIDERS[each]
        try:
            answer = client(provider).chat.completions.create(model=provider.model, messages=messages)
            return answer.choices[0].message.content
        except httpx.HTTPError:
            continue
    return "老师有点累，等一下再来～"


def warm_up():
    return complete([{"role": "user", "content": "你好"}], "local")
