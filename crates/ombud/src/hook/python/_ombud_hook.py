"""Re-addresses requests for known model providers to the gateway, in plain HTTP on loopback. No TLS is intercepted.

OMBUD_HOOK is JSON: {"gateway": "http://127.0.0.1:PORT", "hosts": {"HOST": "PROVIDER", …}}. A request for
https://HOST/path goes to GATEWAY/p/PROVIDER/path, with every header as it was except Host, and with the header
`x-ombud-host: HOST`. Proxies are not used for it. The client sees its own address in requests, answers and errors.

This module is imported when the child imports the first of the HTTP libraries in PATCHES; each is patched right after
its own code has run.
"""

import os

HOST_HEADER = "x-ombud-host"

_routes = None


class _Route:
    """Where the requests for one host go."""

    __slots__ = ("name", "host", "port", "prefix", "authority")

    def __init__(self, name, host, port, provider):
        self.name = name
        self.host = host
        self.port = port
        self.prefix = "/p/" + provider
        self.authority = "%s:%d" % (host, port)

    def path(self, target):
        """The path at the gateway for a request target, which may be in the absolute form a proxy gets."""
        if "://" in target.split("?", 1)[0]:
            rest = target.split("://", 1)[1]
            cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
            target = rest[cut:]
        return self.prefix + (target if target.startswith("/") else "/" + target)


def _load():
    import json

    contract = json.loads(os.environ["OMBUD_HOOK"])
    authority = contract["gateway"].split("://", 1)[1].rstrip("/")
    host, port = authority.rsplit(":", 1)
    return {name.lower(): _Route(name, host, int(port), provider) for name, provider in contract["hosts"].items()}


def find(host, port=None):
    """The route for a host, or None if it is not a known provider's."""
    global _routes
    try:
        if _routes is None:
            _routes = _load()
        if isinstance(host, bytes):
            host = host.decode("ascii")
        name = host.lower()
        name = name[:-1] if name.endswith(".") else name
        return _routes.get("%s:%s" % (name, port)) or _routes.get(name)
    except Exception:
        return None


def _ours(function):
    """Marks a function as one of this module's, so that nothing is patched twice (httpx2 can pose as httpx)."""
    function._ombud = True
    return function


def _is_ours(function):
    return getattr(function, "_ombud", False)


def _is_host(name):
    return (name.decode("latin-1") if isinstance(name, bytes) else str(name)).lower() == "host"


def patch_http_client(module):
    """http.client, and with it urllib.request and whatever builds on either."""
    plain, secure = module.HTTPConnection, getattr(module, "HTTPSConnection", None)
    put_request, put_header = plain.putrequest, plain.putheader
    if _is_ours(put_request):
        return

    def route_of(connection):
        # A subclass that connects in its own way would send our path to the real host: left alone.
        if not _is_ours(type(connection).connect):
            return None
        tunnel = getattr(connection, "_tunnel_host", None)
        if tunnel:
            return find(tunnel, getattr(connection, "_tunnel_port", None))
        return find(connection.host, connection.port)

    def connecting(original):
        @_ours
        def connect(self):
            route = route_of(self)
            if route is None:
                return original(self)
            import socket

            self.sock = self._create_connection((route.host, route.port), self.timeout, None)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        return connect

    @_ours
    def putrequest(self, method, url, skip_host=False, skip_accept_encoding=False):
        route = route_of(self)
        if route is None:
            return put_request(self, method, url, skip_host, skip_accept_encoding)
        put_request(self, method, route.path(url), True, skip_accept_encoding)
        put_header(self, "Host", route.authority)
        put_header(self, HOST_HEADER, route.name)

    def putheader(self, header, *values):
        if _is_host(header) and route_of(self) is not None:
            return
        put_header(self, header, *values)

    plain.putrequest, plain.putheader = putrequest, putheader
    plain.connect = connecting(plain.connect)
    if secure is not None:
        secure.connect = connecting(secure.connect)


