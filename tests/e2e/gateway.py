"""The product under test, as a developer starts it."""

import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")

# Seconds after which a child counts as hanging; generous, since the machine may be busy.
PATIENCE = 180

KEYS = {"OPENAI_API_KEY": "sk-e2e-client", "ANTHROPIC_API_KEY": "sk-ant-e2e-client"}

# Variables that could change the outcome from outside.
NOISE = re.compile(r"^(OPENAI|ANTHROPIC|OMBUD|AZURE|DEEPSEEK|DASHSCOPE|ZAI|GEMINI|GOOGLE|OLLAMA)_|_proxy$|^LANG|^LC_", re.I)


def environment(home, **more):
    """This process's environment without disturbing variables, with English texts and `home` as Ombud's state."""
    clean = {name: value for name, value in os.environ.items() if not NOISE.search(name)}
    clean |= {"OMBUD_LANG": "en", "LANG": "C.UTF-8", "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
    if home:
        clean["OMBUD_HOME"] = str(home)
    return clean | more


def execute(command, env, stdin=None, cwd=None):
    """Runs a command to completion; bytes in, bytes out."""
    return subprocess.run(command, env=env, cwd=cwd, input=stdin or b"", capture_output=True, timeout=PATIENCE, check=False)


def at_a_terminal(command, env, folder, words):
    """Runs a command with a terminal as its input, at which somebody types."""
    keyboard, terminal = pty.openpty()
    pipes = {"stdin": terminal, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, env=env, cwd=folder, **pipes)
    os.close(terminal)
    os.write(keyboard, words)
    out, err = process.communicate(timeout=PATIENCE)
    os.close(keyboard)
    return process.returncode, out.decode(), err.decode()


class Direct:
    """No gateway at all: for work on the provider and the cases."""

    name = "direct"

    def __init__(self, ombud, provider, home):
        self.env = environment(
            None,
            E2E_DIRECT="1",
            OPENAI_BASE_URL=f"{provider.url}/v1",
            ANTHROPIC_BASE_URL=provider.url,
            **KEYS,
        )

    def python(self, script):
        return execute([sys.executable, str(script)], self.env)

    def close(self):
        pass


class Run:
    """`ombud run -- python case.py`, once per case."""

    name = "run"

    def __init__(self, ombud, provider, home):
        # Runs in its own folder, so that an ombud.toml where the tests are started does not take effect.
        self.home, self.env = home, environment(home, **KEYS)
        self.command = [ombud, "run", "--upstream", f"{provider.url}/v1", "--upstream-anthropic", provider.url, "--"]

    def python(self, script):
        return execute([*self.command, sys.executable, str(script)], self.env, cwd=self.home)

    def close(self):
        pass


class Serve:
    """One `ombud serve` for all cases; the base URLs are set by hand, as in a deployment."""

    name = "serve"

    def __init__(self, ombud, provider, home):
        command = [ombud, "serve", "--listen", "127.0.0.1:0"]
        command += ["--upstream", f"{provider.url}/v1", "--upstream-anthropic", provider.url]
        env = environment(home)
        pipes = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env=env, cwd=home, **pipes)
        self.told = []
        url = self.address()
        threading.Thread(target=self.listen, daemon=True).start()
        self.env = environment(None, OPENAI_BASE_URL=f"{url}/v1", ANTHROPIC_BASE_URL=url, **KEYS)
        self.url = url

    def address(self):
        """Waits for the address that is printed on stderr once it listens."""
        for line in self.process.stderr:
            self.told.append(line)
            found = ADDRESS.search(line)
            if found:
                return found.group()
        self.process.wait()
        raise SystemExit(f"ombud serve ended with {self.process.returncode}:\n{''.join(self.told)}")

    def listen(self):
        for line in self.process.stderr:
            self.told.append(line)

    def python(self, script):
        return execute([sys.executable, str(script)], self.env)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.told.append("ombud serve did not end within 30 s of SIGTERM")


MODES = {mode.name: mode for mode in (Direct, Run, Serve)}
