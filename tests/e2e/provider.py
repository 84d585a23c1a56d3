"""The simulated provider: it keeps every request as received and answers with the tokens found in it."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import plan as plans
import planted
import wire_anthropic
import wire_openai


@dataclass
class Request:
    """A request as the provider received it."""

    method: str
    path: str
    headers: dict
    raw: bytes

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def text(self):
        return self.raw.decode("utf-8", "replace")

    @property
    def tokens(self):
        """Distinct tokens, in document order."""
        return list(dict.fromkeys(planted.TOKEN.findall(self.text)))

    @property
    def leaks(self):
        """Planted values anywhere: in the body, the path, or a header."""
        return planted.leaks("\n".join([self.path, *self.headers.values(), self.text]))


@dataclass
class Call:
    name: str
    arguments: str


@dataclass
class Reply:
    text: str = ""
    thinking: str = ""
    calls: list = field(default_factory=list)


def compose(request, plan, is_result, strangers):
    """The model's reply: it repeats what it was given, and ends with something that only begins like a token."""
    given = strangers if plan.answer == "foreign" else request.tokens
    # Without a gateway there are no tokens; the reply then repeats the values themselves, which the runner counts as leaks.
    given = given or [p.value for p in planted.ALL + planted.CROWD if p.value in "\n".join(plans.strings(request.json))]
    dressed = [plan.dress(word) for word in given]
    text = "收到：" + "，".join(dressed) + "。Noted: " + " / ".join(dressed) + ". 号码PHONE_"
    text += plan.say.replace("{}", dressed[0] if dressed else "")
    if is_result or plan.answer in ("text", "foreign", "cut"):
        return Reply(text=text)
    if plan.answer == "thinking":
        return Reply(text=text, thinking="The user wrote " + " and ".join(given))
    arguments = [{"to": given[:1], "all": given, "body": f'他说 "{text}"\n'}, {"note": {"deep": [text]}}]
    names = ["send_message", "save_note"][: 2 if plan.answer == "tools" else 1]
    dumped = [json.dumps(value, ensure_ascii=plan.ascii) for value in arguments]
    return Reply(calls=[Call(name, value) for name, value in zip(names, dumped)])


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.remember(b"")
        path = self.path.split("?")[0]
        self.send_json(200, wire_openai.models()) if path.endswith("/models") else self.send_json(404, {})

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        request = self.remember(raw)
        try:
            body = request.json
        except ValueError:
            return self.send_json(400, wire_openai.error(400))
        path = self.path.split("?")[0]
        plan = plans.read(body)
        if str(plan.answer).isdigit():
            shape = wire_anthropic if path.endswith("/messages") else wire_openai
            return self.send_json(int(plan.answer), shape.error(int(plan.answer)))
        return self.answer(path, request, body, plan)

    def answer(self, path, request, body, plan):
        wires = {
            "/v1/chat/completions": (wire_openai, wire_openai.chat, wire_openai.chat_stream),
            "/v1/responses": (wire_openai, wire_openai.responses, wire_openai.responses_stream),
            "/v1/messages": (wire_anthropic, wire_anthropic.messages, wire_anthropic.stream),
        }
        if path == "/v1/embeddings":
            return self.send_json(200, wire_openai.embeddings(body))
        if path not in wires:
            return self.send_json(404, wire_openai.error(404))
        wire, whole, stream = wires[path]
        strangers = self.server.strangers(request)
        reply = compose(request, plan, wire.last_is_tool_result(body), strangers)
        if body.get("stream"):
            return self.send_events(list(stream(body, reply, plan)), plan)
        return self.send_json(200, whole(body, reply))

    def remember(self, raw):
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, raw)
        with self.server.lock:
            self.server.requests.append(request)
        return request

    def send_json(self, status, value):
        body = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("x-request-id", "req-mock")
        self.end_headers()
        self.wfile.write(body)

    def send_events(self, events, plan):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if plan.answer == "cut":
            events = events[: len(events) // 2]
        for told in events:
            data = told.encode()
            size = plan.bytes or len(data)
            for at in range(0, len(data), size):
                piece = data[at : at + size]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if plan.answer == "cut":
            self.close_connection = True
            return
        self.wfile.write(b"0\r\n\r\n")


class Provider(ThreadingHTTPServer):
    """Listens on a free loopback port as soon as it is created."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """Ignores a client that hangs up, which is part of the tests; anything else is reported."""
        import sys

        if not isinstance(sys.exc_info()[1], (ConnectionError, BrokenPipeError)):
            super().handle_error(request, client_address)

    def taken(self):
        """The requests since the last call."""
        with self.lock:
            taken, self.requests = self.requests, []
        return taken

    def strangers(self, request):
        """Tokens contained in other requests of the same case but not in this one."""
        with self.lock:
            seen = [token for other in self.requests for token in other.tokens]
        return list(dict.fromkeys(token for token in seen if token not in request.tokens))
