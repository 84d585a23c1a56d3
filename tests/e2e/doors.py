"""What a developer does at the command line, apart from talking to a model: each function is one case.

They get the path of the binary, the provider, and their own folder.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import client
import gateway
import planted


def run(ombud, provider, home, *child, flags=(), stdin=None, cwd=None):
    command = [ombud, "run", "--upstream", f"{provider.url}/v1", "--upstream-anthropic", provider.url, *flags, "--", *child]
    return gateway.execute(command, gateway.environment(home, **gateway.KEYS), stdin, cwd or home.parent)


def exit_code_and_channels_pass(ombud, provider, folder):
    """stdin, stdout and the exit code are the child's own; stderr is shared."""
    script = "import sys; print(sys.stdin.read().upper(), end=''); print('to stderr', file=sys.stderr); sys.exit(7)"
    done = run(ombud, provider, folder / "home", sys.executable, "-c", script, stdin="grüße".encode())
    client.check(done.returncode == 7, f"exit code {done.returncode}")
    client.check(done.stdout == "GRÜSSE".encode(), f"stdout {done.stdout!r}")
    client.check(b"to stderr" in done.stderr, f"stderr {done.stderr!r}")


def nothing_passed_is_said_loudly(ombud, provider, folder):
    """An agent that contacted no model through Ombud must not look protected, and the line to change is named."""
    project = folder / "project"
    project.mkdir()
    for source, remedy in [(None, "OPENAI_BASE_URL"), ('x = 1\nurl = "https://api.deepseek.com"\n', "agent.py:2")]:
        if source:
            (project / "agent.py").write_text(source)
        done = run(ombud, provider, folder / "home", sys.executable, "-c", "pass", cwd=project)
        client.check(done.returncode == 0, f"exit code {done.returncode}")
        told = done.stderr.decode()
        client.check("NOTHING WAS PROTECTED" in told, f"not loud:\n{told}")
        client.check(remedy in told, f"no word on how to mend it ({remedy}):\n{told}")


def base_urls_reach_the_child(ombud, provider, folder):
    """The variables that SDKs respect, in the form that each SDK expects."""
    script = "import os, json; print(json.dumps({k: v for k, v in os.environ.items() if k.endswith('BASE_URL')}))"
    done = run(ombud, provider, folder / "home", sys.executable, "-c", script)
    told = json.loads(done.stdout)
    bare = told["ANTHROPIC_BASE_URL"]
    client.check(gateway.ADDRESS.fullmatch(bare), f"ANTHROPIC_BASE_URL={bare}")
    client.check(told["OPENAI_BASE_URL"] == f"{bare}/v1", f"OPENAI_BASE_URL={told['OPENAI_BASE_URL']}")


def a_missing_command_is_our_error(ombud, provider, folder):
    """2: we could not do the job."""
    done = run(ombud, provider, folder / "home", "ombud-no-such-program")
    client.check(done.returncode in (2, 126, 127), f"exit code {done.returncode}")
    client.check(b"ombud-no-such-program" in done.stderr, f"stderr {done.stderr!r}")


def signals_end_child_and_parent(ombud, provider, folder):
    """Stopping Ombud stops the agent too, and the log is closed properly: by SIGTERM, or by SIGINT without a terminal."""
    for name in ("SIGTERM", "SIGINT"):
        (folder / name).mkdir()
        ended_by(getattr(signal, name), ombud, provider, folder / name)


def ended_by(number, ombud, provider, folder):
    """Sends a signal to `ombud run` alone."""
    mark = folder / "alive"
    script = f"import time, pathlib; pathlib.Path({str(mark)!r}).write_text('x'); time.sleep(600)"
    command = [ombud, "run", "--upstream", f"{provider.url}/v1", "--", sys.executable, "-c", script]
    env = gateway.environment(folder / "home", **gateway.KEYS)
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    # Tests started in the background of a shell ignore SIGINT, and so would the agent.
    heed = lambda: signal.signal(number, signal.SIG_DFL)
    process = subprocess.Popen(command, env=env, cwd=folder, start_new_session=True, preexec_fn=heed, **quiet)
    try:
        while not mark.exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(number)
        # The pipe closes when its last holder is gone, so this waits for the child too.
        _, told = process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    client.check(process.returncode != 0, f"it did not notice {number}")
    verified = gateway.execute([ombud, "log", "verify"], env, cwd=folder)
    client.check(verified.returncode == 0, f"log verify: {verified.stdout!r} {verified.stderr!r} {told!r}")


