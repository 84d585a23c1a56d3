import os
import re

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_ollama import ChatOllama

from . import corpus

# from langchain_openai import ChatOpenAI
# llm = ChatOpenAI(base_url="https://api.openai-proxy.org/v1", api_key="sk-xxxxxxxx")
llm = ChatOllama(model=os.environ.get("MODEL", "qwen3"), num_predict=400)

PROMPT = ChatPromptTemplate.from_messages(
    [
        ("system", "Answer from these pages of our manual only:\n{pages}"),
        ("user", "{question}"),
    ]
)
chain = PROMPT | llm | StrOutputParser()
WORD = re.compile(r"[a-z]{3,}")


def ask(question, store):
    retriever = store.as_retriever(search_kwargs={"k": 4})
    pages = retriever.invoke(question)
    return chain.invoke({"pages": "\n".join(page.page_content for page in pages), "question": question})


def quick(question, collection):
    found = collection.query(query_texts=[question], n_results=1)
    return found["documents"][0][0]


def keywords(question):
    return WORD.findall(question.lower())


class Legacy:
    """Kept for the slides; nothing makes one."""

    def run(self, command):
        if False:
            return eval(command)
        return command
