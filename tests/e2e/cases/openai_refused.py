"""What cannot be read does not leave: other paths and malformed bodies are refused in the provider's own error format."""

import json
import os
import urllib.error
import urllib.request

import client
import planted

[PHONE] = planted.named("mobile")


def post(path, body, kind="application/json"):
    """The status and the error that a plain HTTP client sees."""
    url = os.environ["OPENAI_BASE_URL"] + path
    headers = {"content-type": kind, "authorization": "Bearer sk-e2e-client"}
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, {}
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["error"]


def main():
    if client.DIRECT:
        return
    say = PHONE.sentence
    good = {"model": "m", "messages": [{"role": "user", "content": say}]}
    twice = b'{"model":"m","messages":[{"role":"user","content":"hi"}],"messages":[{"role":"user","content":"%s"}]}'
    for path, body in [
        ("/audio/speech", json.dumps({"input": say}).encode()),
        ("/files", say.encode()),
        ("/chat/completions", json.dumps(good).encode()[:-1]),
        ("/chat/completions", twice % say.encode()),
        ("/chat/completions", b'{"messages":"\xff\xfe"}'),
        ("/chat/completions", b"[" * 10_000),
        ("/chat/completions", b""),
    ]:
        status, error = post(path, body)
        client.check(400 <= status < 500, f"{path} {body[:40]!r}: {status}")
        client.check(error.get("code") and error.get("message"), f"the error says what and how: {error}")
        client.check(PHONE.value not in json.dumps(error, ensure_ascii=False), "an error repeats no data")


def inspect(requests):
    client.check(not requests, f"forwarded: {[request.path for request in requests]}")


if __name__ == "__main__":
    main()
