"""A personal assistant: it reads and writes email, opens files and web pages, and remembers what it is told.

usage: agent.py [--lang en|zh] [--user ID] [MESSAGE]      without MESSAGE it reads one message a line from standard input

Python standard library only. It talks to OPENAI_BASE_URL with OPENAI_API_KEY like any program with an OpenAI client;
mail, files, web and the vector store are at OMBUD_WORLD.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
import zlib

BASE = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1").rstrip("/")
KEY = os.environ.get("OPENAI_API_KEY", "none")
MODEL = os.environ.get("OPENAI_MODEL", "gpt-4o-mini")
WORLD = os.environ.get("OMBUD_WORLD", "http://127.0.0.1:8799").rstrip("/")
STORE = WORLD + "/api/v2/tenants/default_tenant/databases/default_database/collections"

SYSTEM = {
    "en": "You are the personal assistant of the user. Use the tools to do what the user asks, then answer briefly.\n"
          "What you remember:\n<memories>\n%s\n</memories>",
    "zh": "你是用户的个人助理。请使用工具完成用户的要求，然后简短作答。\n你记得的内容：\n<memories>\n%s\n</memories>",
}


def tool(name, description, /, **parameters):
    properties = {key: {"type": "string", "description": text} for key, text in parameters.items()}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": {
        "type": "object", "properties": properties, "required": [key for key in properties if key != "id"]}}}


TOOLS = [
    tool("read_mail", "Read the user's mailbox: all messages, or the one with this id.", id="Id of a message"),
    tool("send_mail", "Send a mail for the user.", to="Mail address", subject="Subject", body="Text"),
    tool("read_file", "Read one of the user's files.", name="Name of the file, such as notes.txt"),
    tool("fetch_page", "Open a web page.", url="Address of the page"),
    tool("search_memory", "Search what was remembered in earlier conversations.", query="What to look for"),
    tool("save_memory", "Remember something for later conversations.", text="What to remember"),
]


def http(method, url, body=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})}, method=method)
    with urllib.request.urlopen(request, timeout=120) as response:
        return response.read().decode()


def read_mail(id=""):
    return http("GET", WORLD + "/mail/messages" + ("/" + urllib.parse.quote(id) if id else ""))


def send_mail(to, subject="", body=""):
    http("POST", WORLD + "/mail/send", {"to": to, "subject": subject, "body": body})
    return "sent to %s" % to


def read_file(name):
    return http("GET", WORLD + "/files/" + urllib.parse.quote(name))


def fetch_page(url):
    return http("GET", WORLD + "/web?url=" + urllib.parse.quote(url, safe=""))


def embed(text):
    """A small embedding: how often each pair of characters occurs."""
    vector = [0.0] * 64
    for place in range(len(text) - 1):
        vector[zlib.crc32(text[place:place + 2].lower().encode()) % 64] += 1.0
    return vector


def notes():
    """The address of the collection."""
    answer = http("POST", STORE, {"name": "notes", "get_or_create": True})
    return STORE + "/" + json.loads(answer)["id"]


def search_memory(query):
    found = json.loads(http("POST", notes() + "/query", {
        "query_embeddings": [embed(query)], "n_results": 5, "include": ["documents"]}))
    return "\n".join("- " + text for text in found["documents"][0])


def save_memory(text, user="user-1"):
    http("POST", notes() + "/add", {
        "ids": ["note-%08x" % zlib.crc32((user + text).encode())], "embeddings": [embed(text)],
        "documents": [text], "metadatas": [{"user": user}]})
    return "remembered"


ACTIONS = {"read_mail": read_mail, "send_mail": send_mail, "read_file": read_file, "fetch_page": fetch_page,
           "search_memory": search_memory, "save_memory": save_memory}


def call_tool(call):
    """The result of a tool call as text. What goes wrong is told to the model, which may try something else."""
    name = call["function"]["name"]
    try:
        arguments = json.loads(call["function"]["arguments"] or "{}")
        return str(ACTIONS[name](**arguments))
    except (KeyError, TypeError, ValueError, urllib.error.URLError) as error:
        return "%s failed: %s" % (name, error)


def ask_model(messages):
    answer = http("POST", BASE + "/chat/completions", {"model": MODEL, "messages": messages, "tools": TOOLS},
                  {"authorization": "Bearer " + KEY})
    return json.loads(answer)["choices"][0]["message"]


def turn(messages, text):
    """One turn of the user: the model calls tools until it has an answer."""
    messages.append({"role": "user", "content": text})
    while True:
        message = ask_model(messages)
        messages.append(message)
        if not message.get("tool_calls"):
            return message.get("content") or ""
        for call in message["tool_calls"]:
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": call_tool(call)})


def main():
    options = argparse.ArgumentParser(description="A personal assistant.")
    options.add_argument("--lang", choices=("en", "zh"), default="en")
    options.add_argument("--user", default="user-1")
    options.add_argument("message", nargs="*")
    args = options.parse_args()
    asked = [" ".join(args.message)] if args.message else (line.strip() for line in sys.stdin)
    messages = []
    for text in filter(None, asked):
        if not messages:
            messages.append({"role": "system", "content": SYSTEM[args.lang] % search_memory(text)})
        answer = turn(messages, text)
        with open("chats.jsonl", "a", encoding="utf-8") as chats:
            chats.write(json.dumps({"user": args.user, "asked": text, "answer": answer}, ensure_ascii=False) + "\n")
        print(answer, flush=True)


if __name__ == "__main__":
    main()
