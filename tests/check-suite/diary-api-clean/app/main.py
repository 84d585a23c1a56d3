from fastapi import APIRouter, Depends, FastAPI, Request
from pydantic import BaseModel
from slowapi import Limiter
from slowapi.util import get_remote_address

from . import agent, db, memory
from .security import MEMORY, remembers, signed_in

limiter = Limiter(key_func=get_remote_address)
app = FastAPI()
app.state.limiter = limiter
private = APIRouter(dependencies=[Depends(signed_in)])


class Entry(BaseModel):
    day: str
    body: str


class Question(BaseModel):
    question: str
    user_id: str = ""  # old clients still send it; ignored


class Consent(BaseModel):
    granted: bool


@app.get("/health")
def health():
    return {"ok": True}


@private.post("/entries")
def write(entry: Entry, owner: str = Depends(signed_in)):
    db.save(owner, entry.day, entry.body)
    if db.has_consent(owner, MEMORY):
        memory.index(owner, entry.day, entry.body)
    return {"saved": True}


@private.get("/entries")
def listing(order: str = "newest", owner: str = Depends(signed_in)):
    return db.listing(owner, order)


@private.post("/ask")
@limiter.limit("10/minute")
async def ask(request: Request, question: Question, owner: str = Depends(remembers)):
    return await agent.ask(owner, question.question)


@private.put("/me/consent")
def consent(choice: Consent, owner: str = Depends(signed_in)):
    db.set_consent(owner, MEMORY, choice.granted)
    return {"granted": choice.granted}


@private.delete("/me")
def erase(owner: str = Depends(signed_in)):
    db.erase(owner)
    memory.erase(owner)
    return {"erased": True}


app.include_router(private)
