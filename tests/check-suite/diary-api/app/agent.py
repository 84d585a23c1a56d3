"""What the diary can be asked."""
import httpx
from langchain_core.messages import HumanMessage, SystemMessage

from . import db
from .models import chat, claude, entries, guides

STYLE = "You are a gentle diary companion. Answer in the language of the question."


def index(owner, day, body):
    entries.add_texts([body], metadatas=[{"owner": owner, "day": day}])


def similar(question):
    return entries.similarity_search(question, k=4)


def writing_tips(topic):
    return guides.similarity_search(topic, k=2)


async def ask(owner, question):
    found = "\n".join(hit.page_content for hit in similar(question))
    answer = await chat.ainvoke(
        [
            SystemMessage(content=STYLE + "\nWhat was written before:\n" + found),
            HumanMessage(content=question),
        ]
    )
    return answer.content


async def reflect(owner, day):
    body = "\n".join(row[0] for row in db.of_day(owner, day))
    message = await claude.messages.create(
        model="claude-sonnet-4-5",
        max_tokens=400,
        system=STYLE,
        messages=[{"role": "user", "content": body}],
    )
    return message.content[0].text


async def tips(topic):
    notes = "\n".join(hit.page_content for hit in writing_tips(topic))
    message = await claude.messages.create(
        model="claude-haiku-4-5",
        max_tokens=300,
        messages=[{"role": "user", "content": f"{notes}\n\nTopic: {topic}"}],
    )
    return message.content[0].text


async def clip(url):
    """Keep the text of a page in the diary."""
    async with httpx.AsyncClient(verify=False) as client:
        page = await client.get(url, follow_redirects=True)
    return page.text[:4000]


async def chart(question):
    """The model writes the plotting code."""
    answer = await chat.ainvoke(f"Write Python that sets the variable `svg` for: {question}")
    scope = {"count": db.count()}
    exec(answer.content, scope)
    return scope.get("svg", "")
