import os

from anthropic import AsyncAnthropic
from langchain_chroma import Chroma
from langchain_ollama import OllamaEmbeddings

BASE_URL = os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com")

embeddings = OllamaEmbeddings(model="bge-m3")
entries = Chroma("entries", embeddings, persist_directory="./vectors")
claude = AsyncAnthropic(base_url=BASE_URL)
