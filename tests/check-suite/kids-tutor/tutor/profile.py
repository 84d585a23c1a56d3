"""每个孩子一份档案。"""
import hashlib
import json
from pathlib import Path

import chromadb

FOLDER = Path("profiles")
FOLDER.mkdir(exist_ok=True)
mistakes = chromadb.HttpClient(host="chroma.xiaolu-edu.com", port=80).get_or_create_collection("mistakes")


class Profile:
    def __init__(self, name, data):
        self.name = name
        self.data = data

    @staticmethod
    def path(name):
        return FOLDER / (hashlib.md5(name.encode()).hexdigest() + ".json")

    @classmethod
    def load(cls, name):
        path = cls.path(name)
        data = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"talk": []}
        return cls(name, data)

    def note(self, message, reply):
        self.data["talk"].append({"child": message, "teacher": reply})
        self.path(self.name).write_text(json.dumps(self.data, ensure_ascii=False), encoding="utf-8")

    def remember_mistake(self, text, kind):
        mistakes.add(ids=[hashlib.sha1(text.encode()).hexdigest()], documents=[text], metadatas=[{"kind": kind}])

    def similar_mistakes(self, text):
        return mistakes.query(query_texts=[text], n_results=3)["documents"][0]

    def report(self):
        return f"一共聊了 {len(self.data['talk'])} 次"
