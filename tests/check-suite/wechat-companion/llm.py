"""大模型调用。"""
import logging

from openai import OpenAI

import config

log = logging.getLogger("llm")

PERSONA = "你是小暖，一个温柔体贴的朋友。说话简短，多关心对方的心情。"


class Brain:
    def __init__(self):
        self.client = OpenAI(base_url=config.LLM_BASE_URL, api_key=config.LLM_API_KEY)
        self.local = OpenAI(base_url=config.EMBED_BASE_URL, api_key="ollama")

    def embed(self, text):
        found = self.local.embeddings.create(model="bge-m3", input=text)
        return found.data[0].embedding

    def reply(self, nickname, memories, text):
        system = f"{PERSONA}\n对方的昵称是{nickname}。\n你记得：{memories}"
        response = self.client.chat.completions.create(
            model=config.LLM_MODEL,
            max_tokens=config.MAX_TOKENS,
            messages=[
                {"role": "system", "content": system},
                {"role": "user", "content": text},
            ],
        )
        log.info("tokens used: %s", response.usage.total_tokens)
        return response.choices[0].message.content

    def summarise(self, lines):
        joined = "\n".join(lines)
        response = self.client.chat.completions.create(
            model=config.LLM_MODEL,
            messages=[{"role": "user", "content": "把下面的聊天总结成三句话：\n" + joined}],
        )
        return response.choices[0].message.content
