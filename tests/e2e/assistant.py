"""Ombud's own MCP server with the official Python client. Cases like those in doors.py."""

import asyncio

import client
import gateway
from mcp import StdioServerParameters
from mcp.client import Client

AGENT = """from flask import Flask, request
import os
app = Flask(__name__)
KEY = "AKIA" "Q4Z7M2X9K3T8W5B6"
@app.post("/")
def one():
    os.system(request.json)
"""


def parameters(ombud, folder, *args):
    env = gateway.environment(folder / ".ombud")
    return StdioServerParameters(command=ombud, args=["mcp-server", *args], env=env, cwd=str(folder))


async def looks(server, mode, outside):
    async with Client(server, mode=mode) as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        client.check(set(tools) == {"check", "explain_rule", "fix", "flow_map", "bill_of_materials"}, f"{sorted(tools)}")
        for tool in tools.values():
            reads = tool.annotations.read_only_hint
            client.check(reads == (tool.name != "fix") and tool.output_schema["type"] == "object", f"{tool}")
        # The client itself validates results against the tool's schema.
        done = await session.call_tool("check", {"least": "error"})
        client.check(not done.is_error, f"{done}")
        found = {row["rule"]: row for row in done.structured_content["findings"]}
        row = found["untrusted-to-exec"]
        client.check((row["path"], row["line"]) == ("agent.py", 7) and row["harm"] and row["fix"], f"{row}")
        client.check(done.structured_content["stops_release"], "an error stops a release")
        told = await session.call_tool("explain_rule", {"rule": row["rule"]})
        client.check(told.structured_content["rules"][0]["example"], f"{told}")
        flow = await session.call_tool("flow_map", {})
        client.check(flow.structured_content["recipients"] == [], f"{flow}")
        bill = await session.call_tool("bill_of_materials", {})
        client.check(bill.structured_content["specVersion"] == "1.6", f"{bill}")
        fixed = await session.call_tool("fix", {"changes_behaviour": True})
        client.check(not fixed.is_error and not fixed.structured_content["written"], f"{fixed}")
        for path in ("..", str(outside), "link"):
            refused = await session.call_tool("check", {"path": path})
            client.check(refused.is_error and "--root" in refused.content[0].text, f"{path}: {refused}")
        return row["message"]


def the_official_client_uses_every_tool(ombud, provider, folder):
    """In both eras of the protocol and both languages; what is outside stays out of reach; nothing is written."""
    outside = folder / "outside"
    project = folder / "project"
    for place in (outside, project):
        place.mkdir()
        (place / "agent.py").write_text(AGENT)
    (project / "link").symlink_to(outside)
    before = sorted(project.rglob("*"))
    said = [asyncio.run(looks(parameters(ombud, project), mode, outside)) for mode in ("legacy", "auto")]
    client.check(said[0] == said[1], f"{said}")
    chinese = asyncio.run(looks(parameters(ombud, project, "--lang", "zh"), "auto", outside))
    client.check(chinese != said[0] and not chinese.isascii(), chinese)
    client.check(sorted(project.rglob("*")) == before, "the server wrote into the project")


ASSISTANT = [the_official_client_uses_every_tool]
