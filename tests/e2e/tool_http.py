"""MCP over HTTP and HTTP actions through `ombud serve`, with the official SDK and a small API of our own. Cases like those
in doors.py."""

import asyncio
import contextlib
import http.client
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import client
import faults
import gateway
import tool_edge
from mcp.client import Client

SECRET = "e2e-credential-0123456789"

OPENAPI = """
openapi: 3.1.0
info: { title: Orders, version: '1' }
components:
  securitySchemes: { key: { type: apiKey, in: header, name: X-Api-Key } }
paths:
  /orders/{id}:
    get: { operationId: getOrder, parameters: [{ name: full, in: query }] }
    delete: { operationId: cancelOrder }
  /orders:
    post:
      operationId: createOrder
      requestBody: { content: { application/json: { schema: { type: object, properties: { address: { type: string } } } } } }
"""


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def serving(ombud, provider, home, **more):
    os.environ.update(more)
    try:
        process, url = faults.serve(ombud, provider.url, home)
    finally:
        for name in more:
            del os.environ[name]
    try:
        yield url
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def mcp_server():
    """The SDK's own HTTP server; yields its address."""
    port = free_port()
    env = gateway.environment(None, TRANSPORT="streamable-http", PORT=str(port))
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, tool_edge.SERVER], env=env, **quiet)
    try:
        until = time.monotonic() + gateway.PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if time.monotonic() > until or process.poll() is not None:
                raise AssertionError("the MCP server did not start")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait()


def mcp_over_http(ombud, provider, folder):
    """The same uses as over stdio, in both eras, with a server given by a command and one given by an address."""
    with mcp_server() as away:
        text = f'[mcp.notes]\ncommand = [{json.dumps(sys.executable)}, {json.dumps(tool_edge.SERVER)}]\n[mcp.away]\nurl = "{away}"\n'
        home = tool_edge.project(folder / "project", text)
        with serving(ombud, provider, home) as url:
            for name in ("notes", "away"):
                for mode in tool_edge.MODES:
                    asyncio.run(tool_edge.uses_everything(f"{url}/mcp/{name}", mode))
        told = tool_edge.records(ombud, home)
        servers = {row["server"] for row in told if row["kind"] == "tool.result" and row["masked"]}
        client.check(servers == {"notes", "away"}, f"{servers}")
        tool_edge.log(ombud, home, "verify")


def progress_keeps_to_its_post(ombud, provider, folder):
    """Progress is sent in the response to the POST that asked for it, before the result, even if the client listens elsewhere."""
    home = tool_edge.project(folder / "project", f'[mcp.notes]\ncommand = [{json.dumps(sys.executable)}, {json.dumps(tool_edge.SERVER)}]\n')
    with serving(ombud, provider, home) as url:
        server = urllib.parse.urlsplit(url)
        own = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}

        def post(message):
            line = http.client.HTTPConnection(server.hostname, server.port, timeout=gateway.PATIENCE)
            line.request("POST", "/mcp/notes", json.dumps({"jsonrpc": "2.0", **message}), own)
            answer = line.getresponse()
            own.update({name: value for name, value in answer.getheaders() if name.lower() == "mcp-session-id"})
            return answer.read().decode()

        about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
        post({"id": 1, "method": "initialize", "params": about})
        own["MCP-Protocol-Version"] = "2025-06-18"
        post({"method": "notifications/initialized"})
        listener = http.client.HTTPConnection(server.hostname, server.port, timeout=gateway.PATIENCE)
        listener.request("GET", "/mcp/notes", headers=own)
        client.check(listener.getresponse().status == 200, "the session cannot be listened to")
        wish = {"name": "count", "arguments": {"upto": 3}, "_meta": {"progressToken": "mine"}}
        told = post({"id": 2, "method": "tools/call", "params": wish})
        lines = [json.loads(line.removeprefix("data:")) for line in told.splitlines() if line.startswith("data:")]
        steps = [line["params"]["progress"] for line in lines if line.get("method") == "notifications/progress"]
        client.check(steps == [1, 2, 3] and lines[-1]["id"] == 2, told)
        listener.close()


def mcp_over_http_asks(ombud, provider, folder):
    """In mode ask, the form arrives on the stream of the call, or as its result in the newest revision."""
    text = f'[tools]\nmode = "ask"\n[mcp.notes]\ncommand = [{json.dumps(sys.executable)}, {json.dumps(tool_edge.SERVER)}]\n'
    home = tool_edge.project(folder / "project", text)
    with serving(ombud, provider, home) as url:
        for mode in tool_edge.MODES:
            asked = asyncio.run(tool_edge.answers(f"{url}/mcp/notes", mode))
            client.check(len(asked) == 2 and all("send_note" in message for message in asked), f"{mode}: {asked}")


