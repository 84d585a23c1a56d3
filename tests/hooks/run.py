"""Drives the start-up hooks with real HTTP clients against a server that plays the gateway.

    python3 tests/hooks/run.py --python INTERPRETER          (with requirements.txt installed)
    python3 tests/hooks/run.py --node node --modules DIR     (DIR contains the node_modules of package.json)
    … CASE …                                                 (only these)

Prints one line per case, then `N passed, N failed`. Exits with 1 if a case failed, 2 if none ran.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import gateway

HERE = pathlib.Path(__file__).resolve().parent
HOOKS = HERE.parent.parent / "crates" / "ombud" / "src" / "hook"
CLEARED = ("PYTHONPATH", "NODE_OPTIONS", "OMBUD_HOOK", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy")


class World:
    """The servers around a case: the gateway, another host, and a proxy that no request may reach."""

    def __init__(self):
        self.gateway, self.other, self.proxy = gateway.Server(), gateway.Server(), gateway.Server()
        self.other.hop = "https://api.deepseek.com/models"
        self.other_address = self.other.address.replace("127.0.0.1", "localhost")

    def reset(self):
        for server in (self.gateway, self.other, self.proxy):
            server.records.clear()

    def environment(self, case):
        env = {name: value for name, value in os.environ.items() if name not in CLEARED}
        hosts = {"api.deepseek.com": "deepseek", "127.0.0.1:11434": "ollama"}
        contract = {"gateway": self.gateway.address, "hosts": hosts}
        if case == "gateway_down":
            contract["gateway"] = "http://127.0.0.1:9"
        # Only `localhost` is exempt from the proxy, so it is the hook that keeps the proxy away from the gateway.
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            env[name] = env[name.lower()] = self.proxy.address
        env["NO_PROXY"] = env["no_proxy"] = "localhost,127.0.0.1" if case == "a_local_port" else "localhost"
        env["OMBUD_HOOK"] = '{"gateway": 5' if case == "broken_contract" else json.dumps(contract)
        env.update(T_GATEWAY=self.gateway.address, T_OTHER=self.other_address, T_PROXY=self.proxy.address)
        return env

    def faults(self, expected):
        """`expected` is what a case printed: the gateway's paths, or {"gateway": paths, "proxy": requests}."""
        expected = expected if isinstance(expected, dict) else {"gateway": expected}
        records = self.gateway.records
        got = {
            "gateway": [record["path"] for record in records],
            "proxy": ["%s %s" % (record["method"], record["path"]) for record in self.proxy.records],
        }
        faults = []
        for server, paths in got.items():
            if paths != expected.get(server, []):
                faults.append("the %s got %s, expected %s" % (server, paths, expected.get(server, [])))
        for record in records:
            headers = record["headers"]
            if headers.get("host") != self.gateway.address.split("://")[1]:
                faults.append("Host is %s" % headers.get("host"))
            host = "127.0.0.1:11434" if record["path"].startswith("/p/ollama/") else "api.deepseek.com"
            if headers.get("x-ombud-host") != host:
                faults.append("x-ombud-host is %s" % headers.get("x-ombud-host"))
            if record["method"] == "POST" and headers.get("authorization") != "Bearer sk-test":
                faults.append("Authorization was lost")
            if record["method"] == "POST" and not record["body"]:
                faults.append("the body was lost")
        faults += ["another host got %s" % r["path"] for r in self.other.records if r["path"] not in ("/x", "/hop")]
        return faults


def run_case(world, command, env, case):
    world.reset()
    try:
        done = subprocess.run(command + [case], env=env, capture_output=True, text=True, timeout=90)
    except subprocess.TimeoutExpired:
        return ["it hangs"]
    if done.returncode != 0:
        return [done.stderr.strip()[-1500:] or "exit code %d" % done.returncode]
    # A case prints nothing on stderr, so anything there would be our noise in the child.
    noise = [done.stderr.strip()] if done.stderr.strip() else []
    return noise + world.faults(json.loads(done.stdout.strip().splitlines()[-1]))


def python_command(arguments, world, chain):
    command = [arguments.python, str(HERE / "cases.py")]

    def environment(case):
        path = [str(HOOKS / "python")] + ([chain] if case == "chained_sitecustomize" else [])
        return dict(world.environment(case), PYTHONPATH=os.pathsep.join(path), T_CHAIN=chain)

    return command, environment


def node_command(arguments, world):
    command = [arguments.node, str(HERE / "cases.mjs")]

    def environment(case):
        options = '--require "%s"' % (HOOKS / "node-hook.cjs")
        return dict(world.environment(case), NODE_OPTIONS=options, T_MODULES=os.path.abspath(arguments.modules))

    return command, environment


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", help="a Python interpreter")
    parser.add_argument("--node", help="a Node.js interpreter")
    parser.add_argument("--modules", default=str(HERE), help="the directory that holds node_modules")
    parser.add_argument("cases", nargs="*", help="only these cases")
    arguments = parser.parse_args()
    world, passed, failed = World(), 0, 0
    with tempfile.TemporaryDirectory() as chain:
        pathlib.Path(chain, "sitecustomize.py").write_text('MARK = "theirs"\n')
        suites = []
        if arguments.python:
            suites.append(("python", *python_command(arguments, world, chain)))
        if arguments.node:
            suites.append(("node", *node_command(arguments, world)))
        for language, command, environment in suites:
            listed = subprocess.run(command + ["--list"], env=environment(""), capture_output=True, text=True, check=True)
            for case in listed.stdout.split():
                if arguments.cases and case not in arguments.cases:
                    continue
                faults = run_case(world, command, environment(case), case)
                print("%s %s/%s" % ("FAIL" if faults else "ok  ", language, case), flush=True)
                for fault in faults:
                    print("     " + fault.replace("\n", "\n     "))
                passed, failed = passed + (not faults), failed + bool(faults)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0 if passed else 2


if __name__ == "__main__":
    sys.exit(main())
