"""`ombud check --bom` against the official schema of CycloneDX 1.6. Cases like those in doors.py."""

import json
import re
from pathlib import Path

import client
import gateway
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parents[2]


def projects():
    """Every sample of the repository: code, low code, MCP configurations."""
    folders = [path for name in ("examples", "tests/check-suite") for path in sorted((ROOT / name).iterdir())]
    return [path for path in folders if path.is_dir()]


def listed(ombud, project, folder):
    made = gateway.execute([ombud, "check", "--quiet", "--bom", str(project)], gateway.environment(folder), cwd=folder)
    client.check(made.returncode in (0, 2), f"{project.name}: {made.stderr.decode()}")
    return made.stdout.decode()


def planted_secrets(project):
    """The keys that the samples spell out: long words with a telling prefix."""
    texts = [path.read_text(errors="ignore") for path in project.rglob("*") if path.is_file()]
    found = [match for text in texts for match in re.findall(r"(?:sk|ghp|xoxb|pplx|tvly)-?[A-Za-z0-9_-]{20,}", text)]
    return {match for match in found if not match.endswith("_KEY")}


def bill_of_materials_is_valid_and_the_same_twice(ombud, provider, folder):
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    kinds = set()
    for project in projects():
        text = listed(ombud, project, folder)
        wrong = validator.validate_str(text)
        client.check(wrong is None, f"{project.name}: {wrong}")
        client.check(text == listed(ombud, project, folder), f"{project.name}: two runs differ")
        leaked = [secret for secret in planted_secrets(project) if secret in text]
        client.check(not leaked, f"{project.name}: {len(leaked)} keys of the source are in it")
        document = json.loads(text)
        parts = document["components"] + document.get("services", [])
        kinds |= {row["value"] for part in parts for row in part.get("properties", []) if row["name"] == "ombud:kind"}
    wanted = {"model", "prompt", "tool", "mcp-server", "package", "store", "model-provider", "host", "instructions"}
    client.check(wanted <= kinds, f"no sample shows {wanted - kinds}")


BOM = [bill_of_materials_is_valid_and_the_same_twice]
