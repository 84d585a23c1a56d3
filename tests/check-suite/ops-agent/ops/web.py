import hashlib
import hmac
import os
import time

from fastapi import FastAPI, HTTPException, Request

from . import facts, loop

app = FastAPI()


def is_slack(request, body):
    stamp = request.headers.get("x-slack-request-timestamp", "0")
    if abs(time.time() - int(stamp)) > 300:
        return False
    base = b"v0:" + stamp.encode() + b":" + body
    wanted = "v0=" + hmac.new(os.environ["SLACK_SIGNING_SECRET"].encode(), base, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, request.headers.get("x-slack-signature", ""))


@app.post("/slack/events")
async def events(request: Request):
    body = await request.body()
    if not is_slack(request, body):
        raise HTTPException(403)
    event = (await request.json())["event"]
    if facts.seen_before(event["client_msg_id"]):
        return {}
    return {"text": await loop.answer(event["user"], event["text"])}


@app.post("/run")
async def run(request: Request):
    body = await request.json()
    return {"text": await loop.answer(body["user"], body["text"])}


@app.get("/robots.txt")
def robots():
    return "User-agent: *\nDisallow: /"
