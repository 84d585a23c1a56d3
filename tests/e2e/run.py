#!/usr/bin/env python3
"""End-to-end tests: the real SDKs talk through the real binary to a simulated provider, which must never see a planted
value, while the agent must see all of them.

    run.py --ombud target/release/ombud [--only WORD] [--mode run|serve|doors] | --direct

A case is a file in cases/: `main` runs in a child process as the agent, `inspect` checks what the provider received.
The last line is `N passed, N failed`.
"""

import argparse
import importlib
import sys
import tempfile
import time
import traceback
from pathlib import Path

import approvals
import assistant
import bom
import ci
import client
import connect_clients
import doors
import faults
import gate
import gateway
import interface
import langchain_agent
import memory
import newcomer
import tool_edge
import tool_hostile
import tool_http
import tool_session
from provider import Provider

CASES = sorted(path.stem for path in (gateway.HERE / "cases").glob("[a-z]*.py"))


def arguments():
    parser = argparse.ArgumentParser(description="End-to-end tests of Ombud.")
    parser.add_argument("--ombud", type=Path, help="the binary under test")
    parser.add_argument("--only", default="", help="cases whose name contains this word")
    parser.add_argument("--mode", choices=["run", "serve", "doors"], help="one way of starting it instead of all")
    parser.add_argument("--direct", action="store_true", help="without a gateway, to work on the provider itself")
    chosen = parser.parse_args()
    if not chosen.direct and not (chosen.ombud and chosen.ombud.is_file()):
        parser.error("--ombud takes the path of the binary; build it with: cargo build --release")
    return chosen


class Tally:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def case(self, name, work):
        """Runs one case; a failure shows everything known about it and does not stop the others."""
        started = time.monotonic()
        try:
            work()
        except Exception:  # noqa: BLE001, one broken case must not hide the others
            self.failed += 1
            print(f"FAILED  {name}\n{traceback.format_exc(limit=3)}", flush=True)
        else:
            self.passed += 1
            print(f"ok      {name}  {time.monotonic() - started:.1f} s", flush=True)


def one_case(name, mode, provider):
    """Runs the agent in a child process, then checks what the provider received."""
    done = mode.python(gateway.HERE / "cases" / f"{name}.py")
    requests = provider.taken()
    told = f"{done.stdout.decode(errors='replace')}\n{done.stderr.decode(errors='replace')}"
    client.check(done.returncode == 0, f"the agent ended with {done.returncode}:\n{told}")
    if mode.name == "direct":
        return
    leaked = [(request.path, request.leaks) for request in requests if request.leaks]
    client.check(not leaked, f"the provider saw {leaked}")
    inspect = getattr(importlib.import_module(f"cases.{name}"), "inspect", None)
    if inspect:
        inspect(requests)


def log_is_clean(ombud, home):
    verified = gateway.execute([ombud, "log", "verify"], gateway.environment(home), cwd=home)
    client.check(verified.returncode == 0, f"{verified.stdout.decode()}\n{verified.stderr.decode()}")


def all_cases(chosen, kind, provider, folder, tally):
    home = folder / kind.name
    home.mkdir()
    mode = kind(str(chosen.ombud and chosen.ombud.resolve()), provider, home)
    try:
        for name in CASES:
            if chosen.only in name:
                tally.case(f"{kind.name:<6} {name}", lambda name=name: one_case(name, mode, provider))
    finally:
        mode.close()
    if kind.name != "direct" and any(chosen.only in name for name in CASES):
        tally.case(f"{kind.name:<6} log verify", lambda: log_is_clean(str(chosen.ombud.resolve()), home))


DOORS = [
    *approvals.APPROVALS,
    *assistant.ASSISTANT,
    *bom.BOM,
    *ci.CI,
    *connect_clients.CONNECT,
    *doors.DOORS,
    *faults.FAULTS,
    *gate.GATE,
    *interface.INTERFACE,
    *langchain_agent.LANGCHAIN,
    *memory.MEMORY,
    *newcomer.NEWCOMER,
    *tool_edge.TOOL_EDGE,
    *tool_hostile.TOOL_HOSTILE,
    *tool_http.TOOL_HTTP,
    *tool_session.TOOL_SESSION,
]


def all_doors(chosen, provider, folder, tally):
    for door in DOORS:
        if chosen.only in door.__name__:
            own = folder / door.__name__
            own.mkdir()
            tally.case(f"door   {door.__name__}", lambda d=door, f=own: d(str(chosen.ombud.resolve()), provider, f))
            provider.taken()


def main():
    chosen = arguments()
    tally, provider = Tally(), Provider()
    modes = ["direct"] if chosen.direct else [mode for mode in ("run", "serve") if chosen.mode in (None, mode)]
    with tempfile.TemporaryDirectory(prefix="ombud-e2e-") as folder:
        for mode in modes:
            all_cases(chosen, gateway.MODES[mode], provider, Path(folder), tally)
        if not chosen.direct and chosen.mode in (None, "doors"):
            all_doors(chosen, provider, Path(folder), tally)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
