"""A personal assistant: it reads and writes email, opens files and web pages, and remembers what it is told, if its user
agrees.

usage: agent.py [--lang en|zh] [--user ID] [--consent ask|yes|no] [MESSAGE]
       agent.py [--user ID] erase                          deletes everything that is kept of the user

Without MESSAGE it reads one message a line from standard input. `--consent yes` and `--consent no` are what the user of a
script answered beforehand. Python standard library and Ombud's SDK only. It talks to OPENAI_BASE_URL with OPENAI_API_KEY
like any program with an OpenAI client; mail, files and web are at OMBUD_WORLD, the memory behind OMBUD_MEMORY_NOTES.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
import zlib
from pathlib import Path

try:
    import ombud
except ImportError:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sdk" / "python"))
    try:
        import ombud
    except ImportError:
        sys.exit("Ombud's Python SDK is missing: pip install FOLDER/sdk/python, where FOLDER is your copy of Ombud's repository"
                 "  /  缺少 Ombud 的 Python SDK：请运行 pip install 目录/sdk/python，其中“目录”是 Ombud 源码所在目录")

BASE = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1").rstrip("/")
KEY = os.environ.get("OPENAI_API_KEY", "none")
MODEL = os.environ.get("OPENAI_MODEL", "gpt-4o-mini")
WORLD = os.environ.get("OMBUD_WORLD", "http://127.0.0.1:8799").rstrip("/")
MEMORY = os.environ.get("OMBUD_MEMORY_NOTES", "").rstrip("/")
STORE = MEMORY + "/api/v2/tenants/default_tenant/databases/default_database/collections"
PURPOSE = "memory.personalise"
MAX_STEPS = 8

SYSTEM = {
    "en": "You are the personal assistant of the user. Use the tools to do what the user asks, then answer briefly.",
    "zh": "你是用户的个人助理。请使用工具完成用户的要求，然后简短作答。",
}
# What is remembered is data, so it has a message of its own and no place in the system prompt.
REMEMBERED = {
    "en": "For your information, what you remember of this user:\n<memories>\n%s\n</memories>",
    "zh": "供参考，你记得的关于该用户的内容：\n<memories>\n%s\n</memories>",
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


QUESTIONS = {
    "en": "May I keep short notes about you, and read them in later conversations? They stay in this assistant's memory store; "
          "you can delete them at any time with `agent.py erase`. Without them I still work. [y/n] ",
    "zh": "我可以把与你有关的要点记下来，并在以后的对话中读取吗？这些内容只保存在本助理的记忆库中，"
          "你随时可以用 `agent.py erase` 删除。不同意也可以正常使用其他功能。[y/n] ",
}


def asking(answered):
    """How the user is asked: at the terminal, unless a script says what the user answered."""
    def ask(question):
        text = question.show()
        if answered != "ask":
            return question.reply(answered == "yes", "script")
        print(text, end="", file=sys.stderr, flush=True)
        return question.reply(ask_terminal(), "terminal")
    return ask


def ask_terminal():
    """What the user types. Where there is no terminal nobody can be asked, which is no consent."""
    try:
        with open("/dev/tty", encoding="utf-8") as terminal:
            return terminal.readline()
    except OSError:
        return "no"


OPENER = ombud.opener()


def http(method, url, body=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})}, method=method)
    with OPENER.open(request, timeout=120) as response:
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


@ombud.user_consent_required(PURPOSE)
def recall(query):
    found = json.loads(http("POST", notes() + "/query", {
        "query_embeddings": [embed(query)], "n_results": 5, "include": ["documents"]}))
    return "\n".join("- " + text for text in found["documents"][0])


def search_memory(query):
    """What is remembered; nothing if the user did not agree to be remembered."""
    try:
        return recall(query) if MEMORY else ""
    except ombud.ConsentRequired:
        return ""


@ombud.user_consent_required(PURPOSE)
def save_memory(text):
    http("POST", notes() + "/upsert", {
        "ids": ["note-%08x" % zlib.crc32(text.encode())], "embeddings": [embed(text)], "documents": [text]})
    return "remembered"


ACTIONS = {"read_mail": read_mail, "send_mail": send_mail, "read_file": read_file, "fetch_page": fetch_page,
           "search_memory": search_memory, "save_memory": save_memory}


def call_tool(call):
    """The result of a tool call as text. What goes wrong is told to the model, which may try something else."""
    name = call["function"]["name"]
    try:
        arguments = json.loads(call["function"]["arguments"] or "{}")
        return str(ACTIONS[name](**arguments))
    except (KeyError, TypeError, ValueError, urllib.error.URLError, ombud.OmbudError) as error:
        return "%s failed: %s" % (name, error)


def ask_model(messages):
    answer = http("POST", BASE + "/chat/completions", {"model": MODEL, "messages": messages, "tools": TOOLS},
                  {"authorization": "Bearer " + KEY})
    return json.loads(answer)["choices"][0]["message"]


def turn(messages, text):
    """One turn of the user: the model calls tools until it has an answer, or has called them often enough."""
    messages.append({"role": "user", "content": text})
    for _ in range(MAX_STEPS):
        message = ask_model(messages)
        messages.append(message)
        if not message.get("tool_calls"):
            return message.get("content") or ""
        for call in message["tool_calls"]:
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": call_tool(call)})
    return "I stopped after %d steps. / 已执行 %d 步，停止。" % (MAX_STEPS, MAX_STEPS)


def erase(user):
    """Deletes everything that is kept of the user, and says what was found afterwards."""
    receipt = ombud.OmbudClient().erase(user)
    print(json.dumps(receipt, ensure_ascii=False, indent=2))
    return 0 if receipt["complete"] else 1


def main():
    options = argparse.ArgumentParser(description="A personal assistant.")
    options.add_argument("--lang", choices=("en", "zh"), default="en")
    options.add_argument("--user", default="user-1")
    options.add_argument("--consent", choices=("ask", "yes", "no"), default="ask")
    options.add_argument("message", nargs="*")
    args = options.parse_args()
    ombud.configure(lang=args.lang, ask=asking(args.consent))
    if args.message == ["erase"]:
        return erase(args.user)
    asked = [" ".join(args.message)] if args.message else (line.strip() for line in sys.stdin)
    messages = []
    with ombud.subject(args.user):
        for text in filter(None, asked):
            if not messages:
                remember(args.lang)
                messages.append({"role": "system", "content": SYSTEM[args.lang]})
                messages.append({"role": "user", "content": REMEMBERED[args.lang] % search_memory(text)})
            print(turn(messages, text), flush=True)
    return 0


def remember(lang):
    """Asks once whether to remember; the answer applies until the user withdraws it."""
    try:
        if MEMORY:
            ombud.consent.ensure(PURPOSE, QUESTIONS[lang])
    except ombud.ConsentRequired as error:
        print(error, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
