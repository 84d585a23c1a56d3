"""Malicious or broken MCP servers behind `ombud mcp` and behind `/mcp/<name>`. The client is a minimal one, so that every
byte that reaches it is seen: each of its requests gets a response that says what happened, without secrets and without anything
not meant for it; and the next call works. Cases like those in doors.py."""

import contextlib
import http.client
import http.server
import json
import queue
import subprocess
import sys
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import client
import gateway
import tool_edge
import tool_http
from mcp_hostile import KEY

# The server may take a few seconds, and a message may be two MiB.
SETTINGS = "[gateway]\ntimeout_s = 5\nmax_body_mib = 2\n"


def call(how, id):
    return {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "get", "arguments": {"how": how}, "_meta": {"progressToken": id}}}


def initialize(capabilities, version="2025-11-25"):
    about = {"protocolVersion": version, "capabilities": capabilities, "clientInfo": {"name": "raw", "version": "1"}}
    return {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": about}


def says(answer, *codes):
    """Checks that this is an Ombud error that a person and a program can read, with one of these codes."""
    error = answer["error"]
    client.check(error["data"]["ombud"] in codes and error["message"].startswith("Ombud: ") and len(error["message"]) > 20, f"{answer}")


class Stdio:
    """`ombud mcp` in front of the hostile server, with all of its output."""

    def __init__(self, ombud, home, *args, server=tool_edge.HOSTILE):
        command = [ombud, "mcp", "--name", "hostile", *args, "--", sys.executable, server]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, env=gateway.environment(home), cwd=home.parent, **pipes)
        self.heard, self.lines, self.told = queue.Queue(), [], []
        threading.Thread(target=self.listen, daemon=True).start()
        threading.Thread(target=lambda: self.told.extend(self.process.stderr), daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.lines.append(line)
            self.heard.put(json.loads(line))
        self.heard.put(None)

    def send(self, message):
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def next(self, wanted):
        """The next message of this kind; others are skipped."""
        until = time.monotonic() + gateway.PATIENCE
        while True:
            message = self.heard.get(timeout=max(0.1, until - time.monotonic()))
            client.check(message is not None, f"it has ended: {self.told}")
            if wanted(message):
                return message

    def ask(self, message):
        self.send(message)
        return self.next(lambda told: told.get("id") == message["id"] and "method" not in told)

    def start(self, **capabilities):
        answer = self.ask(initialize(capabilities))
        client.check("result" in answer, f"{answer}")
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def plain(answer, how="plain"):
    client.check(answer["result"]["content"][0]["text"] == how, f"{answer}")


def over_stdio(ombud, provider, folder):
    """Silence, endless floods, unreadable and overlong messages: each call gets a response, and the next one works."""
    home = tool_edge.project(folder / "project", SETTINGS)
    with Stdio(ombud, home) as line:
        line.start()
        cases = [
            ("silent", {"ombud_timeout"}),
            ("malformed", {"ombud_not_json", "ombud_not_a_message", "ombud_duplicate_key"}),
            ("twice", {"ombud_duplicate_key"}),
            ("huge", {"ombud_message_too_large"}),
            # From here on, the server sends progress as fast as it can.
            ("endless", {"ombud_timeout"}),
            ("silent", {"ombud_timeout"}),
        ]
        for number, (how, codes) in enumerate(cases, 1):
            says(line.ask(call(how, number * 10)), *codes)
            plain(line.ask(call("plain", number * 10 + 1)))
        ours = [message for message in map(json.loads, line.lines) if "method" in message]
        client.check(len(ours) < 20_000, f"{len(ours)} notifications came through")
        # Nothing that the server sends under other ids counts as a response.
        line.send(call("wrong id", 1000))
        plain(line.next(lambda told: "id" in told), "wrong id")
        says(line.ask(call("die", 2000)), "ombud_server_ended")
    told = tool_edge.records(ombud, home)
    notices = {row["what"] for row in told if row["kind"] == "tool.notice"}
    client.check({"not_json", "not_a_message", "message_too_large", "too_many_notifications", "unknown_id"} <= notices, f"{notices}")
    outcomes = [row["outcome"] for row in told if row["kind"] == "tool.result"]
    client.check(outcomes.count("ombud_timeout") == 3 and outcomes.count("ok") == len(cases) + 1, f"{outcomes}")
    tool_edge.log(ombud, home, "verify")


def no_secret_reaches_the_client(ombud, provider, folder):
    """Wherever the server puts it: a log message, a progress note, a question, a sampling request, an error, a stray response."""
    home = tool_edge.project(folder / "project", SETTINGS)
    with Stdio(ombud, home) as line:
        line.start(elicitation={}, sampling={})
        answer = line.ask(call("leak", 1))
        client.check("no access with" in answer["error"]["message"], f"{answer}")
        plain(line.ask(call("plain", 2)))
        methods = {message.get("method") for message in map(json.loads, line.lines)}
        client.check({"notifications/message", "notifications/progress", "notifications/x", "elicitation/create", "sampling/createMessage"} <= methods, f"{methods}")
        client.check(KEY.encode() not in b"".join(line.lines) and KEY.encode() not in b"".join(line.told), "the secret came through")
    client.check(KEY not in json.dumps(tool_edge.records(ombud, home)), "the secret stands in the log in clear")


def questions_of_a_server_are_bounded_and_ours_are_not_its_own(ombud, provider, folder):
    """The server floods the client with questions, asks under our id, and cancels our question: ours is asked and counts."""
    home = tool_edge.project(folder / "project", f'{SETTINGS}[tools]\nmode = "ask"\n')
    with Stdio(ombud, home) as line:
        line.start(elicitation={})
        allow = {"action": "accept", "content": {"allow": True}}

        # A call that only reads needs no question.
        plain(line.ask(call("spam", 3)), "spam")
        questions = [message for message in map(json.loads, line.lines) if message.get("method") == "elicitation/create"]
        client.check(0 < len(questions) <= 20, f"{len(questions)} questions came through")
        line.send({"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": {"name": "send_note", "arguments": {"how": "takes back", "to": "a@b.example"}}})
        asked = line.next(lambda told: told.get("method") == "elicitation/create" and str(told["id"]).startswith("ombud-"))
        plain(line.ask(call("takes back", 5)), "takes back")
        line.send({"jsonrpc": "2.0", "id": asked["id"], "result": allow})
        plain(line.next(lambda told: told.get("id") == 4), "takes back")
        taken = [message for message in map(json.loads, line.lines) if message.get("method") == "notifications/cancelled"]
        client.check(not taken, f"{taken}")
        ours = [message for message in map(json.loads, line.lines) if str(message.get("id")) == asked["id"]]
        client.check(ours == [asked], f"{ours}")


def a_server_that_reads_nothing_is_given_up(ombud, provider, folder):
    """The client is not kept waiting: pending requests get a response, and then the connection ends."""
    home = tool_edge.project(folder / "project", SETTINGS)
    with Stdio(ombud, home) as line:
        line.start()
        plain(line.ask(call("deaf", 1)), "deaf")
        wide = call("x" * 500_000, 0)
        with contextlib.suppress(BrokenPipeError):
            for number in range(2, 12):
                line.send({**wide, "id": number})
        open_ids = set(range(2, 12))
        until = time.monotonic() + gateway.PATIENCE
        while True:
            message = line.heard.get(timeout=max(0.1, until - time.monotonic()))
            if message is None:
                break
            says(message, "ombud_timeout", "ombud_server_ended")
            open_ids.discard(message["id"])
        client.check(len(open_ids) < 10, "nothing was answered")
        client.check(line.process.wait(gateway.PATIENCE) is not None, "it goes on")


class Hostile(http.server.BaseHTTPRequestHandler):
    """An MCP server over HTTP that misbehaves as instructed."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        message = json.loads(body)
        id, method = message.get("id"), message["method"]
        if id is None:
            return self.whole(202, b"")
        if method == "initialize":
            about = {"protocolVersion": message["params"]["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "x", "version": "1"}}
            return self.whole(200, json.dumps({"jsonrpc": "2.0", "id": id, "result": about}).encode())
        how = message["params"]["arguments"]["how"]
        with self.server.counting():
            with contextlib.suppress(ConnectionError):
                getattr(self, how.replace(" ", "_"))(id)

    def do_GET(self):
        self.whole(405, b"")

    do_DELETE = do_GET

    def whole(self, status, body, kind="application/json", **headers):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def stream(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.close_connection = True

    def event(self, message):
        self.wfile.write(b"data: " + json.dumps(message).encode() + b"\n\n")

    def answer(self, id, text="plain"):
        return {"jsonrpc": "2.0", "id": id, "result": {"content": [{"type": "text", "text": text}]}}

    def plain(self, id):
        self.whole(200, json.dumps(self.answer(id)).encode())

    def drip(self, id):
        """Sends one byte after the other, so that no read waits long, but never the last byte."""
        self.stream()
        self.wfile.write(b'data: {"jsonrpc":"2.0","id":')
        while True:
            self.wfile.write(b" ")
            time.sleep(0.05)

    def drip_body(self, id):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "1000000")
        self.end_headers()
        while True:
            self.wfile.write(b" ")
            time.sleep(0.05)

    def endless(self, id):
        self.stream()
        while True:
            self.event({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": id, "progress": 1}})
            time.sleep(0.001)

    def endless_comments(self, id):
        self.stream()
        while True:
            self.wfile.write(b": still here\n\n")
            time.sleep(0.001)

    def endless_line(self, id):
        self.stream()
        self.wfile.write(b"data: ")
        while True:
            self.wfile.write(b"x" * 65536)

    def hang(self, id):
        self.connection.recv(1)

    def huge(self, id):
        self.whole(200, json.dumps(self.answer(id, "x" * (5 << 20))).encode())

    def huge_event(self, id):
        self.stream()
        self.event(self.answer(id, "x" * (5 << 20)))

    def malformed(self, id):
        self.whole(200, b'{"jsonrpc":"2.0","id":1,')

    def page(self, id):
        self.whole(200, b"<html>Welcome</html>", "text/html")

    def nothing(self, id):
        self.whole(202, b"")

    def malformed_event(self, id):
        self.stream()
        self.wfile.write(b"data: {\n\ndata: [1,2]\n\nevent: x\n\ndata:\n\n\xff\xfe\n\n")

    def cut(self, id):
        self.stream()
        self.wfile.write(b'data: {"jsonrpc":"2.0","id":1,"resu')

    def wrong_id(self, id):
        self.stream()
        for other in (4711, str(id) + "0", f"x{id}", None):
            self.event(self.answer(other, KEY))

    def redirect(self, id):
        self.whole(307, KEY.encode(), location=self.server.elsewhere)

    def moved(self, id):
        self.whole(301, b"", location=self.server.elsewhere)

    def refused(self, id):
        self.whole(401, f"no access with {KEY}".encode(), "text/plain", www_authenticate='Bearer resource_metadata="https://x.example/"')

    def broken(self, id):
        self.whole(500, f"Traceback: {KEY}".encode(), "text/plain")

    def leak(self, id):
        self.stream()
        self.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": KEY}})
        self.event({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": id, "progress": 1, "message": KEY}})
        self.event(self.answer(id, f"key {KEY}"))

    def burst(self, id):
        """Sends more at once than anybody reads in time, and then the response."""
        self.stream()
        for number in range(150):
            self.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": number}})
        self.event(self.answer(id))

    def answered_and_open(self, id):
        self.stream()
        self.event(self.answer(id))
        while True:
            self.wfile.write(b": still here\n\n")
            time.sleep(0.05)


# How the server misbehaves, and what the client receives: an Ombud code, a status, or the text of the response.
TABLE = {
    "plain": "plain",
    "drip": {"ombud_timeout"},
    "drip body": {"ombud_timeout"},
    "endless": {"ombud_timeout"},
    "endless comments": {"ombud_timeout"},
    "endless line": {"ombud_message_too_large", "ombud_timeout"},
    "hang": {"ombud_timeout", "ombud_provider_timeout"},
    "huge": {"ombud_message_too_large"},
    "huge event": {"ombud_message_too_large"},
    "malformed": {"ombud_answer_not_readable"},
    "page": {"ombud_answer_not_readable"},
    "nothing": {"ombud_answer_not_readable"},
    "malformed event": {"ombud_answer_cut"},
    "cut": {"ombud_answer_cut"},
    "wrong id": {"ombud_answer_cut"},
    "redirect": {"ombud_redirected"},
    "moved": {"ombud_redirected"},
    "refused": 401,
    "broken": 500,
    "leak": "key SECRET_",
    "burst": "plain",
    "answered and open": "plain",
}


class HostileServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.lock, self.open = threading.Lock(), 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @contextlib.contextmanager
    def counting(self):
        with self.lock:
            self.open += 1
        try:
            yield
        finally:
            with self.lock:
                self.open -= 1

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/mcp"

    def handle_error(self, request, client_address):
        """Ignores Ombud hanging up, which is what is being tested."""


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """The target of a redirect, which nobody must visit."""

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.server.visits.append(self.path)
        self.send_response(200)
        self.end_headers()

    do_GET = do_POST


class Http:
    """A minimal client of one session, or of the newest revision, which has no session."""

    def __init__(self, url, modern):
        self.server, self.modern = urllib.parse.urlsplit(url), modern
        self.headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if modern:
            self.headers["MCP-Protocol-Version"] = "2026-07-28"
        else:
            self.post(initialize({}, "2025-06-18"))
            self.headers["MCP-Protocol-Version"] = "2025-06-18"
            self.post({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def sent(self, method, message=None):
        """A connection with a request in flight."""
        line = http.client.HTTPConnection(self.server.hostname, self.server.port, timeout=gateway.PATIENCE)
        line.request(method, self.server.path, json.dumps(message) if message else None, self.headers)
        return line

    def post(self, message):
        """Status, headers and the whole body."""
        line = self.sent("POST", message)
        answer = line.getresponse()
        body = answer.read()
        line.close()
        self.headers |= {name: value for name, value in answer.getheaders() if name.lower() == "mcp-session-id"}
        return answer.status, dict(answer.getheaders()), body

    def call(self, how, id):
        message = call(how, id)
        if self.modern:
            capabilities = {"io.modelcontextprotocol/clientCapabilities": {}, "io.modelcontextprotocol/protocolVersion": "2026-07-28"}
            message["params"]["_meta"] = {**capabilities, "progressToken": id}
        return self.post(message)


def last(body):
    """The response: the whole body, or the last event."""
    text = body.decode()
    lines = [line.removeprefix("data:") for line in text.splitlines() if line.startswith("data:")]
    return json.loads(lines[-1] if lines else text)


def one_answer(url, modern, how, wanted):
    status, headers, body = Http(url, modern).call(how, 7)
    where = f"{how}, {'newest' if modern else 'before'}: {status} {body[-300:]!r}"
    client.check(KEY.encode() not in body and len(body) < 1 << 20, where)
    client.check("location" not in {name.lower() for name in headers}, where)
    if isinstance(wanted, int):
        client.check(status == wanted and body == b"", where)
        client.check(status != 401 or "www-authenticate" in {name.lower() for name in headers}, f"{where} {headers}")
        return
    client.check(status == 200, where)
    answer = last(body)
    client.check(answer["id"] == 7, where)
    if isinstance(wanted, str):
        client.check(wanted in answer["result"]["content"][0]["text"], where)
    else:
        says(answer, *wanted)


def over_http(ombud, provider, folder):
    """A table of what a remote server may do, in both eras; afterwards no connection to it is left open."""
    elsewhere = HostileServer(Elsewhere)
    elsewhere.visits = []
    server = HostileServer(Hostile)
    server.elsewhere = elsewhere.url
    home = tool_edge.project(folder / "project", f'{SETTINGS}[mcp.away]\nurl = "{server.url}"\n')
    with tool_http.serving(ombud, provider, home) as url, ThreadPoolExecutor(8) as pool:
        work = [(f"{url}/mcp/away", modern, how, wanted) for modern in (False, True) for how, wanted in TABLE.items()]
        for done in [pool.submit(one_answer, *case) for case in work]:
            done.result()
        one_answer(f"{url}/mcp/away", True, "plain", "plain")
        until = time.monotonic() + gateway.PATIENCE
        while server.open and time.monotonic() < until:
            time.sleep(0.1)
        client.check(server.open == 0, f"{server.open} answers are still being read")
    client.check(elsewhere.visits == [], f"a redirect was followed: {elsewhere.visits}")
    told = tool_edge.records(ombud, home)
    client.check(KEY not in json.dumps(told), "the secret stands in the log in clear")
    calls = [row for row in told if row["kind"] == "tool.call"]
    results = [row for row in told if row["kind"] == "tool.result"]
    client.check(len(calls) == len(results) == len(TABLE) * 2 + 1, f"{len(calls)} calls, {len(results)} results")
    tool_edge.log(ombud, home, "verify")
    for each in (server, elsewhere):
        each.shutdown()
        each.server_close()


def an_id_in_use_keeps_its_request(ombud, provider, folder):
    """A client that reuses an id is refused the second time, and the first request gets its own response."""
    server = HostileServer(Hostile)
    home = tool_edge.project(folder / "project", f'{SETTINGS}[mcp.away]\nurl = "{server.url}"\n')
    with tool_http.serving(ombud, provider, home) as url:
        plain = Http(f"{url}/mcp/away", modern=False)
        first = plain.sent("POST", call("drip", 7))
        while not server.open:
            time.sleep(0.05)
        says(last(plain.call("plain", 7)[2]), "ombud_id_in_use")
        says(last(first.getresponse().read()), "ombud_timeout")
        first.close()
        client.check(last(plain.call("plain", 7)[2])["result"], "the id is free again")
    server.shutdown()
    server.server_close()


TOOL_HOSTILE = [
    over_stdio,
    no_secret_reaches_the_client,
    questions_of_a_server_are_bounded_and_ours_are_not_its_own,
    a_server_that_reads_nothing_is_given_up,
    over_http,
    an_id_in_use_keeps_its_request,
]
