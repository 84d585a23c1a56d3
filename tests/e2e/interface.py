"""Ombud's own HTTP API. Cases like those in doors.py."""

import json
import urllib.error
import urllib.request

import client
import faults
import planted


def call(url, path, body=None, **headers):
    """Status and JSON of one call."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"content-type": "application/json", **headers})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def scan_redact_restore_and_receipts(ombud, provider, folder):
    """The filters over HTTP, per client and session; receipts only for the client whose exchange it was."""
    process, url = faults.serve(ombud, provider.url, folder / "home")
    try:
        value = planted.named("mobile")[0]
        text = f"你好，{value.sentence}"
        status, found = call(url, "/api/v1/scan", {"text": text})
        spans = [text[entity["start"] : entity["end"]] for entity in found["entities"]]
        client.check(status == 200 and value.value in spans, f"scan: {status} {len(spans)} spans")
        one, two = {"x-api-key": "one"}, {"x-api-key": "two"}
        _, masked = call(url, "/api/v1/redact", {"text": text}, **one)
        client.check(value.value not in masked["text"], "redact left it there")
        _, restored = call(url, "/api/v1/restore", masked, **one)
        client.check(restored["text"] == text, "restore gave something else")
        for stranger in (two, {**one, "x-ombud-session": "other"}):
            _, kept = call(url, "/api/v1/restore", masked, **stranger)
            client.check(kept == masked, "a stranger restored it")
        _, receipt, _ = faults.chat(url, text)
        own = {"authorization": "Bearer sk-e2e-client"}
        status, record = call(url, f"/api/v1/receipts/{receipt}", **own)
        kinds = [row["record"]["kind"] for row in record["records"]]
        client.check(status == 200 and kinds == ["llm.request", "llm.response"], f"receipt: {status} {kinds}")
        status, _ = call(url, f"/api/v1/receipts/{receipt}", **one)
        client.check(status == 404, f"a stranger saw the receipt: {status}")
        chunk = {"kind": "knowledge", "name": "faq", "text": "Refunds take ten days, says the desk of returns."}
        status, told = call(url, "/api/v1/sources", {"sources": [chunk, {"kind": "web", "text": "no"}]})
        client.check(status == 200 and told == {"declared": 1, "too_short": [1]}, f"sources: {status} {told}")
        status, told = call(url, "/api/v1/sources", {"sources": [{**chunk, "trust": "operator"}]})
        client.check(status == 403 and told["code"] == "ombud_source_needs_key", f"vouched: {status} {told}")
        status, told = call(url, "/api/v1/sources", {"sources": [{**chunk, "kind": "x"}]})
        client.check(status == 422 and told["code"] == "ombud_bad_source", f"bad source: {status} {told}")
        _, document = call(url, "/api/openapi.json")
        paths = {"/api/v1/scan", "/api/v1/redact", "/api/v1/restore", "/api/v1/receipts/{id}", "/api/v1/sources"}
        client.check(paths <= set(document["paths"]), f"{sorted(document['paths'])}")
    finally:
        process.terminate()
        process.wait()


INTERFACE = [scan_redact_restore_and_receipts]
