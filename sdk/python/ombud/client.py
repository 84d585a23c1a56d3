"""Ombud's HTTP interface."""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Dict, List, Optional

from . import settings
from .errors import OmbudError, Unreachable


class _Stays(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the gateway sends none, and whoever does would receive the key and the user's id."""

    def redirect_request(self, *_: Any) -> None:
        return None


# The gateway is on this machine or at the operator's own address, so proxies from the environment are not used.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stays)


class OmbudClient:
    """Calls to one gateway. Every method returns the JSON object of the response, or raises `OmbudError`."""

    def __init__(self, gateway: Optional[str] = None, key: Optional[str] = None, timeout: float = 30.0) -> None:
        self.gateway = (gateway or settings.gateway()).rstrip("/")
        self.key = key or settings.key()
        self.timeout = timeout

    def ask(self, subject: str, purpose: str, session: str = "", notice: Optional[str] = None) -> Dict[str, Any]:
        body = {"subject": subject, "purpose": purpose, "session": _encoded(session), "notice": notice}
        return self._call("POST", "/api/v1/consent/ask", body)

    def give(self, subject: str, request: str, agreed: bool, session: str = "", method: str = "") -> Dict[str, Any]:
        body = {"subject": subject, "request": request, "agreed": agreed, "session": _encoded(session), "method": method}
        return self._call("POST", "/api/v1/consent/give", body)

    def withdraw(self, subject: str, purpose: str, method: str = "") -> Dict[str, Any]:
        body = {"subject": subject, "purpose": purpose, "method": method}
        return self._call("POST", "/api/v1/consent/withdraw", body)

    def consents(self, subject: str) -> Dict[str, Any]:
        return self._call("GET", "/api/v1/consent?subject=" + urllib.parse.quote(subject, safe=""))

    def sources(self, sources: List[Dict[str, Any]]) -> Dict[str, Any]:
        return self._call("POST", "/api/v1/sources", {"sources": sources})

    def show(self, subject: str) -> Dict[str, Any]:
        return self._call("GET", "/api/v1/subjects/" + urllib.parse.quote(subject, safe=""))

    def erase(self, subject: str) -> Dict[str, Any]:
        return self._call("POST", "/api/v1/subjects/%s/erase" % urllib.parse.quote(subject, safe=""), {})

    def _call(self, method: str, path: str, body: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        if not self.gateway.startswith(("http://", "https://")):
            raise Unreachable(self.gateway)
        headers = {"content-type": "application/json"}
        if self.key:
            headers["x-ombud-key"] = self.key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.gateway + path, data, headers, method=method)
        try:
            with _OPENER.open(request, timeout=self.timeout) as answer:
                found = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise OmbudError(_message(error)) from None
        except (OSError, ValueError, http.client.HTTPException):
            raise Unreachable(self.gateway) from None
        if not isinstance(found, dict):
            raise Unreachable(self.gateway)
        return found


def _encoded(session: str) -> str:
    """A session as headers name it; what is encoded already stays as it is."""
    return urllib.parse.quote(session, safe="%")


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["message"])
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return "HTTP %d" % error.code
