"""What goes both ways in an MCP session: sampling requests to the client's model, cancelled calls, the negotiated revision; with
the official SDKs over both transports. Cases like those in doors.py."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import anyio
import client
import gateway
import tool_edge
import tool_hostile
import tool_http
from mcp.client import Client
from mcp.types import CreateMessageResult, TextContent

KEY = tool_edge.KEY

# The newest revision, which has no handshake, and the two before it.
NEWEST, BEFORE = "2026-07-28", ("2025-11-25", "2025-06-18")

# In a fresh project unknown tools are asked about, and nobody is here to answer.
OBSERVES = '[tools]\nmode = "observe"\n'

COMMAND = f'command = [{json.dumps(sys.executable)}, {json.dumps(tool_edge.SERVER)}]'


@contextlib.contextmanager
def ways(ombud, provider, folder):
    """The SDK's server behind Ombud: over stdio, and over HTTP with a command and with an address."""
    folder.mkdir()
    with tool_http.mcp_server() as away:
        home = tool_edge.project(folder / "served", f'{OBSERVES}[mcp.notes]\n{COMMAND}\n[mcp.away]\nurl = "{away}"\n')
        line = tool_edge.project(folder / "line", OBSERVES)
        with tool_http.serving(ombud, provider, home) as url:
            yield {
                "stdio": (tool_edge.parameters(ombud, line), line),
                "http, a command": (f"{url}/mcp/notes", home),
                "http, an address": (f"{url}/mcp/away", home),
            }


def sampling_passes(ombud, provider, folder):
    """A server's sampling request reaches the client's model in both eras, without the secret in it, and the reply comes back."""
    with ways(ombud, provider, folder / "ways") as servers:
        for name, (server, _) in servers.items():
            for mode in tool_edge.MODES:
                asked, told = asyncio.run(asyncio.wait_for(samples(server, mode), gateway.PATIENCE))
                client.check(told == "mock-1: short", f"{name} {mode}: {told}")
                client.check(len(asked) == 1 and "Sum up: long" in asked[0] and KEY not in asked[0], f"{name} {mode}: {asked}")


async def samples(server, mode):
    asked = []

    async def sampled(context, params):
        asked.append(params.messages[0].content.text)
        return CreateMessageResult(role="assistant", content=TextContent(text="short"), model="mock-1", stop_reason="endTurn")

    async with Client(server, mode=mode, sampling_callback=sampled) as session:
        return asked, tool_edge.text(await session.call_tool("summarise", {"text": "long"}))


async def left(path):
    """Waits for a mark that the server leaves."""
    with anyio.fail_after(gateway.PATIENCE):
        while not path.exists():
            await anyio.sleep(0.05)


async def takes_back(server, mode, folder):
    """Cancels a call while it runs; another call continues next to it."""
    other = folder / "other"
    other.mkdir(parents=True)
    async with Client(server, mode=mode) as session:
        async with anyio.create_task_group() as second:
            second.start_soon(session.call_tool, "wait", {"folder": str(other)})
            async with anyio.create_task_group() as first:
                first.start_soon(session.call_tool, "wait", {"folder": str(folder)})
                await left(folder / "started")
                await left(other / "started")
                first.cancel_scope.cancel()
            await left(folder / "cancelled")
            client.check(not (other / "cancelled").exists(), "the other call was cancelled too")
            client.check(tool_edge.text(await session.call_tool("look_up", {"word": "a"})) == "A", "the next call works")
            second.cancel_scope.cancel()
        await left(other / "cancelled")


def a_cancelled_call_ends_at_the_server(ombud, provider, folder):
    """Whatever the transport and the era: the server learns that this call alone was cancelled, and the session goes on."""
    with ways(ombud, provider, folder / "ways") as servers:
        for number, (name, (server, home)) in enumerate(servers.items()):
            for mode in tool_edge.MODES:
                try:
                    asyncio.run(asyncio.wait_for(takes_back(server, mode, folder / f"{number}-{mode}"), gateway.PATIENCE))
                except Exception as error:
                    raise AssertionError(f"{name} {mode}") from error
                notices = {row["what"] for row in tool_edge.records(ombud, home) if row["kind"] == "tool.notice"}
                # Two of these servers have the same tools.
                client.check(notices <= {"shadows_tool"}, f"{name} {mode}: the server is blamed for it: {notices}")


