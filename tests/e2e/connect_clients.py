"""`ombud connect` for every supported client, on configurations as these clients write them: the changes are shown,
everything else stays byte for byte, and they can be undone. Cases like those in doors.py."""

import difflib
import json
import re

import client
import gateway

# Client, folder (the project, the home, the application settings), file, and a sample configuration: `%s` is a server.
CLIENTS = [
    ("cursor", "project", ".cursor/mcp.json", '{\n  "mcpServers": {\n    %s\n  }\n}\n'),
    ("cursor", "home", ".cursor/mcp.json", '{ "mcpServers": { %s } }'),
    ("claude", "settings", "Claude/claude_desktop_config.json", '{"globalShortcut": "Ctrl+Space", "mcpServers": {%s}}\n'),
    ("claude-code", "project", ".mcp.json", '{\n\t"mcpServers": {\n\t\t%s\n\t}\n}\n'),
    ("vscode", "project", ".vscode/mcp.json", '{\n  // asked for once\n  "inputs": [{ "id": "key", "type": "promptString", "password": true, },],\n  "servers": {\n    %s,\n  },\n}\n'),
    ("vscode", "settings", "Code/User/mcp.json", '{\n  "servers": {\n    %s\n  } /* none in the project */\n}\n'),
    ("windsurf", "home", ".codeium/windsurf/mcp_config.json", '\ufeff{"mcpServers": {%s}}'),
    ("gemini", "project", ".gemini/settings.json", '{\n  "theme": "GitHub", // mine\n  "mcpServers": {\n    %s\n  },\n  "ui": { "hideBanner": true }\n}\n'),
    ("gemini", "home", ".gemini/settings.json", '{ "selectedAuthType": "x", "mcpServers": { %s } }\n'),
    ("trae", "project", ".trae/mcp.json", '{\r\n  "mcpServers": {\r\n    %s\r\n  }\r\n}\r\n'),
    ("trae", "settings", "Trae/User/mcp.json", '{"mcpServers":{%s}}'),
    ("kiro", "project", ".kiro/settings/mcp.json", '{\n  "mcpServers": {\n    /* one for notes */ %s\n  }\n}\n'),
    ("kiro", "home", ".kiro/settings/mcp.json", '{ "mcpServers": { %s }, "powers": {} }\n'),
]

# Includes fields that some of these clients know and Ombud does not.
SERVER = (
    '"我的 notes": { "type": "stdio", "command": "/opt/my tools/notes", "args": ["--level=2", "a \\"b\\"", "${input:key}"],'
    ' "env": { "API_KEY": "k-1", "N": "1e400" }, "disabled": false, "autoApprove": ["read"], "x-weight": 1.50 },'
    ' "away": { "url": "https://mcp.example.com/sse", "headers": { "Authorization": "Bearer ${input:key}" } }'
)


class Place:
    """A project, a home and a settings folder, with Ombud running in them."""

    def __init__(self, ombud, folder):
        self.ombud, self.folder = ombud, folder
        self.project, self.home, self.settings = folder / "project", folder / "home", folder / "settings"
        for each in (self.project, self.home, self.settings):
            each.mkdir(parents=True)
        self.env = gateway.environment(None, HOME=str(self.home), XDG_CONFIG_HOME=str(self.settings))

    def connect(self, *args, code=0):
        done = gateway.execute([self.ombud, "connect", *args], self.env, cwd=self.project)
        client.check(done.returncode == code, f"{args}: {done.returncode}\n{done.stdout.decode()}\n{done.stderr.decode()}")
        return done.stdout.decode(), done.stderr.decode()


