// The official TypeScript client: a server requests sampling from its model, and a running call is cancelled.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CreateMessageRequestSchema } from "@modelcontextprotocol/sdk/types.js";

const [folder, command, ...args] = process.argv.slice(2);
const transport = command.startsWith("http")
  ? new StreamableHTTPClientTransport(new URL(command))
  : new StdioClientTransport({ command, args, env: { ...process.env }, stderr: "inherit" });
const client = new Client({ name: "e2e", version: "1" }, { capabilities: { sampling: {} } });
let asked = "";
client.setRequestHandler(CreateMessageRequestSchema, async (request) => {
  asked += request.params.messages[0].content.text;
  return { role: "assistant", model: "mock-1", stopReason: "endTurn", content: { type: "text", text: "short" } };
});
let revision = "";
transport.setProtocolVersion = ((own) => (version) => {
  revision = version;
  own?.call(transport, version);
})(transport.setProtocolVersion);
await client.connect(transport);

const left = async (name) => {
  while (!existsSync(join(folder, name))) await new Promise((done) => setTimeout(done, 50));
};
const say = async (name, args) => (await client.callTool({ name, arguments: args })).content[0].text;

const summary = await say("summarise", { text: "long" });
const stop = new AbortController();
const waiting = client.callTool({ name: "wait", arguments: { folder } }, undefined, { signal: stop.signal });
const cancelled = waiting.then(() => false, () => true);
await left("started");
stop.abort("enough");
await left("cancelled");
console.log(JSON.stringify({ revision, asked, summary, cancelled: await cancelled, after: await say("look_up", { word: "a" }) }));
await client.close();
