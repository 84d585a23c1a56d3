"""Calls approved from outside the conversation: at a terminal, in the console, by a webhook. Cases like those in doors.py."""

import asyncio
import http.server
import json
import re
import threading
import time
import urllib.error
import urllib.request

import client
import gateway
import tool_edge
import tool_http
from mcp.client import Client

WANTED = {"to": tool_edge.CONTACT}
CODE = re.compile(r"ombud approve ([0-9A-Z]{6})")


async def sends(session, arguments=None):
    """What the agent receives for a call that must be approved first."""
    try:
        return tool_edge.text(await session.call_tool("send_note", arguments or WANTED))
    except Exception as error:  # noqa: BLE001, the SDK's own exception for an answer with an error
        return str(error)


def waiting(ombud, home):
    """Codes of the waiting calls, as soon as there are any."""
    until = time.monotonic() + gateway.PATIENCE
    while time.monotonic() < until:
        listed = gateway.execute([ombud, "approve"], gateway.environment(home), cwd=home.parent)
        codes = re.findall(r"^([0-9A-Z]{6})  ", listed.stdout.decode(), re.M)
        if codes:
            return codes, listed.stdout.decode()
        time.sleep(0.1)
    raise AssertionError("no call is waiting")


def a_fresh_project_asks_and_a_terminal_answers(ombud, provider, folder):
    """Nothing is configured: sending asks, reading does not. The error's command releases just that call, once, for a person."""
    home = tool_edge.project(folder / "project")
    env = gateway.environment(home)

    async def tries(arguments=None):
        async with Client(tool_edge.parameters(ombud, home), mode="legacy") as session:
            client.check("contact" in tool_edge.text(await session.call_tool("read_note", {"name": "x"})), "reading needs no question")
            return await sends(session, arguments)

    code = CODE.search(asyncio.run(tries())).group(1)
    piped = gateway.execute([ombud, "approve", code], env, b"yes\n", cwd=home.parent)
    client.check(piped.returncode == 2 and b"terminal" in piped.stderr, f"an agent's shell has no terminal: {piped}")
    left, told, err = gateway.at_a_terminal([ombud, "approve", code], env, home.parent, b"no\n")
    client.check(left == 1 and tool_edge.CONTACT in told, f"{left} {told} {err}")
    left, told, err = gateway.at_a_terminal([ombud, "approve", code], env, home.parent, b"yes\n")
    client.check(left == 0, f"{left} {told} {err}")
    client.check(CODE.search(asyncio.run(tries({"to": "other@corp.example"}))), "a code fits one call")
    client.check(asyncio.run(tries()).startswith("sent to"), "the code releases it")
    client.check(CODE.search(asyncio.run(tries())), "and only once")
    for lang, word in (("en", "no call with the code"), ("zh", "没有代码为")):
        unknown = gateway.execute([ombud, "--lang", lang, "approve", "1A2B3C"], env, cwd=home.parent)
        client.check(unknown.returncode == 2 and word in unknown.stderr.decode(), f"{unknown}")
    voices = [row["weighed"].get("by") for row in tool_edge.records(ombud, home) if row.get("decision") == "approved"]
    client.check(voices == ["outside"], f"{voices}")
    kept = [path for path in (home / "approvals").rglob("*") if path.is_file() and tool_edge.CONTACT.encode() in path.read_bytes()]
    client.check(not kept, f"what a call is made with stands in the clear in {kept}")


def a_held_call_goes_on_when_somebody_answers(ombud, provider, folder):
    """With `wait_s` the call waits at the tool edge; a yes releases it, a no refuses it, and the agent notices nothing else."""
    home = tool_edge.project(folder / "project", "[approvals]\nwait_s = 120\n")
    env = gateway.environment(home)

    async def held(answer):
        async with Client(tool_edge.parameters(ombud, home), mode="legacy") as session:
            call = asyncio.create_task(sends(session))
            (code,), shown = await asyncio.to_thread(waiting, ombud, home)
            client.check(tool_edge.CONTACT in shown and "send_note" in shown, shown)
            await asyncio.to_thread(answer, code)
            return await asyncio.wait_for(call, gateway.PATIENCE)

    def yes(code):
        left, told, err = gateway.at_a_terminal([ombud, "approve", code], env, home.parent, b"yes\n")
        client.check(left == 0, f"{left} {told} {err}")

    def no(code):
        done = gateway.execute([ombud, "approve", code, "--deny"], env, cwd=home.parent)
        client.check(done.returncode == 0, f"{done}")

    client.check(asyncio.run(held(yes)).startswith("sent to"), "a yes lets it go")
    client.check("did not allow" in asyncio.run(held(no)), "a no refuses it")


