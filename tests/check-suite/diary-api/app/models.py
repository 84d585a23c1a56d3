from langchain_chroma import Chroma
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from anthropic import AsyncAnthropic

from .settings import settings

embeddings = OpenAIEmbeddings(api_key=settings.openai_api_key)
entries = Chroma("entries", embeddings, persist_directory="./vectors")
guides = Chroma("writing_guides", embeddings, persist_directory="./vectors")
chat = ChatOpenAI(model="gpt-4o-mini", base_url=settings.relay_url, api_key=settings.openai_api_key)
claude = AsyncAnthropic(api_key=settings.anthropic_api_key, base_url="https://api.anthropic.com")
