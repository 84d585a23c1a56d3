"""Clients as agents write them, each with a hard-coded provider address. Usage: cases.py CASE.

A case checks what the client sees and returns the paths that the gateway must have received; run.py compares them.
"""

import asyncio
import json
import os
import subprocess
import sys

BASE = "https://api.deepseek.com"
KEY = "sk-test"
AUTH = {"Authorization": "Bearer " + KEY}
CHAT = "/p/deepseek/chat/completions"
BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
STREAMED = dict(BODY, stream=True)
GATEWAY, OTHER, PROXY = (os.environ.get(name, "") for name in ("T_GATEWAY", "T_OTHER", "T_PROXY"))


def release():
    """Lets the gateway send the second half, over a bare socket that bypasses every patched library."""
    import socket

    host, port = GATEWAY.split("://")[1].split(":")
    with socket.create_connection((host, int(port))) as sock:
        sock.sendall(b"GET /_release HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        sock.recv(4096)


def collect(events):
    """Collects the texts of a stream of OpenAI chunks, releasing the rest after the first."""
    texts = []
    for event in events:
        texts.append(event.choices[0].delta.content)
        if len(texts) == 1:
            release()
    assert texts == ["first", "second"], texts


async def collect_async(events):
    texts = []
    async for event in events:
        texts.append(event.choices[0].delta.content)
        if len(texts) == 1:
            release()
    assert texts == ["first", "second"], texts


def check_lines(lines):
    got = []
    for line in lines:
        got.append(line)
        if b"first" in line:
            release()
    assert b"second" in b"".join(got), got


def openai_sync():
    from openai import OpenAI

    answer = OpenAI(api_key=KEY, base_url=BASE).chat.completions.create(**BODY)
    assert answer.choices[0].message.content == "hello"
    return [CHAT]


def openai_v1_and_query():
    from openai import OpenAI

    client = OpenAI(api_key=KEY, base_url=BASE + "/v1", default_query={"a": "1 2"})
    client.chat.completions.create(**BODY)
    return ["/p/deepseek/v1/chat/completions?a=1+2"]


def openai_stream():
    from openai import OpenAI

    collect(OpenAI(api_key=KEY, base_url=BASE).chat.completions.create(**STREAMED))
    return [CHAT]


def openai_async():
    from openai import AsyncOpenAI

    async def main():
        async with AsyncOpenAI(api_key=KEY, base_url=BASE) as client:
            answer = await client.chat.completions.create(**BODY)
            assert answer.choices[0].message.content == "hello"
            await collect_async(await client.chat.completions.create(**STREAMED))

    asyncio.run(main())
    return [CHAT, CHAT]


def openai_custom_client():
    import openai

    client = openai.DefaultHttpxClient(proxy=PROXY)
    answer = openai.OpenAI(api_key=KEY, base_url=BASE, http_client=client).chat.completions.create(**BODY)
    assert answer.choices[0].message.content == "hello"
    return [CHAT]


def anthropic_sync():
    from anthropic import Anthropic

    client = Anthropic(auth_token=KEY, base_url=BASE + "/anthropic")
    answer = client.messages.create(model="m", max_tokens=9, messages=BODY["messages"])
    assert answer.content[0].text == "hello"
    return ["/p/deepseek/anthropic/v1/messages"]


def httpx_sync():
    import httpx

    with httpx.Client(headers=AUTH) as client:
        answer = client.post(BASE + "/chat/completions?q=%2F", json=BODY)
    assert answer.json()["object"] == "chat.completion"
    assert str(answer.url) == str(answer.request.url) == BASE + "/chat/completions?q=%2F"
    return [CHAT + "?q=%2F"]


def httpx_async_stream():
    import httpx

    async def main():
        async with httpx.AsyncClient(headers=AUTH) as client:
            async with client.stream("POST", BASE + "/chat/completions", json=STREAMED) as answer:
                got = b""
                async for part in answer.aiter_bytes():
                    got += part
                    if b"second" not in got:
                        release()
        assert b"second" in got

    asyncio.run(main())
    return [CHAT]


def httpx_proxies():
    """A proxy in the client, in a mount, in the transport: none is used for the gateway."""
    import httpx

    own = httpx.HTTPTransport(proxy=PROXY)
    for options in ({"proxy": PROXY}, {"mounts": {"https://": own}}, {"transport": httpx.HTTPTransport(proxy=PROXY)}):
        with httpx.Client(headers=AUTH, **options) as client:
            assert client.post(BASE + "/chat/completions", json=BODY).status_code == 200
    return [CHAT] * 3


def httpx_transports():
    """A custom transport is used; one that never sends is left alone."""
    import httpx

    class Counting(httpx.HTTPTransport):
        count = 0

        def handle_request(self, request):
            self.count += 1
            return super().handle_request(request)

    counting = Counting(retries=2)
    with httpx.Client(headers=AUTH, transport=counting) as client:
        client.post(BASE + "/chat/completions", json=BODY)
    assert counting.count == 1
    seen = []
    mock = httpx.MockTransport(lambda request: seen.append(str(request.url)) or httpx.Response(204))
    with httpx.Client(transport=mock) as client:
        assert client.get(BASE + "/models").status_code == 204
    assert seen == [BASE + "/models"]
    return [CHAT]


def httpx_generator_body():
    import httpx

    def parts():
        yield b'{"a":'
        yield b"1}"

    with httpx.Client(headers=AUTH) as client:
        assert client.post(BASE + "/chat/completions", content=parts()).status_code == 200
    return [CHAT]


def httpx2_as_httpx():
    """httpx2 can pose as httpx: it is patched once, not twice."""
    import httpx2

    httpx2.alias_httpx()
    import httpx

    assert httpx.post(BASE + "/chat/completions", json=BODY, headers=AUTH).status_code == 200
    return [CHAT]


def requests_plain():
    import requests

    answer = requests.post(BASE + "/chat/completions", json=BODY, headers=AUTH, params={"q": "1"}, timeout=20)
    assert answer.json()["object"] == "chat.completion"
    assert answer.url == BASE + "/chat/completions?q=1"
    return [CHAT + "?q=1"]


def requests_session_stream():
    import requests

    with requests.Session() as session:
        session.headers.update(AUTH)
        answer = session.post(BASE + "/chat/completions", json=STREAMED, stream=True)
        check_lines(answer.iter_lines(chunk_size=1))
        assert session.post(BASE + "/chat/completions", json=BODY).status_code == 200
    return [CHAT] * 2


def requests_proxies():
    import requests

    answer = requests.post(BASE + "/chat/completions", json=BODY, headers=AUTH, proxies={"https": PROXY})
    assert answer.status_code == 200
    return [CHAT]


def urllib3_pools():
    import urllib3

    data = json.dumps(BODY).encode()
    urllib3.PoolManager().request("POST", BASE + "/chat/completions", body=data, headers=AUTH)
    pool = urllib3.HTTPSConnectionPool("API.deepseek.com", headers=AUTH)
    pool.urlopen("POST", "/chat/completions", data)
    pool.urlopen("POST", "/chat/completions", data, dict(AUTH, host="api.deepseek.com"))
    pool.close()
    urllib3.ProxyManager(PROXY).request("POST", BASE + "/chat/completions", body=data, headers=AUTH)
    return [CHAT] * 4


def aiohttp_plain():
    import aiohttp

    async def main():
        async with aiohttp.ClientSession(headers=AUTH) as session:
            async with session.post(BASE + "/chat/completions", json=BODY, params={"q": "1"}) as answer:
                assert (await answer.json())["object"] == "chat.completion"
                assert str(answer.url) == BASE + "/chat/completions?q=1", answer.url
            async with session.post(BASE + "/chat/completions", json=BODY, proxy=PROXY) as answer:
                assert answer.status == 200
            async with session.post(BASE + "/chat/completions", json=STREAMED) as answer:
                got = b""
                async for line in answer.content:
                    got += line
                    if b"first" in line:
                        release()
                assert b"second" in got
        async with aiohttp.ClientSession(base_url=BASE, trust_env=True) as session:
            async with session.post("/chat/completions", json=BODY, headers=list(AUTH.items())) as answer:
                assert answer.status == 200

    asyncio.run(main())
    return [CHAT + "?q=1", CHAT, CHAT, CHAT]


def urllib_plain():
    from urllib.request import ProxyHandler, Request, build_opener, urlopen

    def request(body):
        return Request(BASE + "/chat/completions", json.dumps(body).encode(), AUTH)

    with urlopen(request(BODY)) as answer:
        assert json.load(answer)["object"] == "chat.completion"
        assert answer.url == BASE + "/chat/completions"
    with urlopen(request(STREAMED)) as answer:
        check_lines(answer)
    with build_opener(ProxyHandler({})).open(request(BODY)) as answer:
        assert answer.status == 200
    return [CHAT] * 3


def http_client_plain():
    import http.client

    connection = http.client.HTTPSConnection("api.deepseek.com")
    for headers in (AUTH, dict(AUTH, Host="api.deepseek.com")):
        connection.request("POST", "/chat/completions", json.dumps(BODY), headers)
        assert json.load(connection.getresponse())["object"] == "chat.completion"
    host, port = PROXY.split("://")[1].split(":")
    tunnelled = http.client.HTTPSConnection(host, int(port))
    tunnelled.set_tunnel("api.deepseek.com", 443)
    tunnelled.request("POST", "/chat/completions", json.dumps(BODY), AUTH)
    assert tunnelled.getresponse().status == 200
    return [CHAT] * 3


def a_local_port():
    """A host that is listed with a port matches that port only."""
    from urllib.request import urlopen

    import aiohttp
    import httpx
    import requests

    url = "http://127.0.0.1:11434/api/tags"

    async def main():
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            assert answer.status == 200

    assert httpx.get(url).status_code == requests.get(url).status_code == urlopen(url).status == 200
    asyncio.run(main())
    return ["/p/ollama/api/tags"] * 4


def other_hosts_untouched():
    from urllib.request import urlopen

    import aiohttp
    import httpx
    import requests

    async def main():
        async with aiohttp.ClientSession() as session, session.get(OTHER + "/x") as answer:
            assert str(answer.url) == OTHER + "/x"

    assert str(httpx.get(OTHER + "/x").url) == OTHER + "/x"
    assert requests.get(OTHER + "/x").url == OTHER + "/x"
    asyncio.run(main())
    with urlopen(OTHER + "/x") as answer:
        assert answer.status == 200
    return []


def redirect_to_provider():
    """A redirect from somewhere else to a known host is caught as well."""
    import aiohttp
    import httpx
    import requests

    async def main():
        async with aiohttp.ClientSession() as session, session.get(OTHER + "/hop") as answer:
            assert answer.status == 200

    assert httpx.get(OTHER + "/hop", follow_redirects=True).status_code == 200
    assert requests.get(OTHER + "/hop").status_code == 200
    asyncio.run(main())
    return ["/p/deepseek/models"] * 3


def subprocess_inherits():
    subprocess.run([sys.executable, __file__, "requests_plain"], check=True, stdout=subprocess.DEVNULL)
    return [CHAT + "?q=1"]


def imported_before_hook():
    """Modules that a .pth file imported before us are patched too."""
    import importlib
    import sitecustomize

    for name in [name for name in sys.modules if name.split(".")[0] in ("http", "_ombud_hook")]:
        del sys.modules[name]
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "sitecustomize"]
    http_client = importlib.import_module("http.client")
    sitecustomize._install()
    connection = http_client.HTTPSConnection("api.deepseek.com")
    connection.request("POST", "/chat/completions", json.dumps(BODY), AUTH)
    assert connection.getresponse().status == 200
    return [CHAT]


