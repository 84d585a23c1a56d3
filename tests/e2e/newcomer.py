"""The newcomer's path: an empty folder, the sample agent in it, and only commands that the program says to type next.
Once in each language. Then the mended twin with its own store: its user is erased, and the log still verifies.
"""

import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import client
import gateway

EXAMPLES = gateway.HERE.parents[1] / "examples"
SDK = gateway.HERE.parents[1] / "sdk" / "python"
NEXT = re.compile(r"^(?:Next: |下一步：) *(ombud .+)$", re.M)

# Verb, exit code, and the text that has to be printed in each language.
PATH = [
    ("init", 0, "wrote ombud.toml", "生成 ombud.toml"),
    ("check", 1, "retrieval-without-consent", "用户以前说过的话"),
    ("run --simulated", 0, "went through the gateway", "个请求经过了网关"),
    ("attack", 1, "BREACHED", "失守"),
    ("attack --harden", 1, "BREACHED → blocked", "失守 → 已拦截"),
    ("plan", 0, "What to do, in this order", "按这个顺序做"),
    ("notice -o", 0, "", ""),
    ("notice check", 0, "PRIVACY.md", "PRIVACY.md"),
    # The faulty agent keeps its users outside Ombud: it must not say that they are erased.
    ("subject erase", 0, "so nothing was deleted", "因此没有删除任何内容"),
    ("log verify", 0, "are unchanged since they were signed", "与签名时一致"),
]

SAY = {"en": "Read my new mail and tell me what is in it.", "zh": "看看我的新邮件，告诉我都写了什么。"}


class Newcomer:
    """Somebody at a terminal, who runs an Ombud command and reads all of its output."""

    def __init__(self, ombud, folder, lang):
        self.ombud, self.folder, self.lang = ombud, folder, lang
        self.env = gateway.environment(None, OMBUD_LANG=lang, PYTHONIOENCODING="utf-8")

    def types(self, command, stdin=None):
        words = shlex.split(command)
        client.check(words[0] == "ombud", f"not a command of Ombud: {command}")
        # `python3` is the interpreter of the tests.
        words = [self.ombud] + [sys.executable if word == "python3" else word for word in words[1:]]
        done = gateway.execute(words, self.env, (stdin or "").encode(), self.folder)
        return done.returncode, done.stdout.decode() + "\n" + done.stderr.decode()


def follows_what_is_printed(ombud, folder, lang):
    folder.mkdir()
    shutil.copy(EXAMPLES / "assistant-faulty" / "agent.py", folder)
    newcomer = Newcomer(ombud, folder, lang)
    code, told = newcomer.types("ombud")
    client.check(code == 0, told)
    for verb, expected, english, chinese in PATH:
        found = NEXT.findall(told)
        client.check(found, f"nothing says what comes next:\n{told}")
        command = found[-1].replace(sys.executable, "python3")
        client.check(command.startswith(f"ombud {verb}"), f"expected `ombud {verb}` next, not `{command}`")
        if verb == "attack":
            command += f" --lang {lang}"
        command = command.replace("USER", "user-1").replace("用户", "user-1") if verb == "subject erase" else command
        code, told = newcomer.types(command, SAY[lang] + "\n" if verb.startswith("run") else None)
        client.check(code == expected, f"`{command}` ended with {code}:\n{told}")
        word = english if lang == "en" else chinese
        client.check(word in told, f"`{command}` does not say “{word}”:\n{told}")
        untranslated(told, lang)
    reports(folder)


def untranslated(told, lang):
    """Checks that a run in one language does not fall back to the other."""
    if lang == "zh":
        english = [word for word in ("Next: ", "harm:", "error[", "Replay:", "Verdict:") if word in told]
        client.check(not english, f"English in the Chinese run: {english}\n{told}")
    else:
        chinese = [word for word in ("下一步", "危害", "错误[", "回放", "结论") if word in told]
        client.check(not chinese, f"Chinese in the English run: {chinese}\n{told}")