class Orders(http.server.BaseHTTPRequestHandler):
    """An API that remembers what it received."""

    got = []

    def answer(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        type(self).got.append((self.command, self.path, dict(self.headers), body))
        text = json.dumps({"order": 7, "mail": tool_edge.CONTACT, "note": f"aws_access_key_id = {tool_edge.KEY}", "echo": self.headers.get("X-Api-Key")})
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *args):
        pass


def call(url, method, path, body=None, **headers):
    request = urllib.request.Request(url + path, body, headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=gateway.PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextlib.contextmanager
def orders():
    """The API; yields its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Orders)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()


def http_actions(ombud, provider, folder):
    """Operations of the document pass with the credential that only Ombud has; nothing else passes, and secrets stay behind."""
    with orders() as api:
        home = requests_of_an_agent(ombud, provider, folder, api)
    told = tool_edge.records(ombud, home)
    calls = [(row["via"], row["tool"], row["effect"]) for row in told if row["kind"] == "tool.call"]
    client.check(("http", "getOrder", "read") in calls and ("http", "cancelOrder", "delete") in calls, f"{calls}")
    leaf = json.dumps(told)
    client.check(SECRET not in leaf, "the credential stands in the log")
    shown = tool_edge.log(ombud, home, "show", "-n", "100", "--content")
    client.check(SECRET not in shown, "the credential stands in the contents of the log")


def requests_of_an_agent(ombud, provider, folder, api):
    """What an agent may and may not request from the API; returns the home whose log records it."""
    home = tool_edge.project(folder / "project", f'[actions.orders]\nopenapi = "orders.yaml"\nurl = "{api}"\nsecret_env = "ORDERS_KEY"\n')
    (home.parent / "orders.yaml").write_text(OPENAPI)
    Orders.got.clear()
    with serving(ombud, provider, home, ORDERS_KEY=SECRET) as url:
        base = f"{url}/t/orders"
        status, body = call(base, "GET", "/orders/7?full=a+b", **{"X-Api-Key": "the agent's own", "Authorization": "Bearer x"})
        client.check(status == 200 and tool_edge.CONTACT in body, f"{status} {body}")
        client.check(tool_edge.KEY not in body and SECRET not in body, f"a secret came back: {body}")
        method, path, headers, _ = Orders.got.pop()
        client.check((method, path) == ("GET", "/v1/orders/7?full=a%20b"), f"{method} {path}")
        client.check(headers.get("X-Api-Key", headers.get("x-api-key")) == SECRET and "Authorization" not in headers, f"{headers}")
        sent = b'{ "address" : "x",\t"n": 1.50 }'
        status, _ = call(base, "POST", "/orders", sent, **{"Content-Type": "application/json"})
        client.check(status == 200 and Orders.got.pop()[3] == sent, "the body arrives byte for byte")
        for method, path in [("PUT", "/orders/7"), ("GET", "/admin"), ("GET", "/orders/7?debug=1"), ("GET", "/orders/..%2Fadmin"), ("POST", "/orders/7")]:
            status, body = call(base, method, path, b"{}" if method != "GET" else None)
            client.check(status == 403 and "documented" in body, f"{method} {path}: {status} {body}")
        status, body = call(base, "POST", "/orders", b'{"address":"a","address":"b"}', **{"Content-Type": "application/json"})
        client.check(status == 400, f"{status} {body}")
        status, body = call(base, "DELETE", "/orders/7")
        client.check(status == 403 and "ombud approve" in body and not Orders.got, f"{status} {body}")
        code = body.split("ombud approve ")[1][:6]
        left, told, err = gateway.at_a_terminal([ombud, "approve", code], gateway.environment(home), home.parent, b"yes\n")
        client.check(left == 0, f"{told} {err}")
        client.check(call(base, "DELETE", "/orders/7")[0] == 200 and Orders.got.pop()[0] == "DELETE", "the code releases it")
        client.check(call(f"{url}/t/none", "GET", "/x")[0] == 404, "no such action")
    return home


TOOL_HTTP = [mcp_over_http, progress_keeps_to_its_post, mcp_over_http_asks, http_actions]
