"""Edits one file of a project that `ombud lsp` has open, and prints the cost of a change as JSON.

    lsp.py OMBUD FOLDER FILE      milliseconds until the response after a change (median, slowest) and CPU milliseconds per change
"""

import json
import os
import subprocess
import sys
import time

CHANGES = 20
TICK = 1000 / os.sysconf("SC_CLK_TCK")

program, folder, file = sys.argv[1], os.path.realpath(sys.argv[2]), os.path.realpath(sys.argv[3])
server = subprocess.Popen([program, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def send(**message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    server.stdin.flush()


def read():
    length = 0
    while (line := server.stdout.readline().strip()) != b"":
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    if length == 0:
        raise SystemExit("the language server has exited")
    return json.loads(server.stdout.read(length))


def until(number):
    while read().get("id") != number:
        pass


def cpu():
    with open(f"/proc/{server.pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def hover(number):
    at = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}
    send(id=number, method="textDocument/hover", params=at)
    until(number)


uri = "file://" + file
with open(file, encoding="utf-8", errors="replace") as opened:
    text = opened.read()
send(id=1, method="initialize", params={"processId": None, "rootUri": "file://" + folder, "capabilities": {}})
until(1)
send(method="initialized", params={})
document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
send(method="textDocument/didOpen", params={"textDocument": document})
hover(2)
times, before = [], cpu()
for change in range(CHANGES):
    began = time.monotonic()
    changed = {"contentChanges": [{"text": f"{text}\nx{change} = {change}\n"}], "textDocument": {"uri": uri, "version": change + 2}}
    send(method="textDocument/didChange", params=changed)
    hover(change + 3)
    times.append((time.monotonic() - began) * 1000)
spent = (cpu() - before) / CHANGES
send(id=99, method="shutdown")
until(99)
send(method="exit")
server.wait()
times.sort()
print(json.dumps({"half": times[CHANGES // 2], "slowest": times[-1], "cpu": spent}))
