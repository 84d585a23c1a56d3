//! Tools described in one file and carried out in another are reported where a confirmation would belong: in the branch for
//! their name, or in the function given for it.

use crate::project::{checked, lines, of_rule};

/// Returns where tools are reported in files given as `(name, text)`.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let found = lines(&checked(files));
    let rule = "tool-without-confirmation@";
    found.iter().filter_map(|line| line.strip_prefix(rule)).map(str::to_owned).collect()
}

/// A server made of a description and a dispatch function.
const SERVER: &str = "import { Server } from '@modelcontextprotocol/sdk/server/index.js';\nimport { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';\nimport { listed, chosen } from './pots.js';\nconst server = new Server({ name: 'pots' }, {});\nserver.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: listed() }));\nserver.setRequestHandler(CallToolRequestSchema, async (req) => chosen(req.params.name, req.params.arguments));\n";

#[test]
fn a_branch_for_a_name_of_a_compiled_enumeration() {
    let names = "export var Job;\n(function (Job) {\n    Job[\"Look\"] = \"get_pot\";\n    Job[\"Break\"] = \"delete_pot\";\n})(Job || (Job = {}));\nexport function listed() {\n  return [\n    { name: Job.Look, description: 'Look at a pot', inputSchema: {} },\n    { name: Job.Break, description: 'Delete a pot', inputSchema: {} },\n  ];\n}\n";
    let does = "async function onBreak(args) {\n  const { id } = Pot.parse(args);\n  await shelf.deletePot(id);\n  return { content: [] };\n}\nexport async function chosen(name, args) {\n  switch (name) {\n    case Job.Look:\n      return shelf.getPot(args.id);\n    case Job.Break:\n      return onBreak(args);\n  }\n}\n";
    let shelf = "export const shelf = { getPot(id) { return id; }, deletePot(id) { return fetch(`https://pots.example/${id}`, { method: 'DELETE' }); } };\n";
    let apart = |does: &str| {
        let pots =
            format!("import {{ shelf }} from './shelf.js';\nimport {{ Job }} from './names.js';\n{does}");
        let server = SERVER.replace(
            "import { listed, chosen } from './pots.js';",
            "import { listed } from './names.js'; import { chosen } from './pots.js';",
        );
        told(&[("server.js", &server), ("names.js", names), ("pots.js", &pots), ("shelf.js", shelf)])
    };
    assert_eq!(apart(does), ["pots.js:5"]);
    assert_eq!(
        apart(&does.replace("return onBreak(args);", "return shelf.deletePot(args.id);")),
        ["pots.js:13"]
    );
    let together = format!("import {{ shelf }} from './shelf.js';\n{names}{does}");
    assert_eq!(told(&[("server.js", SERVER), ("pots.js", &together), ("shelf.js", shelf)]), ["pots.js:15"]);
}

#[test]
fn a_function_beside_its_description() {
    let pots = "const tools = [\n  {\n    name: 'send_pot',\n    description: 'Send a pot to somebody',\n    schema: { to: 'text' },\n    handler: async ({ to }) => {\n      const pot = await ready();\n      await sendParcel(to, pot);\n    },\n  },\n  { name: 'see_pot', description: 'Look at it', schema: {}, handler: async () => ready() },\n];\nexport const listed = () => tools;\nexport const chosen = (name, args) => tools.find((tool) => tool.name === name).handler(args);\n";
    assert_eq!(told(&[("server.js", SERVER), ("pots.js", pots)]), ["pots.js:8"]);
}

#[test]
fn a_case_of_a_server_in_python() {
    let server = "from enum import Enum\nfrom mcp.server import Server\nfrom mcp.types import Tool\nfrom .post import post_letter\nclass Jobs(str, Enum):\n    POST = 'send_letter'\n    FORGET = 'clear_cache'\nserver = Server('post')\n@server.list_tools()\nasync def offered():\n    return [Tool(name=Jobs.POST, description='Send a letter', inputSchema={}), Tool(name=Jobs.FORGET, description='Clear the cache', inputSchema={})]\n@server.call_tool()\nasync def chosen(name, arguments):\n    match name:\n        case Jobs.POST:\n            letter = dict(arguments)\n            return post_letter(letter)\n        case Jobs.FORGET:\n            return clear_cache()\n";
    let post = "import smtplib\ndef post_letter(letter):\n    smtplib.SMTP('x').sendmail('me', letter['to'], letter['text'])\n";
    let found = told(&[("post/server.py", server), ("post/post.py", post)]);
    assert_eq!(found, ["post/server.py:17"]);
    let spoken = server
        .replace("match name:", "if True:")
        .replace("case Jobs.POST:", "if name == 'send_letter':")
        .replace("case Jobs.FORGET:", "elif name == 'clear_cache':");
    assert_eq!(told(&[("post/server.py", &spoken), ("post/post.py", post)]), found);
}

const SDK: &str = "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nimport { execSync } from 'child_process';\n";