def reports(folder):
    home = folder / ".ombud" / "reports"
    attack = json.loads((home / "attack.json").read_text())
    verdicts = {case["verdict"] for case in attack["cases"]}
    client.check("blocked" in verdicts, f"nothing was blocked after hardening: {verdicts}")
    client.check(verdicts <= {"breached", "blocked", "resisted", "not_exposed", "error"}, str(verdicts))
    replays = sorted((home / "replay").glob("*.html"))
    client.check(replays, "no replay was written")
    page = replays[0].read_text()
    client.check("Content-Security-Policy" in page and "http-equiv" in page, "a replay without a policy")
    client.check((folder / "PRIVACY.md").is_file(), "no notice was written")


def newcomer_en(ombud, _provider, folder):
    """From the empty folder to the verified log, in English."""
    follows_what_is_printed(ombud, folder / "project", "en")


def newcomer_zh(ombud, _provider, folder):
    """从空目录到校验日志，全程中文。"""
    follows_what_is_printed(ombud, folder / "project", "zh")


def the_mended_twin_forgets(ombud, _provider, folder):
    """Consent opens the memory, the user is erased from a store that lives on, and the log verifies."""
    shutil.copytree(EXAMPLES / "assistant-mended", folder / "project")
    project = folder / "project"
    port = free_port()
    config = project / "ombud.toml"
    config.write_text(config.read_text().replace("http://127.0.0.1:8000", f"http://127.0.0.1:{port}"))
    newcomer = Newcomer(ombud, project, "en")
    newcomer.env["PYTHONPATH"] = str(SDK)
    sim = subprocess.Popen(
        [ombud, "sim", "--listen", f"127.0.0.1:{port}"], env=newcomer.env, cwd=folder, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    model = subprocess.Popen(
        [ombud, "sim", "--listen", f"127.0.0.1:{(other := free_port())}"], env=newcomer.env, cwd=folder,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        world = f"http://127.0.0.1:{port}"
        wait_for(world)
        wait_for(f"http://127.0.0.1:{other}")
        newcomer.env |= {"OMBUD_WORLD": world, "OPENAI_API_KEY": "simulated"}
        seeded = items(world)
        run = f"ombud run --upstream http://127.0.0.1:{other}/v1 -- python3 agent.py"
        code, told = newcomer.types(f"{run} --user nora --consent no 'Remember that my cat is called Mia.'")
        client.check(code == 0 and items(world) == seeded, f"something was kept without consent:\n{told}")
        code, told = newcomer.types(f"{run} --user emily --consent yes 'Remember that my cat is called Mia.'")
        client.check(code == 0 and items(world) == seeded + 1, f"{items(world)} items after a yes:\n{told}")
        code, told = newcomer.types("ombud subject show emily")
        client.check(code == 0 and "1 item" in told, told)
        code, told = newcomer.types("ombud subject erase emily")
        client.check(code == 0 and items(world) == seeded, f"{items(world)} items after erasing:\n{told}")
        command = NEXT.findall(told)[-1]
        code, told = newcomer.types(command)
        client.check(command == "ombud log verify" and code == 0, f"{command}:\n{told}")
        code, told = newcomer.types("ombud check")
        client.check(code == 0, f"the mended twin has findings:\n{told}")
    finally:
        for process in (sim, model):
            process.kill()
            process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url):
    for _ in range(200):
        try:
            urllib.request.urlopen(f"{url}/state", timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing answers at {url}")


def items(world):
    """How many items the world's store holds, asked directly and not through Ombud."""
    base = f"{world}/api/v2/tenants/default_tenant/databases/default_database/collections"
    total = 0
    for collection in json.load(urllib.request.urlopen(base)):
        total += json.load(urllib.request.urlopen(f"{base}/{collection['id']}/count"))
    return total


NEWCOMER = [newcomer_en, newcomer_zh, the_mended_twin_forgets]