def a_session_that_ends_lets_its_server_end(ombud, provider, folder):
    """A server given by a command sees the end of its input, and what it was doing is cancelled, not cut off."""
    home = tool_edge.project(folder / "project", f'{OBSERVES}[mcp.notes]\n{COMMAND}\n')
    with tool_http.serving(ombud, provider, home) as url:
        plain = tool_hostile.Http(f"{url}/mcp/notes", modern=False)
        call = {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "wait", "arguments": {"folder": str(folder)}}}
        line = plain.sent("POST", call)
        asyncio.run(left(folder / "started"))
        client.check(plain.sent("DELETE").getresponse().status == 200, "it cannot be ended")
        asyncio.run(left(folder / "cancelled"))
        line.close()


def typescript(folder, home, *args):
    """Runs the TypeScript client, as a script next to its modules."""
    modules = Path(os.environ["E2E_NODE"])
    script = modules / "mcp_session.mjs"
    script.write_text((gateway.HERE / "mcp_session.mjs").read_text())
    command = ["node", str(script), *args]
    done = subprocess.run(command, env=gateway.environment(home), cwd=home.parent, capture_output=True, timeout=gateway.PATIENCE, check=False)
    client.check(done.returncode == 0, f"{args}\n{done.stdout.decode()}\n{done.stderr.decode()}")
    return json.loads(done.stdout)


def the_typescript_client_samples_and_cancels(ombud, provider, folder):
    """The same with the official TypeScript client, and the revision that it uses."""
    with ways(ombud, provider, folder / "ways") as servers:
        for number, (name, (server, home)) in enumerate(servers.items()):
            marks = folder / str(number)
            marks.mkdir()
            to = [server] if isinstance(server, str) else [server.command, *server.args]
            told = typescript(folder, home, str(marks), *to)
            client.check(told["revision"] == BEFORE[0], f"{name}: {told}")
            client.check(told["summary"] == "mock-1: short" and KEY not in told["asked"] and "Sum up: long" in told["asked"], f"{name}: {told}")
            client.check(told["cancelled"] and (marks / "cancelled").exists() and told["after"] == "A", f"{name}: {told}")


def revisions_are_negotiated_through_it(ombud, provider, folder):
    """For the newest revision and the two before it, the server decides, not Ombud; an unknown one is left to the server."""
    with ways(ombud, provider, folder / "ways") as servers:
        for name, (server, _) in servers.items():
            spoken = asyncio.run(asyncio.wait_for(speaks(server), gateway.PATIENCE))
            client.check(spoken == {"legacy": BEFORE[0], "auto": NEWEST, NEWEST: NEWEST}, f"{name}: {spoken}")
        direct = {version: over_stdio([sys.executable, tool_edge.SERVER], version, folder) for version in (*BEFORE, "2031-01-01")}
        client.check([direct[version] for version in BEFORE] == list(BEFORE), f"{direct}")
        behind = [ombud, "mcp", "--name", "notes", "--", sys.executable, tool_edge.SERVER]
        for version, answered in direct.items():
            client.check(over_stdio(behind, version, folder) == answered, f"stdio {version}")
            for name in ("http, a command", "http, an address"):
                client.check(over_http(servers[name][0], version) == answered, f"{name} {version}")


async def speaks(server):
    spoken = {}
    for mode in (*tool_edge.MODES, NEWEST):
        async with Client(server, mode=mode) as session:
            client.check(tool_edge.text(await session.call_tool("look_up", {"word": "a"})) == "A", mode)
            spoken[mode] = session.protocol_version
    return spoken


