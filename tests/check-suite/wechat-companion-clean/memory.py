"""长期记忆。只被 service.py 使用。"""
import uuid

import chromadb

import config
from llm import Brain

brain = Brain()
_db = chromadb.PersistentClient(path=config.CHROMA_DIR)
_said = _db.get_or_create_collection("said")


def add(user_id, text):
    _said.add(
        ids=[uuid.uuid4().hex],
        documents=[text],
        embeddings=[brain.embed(text)],
        metadatas=[{"user": user_id}],
    )


def find(user_id, query):
    found = _said.query(query_embeddings=[brain.embed(query)], n_results=5, where={"user": user_id})
    return found["documents"][0]


def forget(user_id):
    _said.delete(where={"user": user_id})