def summary_and_log_hold_no_value(ombud, provider, folder):
    """Neither Ombud's output nor any file it keeps holds a planted value in the clear."""
    home = folder / "home"
    done = run(ombud, provider, home, sys.executable, str(gateway.HERE / "cases/openai_chat.py"))
    client.check(done.returncode == 0, done.stderr.decode())
    client.check(not planted.leaks(done.stderr.decode()), f"the summary repeats {planted.leaks(done.stderr.decode())}")
    files = [path for path in home.rglob("*") if path.is_file()]
    client.check(files, f"{home} is empty")
    for path in files:
        content = path.read_bytes()
        found = [p.name for p in planted.ALL if p.value.encode() in content]
        client.check(not found, f"{path.name} holds {found} in clear")
    show = gateway.execute([ombud, "log", "show"], gateway.environment(home), cwd=folder)
    client.check(show.returncode == 0 and show.stdout, f"log show: {show.stderr!r}")
    client.check(not planted.leaks(show.stdout.decode()), "log show repeats a value")


def tampering_is_caught(ombud, provider, folder):
    """One bit is flipped in the middle of a copy of the journal."""
    home = folder / "home"
    done = run(ombud, provider, home, sys.executable, str(gateway.HERE / "cases/openai_chat.py"))
    client.check(done.returncode == 0, done.stderr.decode())
    copy = folder / "copy"
    shutil.copytree(home, copy)
    segment = next(path for path in sorted((copy / "journal").iterdir()) if path.stat().st_size > 0)
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    honest = gateway.execute([ombud, "log", "verify"], gateway.environment(home), cwd=folder)
    client.check(honest.returncode == 0, f"the untouched log: {honest.stdout!r} {honest.stderr!r}")
    caught = gateway.execute([ombud, "log", "verify"], gateway.environment(copy), cwd=folder)
    client.check(caught.returncode == 1, f"the damaged log: {caught.returncode} {caught.stdout!r} {caught.stderr!r}")


def exported_log_verifies_alone(ombud, provider, folder):
    """An export can be verified without the state it came from."""
    home, out = folder / "home", folder / "export"
    done = run(ombud, provider, home, sys.executable, str(gateway.HERE / "cases/openai_chat.py"))
    client.check(done.returncode == 0, done.stderr.decode())
    exported = gateway.execute([ombud, "log", "export", "--output", str(out)], gateway.environment(home), cwd=folder)
    client.check(exported.returncode == 0, f"export: {exported.stderr!r}")
    shutil.rmtree(home)
    verified = gateway.execute([ombud, "log", "verify", str(out)], gateway.environment(home), cwd=folder)
    client.check(verified.returncode == 0, f"verify: {verified.stdout!r} {verified.stderr!r}")


def scan_counts_code_points(ombud, provider, folder):
    """`scan --jsonl`: offsets are Unicode code points, the end is exclusive."""
    mail, phone = planted.named("email", "mobile")
    text = f"𝒶é好 {mail.sentence} 😀{phone.sentence}"
    line = json.dumps({"id": "a", "text": text}, ensure_ascii=False) + "\n"
    done = gateway.execute([ombud, "scan", "--jsonl"], gateway.environment(folder / "home"), line.encode(), folder)
    client.check(done.returncode in (0, 1), f"exit code {done.returncode}: {done.stderr!r}")
    [told] = [json.loads(line) for line in done.stdout.splitlines()]
    found = {(entity["type"], text[entity["start"] : entity["end"]]) for entity in told["entities"]}
    client.check({("EMAIL", mail.value), ("PHONE", phone.value)} <= found, f"{found}")


