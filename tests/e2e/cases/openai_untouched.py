"""A body without personal data reaches the provider byte for byte, including its oddities."""

import os
import urllib.request

import client

BODY = (
    '{ "z" : 1.0,"model":"mock-1" , "seed": 12345678901234567890123, "temperature":1e0,\n'
    ' "messages":[{"content":"call \\u4e2d \\/ order 20261122-000017, v1.2.3","role":"user"}], "é":null }'
).encode()


def main():
    url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    headers = {"content-type": "application/json", "authorization": "Bearer sk-e2e-client"}
    request = urllib.request.Request(url, data=BODY, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=30) as reply:
        client.check(reply.status == 200, str(reply.status))


def inspect(requests):
    client.check([request.raw for request in requests] == [BODY], "the body was changed")


if __name__ == "__main__":
    main()
