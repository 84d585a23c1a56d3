"""Failures: a killed process and a full disk. Cases like those in doors.py."""

import json
import resource
import signal
import subprocess
import urllib.error
import urllib.request

import client
import gateway
import planted


def serve(ombud, provider, home, **options):
    """Starts a gateway; returns it and the address that it prints."""
    command = [ombud, "serve", "--listen", "127.0.0.1:0", "--upstream", f"{provider}/v1"]
    pipes = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, env=gateway.environment(home), cwd=home.parent, **pipes, **options)
    for line in process.stderr:
        found = gateway.ADDRESS.search(line)
        if found:
            return process, found.group()
    raise AssertionError(f"ombud serve ended with {process.wait()}")


def chat(url, text):
    """Status, receipt and body of one chat completion."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
    headers = {"content-type": "application/json", "authorization": "Bearer sk-e2e-client"}
    request = urllib.request.Request(f"{url}/v1/chat/completions", body, headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=gateway.PATIENCE) as answer:
            return answer.status, answer.headers["x-ombud-receipt"], answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["x-ombud-receipt"], error.read()


def kill_9_loses_no_acknowledged_exchange(ombud, provider, folder):
    """Whatever was acknowledged is on record after the process was killed, and the log is intact."""
    home = folder / "home"
    receipts = []
    for _ in range(3):
        process, url = serve(ombud, provider.url, home)
        for number in range(5):
            status, receipt, _ = chat(url, f"{planted.named('mobile')[0].sentence} ({number})")
            client.check(status == 200, f"status {status}")
            receipts.append(receipt)
        process.send_signal(signal.SIGKILL)
        process.wait()
    for receipt in receipts:
        shown = gateway.execute([ombud, "log", "show", receipt], gateway.environment(home), cwd=folder)
        client.check(b"request" in shown.stdout and b"response 200" in shown.stdout, f"{receipt}: {shown.stdout!r}")
    verified = gateway.execute([ombud, "log", "verify"], gateway.environment(home), cwd=folder)
    client.check(verified.returncode == 0, verified.stdout.decode())


def small_files():
    """In the child: no file may grow beyond 200 kB, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))


def a_full_disk_stops_everything(ombud, provider, folder):
    """A request that cannot be recorded does not leave."""
    process, url = serve(ombud, provider.url, folder / "home", preexec_fn=small_files)
    try:
        status, body = 200, b""
        for number in range(60):
            status, _, body = chat(url, f"{number} " + "words that fill the log " * 500)
            if status != 200:
                break
        client.check(status == 503, f"status {status}")
        client.check(json.loads(body)["error"]["code"] == "ombud_log_unwritable", body.decode())
        before = len(provider.requests)
        again, _, _ = chat(url, "one more")
        client.check(again == 503, f"then status {again}")
        client.check(len(provider.requests) == before, "the request was forwarded all the same")
    finally:
        process.kill()
        process.wait()


FAULTS = [kill_9_loses_no_acknowledged_exchange, a_full_disk_stops_everything]