def over_stdio(command, version, folder):
    """The revision named in the response to a handshake."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=gateway.environment(folder / "home"), cwd=folder, **pipes)
    try:
        process.stdin.write(json.dumps(tool_hostile.initialize({}, version)).encode() + b"\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())["result"]["protocolVersion"]
    finally:
        process.kill()
        process.wait()


def over_http(url, version):
    plain = tool_hostile.Http(url, modern=True)
    del plain.headers["MCP-Protocol-Version"]
    _, _, body = plain.post(tool_hostile.initialize({}, version))
    return tool_hostile.last(body)["result"]["protocolVersion"]


USES = """
import asyncio, json, os
from mcp.client import Client

async def main():
    async with Client(os.environ["OMBUD_MCP_MY_NOTES"], mode=os.environ["MODE"]) as session:
        note = await session.call_tool("read_note", {"name": "x"})
        print(json.dumps({"tools": len((await session.list_tools()).tools), "note": note.content[0].text}))

asyncio.run(main())
"""

WRAPPED = """
import asyncio, json, os, sys
from mcp import StdioServerParameters
from mcp.client import Client

async def main():
    told = {}
    for name, command in json.loads(sys.argv[1]).items():
        server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
        async with Client(server, mode="legacy") as session:
            told[name] = (await session.call_tool("read_note", {"name": "x"})).content[0].text
    print(json.dumps(told))

asyncio.run(main())
"""


def a_client_that_run_starts_finds_the_servers(ombud, provider, folder):
    """`ombud run` gives its child the address of each `[mcp.NAME]` as OMBUD_MCP_NAME; its calls there are in the same log."""
    home = tool_edge.project(folder / "project", f"[mcp.my-notes]\n{COMMAND}\n")
    for mode in tool_edge.MODES:
        told = json.loads(run(ombud, provider, home, [sys.executable, "-c", USES], MODE=mode))
        client.check(told["tools"] > 3 and tool_edge.CONTACT in told["note"] and KEY not in told["note"], f"{mode}: {told}")
    kinds = [row["kind"] for row in tool_edge.records(ombud, home)]
    client.check(kinds.index("run.start") < kinds.index("tool.call") < kinds.index("run.end"), f"{kinds}")
    tool_edge.log(ombud, home, "verify")


def a_client_that_run_starts_and_its_own_servers(ombud, provider, folder):
    """A server that the client starts itself goes through Ombud if its command says so, as `ombud connect` writes it; one that it
    starts directly is not seen. This is a limit of `ombud run`."""
    home = tool_edge.project(folder / "project")
    commands = {"wrapped": [ombud, "mcp", "--name", "notes", "--", sys.executable, tool_edge.SERVER], "bare": [sys.executable, tool_edge.SERVER]}
    told = json.loads(run(ombud, provider, home, [sys.executable, "-c", WRAPPED, json.dumps(commands)]))
    client.check(KEY not in told["wrapped"] and KEY in told["bare"], f"{told}")
    servers = [row["server"] for row in tool_edge.records(ombud, home) if row["kind"] == "tool.call"]
    client.check(servers == ["notes"], f"{servers}")


def run(ombud, provider, home, command, **more):
    """The output of a child of `ombud run`."""
    start = [ombud, "run", "--upstream", f"{provider.url}/v1", "--", *command]
    done = gateway.execute(start, gateway.environment(home, **gateway.KEYS, **more), cwd=home.parent)
    client.check(done.returncode == 0, f"{done.stdout.decode()}\n{done.stderr.decode()}")
    return done.stdout.decode()


TOOL_SESSION = [
    sampling_passes,
    a_cancelled_call_ends_at_the_server,
    a_session_that_ends_lets_its_server_end,
    the_typescript_client_samples_and_cancels,
    revisions_are_negotiated_through_it,
    a_client_that_run_starts_finds_the_servers,
    a_client_that_run_starts_and_its_own_servers,
]
