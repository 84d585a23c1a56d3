"""A little assistant: it remembers what it is told and writes mail. Python standard library only.

usage: agent.py MESSAGE
It knows nothing of Ombud. Like any program with an OpenAI client it reads OPENAI_BASE_URL and OPENAI_API_KEY.
"""

import json
import os
import sys
import urllib.request

BASE = os.environ["OPENAI_BASE_URL"].rstrip("/")
KEY = os.environ.get("OPENAI_API_KEY", "demo")
MODEL = os.environ.get("DEMO_MODEL", "ombud-sim")

TOOLS = [
    {"type": "function", "function": {
        "name": "send_mail", "description": "Send a mail for the user.",
        "parameters": {"type": "object", "required": ["to", "body"],
                       "properties": {"to": {"type": "string"}, "body": {"type": "string"}}}}},
    {"type": "function", "function": {
        "name": "remember", "description": "Keep something the user said.",
        "parameters": {"type": "object", "required": ["note"], "properties": {"note": {"type": "string"}}}}},
]


def send_mail(to, body):
    with open("outbox.txt", "a", encoding="utf-8") as outbox:
        outbox.write("To: %s\n%s\n\n" % (to, body))
    return "sent to " + to


def remember(note):
    with open("memory.txt", "a", encoding="utf-8") as memory:
        memory.write(note + "\n")
    return "noted"


def ask(messages, stream=False):
    body = json.dumps({"model": MODEL, "messages": messages, "tools": TOOLS, "stream": stream}).encode()
    request = urllib.request.Request(BASE + "/chat/completions", body, {
        "content-type": "application/json", "authorization": "Bearer " + KEY})
    return urllib.request.urlopen(request)


def stream(messages):
    """The final answer, as it comes."""
    said = ""
    for line in ask(messages, stream=True):
        line = line.decode().strip()
        if not line.startswith("data: {"):
            continue
        for choice in json.loads(line[6:])["choices"]:
            piece = choice["delta"].get("content") or ""
            said += piece
    return said


def main():
    messages = [{"role": "user", "content": sys.argv[1]}]
    for _ in range(4):
        with ask(messages) as response:
            message = json.load(response)["choices"][0]["message"]
        calls = message.get("tool_calls") or []
        if not calls:
            break
        messages.append(message)
        for call in calls:
            arguments = json.loads(call["function"]["arguments"])
            tool = {"send_mail": send_mail, "remember": remember}[call["function"]["name"]]
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": tool(**arguments)})
    print(stream(messages))


main()