def patch_urllib3(module):
    """urllib3, and with it requests, botocore and others."""
    pool_class = module.HTTPConnectionPool
    urlopen, close = pool_class.urlopen, pool_class.close
    if _is_ours(urlopen):
        return

    def direct(pool, route):
        """A pool to the gateway with the settings of `pool`, kept with it."""
        known = pool.__dict__.get("_ombud_direct")
        if known is None:
            size = getattr(getattr(pool, "pool", None), "maxsize", 1)
            fresh = pool_class(
                route.host,
                route.port,
                timeout=pool.timeout,
                maxsize=size,
                block=pool.block,
                headers=pool.headers,
                retries=pool.retries,
            )
            known = pool.__dict__.setdefault("_ombud_direct", fresh)
        return known

    def readdressed(headers, route):
        headers = headers.copy() if headers is not None else {}
        for name in [name for name in headers if _is_host(name)]:
            del headers[name]
        headers["Host"] = route.authority
        headers[HOST_HEADER] = route.name
        return headers

    @_ours
    def patched(self, method, url, *args, **kwargs):
        route = find(self.host, self.port)
        if route is None:
            return urlopen(self, method, url, *args, **kwargs)
        args = list(args)
        if len(args) > 1:
            args[1] = readdressed(self.headers if args[1] is None else args[1], route)
        else:
            given = kwargs.get("headers")
            kwargs["headers"] = readdressed(self.headers if given is None else given, route)
        return urlopen(direct(self, route), method, route.path(url), *args, **kwargs)

    def closing(self):
        known = self.__dict__.pop("_ombud_direct", None)
        if known is not None:
            close(known)
        close(self)

    pool_class.urlopen, pool_class.close = patched, closing


def patch_httpx(module):
    """httpx (and httpx2), with every transport that really sends."""
    no_network = ("MockTransport", "ASGITransport", "WSGITransport")

    def uses_proxy(transport):
        return "Proxy" in type(getattr(transport, "_pool", None)).__name__

    def readdressed(request, route):
        # Not `copy.copy`, which leaves the stream out, nor `Request(…)`, which would read it.
        copy = request.__class__.__new__(request.__class__)
        copy.__dict__.update(request.__dict__)
        target = route.path(request.url.raw_path.decode("ascii"))
        copy.url = module.URL(
            scheme="http", host=route.host, port=route.port, raw_path=target.encode("ascii")
        )
        copy.headers = module.Headers(request.headers)
        copy.headers["Host"] = route.authority
        copy.headers[HOST_HEADER] = route.name
        return copy

    class Readdressing:
        """A transport that sends to the gateway through another one."""

        def __init__(self, inner, route):
            self.inner, self.route = inner, route

        def handle_request(self, request):
            return self.inner.handle_request(readdressed(request, self.route))

        async def handle_async_request(self, request):
            return await self.inner.handle_async_request(readdressed(request, self.route))

    def patch(client_class, transport_class):
        choose = client_class._transport_for_url
        if _is_ours(choose):
            return

        def without_proxy(client, transport):
            if uses_proxy(transport):
                transport = client._transport
            if uses_proxy(transport):
                known = client.__dict__.get("_ombud_direct")
                transport = known or client.__dict__.setdefault("_ombud_direct", transport_class(trust_env=False))
            return transport

        @_ours
        def patched(self, url):
            transport = choose(self, url)
            route = find(url.host, url.port)
            if route is None or type(transport).__name__ in no_network:
                return transport
            return Readdressing(without_proxy(self, transport), route)

        client_class._transport_for_url = patched

    patch(module.Client, module.HTTPTransport)
    patch(module.AsyncClient, module.AsyncHTTPTransport)


def patch_aiohttp(module):
    """aiohttp.client_reqrep: the one place where each hop of a request is made."""
    request_class = module.ClientRequest
    init = request_class.__init__
    if _is_ours(init):
        return

    @_ours
    def patched(self, method, url, **kwargs):
        route = find(url.host, url.explicit_port)
        if route is None:
            return init(self, method, url, **kwargs)
        target = route.path(url.raw_path_qs)
        there = type(url)("http://%s%s" % (route.authority, target), encoded=True)
        headers = kwargs.get("headers")
        headers = list(headers.items() if hasattr(headers, "items") else headers or ())
        headers = [(name, value) for name, value in headers if not _is_host(name)]
        kwargs["headers"] = headers + [(HOST_HEADER, route.name)]
        kwargs["proxy"] = None
        init(self, method, there, **kwargs)
        query = self.original_url.raw_query_string
        shown = str(url.origin()) + url.raw_path + ("?" + query if query else "")
        self.original_url = type(url)(shown, encoded=True)

    request_class.__init__ = patched


PATCHES = {
    "http.client": patch_http_client,
    "urllib3.connectionpool": patch_urllib3,
    "httpx": patch_httpx,
    "httpx2": patch_httpx,
    "aiohttp.client_reqrep": patch_aiohttp,
}


def apply(name, module):
    """Patches a library that has just been imported; one that does not look as expected stays as it is."""
    try:
        PATCHES[name](module)
    except Exception:
        pass
