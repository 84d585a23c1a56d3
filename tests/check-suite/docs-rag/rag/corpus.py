"""The manual, in chapters. All text is ours (content/*.md)."""
import hashlib
import json
import re
from pathlib import Path

import chromadb
from langchain_community.vectorstores import FAISS
from langchain_ollama import OllamaEmbeddings
from langchain_text_splitters import MarkdownTextSplitter

CONTENT = Path(__file__).parent.parent / "content"
HEADING = re.compile(r"^#+\s+(.*)$", re.M)
splitter = MarkdownTextSplitter(chunk_size=800, chunk_overlap=80)
embeddings = OllamaEmbeddings(model="bge-m3", base_url="http://127.0.0.1:11434")


def chapters():
    for path in sorted(CONTENT.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        title = re.search(HEADING, text)
        yield title.group(1) if title else path.stem, text


def fingerprint(text):
    return hashlib.md5(text.encode()).hexdigest()


def build(folder="index"):
    pieces, sources = [], []
    for title, text in chapters():
        for piece in splitter.split_text(text):
            pieces.append(piece)
            sources.append({"title": title, "md5": fingerprint(piece)})
    store = FAISS.from_texts(pieces, embeddings, metadatas=sources)
    store.save_local(folder)
    Path(folder, "sources.json").write_text(json.dumps(sources))
    return store


def load(folder="index"):
    return FAISS.load_local(folder, embeddings, allow_dangerous_deserialization=True)


def faq():
    client = chromadb.EphemeralClient()
    collection = client.create_collection("faq")
    for number, (title, text) in enumerate(chapters()):
        collection.add(ids=[str(number)], documents=[text], metadatas=[{"title": title}])
    return collection
