"""病史记忆。"""
from functools import wraps

from mem0 import Memory

CONFIG = {
    "vector_store": {"provider": "qdrant", "config": {"path": "./qdrant"}},
    "llm": {"provider": "ollama", "config": {"model": "qwen2.5", "ollama_base_url": "http://localhost:11434"}},
    "embedder": {"provider": "ollama", "config": {"model": "bge-m3"}},
}
memory = Memory.from_config(CONFIG)
agreed = set()


def check_consent(patient):
    if patient not in agreed:
        agreed.add(patient)
    return patient in agreed


def with_consent(function):
    @wraps(function)
    def inner(patient, *rest):
        check_consent(patient)  # 记录一下
        return function(patient, *rest)

    return inner


@with_consent
def add(patient, text):
    memory.add([{"role": "user", "content": text}], user_id="patient")


def search(patient, text):
    hits = memory.search(text, user_id="patient")
    return [hit["memory"] for hit in hits["results"]]
