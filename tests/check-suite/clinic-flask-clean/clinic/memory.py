"""病史记忆，本人同意后才读写。"""
import ombud
from mem0 import Memory

CONFIG = {
    "vector_store": {"provider": "qdrant", "config": {"path": "./qdrant"}},
    "llm": {"provider": "ollama", "config": {"model": "qwen2.5"}},
    "embedder": {"provider": "ollama", "config": {"model": "bge-m3"}},
}
PURPOSE = "memory.history"
memory = Memory.from_config(CONFIG)


@ombud.user_consent_required(PURPOSE)
def add(patient, text):
    memory.add([{"role": "user", "content": text}], user_id=patient)


@ombud.user_consent_required(PURPOSE)
def search(patient, text):
    return [hit["memory"] for hit in memory.search(text, user_id=patient)["results"]]


def erase(patient):
    memory.delete_all(user_id=patient)
