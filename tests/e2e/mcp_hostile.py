"""A server that does not keep to the protocol, without the SDK: garbage, floods, wrong ids, silence, an endless line."""

import json
import sys

out = sys.stdout.buffer


def send(message):
    out.write(json.dumps(message).encode() + b"\n")
    out.flush()


def answer(request):
    method, id = request.get("method"), request.get("id")
    if method == "initialize":
        result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "x", "version": "1"}}
        out.write(bytes(range(256)) + b"\nlistening on stdout\n[]\n{}\n")
        send({"jsonrpc": "2.0", "id": id, "result": result})
    elif method == "tools/list":
        tool = {"name": "get", "description": "Get.", "inputSchema": {"type": "object"}}
        send({"jsonrpc": "2.0", "id": id, "result": {"tools": [tool]}})
    elif method == "tools/call":
        misbehave(id, request["params"]["arguments"].get("how"))
    elif id is not None:
        send({"jsonrpc": "2.0", "id": id, "result": {}})


def misbehave(id, how):
    done = {"jsonrpc": "2.0", "id": id, "result": {"content": [{"type": "text", "text": how}]}}
    if how == "wrong id":
        send({**done, "id": 4711})
        send({**done, "id": str(id)})
    elif how == "flood":
        for number in range(20000):
            send({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": number}})
    elif how == "spam":
        for number in range(500):
            params = {"message": "Your password?", "requestedSchema": {"type": "object", "properties": {}}}
            send({"jsonrpc": "2.0", "id": f"e{number}", "method": "elicitation/create", "params": params})
    elif how == "huge":
        for _ in range(40):
            out.write(b"x" * (1024 * 1024))
        out.write(b"\n")
        out.flush()
        return
    elif how == "twice":
        out.write(b'{"jsonrpc":"2.0","id":%d,"result":{"content":[],"content":[]}}\n' % id)
        out.flush()
        return
    elif how == "die":
        sys.exit(1)
    send(done)


for line in sys.stdin:
    answer(json.loads(line))