def parsed(text):
    """Parses JSON with comments, trailing commas and a byte order mark."""
    text = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', lambda found: found.group(1) or "", text.removeprefix("\ufeff"), flags=re.S)
    text = re.sub(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', lambda found: found.group(1) or "", text, flags=re.S)
    value = json.loads(text)
    return value, value.get("mcpServers", value.get("servers"))


def every_client_is_connected_and_taken_back(ombud, provider, folder):
    """The table above, in both languages of the texts."""
    told, _ = Place(ombud, folder / "help").connect("--help")
    known = set(re.search(r"\n +\[?CLIENT\]? +(.*)|cursor.*kiro", told).group(0).replace(" or ", ", ").replace(",", " ").split()) - {"[CLIENT]"}
    client.check(known == {row[0] for row in CLIENTS}, f"clients without a row in the table: {known}")
    for number, (name, where, path, form) in enumerate(CLIENTS):
        place = Place(ombud, folder / str(number))
        file = getattr(place, where) / path
        one_client(place, name, file, form % SERVER)


def one_client(place, name, file, before):
    written = before.encode()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(written)
    file.chmod(0o600)
    backup = file.with_name(f"{file.name}.before-ombud")

    shown, told = place.connect(name, "--print")
    client.check(file.read_bytes() == written and not backup.exists(), f"{name}: --print changes nothing")
    client.check("`away`" in told and "http://127.0.0.1:8787/mcp/away" in told, f"{name}: {told}")
    place.connect(name)
    after = file.read_bytes().decode()
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    # Secrets are in the file but masked in the output.
    lines = [line.replace('"k-1"', '"***"').replace('"1e400"', '"*****"') for line in lines]
    client.check(shown.splitlines() == lines, f"{name}: the difference that was shown is not the one that was made\n{shown}\n{lines}")
    client.check(backup.read_bytes() == written, f"{name}: the backup is the file as it was")
    client.check((file.stat().st_mode & 0o777, backup.stat().st_mode & 0o777) == (0o600, 0o600), f"{name}: both hold keys")

    old, new = parsed(before), parsed(after)
    server, wrapped = old[1]["我的 notes"], new[1]["我的 notes"]
    client.check(wrapped["command"] == str(place.ombud), f"{name}: {wrapped}")
    words = wrapped["args"]
    at = words.index("--")
    client.check(words[: at + 1] == ["mcp", "--name", "我的 notes", "--home", f"{place.project}/.ombud", "--"], f"{name}: {words}")
    client.check(words[at + 1 :] == [server["command"], *server["args"]], f"{name}: {words}")
    for key in ("command", "args"):
        server[key] = wrapped[key]
    client.check(old == new, f"{name}: more has changed")
    for kept in re.findall(r"//[^\n]*\n|/\*.*?\*/|1\.50|\"1e400\"", before):
        client.check(after.count(kept) == before.count(kept), f"{name}: {kept!r} is lost")
    client.check(after.count("\r\n") == before.count("\r\n"), f"{name}: ends of lines")

    client.check(place.connect(name)[0] == "" and file.read_bytes().decode() == after, f"{name}: twice changes nothing")
    client.check(backup.read_bytes() == written, f"{name}: nor the backup")
    shown, _ = place.connect(name, "--undo", "--print")
    client.check(shown and file.read_bytes().decode() == after, f"{name}: --undo --print changes nothing")
    place.connect(name, "--undo")
    client.check(file.read_bytes() == written and not backup.exists(), f"{name}: byte for byte as it was")
    client.check(place.connect(name, "--undo")[0] == "", f"{name}: undone twice")
    left = sorted(path.name for path in file.parent.iterdir())
    client.check(left == [file.name], f"{name}: {left}")


def what_was_changed_since_stays_when_it_is_taken_back(ombud, provider, folder):
    """Somebody adds a server and changes another in between; a symlink to a collection of settings stays a symlink."""
    place = Place(ombud, folder / "one")
    kept = place.folder / "dotfiles" / "cursor.json"
    kept.parent.mkdir()
    kept.write_text('{ "mcpServers": { "a": { "command": "a", "args": ["1"] } } }\n')
    link = place.home / ".cursor" / "mcp.json"
    link.parent.mkdir()
    link.symlink_to(kept)
    place.connect("cursor")
    client.check(link.is_symlink() and '"mcp"' in kept.read_text(), "the link became a file")
    kept.write_text(kept.read_text().replace('"mcpServers": {', '"mcpServers": { "b": { "command": "b", "args": [] },'))
    place.connect("cursor")
    servers = parsed(kept.read_text())[1]
    client.check(servers["b"]["args"][-1] == "b" and servers["a"]["args"].count("mcp") == 1, f"{servers}")
    place.connect("cursor", "--undo")
    servers = parsed(kept.read_text())[1]
    client.check(servers == {"b": {"command": "b", "args": []}, "a": {"command": "a", "args": ["1"]}}, f"{servers}")
    client.check(link.is_symlink(), "the link became a file")


def what_cannot_be_connected_says_what_to_do(ombud, provider, folder):
    """No client, an unknown client, no file, and files that are not such a configuration: each is left as it is."""
    place = Place(ombud, folder / "one")
    for args in ((), ("emacs",)):
        _, told = place.connect(*args, code=2)
        client.check("cursor" in told and "--file" in told, told)
    _, told = place.connect("cursor", code=2)
    client.check("mcp.json" in told and "--file FILE" in told, told)
    file = place.project / "x.json"
    for text in ("", "[]", "{}", '{"mcpServers": []}', '{"mcpServers": {"a": {"command": "x"}, "a": {}}}', '{"servers": {"a": {"command": "x", "args": "y"}}}', "{ /*"):
        file.write_text(text)
        _, told = place.connect("--file", str(file), code=2)
        client.check("mcpServers" in told and file.read_text() == text, f"{text}: {told}")
    client.check([path.name for path in place.project.iterdir()] == ["x.json"], "something was left")


CONNECT = [
    every_client_is_connected_and_taken_back,
    what_was_changed_since_stays_when_it_is_taken_back,
    what_cannot_be_connected_says_what_to_do,
]
