"""长期记忆：chroma 存原话，mem0 存偏好。"""
import re
import uuid

import chromadb
from mem0 import MemoryClient

import config
from consent import has_consent
from llm import Brain

brain = Brain()
_db = chromadb.PersistentClient(path=config.CHROMA_DIR)
_said = _db.get_or_create_collection("said")
_stickers = _db.get_or_create_collection("stickers")
_prefs = MemoryClient(api_key=config.MEM0_API_KEY)

LIKES = re.compile(r"我(?:很|最)?喜欢(.+)")


def load_stickers(path="assets/stickers.txt"):
    """表情包说明，自己写的，启动时导入一次。"""
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            _stickers.upsert(ids=[f"s{number}"], documents=[line.strip()], embeddings=[brain.embed(line)])


def pick_sticker(mood):
    found = _stickers.query(query_embeddings=[brain.embed(mood)], n_results=1)
    return found["documents"][0][0]


def remember(user_id, text):
    _said.add(
        ids=[uuid.uuid4().hex],
        documents=[text],
        embeddings=[brain.embed(text)],
        metadatas=[{"user": user_id}],
    )
    liked = re.search(LIKES, text)
    if liked:
        _prefs.add([{"role": "user", "content": text}], user_id="xiaonuan")


def recall(user_id, query):
    if not has_consent(user_id):
        return []
    found = _said.query(query_embeddings=[brain.embed(query)], n_results=5, where={"user": user_id})
    return found["documents"][0]


def preferences(query):
    hits = _prefs.search(query, user_id="xiaonuan")
    return [hit["memory"] for hit in hits]
