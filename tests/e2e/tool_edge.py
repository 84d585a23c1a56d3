"""The tool edge with real components: the official Python SDK as client and server, the official TypeScript SDK and the
filesystem server from npm. Cases like those in doors.py."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import client
import gateway
from mcp import StdioServerParameters
from mcp.client import Client
from mcp.types import ElicitResult

SERVER = str(gateway.HERE / "mcp_server.py")
HOSTILE = str(gateway.HERE / "mcp_hostile.py")
KEY = "AKIA" + "Q4Z7M2X9K3T8W5B6"
CONTACT = "anna.berg@corp.example"

# The revision with a handshake, and the newest, which has none.
MODES = ["legacy", "auto"]


def parameters(ombud, home, *server, name="notes", **more):
    env = gateway.environment(home, **more)
    args = ["mcp", "--name", name, "--", sys.executable, *(server or [SERVER])]
    return StdioServerParameters(command=ombud, args=args, env=env, cwd=str(home.parent))


def project(folder, text=""):
    """Creates a folder with a configuration; returns its home."""
    folder.mkdir(exist_ok=True)
    (folder / "ombud.toml").write_text(text)
    return folder / ".ombud"


def text(result):
    return result.content[0].text


def log(ombud, home, *args):
    done = gateway.execute([ombud, "log", *args], gateway.environment(home), cwd=home.parent)
    client.check(done.returncode == 0, f"log {args}: {done.stderr.decode()}")
    return done.stdout.decode()


def records(ombud, home):
    return [json.loads(line) for line in log(ombud, home, "show", "-n", "200", "--format", "json").splitlines()]


def python_sdk_over_stdio(ombud, provider, folder):
    """Tools, resources, prompts, progress and elicitation pass through in both eras; secrets do not; the log records it all."""
    for mode in MODES:
        home = project(folder / mode)
        asyncio.run(uses_everything(parameters(ombud, home), mode))
        told = records(ombud, home)
        kinds = [row["kind"] for row in told]
        calls = [row for row in told if row["kind"] == "tool.call"]
        client.check(kinds.index("tool.call") < kinds.index("tool.result"), f"{kinds}")
        client.check({row["tool"] for row in calls} >= {"read_note", "send_note", "resources/read", "prompts/get"}, f"{calls}")
        masked = [row["masked"] for row in told if row["kind"] == "tool.result" and row["tool"] == "read_note"]
        client.check(masked[0], f"nothing was replaced: {masked}")
        trace = log(ombud, home, "trace", calls[0]["exchange"])
        client.check(calls[0]["tool"] in trace and "result" in trace, trace)
        log(ombud, home, "verify")
        leaf = json.dumps(told)
        client.check(KEY not in leaf and CONTACT not in leaf, "content stands in the log in clear")


async def uses_everything(server, mode):
    steps = []

    async def progress(done, total, message):
        steps.append(done)

    async def elicited(context, params):
        # A fresh project asks before something is sent.
        ours = "send_note" in params.message
        return ElicitResult(action="accept", content={"allow": True} if ours else {"colour": "blue"})

    async with Client(server, mode=mode, elicitation_callback=elicited) as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        client.check(tools["send_note"].description == "Send a note to somebody.", f"{tools}")
        note = text(await session.call_tool("read_note", {"name": "x"}))
        client.check(KEY not in note and CONTACT in note, f"{mode}: {note}")
        sent = text(await session.call_tool("send_note", {"to": CONTACT, "body": "hi"}))
        client.check(sent == f"sent to {CONTACT}: hi", sent)
        counted = await session.call_tool("count", {"upto": 3}, progress_callback=progress)
        client.check(text(counted) == "3" and steps == [1, 2, 3], f"{server} {mode} {steps}")
        if mode == "legacy":
            # In the newest revision, a server of this SDK can only ask before a tool begins.
            client.check(text(await session.call_tool("get_colour", {})) == "blue", "elicitation of the server's own")
        read = await session.read_resource("note://all")
        client.check(KEY not in read.contents[0].text and "everything" in read.contents[0].text, f"{read}")
        prompt = await session.get_prompt("greet", {"name": "Tom"})
        client.check("Greet Tom." in prompt.messages[0].content.text, f"{prompt}")


def asks_by_a_form(ombud, provider, folder):
    """In mode ask, a client that can show a form is asked; the server learns nothing of a refusal."""
    for mode in MODES:
        home = project(folder / mode, '[tools]\nmode = "ask"\n')
        asked = asyncio.run(answers(parameters(ombud, home), mode))
        client.check(len(asked) == 2 and all("send_note" in message for message in asked), f"{asked}")
        decisions = [row["decision"] for row in records(ombud, home) if row["kind"] == "tool.call"]
        client.check([word.split(":")[0] for word in decisions] == ["ask", "approved", "ask", "declined", "release"], f"{decisions}")


async def answers(server, mode):
    asked = []

    async def elicited(context, params):
        asked.append(params.message)
        return ElicitResult(action="accept", content={"allow": True}) if len(asked) == 1 else ElicitResult(action="decline")

    async with Client(server, mode=mode, elicitation_callback=elicited) as session:
        sent = await session.call_tool("send_note", {"to": CONTACT})
        client.check(text(sent).startswith("sent to"), f"{sent}")
        try:
            refused = await session.call_tool("send_note", {"to": "other@corp.example"})
            raise AssertionError(f"it was not refused: {refused}")
        except Exception as error:  # the SDK's own exception for an answer with an error
            client.check("did not allow" in str(error), f"{error!r}")
        read = await session.call_tool("read_note", {"name": "x"})
        client.check("contact" in text(read), "reading needs no question")
    return asked


def a_rug_pull_is_shown(ombud, provider, folder):
    """A changed description is kept from the model until somebody accepts it."""
    home = project(folder / "project")

    async def described(**more):
        async with Client(parameters(ombud, home, **more), mode="legacy") as session:
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            return tools["look_up"].description

    client.check(asyncio.run(described()) == "Look a word up.", "as it is")
    client.check(asyncio.run(described(RUG="1")) == "Look a word up.", "the model keeps the old description")
    shown = gateway.execute([ombud, "mcp", "--changes"], gateway.environment(home), cwd=home.parent)
    client.check(shown.returncode == 1 and b"notes/look_up" in shown.stdout and b".ssh" in shown.stdout, f"{shown}")
    done = gateway.execute([ombud, "mcp", "--accept", "notes/look_up"], gateway.environment(home), cwd=home.parent)
    client.check(done.returncode == 0, done.stderr.decode())
    client.check("id_rsa" in asyncio.run(described(RUG="1")), "accepted")
    notices = {row["what"] for row in records(ombud, home) if row["kind"] == "tool.notice"}
    client.check({"definition_changed", "instruction"} <= notices, f"{notices}")


def a_hostile_server_is_bounded(ombud, provider, folder):
    """Whatever a server sends, the client gets a response to each call, and the log is intact."""
    home = project(folder / "project", "[gateway]\nmax_body_mib = 8\n")

    async def survives():
        async with Client(parameters(ombud, home, HOSTILE, name="hostile"), mode="legacy") as session:
            for how in ("plain", "wrong id", "flood", "spam", "plain"):
                client.check(text(await session.call_tool("get", {"how": how})) == how, how)
            for how, code in (("twice", "cannot be read"), ("huge", "larger"), ("die", "ended")):
                try:
                    raise AssertionError(f"{how}: {await session.call_tool('get', {'how': how})}")
                except Exception as error:  # noqa: BLE001, the SDK's own exception for an answer with an error
                    client.check(code in str(error), f"{how}: {error!r}")

    asyncio.run(asyncio.wait_for(survives(), gateway.PATIENCE))
    notices = {row["what"] for row in records(ombud, home) if row["kind"] == "tool.notice"}
    client.check({"unknown_id", "too_many_notifications", "message_too_large", "not_json"} <= notices, f"{notices}")
    log(ombud, home, "verify")


def several_servers_and_a_gateway_share_one_log(ombud, provider, folder):
    """Each server has its own process; a gateway starts in between and ends before they do."""
    home = project(folder / "project")

    async def together():
        async with Client(parameters(ombud, home, name="one"), mode="legacy") as one:
            await one.call_tool("look_up", {"word": "a"})
            async with Client(parameters(ombud, home, name="two"), mode="legacy") as two:
                await two.call_tool("look_up", {"word": "b"})
                command = [ombud, "run", "--upstream", f"{provider.url}/v1", "--", sys.executable, "-c", "print('ran')"]
                done = await asyncio.to_thread(gateway.execute, command, gateway.environment(home, **gateway.KEYS), None, home.parent)
                client.check(done.returncode == 0 and b"ran" in done.stdout, f"{done}")
                await one.call_tool("look_up", {"word": "c"})
                await two.call_tool("look_up", {"word": "d"})
            await one.call_tool("look_up", {"word": "e"})

    asyncio.run(together())
    told = records(ombud, home)
    servers = [row["server"] for row in told if row["kind"] == "tool.result"]
    client.check(servers == ["one", "two", "one", "two", "one"], f"{servers}")
    client.check([row["kind"] for row in told].count("run.end") == 1, f"{told}")
    log(ombud, home, "verify")


def typescript_sdk_and_the_filesystem_server(ombud, provider, folder):
    """The npm filesystem server through `ombud mcp --`, with the TypeScript client: as without Ombud, except for the secret."""
    modules = Path(os.environ["E2E_NODE"]) / "node_modules"
    script = modules.parent / "mcp_files.mjs"
    script.write_text((gateway.HERE / "mcp_files.mjs").read_text())
    server = modules / "@modelcontextprotocol" / "server-filesystem" / "dist" / "index.js"
    told = {}
    for way in ("none", ombud):
        home = project(folder / ("direct" if way == "none" else "behind"))
        files = (home.parent / "files").resolve()
        files.mkdir()
        (files / "secret.txt").write_text(f"key {KEY}\n")
        command = ["node", str(script), way, str(server), str(files)]
        done = subprocess.run(command, env=gateway.environment(home), cwd=home.parent, capture_output=True, timeout=gateway.PATIENCE, check=False)
        client.check(done.returncode == 0, done.stderr.decode())
        told[way] = json.loads(done.stdout)
        client.check((files / "new.txt").read_text() == "hello", "the file is written")
    direct, behind = told["none"], told[ombud]
    client.check(direct["tools"] == behind["tools"], "definitions pass as they are")
    client.check(KEY in direct["read"]["text"] and KEY not in behind["read"]["text"], f"{behind['read']}")
    client.check("[FILE] new.txt" in behind["listed"]["text"] and behind["outside"]["error"], f"{behind}")
    log(ombud, home, "verify")


def connect_and_undo(ombud, provider, folder):
    """A client's configuration is routed through Ombud and back, byte for byte; the wrapped command works."""
    home = project(folder / "project")
    path = home.parent / ".cursor" / "mcp.json"
    path.parent.mkdir()
    before = f'{{\n  // mine\n  "mcpServers": {{\n    "notes": {{ "command": {json.dumps(sys.executable)}, "args": [{json.dumps(SERVER)},], "x": 1.50 }},\n  }},\n}}\n'
    path.write_text(before)

    def connect(*args):
        done = gateway.execute([ombud, "connect", "cursor", *args], gateway.environment(home), cwd=home.parent)
        client.check(done.returncode == 0, done.stderr.decode())
        return done.stdout.decode()

    client.check(connect("--print") and path.read_text() == before, "--print changes nothing")
    shown = connect()
    after = path.read_text()
    client.check('+ ' in shown and "// mine" in after and '"x": 1.50' in after, f"{shown}\n{after}")
    client.check(connect() == "" and path.read_text() == after, "twice changes nothing")
    words = after.split('"args": [')[1].split("]")[0].strip(" ,")
    args = json.loads(f"[{words}]")
    server = StdioServerParameters(command=ombud, args=args, env=gateway.environment(None), cwd="/")

    async def works():
        async with Client(server, mode="legacy") as session:
            return text(await session.call_tool("look_up", {"word": "a"}))

    client.check(asyncio.run(works()) == "A", "the wrapped command works from anywhere")
    client.check(any(row["kind"] == "tool.call" for row in records(ombud, home)), "and writes this project's log")
    connect("--undo")
    client.check(path.read_text() == before, "undone byte for byte")


TOOL_EDGE = [
    python_sdk_over_stdio,
    asks_by_a_form,
    a_rug_pull_is_shown,
    a_hostile_server_is_bounded,
    several_servers_and_a_gateway_share_one_log,
    typescript_sdk_and_the_filesystem_server,
    connect_and_undo,
]
