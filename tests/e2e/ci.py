"""The pre-commit hooks and the GitHub Action: what their files declare is run on samples. Cases like those in doors.py."""

import json
import re
import subprocess
import sys
from pathlib import Path

import client
import gateway
import yaml

ROOT = Path(__file__).resolve().parents[2]
FAULTY = ROOT / "tests/check-suite/clinic-flask"
MENDED = "def add(one, two):\n    return one + two\n\n\nprint(add(1, 2))\n"


def environment(ombud, folder, **more):
    env = gateway.environment(folder / ".ombud", **more)
    return env | {"PATH": f"{Path(ombud).resolve().parent}:{env['PATH']}"}


def sample(folder):
    """A project without any problems."""
    clean = folder / "clean"
    clean.mkdir()
    (clean / "main.py").write_text(MENDED)
    return clean


def pre_commit_hooks_run_what_they_say(ombud, provider, folder):
    manifest = ROOT / ".pre-commit-hooks.yaml"
    checked = gateway.execute([sys.executable, "-m", "pre_commit", "validate-manifest", str(manifest)], gateway.environment(folder))
    client.check(checked.returncode == 0, f"{checked.stdout.decode()} {checked.stderr.decode()}")
    hooks = {hook["id"]: hook for hook in yaml.safe_load(manifest.read_text())}
    clean, env = sample(folder), environment(ombud, folder)
    for hook in hooks.values():
        client.check(not hook["pass_filenames"] and hook["language"] == "system", f"{hook}")
    whole = hooks["ombud"]["entry"].split()
    codes = [gateway.execute(whole, env, cwd=where).returncode for where in (clean, FAULTY)]
    client.check(codes == [0, 1], f"{codes}")
    baseline = folder / ".ombud-baseline.json"
    written = gateway.execute(["ombud", "check", "--write-baseline", str(baseline), str(FAULTY)], env, cwd=folder)
    client.check(written.returncode == 0, written.stderr.decode())
    new = hooks["ombud-new"]["entry"].replace(" .ombud-", f" {folder}/.ombud-").split()
    known = gateway.execute(new, env, cwd=FAULTY)
    client.check(known.returncode == 0, f"what the baseline holds stops a commit: {known.stdout.decode()}")


class Action:
    """The action's check step, run the way a runner runs it."""

    def __init__(self, ombud, folder):
        self.ombud, self.folder = ombud, folder
        self.file = yaml.safe_load((ROOT / "action.yml").read_text())
        self.step = next(step for step in self.file["runs"]["steps"] if step.get("id") == "check")

    def run(self, cwd, **inputs):
        given = {name: row["default"] for name, row in self.file["inputs"].items()} | inputs
        client.check(set(given) == set(self.file["inputs"]), f"{sorted(given)}")
        fill = lambda text: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: given[found[1]], text)
        output = self.folder / "output"
        output.write_text("")
        env = environment(self.ombud, self.folder, GITHUB_OUTPUT=str(output))
        env |= {name: fill(value) for name, value in self.step["env"].items()}
        script = self.folder / "step.sh"
        script.write_text(self.step["run"])
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, timeout=gateway.PATIENCE, check=False)
        self.outputs = dict(line.split("=") for line in output.read_text().splitlines())
        client.check(self.outputs.get("code") == f"{done.returncode}", f"{self.outputs} {done.stderr.decode()}")
        return done


def the_action_annotates_and_fails_where_it_should(ombud, provider, folder):
    action = Action(ombud, folder)
    client.check("${{" not in action.step["run"], "an input must not become text of the script")
    clean = sample(folder)
    done = action.run(clean)
    client.check(done.returncode == 0 and not done.stdout.startswith(b"::"), done.stderr.decode())
    client.check("sarif" not in action.outputs, f"{action.outputs}")
    faulty = action.run(FAULTY, sarif=str(folder / "new" / "found.sarif"), profile="health")
    client.check(action.outputs["sarif"] == "true", f"{action.outputs}")
    lines = faulty.stdout.decode().splitlines()
    client.check(faulty.returncode == 1 and any(line.startswith("::error file=") for line in lines), f"{lines}")
    sarif = json.loads((folder / "new" / "found.sarif").read_text())
    client.check(sarif["version"] == "2.1.0" and sarif["runs"][0]["results"], "SARIF without results")
    unwritten = action.run(clean, sarif=str(folder), lang="")
    client.check(unwritten.returncode == 2 and "sarif" not in action.outputs, "SARIF that cannot be written passes for none")
    uses = [step["uses"] for step in action.file["runs"]["steps"] if "uses" in step]
    client.check(uses and all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", one) for one in uses), f"not by commit: {uses}")
    chinese = action.run(FAULTY, lang="zh").stdout.decode()
    client.check(not chinese.isascii() and chinese.startswith("::"), chinese[:200])
    for hostile in ("$(touch pwned)", "; touch pwned", '" ; touch pwned ; "', "--output=pwned"):
        refused = action.run(clean, path=hostile)
        client.check(refused.returncode == 2 and not list(clean.glob("*pwned*")), f"{hostile}: {refused.returncode}")


CI = [pre_commit_hooks_run_what_they_say, the_action_annotates_and_fails_where_it_should]
