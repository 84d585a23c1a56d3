from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

from . import agent, db
from .security import signed_in

app = FastAPI()


class Entry(BaseModel):
    user_id: str
    day: str
    body: str


class Question(BaseModel):
    user_id: str
    question: str


@app.get("/health")
def health():
    return {"ok": True, "entries": db.count()}


@app.post("/entries")
def write(entry: Entry):
    db.save(entry.user_id, entry.day, entry.body)
    agent.index(entry.user_id, entry.day, entry.body)
    return {"saved": True}


@app.get("/entries/{user_id}/search")
def search(user_id: str, word: str):
    return [tuple(row) for row in db.containing(user_id, word)]


@app.post("/ask")
async def ask(question: Question):
    return {"answer": await agent.ask(question.user_id, question.question)}


@app.post("/chart")
async def chart(question: Question):
    return {"svg": await agent.chart(question.question)}


@app.post("/reflect/{day}")
async def reflect(day: str, owner: str = Depends(signed_in)):
    return {"answer": await agent.reflect(owner, day)}


@app.get("/clip")
async def clip(url: str, authorization: str = Header("")):
    if not signed_in(authorization):
        raise HTTPException(401)
    return {"text": await agent.clip(url)}


@app.get("/tips")
async def tips(topic: str):
    return {"answer": await agent.tips(topic)}