def chained_sitecustomize():
    """T_CHAIN is a directory after ours in PYTHONPATH with a sitecustomize that leaves a mark."""
    import sitecustomize

    assert sitecustomize.MARK == "theirs" and sitecustomize.__file__.startswith(os.environ["T_CHAIN"])
    return openai_sync()


def broken_contract():
    """Run with an unreadable OMBUD_HOOK: everything works as without us."""
    import http.client
    import httpx

    assert httpx.get(OTHER + "/x").status_code == 200
    host = OTHER.split("://")[1]
    connection = http.client.HTTPConnection(host)
    connection.request("GET", "/x")
    assert connection.getresponse().status == 200
    return []


def gateway_down():
    """Run with a gateway that does not listen: an ordinary connection error, and nothing goes elsewhere."""
    import httpx
    import requests

    for call, error in ((httpx.get, httpx.ConnectError), (requests.get, requests.ConnectionError)):
        try:
            call(BASE + "/models")
        except error:
            continue
        raise AssertionError("no error")
    return []


def nothing_imported_at_start():
    """Interpreter start-up imports no library that it would not import without us."""
    code = "import sys; print(sorted(m for m in ('json', 're', 'ssl', 'http', 'asyncio') if m in sys.modules))"
    with_hook = subprocess.check_output([sys.executable, "-c", code])
    bare = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "OMBUD_HOOK")}
    assert with_hook == subprocess.check_output([sys.executable, "-c", code], env=bare), with_hook
    return []


CASES = [
    name
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", None) == "__main__" and value.__code__.co_argcount == 0
]
CASES = [name for name in CASES if name not in ("release", "collect_async", "collect", "check_lines")]

if __name__ == "__main__":
    if sys.argv[1] == "--list":
        print("\n".join(CASES))
    else:
        print(json.dumps(globals()[sys.argv[1]]()))