def redact_and_restore_are_inverse(ombud, provider, folder):
    """The filters: what `redact` removes, `restore` puts back, but only with the same state."""
    values = planted.named("mobile", "email", "resident_id", "plate", "visa")
    text = ("\n".join(value.sentence for value in values) + "\n").encode()
    env = gateway.environment(folder / "home")
    masked = gateway.execute([ombud, "redact"], env, text, folder)
    client.check(masked.returncode == 0, f"redact: {masked.returncode} {masked.stderr!r}")
    client.check(not planted.leaks(masked.stdout.decode()), f"still there: {planted.leaks(masked.stdout.decode())}")
    restored = gateway.execute([ombud, "restore"], env, masked.stdout, folder)
    client.check(restored.stdout == text, f"restore: {restored.stdout.decode()} {restored.stderr!r}")
    stranger = gateway.execute([ombud, "restore"], gateway.environment(folder / "other"), masked.stdout, folder)
    client.check(not planted.leaks(stranger.stdout.decode()), "another state restores it too")


def secrets_are_one_way_at_the_filters(ombud, provider, folder):
    """`restore` gives no key back, since it was never stored."""
    key, phone = planted.named("openai_key", "mobile")
    env = gateway.environment(folder / "home")
    masked = gateway.execute([ombud, "redact"], env, f"{phone.sentence}\n{key.sentence}\n".encode(), folder)
    restored = gateway.execute([ombud, "restore"], env, masked.stdout, folder).stdout.decode()
    client.check(phone.value in restored and key.value not in restored, restored)


def a_line_is_answered_before_the_next_one_comes(ombud, provider, folder):
    """`redact --jsonl` in the middle of a pipe; an unreadable line affects only itself."""
    [phone] = planted.named("mobile")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([ombud, "redact", "--jsonl"], env=gateway.environment(folder / "home"), cwd=folder, **pipes)
    for number in (1, 2):
        process.stdin.write((json.dumps({"id": number, "text": phone.sentence}) + "\n").encode())
        process.stdin.flush()
        told = json.loads(process.stdout.readline())
        client.check(told["id"] == number and phone.value not in told["text"], str(told))
    rest, errors = process.communicate(b'[]\n{"id":null,"text":"x"}\n', timeout=60)
    client.check(json.loads(rest) == {"id": None, "text": "x"}, rest.decode())
    client.check(process.returncode == 2 and b"line 3" in errors, f"{process.returncode} {errors!r}")


def public_leak_benchmark_is_clean(ombud, provider, folder):
    """`pii-leak-benchmark`: personal data with restoring; then with secrets, which are one-way and not given back."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serve = gateway.Serve(ombud, SimpleNamespace(url=f"http://127.0.0.1:{port}"), folder)
    benchmark = [str(Path(sys.executable).with_name("pii-leak-benchmark")), "selfcheck", "--capture-port", str(port)]
    target = ["--target-base-url", f"{serve.url}/v1", "--target-api-key", "sk-e2e-client"]
    try:
        for profile in (["--profile", "pii-v1"], ["--profile", "pii-secrets-v1", "--duty", "anonymize"]):
            done = gateway.execute([*benchmark, *target, *profile], gateway.environment(None), cwd=folder)
            told = done.stdout.decode()
            client.check(done.returncode == 0 and "CLEAN" in told, f"{profile}: {told}\n{done.stderr.decode()}")
    finally:
        serve.close()


DOORS = [
    exit_code_and_channels_pass,
    nothing_passed_is_said_loudly,
    base_urls_reach_the_child,
    a_missing_command_is_our_error,
    signals_end_child_and_parent,
    summary_and_log_hold_no_value,
    tampering_is_caught,
    exported_log_verifies_alone,
    scan_counts_code_points,
    redact_and_restore_are_inverse,
    secrets_are_one_way_at_the_filters,
    a_line_is_answered_before_the_next_one_comes,
    public_leak_benchmark_is_clean,
]
