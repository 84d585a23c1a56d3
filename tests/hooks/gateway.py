"""A tiny server that plays the gateway: it records what it receives and answers like a provider.

The second half of a streamed response is sent only after the client, having seen the first, has requested `/_release`:
a client or hook that collects the stream before passing it on never gets the rest.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHAT = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}
MESSAGE = {
    "id": "m1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 1},
}


def chunk(text):
    delta = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    body = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [delta]}
    return ("data: %s\n\n" % json.dumps(body)).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                part = self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    return b"".join(parts)
                parts.append(part)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def handle_any(self):
        body = self.body()
        if self.path == "/_release":
            self.server.release.set()
            return self.answer({"released": True})
        names = {name.lower(): value for name, value in self.headers.items()}
        record = {"method": self.command, "path": self.path, "headers": names, "body": body.decode("utf-8", "replace")}
        self.server.records.append(record)
        if self.command == "CONNECT":
            self.close_connection = True
            return self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        try:
            streamed = json.loads(body or b"{}").get("stream") is True
        except ValueError:
            streamed = False
        if streamed:
            return self.stream()
        if self.path.startswith("/hop"):
            self.send_response(302)
            self.send_header("Location", self.server.hop)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        return self.answer(MESSAGE if self.path.endswith("/messages") else CHAT)

    def answer(self, value):
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self):
        self.server.release.clear()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(chunk("first"))
        self.wfile.flush()
        if self.server.release.wait(20):
            self.wfile.write(chunk("second") + b"data: [DONE]\n\n")

    do_GET = do_POST = do_PUT = do_DELETE = do_CONNECT = handle_any


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.records = []
        self.release = threading.Event()
        self.hop = ""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """Ignores clients that hang up, as those that end without closing do."""

    @property
    def address(self):
        return "http://127.0.0.1:%d" % self.server_port