#[test]
fn a_helper_that_offers_whatever_it_is_given() {
    let text = format!(
        "{SDK}const server = new McpServer({{ name: 'x' }});\nfunction tool(server, name, about, schema, run) {{\n  server.tool(name, about, schema, run);\n}}\ntool(server, 'run_shell', 'Run a command', {{}}, async (args) => execSync(args.command));\ntool(server, 'list_files', 'List files', {{}}, async () => []);\n"
    );
    assert_eq!(told(&[("server.js", &text)]), ["server.js:7"]);
    let all = lines(&checked(&[("server.js", &text)]));
    assert!(all.contains(&"untrusted-to-exec@server.js:7".to_owned()), "{all:?}");
}

#[test]
fn a_server_of_which_only_the_methods_are_known() {
    let text = "import { execSync } from 'child_process';\nexport function register(server) {\n  server.registerTool('run_shell', { description: 'Run a command' }, async (args) => execSync(args.command));\n}\n";
    assert_eq!(told(&[("src/tools.js", text)]), ["src/tools.js:3"]);
    let other = text.replace("registerTool", "registerView");
    assert!(told(&[("src/tools.js", &other)]).is_empty());
}

#[test]
fn a_file_that_describes_one_tool_has_its_handler() {
    let text = "import { post } from './net.js';\nconst definition = { name: 'send_message', description: 'Send a message to somebody', inputSchema: {} };\nasync function handler(args) {\n  const text = args.text.trim();\n  return post.sendMessage(args.to, text);\n}\nmodule.exports = { definition, handler };\n";
    assert_eq!(
        told(&[("tools/dm.js", text), ("tools/net.js", "export const post = {};\n")]),
        ["tools/dm.js:5"]
    );
}

#[test]
fn tools_that_a_server_describes_are_in_one_hand() {
    let server = |read: &str, act: &str| {
        let text = format!(
            "import {{ Server }} from '@modelcontextprotocol/sdk/server/index.js';\nimport {{ CallToolRequestSchema, ListToolsRequestSchema }} from '@modelcontextprotocol/sdk/types.js';\nimport {{ post }} from './net.js';\nconst server = new Server({{ name: 'x' }}, {{}});\nserver.setRequestHandler(ListToolsRequestSchema, async () => ({{ tools: [\n  {{ name: '{read}', description: 'x', inputSchema: {{}} }},\n  {{ name: '{act}', description: 'x', inputSchema: {{}} }},\n] }}));\nserver.setRequestHandler(CallToolRequestSchema, async (req) => {{\n  switch (req.params.name) {{\n    case '{act}':\n      return post.sendMail(req.params.arguments);\n  }}\n}});\n"
        );
        let found = lines(&checked(&[("server.js", &text), ("net.js", "export const post = {};\n")]));
        found.iter().filter(|line| line.starts_with("untrusted-and-powerful")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(server("read_inbox", "send_mail"), ["untrusted-and-powerful@server.js:7"]);
    assert!(server("read_clock", "send_mail").is_empty());
    assert!(server("read_inbox", "list_mail").is_empty());
}

#[test]
fn what_a_model_decides_is_a_tool_too() {
    let rule = "tool-without-confirmation";
    let agent = |asks: &str, from: &str| {
        format!(
            "import json, smtplib\nfrom openai import OpenAI\nai = OpenAI()\ndef send_mail(text):\n    {asks}\n    smtplib.SMTP('x').sendmail('me', 'you', text)\ndef main(said):\n    answer = ai.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': said}}]).choices[0].message.content\n    step = json.loads({from})\n    if step['intent'] == 'send_mail':\n        send_mail(step['text'])\n    elif step['intent'] == 'greet':\n        print('hello')\nmain(input())\n"
        )
    };
    assert_eq!(of_rule(rule, &agent("pass", "answer")), ["tool-without-confirmation@6"]);
    assert!(of_rule(rule, &agent("if input('Confirm? ') != 'y': return", "answer")).is_empty());
    // What the person typed is not a model's decision.
    assert!(of_rule(rule, &agent("pass", "said")).is_empty());
    let script = |key: &str| {
        format!(
            "import OpenAI from 'openai';\nimport fs from 'node:fs';\nconst ai = new OpenAI();\nasync function main(said) {{\n  const answer = await ai.chat.completions.create({{ model: 'm', messages: [{{ role: 'user', content: said }}] }});\n  const {{ {key}, path }} = JSON.parse(answer.choices[0].message.content);\n  switch ({key}) {{\n    case 'delete_file': fs.unlinkSync(path); break;\n    case 'list': console.log(path);\n  }}\n}}\nmain(process.argv[2]);\n"
        )
    };
    let found = |key: &str| {
        let text = script(key);
        lines(&checked(&[("agent.js", text.as_str())]))
            .into_iter()
            .filter(|line| line.starts_with(rule))
            .count()
    };
    assert_eq!((found("action"), found("colour")), (1, 0));
}
