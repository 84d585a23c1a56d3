"""Headers for other people's clients. They are sent to the gateway and nowhere else: a user's id is personal data."""

import urllib.parse
import urllib.request
from typing import Any, Optional, Tuple, TypeVar

from . import settings
from .subjects import NAMES, aside, headers

Client = TypeVar("Client")

_PORTS = {"http": 80, "https": 443}


def _ours(url: Any) -> bool:
    ours, theirs = _place(settings.gateway()), _place(str(url))
    if ours is None or theirs is None or ours[0] != theirs[0]:
        return False
    root = ours[1].rstrip("/")
    return not root or ((theirs[1] + "/").startswith(root + "/") and ".." not in urllib.parse.unquote(theirs[1]).split("/"))


def _place(url: str) -> Optional[Tuple[Tuple[str, str, int], str]]:
    """The origin, in the form in which clients may have rewritten it, and the path."""
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return ((parts.scheme, parts.hostname, port), parts.path) if parts.hostname else None


def _withhold(carried: Any) -> None:
    """Removes the headers from a request that a redirect leads away from the gateway."""
    for name in [name for name in carried if name.lower() in NAMES]:
        del carried[name]


class _Handler(urllib.request.BaseHandler):
    handler_order = 100

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        if _ours(request.full_url):
            for name, value in headers().items():
                request.add_unredirected_header(name, value)
        return request

    https_request = http_request


class _Proxies(urllib.request.ProxyHandler):
    """The proxies of the environment, but not for the gateway: a proxy would read the key and the user's id."""

    def proxy_open(self, req: urllib.request.Request, proxy: str, type: str) -> Any:
        if _ours(req.full_url):
            return None
        return super().proxy_open(req, proxy, type)


def opener() -> urllib.request.OpenerDirector:
    """Returns a `urllib` opener that adds the headers. Requests to the gateway use no proxy."""
    return urllib.request.build_opener(_Handler(), _Proxies())


def attach(client: Client) -> Client:
    """Adds the headers, as they are at the time of sending, to all later requests of a `requests` session or an `httpx`,
    `openai` or `chromadb` client to the gateway. Returns the client."""
    # The object that sends the requests: chromadb's own client, openai's, or the client itself.
    carrier = getattr(getattr(client, "_server", None), "_session", None) or getattr(client, "_client", None) or client
    if hasattr(carrier, "event_hooks"):
        _attach_httpx(carrier)
    elif hasattr(carrier, "prepare_request"):
        _attach_requests(carrier)
    else:
        raise TypeError(settings.say(
            "ombud.attach supports requests.Session, httpx, openai and chromadb clients; "
            "for this one, pass headers=ombud.headers()",
            "ombud.attach 支持 requests.Session、httpx、openai 和 chromadb 客户端；此处请传入 headers=ombud.headers()",
        ))
    return client


def _attach_httpx(carrier: Any) -> None:
    # The hook also sees the request that a redirect leads to.
    def add(request: Any) -> None:
        if _ours(request.url):
            request.headers.update(headers())
        elif settings.gateway():
            _withhold(request.headers)

    async def add_async(request: Any) -> None:
        if _ours(request.url):
            # Renewing a proof that is about to expire waits for the gateway, so it runs in a thread while others are served.
            request.headers.update(await aside(headers))
        else:
            add(request)

    asynchronous = hasattr(carrier, "aclose")
    hooks = dict(carrier.event_hooks)
    hooks["request"] = [*hooks.get("request", []), add_async if asynchronous else add]
    carrier.event_hooks = hooks
    choose = getattr(carrier, "_transport_for_url", None)
    if choose is None:
        return

    def chosen(url: Any) -> Any:
        # A proxy would read the headers; without one, httpx uses the client's own transport.
        transport = choose(url)
        is_proxy = "Proxy" in type(getattr(transport, "_pool", None)).__name__
        return carrier._transport if is_proxy and _ours(url) else transport

    carrier._transport_for_url = chosen


def _attach_requests(carrier: Any) -> None:
    prepare = carrier.prepare_request

    def prepared(request: Any) -> Any:
        ready = prepare(request)
        if _ours(ready.url):
            ready.headers.update(headers())
        return ready

    carrier.prepare_request = prepared
    merge = carrier.merge_environment_settings

    def merged(url: Any, proxies: Any, *given: Any, **named: Any) -> Any:
        # Proxies of the environment would read the headers; those set on the session or the request are the caller's choice.
        if _ours(url):
            proxies = {**(proxies or {}), "no_proxy": urllib.parse.urlsplit(str(url)).hostname}
        return merge(url, proxies, *given, **named)

    carrier.merge_environment_settings = merged
    rebuild = carrier.rebuild_auth

    def rebuilt(redirected: Any, answer: Any) -> Any:
        if not _ours(redirected.url):
            _withhold(redirected.headers)
        return rebuild(redirected, answer)

    carrier.rebuild_auth = rebuilt