def console(url, token, path, body=None):
    """Calls the console's API with its token."""
    request = urllib.request.Request(f"{url}/api/v1/console/{path}", method="POST" if body else "GET")
    request.add_header("x-ombud-console", token)
    if body:
        request.add_header("content-type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=gateway.PATIENCE) as answer:
        return json.loads(answer.read() or b"null")


def over_http(ombud, provider, folder, approvals, answer):
    """An HTTP action and an MCP server behind `ombud serve`; their calls wait until `answer(url, home)` has been called."""
    folder.mkdir()
    home = folder / ".ombud"
    (folder / "openapi.yaml").write_text(tool_http.OPENAPI)
    with tool_http.mcp_server() as upstream, tool_http.orders() as api:
        told = f'[approvals]\nwait_s = 120\n{approvals}\n[mcp.notes]\nurl = "{upstream}"\n'
        told += f'[actions.orders]\nopenapi = "openapi.yaml"\nurl = "{api}"\nsecret_env = "E2E_SECRET"\n'
        (folder / "ombud.toml").write_text(told)
        with tool_http.serving(ombud, provider, home, E2E_SECRET=tool_http.SECRET) as url:

            async def calls():
                async with Client(f"{url}/mcp/notes", mode="legacy") as session:
                    call = asyncio.create_task(sends(session))
                    await asyncio.to_thread(answer, url, home)
                    return await asyncio.wait_for(call, gateway.PATIENCE)

            client.check(asyncio.run(calls()).startswith("sent to"), "the MCP call went on")
            done = {}

            def cancels():
                request = urllib.request.Request(f"{url}/t/orders/orders/7", method="DELETE")
                with urllib.request.urlopen(request, timeout=gateway.PATIENCE) as reply:
                    done["status"] = reply.status

            thread = threading.Thread(target=cancels)
            thread.start()
            answer(url, home)
            thread.join(gateway.PATIENCE)
            client.check(done.get("status") == 200, f"the HTTP call went on: {done}")


def the_console_allows_a_call(ombud, provider, folder):
    """The API lists waiting calls with arguments and takes the answer of the token's holder; an agent's key opens nothing."""

    def answer(url, home):
        (code,), _ = waiting(ombud, home)
        token = (home / "console.token").read_text().strip()
        rows = console(url, token, "approvals")["approvals"]
        client.check([row["code"] for row in rows] == [code] and rows[0]["arguments"], f"{rows}")
        answer = {"allow": True, "stands": rows[0]["stands"]}
        for wrong in ("0", gateway.KEYS["OPENAI_API_KEY"]):
            try:
                console(url, wrong, f"approvals/{code}", answer)
            except urllib.error.HTTPError as error:
                client.check(error.code == 401, f"{error}")
            else:
                raise AssertionError("the token is not looked at")
        try:
            console(url, token, f"approvals/{code}", answer | {"stands": "00"})
        except urllib.error.HTTPError as error:
            client.check(error.code == 404, f"{error}")
        else:
            raise AssertionError("another call was allowed than was shown")
        console(url, token, f"approvals/{code}", answer)

    over_http(ombud, provider, folder / "project", "", answer)


class Person(http.server.BaseHTTPRequestHandler):
    """A webhook behind which somebody says yes after a moment."""

    def do_POST(self):  # noqa: N802, the name that the library calls
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.told.append((body, self.headers["x-ombud-signature"]))
        time.sleep(0.2)
        answer = json.dumps({"allow": True}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def a_webhook_allows_a_call(ombud, provider, folder):
    """The webhook is notified of the call, without its arguments, and its response is the answer."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Person)
    server.told = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        hook = f'webhook = "http://127.0.0.1:{server.server_port}/hook"'
        over_http(ombud, provider, folder / "project", hook, lambda url, home: None)
    finally:
        server.shutdown()
    client.check([body["tool"] for body, _ in server.told] == ["send_note", "cancelOrder"], f"{server.told}")
    client.check(tool_edge.CONTACT not in json.dumps([body for body, _ in server.told]), "the arguments stay here")
    (folder / "ombud.toml").write_text('[approvals]\nwebhook = "http://hooks.example.com/x"\n')
    refused = gateway.execute([ombud, "serve", "--listen", "127.0.0.1:0"], gateway.environment(folder / "home"), cwd=folder)
    client.check(refused.returncode == 2 and b"https://" in refused.stderr, f"{refused}")


APPROVALS = [
    a_fresh_project_asks_and_a_terminal_answers,
    a_held_call_goes_on_when_somebody_answers,
    the_console_allows_a_call,
    a_webhook_allows_a_call,
]
