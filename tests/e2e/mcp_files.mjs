// The official TypeScript client and the filesystem server from npm, with Ombud between them.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [ombud, server, folder] = process.argv.slice(2);
const command = ombud === "none" ? process.execPath : ombud;
const args = ombud === "none" ? [server, folder] : ["mcp", "--name", "files", "--", process.execPath, server, folder];
const transport = new StdioClientTransport({ command, args, env: { ...process.env }, stderr: "inherit" });
const client = new Client({ name: "e2e", version: "1" }, { capabilities: {} });
await client.connect(transport);
const { tools } = await client.listTools();
const say = async (name, args) => {
  try {
    const result = await client.callTool({ name, arguments: args });
    return { text: result.content[0].text, error: result.isError === true };
  } catch (error) {
    return { refused: error.message };
  }
};
const told = {
  tools,
  wrote: await say("write_file", { path: `${folder}/new.txt`, content: "hello" }),
  read: await say("read_text_file", { path: `${folder}/secret.txt` }),
  listed: await say("list_directory", { path: folder }),
  outside: await say("read_text_file", { path: "/etc/passwd" }),
};
console.log(JSON.stringify(told));
await client.close();
