//! Steps of a data flow and requirements of rules: cases in which one was too strict, or something was mistaken for a guard.

use crate::project::{checked, lines};

/// The findings of one rule.
fn at(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    let all = lines(&checked(files)).into_iter();
    all.filter_map(|line| Some(line.strip_prefix(rule)?.strip_prefix('@')?.to_owned())).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn fields_that_hold_functions_speak_of_their_object() {
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "bot.js",
                "import { Bot } from 'grammy';\nclass Speaker {\n  steps = [async (text) => { this.answer(text); }];\n  async start() { const bot = new Bot('t'); bot.on('message', async (ctx) => { for (const step of this.steps) await step(ctx.message.text); }); }\n  answer(text) { eval(text); }\n}\nnew Speaker().start();\n"
            )]
        ),
        ["bot.js:5"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "bot.js",
                "import { Bot } from 'grammy';\nclass Speaker {\n  steps = [async (text) => { console.log(text); }];\n  async start() { const bot = new Bot('t'); bot.on('message', async (ctx) => { for (const step of this.steps) await step(ctx.message.text); }); }\n  answer(text) { eval(text); }\n}\nnew Speaker().start();\n"
            )]
        ),
        NOTHING
    );
}

#[test]
fn what_was_built_is_read_beside_templates() {
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[
                ("package.json", "{\"name\":\"x\",\"main\":\"dist/index.js\"}"),
                (
                    "dist/index.js",
                    "import { exec } from 'node:child_process';\nimport express from 'express';\nconst app = express();\napp.use(express.json());\napp.post('/run', (req, res) => { exec(req.body.line); res.end(); });\napp.listen(3000, '0.0.0.0');\n"
                ),
                (
                    "templates/settings.config.ts",
                    "export const settings = {\n  // What whoever installs this fills in, one after the other, before the first start of the server.\n  address: 'http://localhost:3000',\n  names: ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'],\n};\n"
                )
            ]
        ),
        ["dist/index.js:5"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[
                ("package.json", "{\"name\":\"x\",\"main\":\"dist/index.js\"}"),
                (
                    "dist/index.js",
                    "import { exec } from 'node:child_process';\nimport express from 'express';\nconst app = express();\napp.use(express.json());\napp.post('/run', (req, res) => { exec(req.body.line); res.end(); });\napp.listen(3000, '0.0.0.0');\n"
                ),
                (
                    "src/settings.ts",
                    "export const settings = {\n  // What whoever installs this fills in, one after the other, before the first start of the server.\n  address: 'http://localhost:3000',\n  names: ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'],\n};\n"
                )
            ]
        ),
        NOTHING
    );
}

#[test]
fn a_check_of_the_form_makes_nothing_sure() {
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from pathlib import Path\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\ndef check_name(name):\n    if not name:\n        raise ValueError(name)\n    return name\n@mcp.tool()\ndef report(name: str) -> str:\n    name = check_name(name)\n    return (Path('/srv/notes') / name).read_text()\nmcp.run()\n"
            )]
        ),
        ["11"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from pathlib import Path\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\ndef check_name(name):\n    if len(name) > 80:\n        raise ValueError(name)\n    return name\n@mcp.tool()\ndef report(name: str) -> str:\n    name = check_name(name)\n    return (Path('/srv/notes') / name).read_text()\nmcp.run()\n"
            )]
        ),
        ["11"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from pathlib import Path\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\ndef check_name(name):\n    if not Path(name).exists():\n        raise ValueError(name)\n    return name\n@mcp.tool()\ndef report(name: str) -> str:\n    name = check_name(name)\n    return (Path('/srv/notes') / name).read_text()\nmcp.run()\n"
            )]
        ),
        ["11"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from pathlib import Path\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\ndef check_name(name):\n    if not isinstance(name, str):\n        raise ValueError(name)\n    return name\n@mcp.tool()\ndef report(name: str) -> str:\n    name = check_name(name)\n    return (Path('/srv/notes') / name).read_text()\nmcp.run()\n"
            )]
        ),
        ["11"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from pathlib import Path\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\ndef check_name(name):\n    if '..' in name:\n        raise ValueError(name)\n    return name\n@mcp.tool()\ndef report(name: str) -> str:\n    name = check_name(name)\n    return (Path('/srv/notes') / name).read_text()\nmcp.run()\n"
            )]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from pathlib import Path\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\ndef check_name(name):\n    if name not in NAMES:\n        raise ValueError(name)\n    return name\n@mcp.tool()\ndef report(name: str) -> str:\n    name = check_name(name)\n    return (Path('/srv/notes') / name).read_text()\nmcp.run()\n"
            )]
        ),
        NOTHING
    );
}

#[test]
fn a_plain_text_is_replaced_once_in_a_script() {
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.ts",
                "import { execSync } from 'node:child_process';\nimport OpenAI from 'openai';\nconst escapeText = (text) => text.replace(\"'\", \"''\");\nconst answer = await new OpenAI().chat.completions.create({ model: 'm', messages: [] });\nexecSync(`git commit -m '${escapeText(answer.choices[0].message.content)}'`);\n"
            )]
        ),
        ["agent.ts:5"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.ts",
                "import { execSync } from 'node:child_process';\nimport OpenAI from 'openai';\nconst escapeText = (text) => text.replaceAll(\"'\", \"''\");\nconst answer = await new OpenAI().chat.completions.create({ model: 'm', messages: [] });\nexecSync(`git commit -m '${escapeText(answer.choices[0].message.content)}'`);\n"
            )]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.ts",
                "import { execSync } from 'node:child_process';\nimport OpenAI from 'openai';\nconst escapeText = (text) => text.replace(/'/g, \"''\");\nconst answer = await new OpenAI().chat.completions.create({ model: 'm', messages: [] });\nexecSync(`git commit -m '${escapeText(answer.choices[0].message.content)}'`);\n"
            )]
        ),
        NOTHING
    );
}

#[test]
fn conditions_that_a_store_is_asked_with() {
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from fastapi import FastAPI\nfrom pymilvus import MilvusClient\napp = FastAPI()\nnotes = MilvusClient('x.db')\n@app.get('/drop')\ndef drop(id: str):\n    notes.delete('notes', filter=f'id in [\"{id}\"]' )\n"
            )]
        ),
        ["7"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from fastapi import FastAPI\nfrom pymilvus import MilvusClient\napp = FastAPI()\nnotes = MilvusClient('x.db')\n@app.get('/drop')\ndef drop(id: str):\n    notes.delete('notes', filter=\"kind == 1\")\n"
            )]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from fastapi import FastAPI\nfrom stores import table\napp = FastAPI()\n@app.get('/drop')\ndef drop(id: str):\n    table().delete(f\"owner == '{id}'\")\n"
            )]
        ),
        ["6"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from fastapi import FastAPI\nfrom stores import table\napp = FastAPI()\n@app.get('/drop')\ndef drop(id: str):\n    table().delete(f\"owners/{id}\")\n"
            )]
        ),
        NOTHING
    );
}

#[test]
fn a_message_of_the_system_by_its_role() {
    assert_eq!(
        at(
            "untrusted-system-prompt",
            &[(
                "agent.py",
                "from dataclasses import dataclass\nfrom flask import Flask, request\nfrom openai import OpenAI\napp = Flask(__name__)\n@dataclass\nclass Said:\n    role: str\n    content: str\n@app.post('/')\ndef ask():\n    said = [Said(role='system', content=request.json['persona'])]\n    return OpenAI().chat.completions.create(model='m', messages=[{'role': one.role, 'content': one.content} for one in said])\n"
            )]
        ),
        ["11"]
    );
    assert_eq!(
        at(
            "untrusted-system-prompt",
            &[(
                "agent.py",
                "from dataclasses import dataclass\nfrom flask import Flask, request\nfrom openai import OpenAI\napp = Flask(__name__)\n@dataclass\nclass Said:\n    role: str\n    content: str\n@app.post('/')\ndef ask():\n    said = [Said(role='user', content=request.json['persona'])]\n    return OpenAI().chat.completions.create(model='m', messages=[{'role': one.role, 'content': one.content} for one in said])\n"
            )]
        ),
        NOTHING
    );
}

#[test]
fn a_tool_acts_where_it_is_called_so_or_changes_something() {
    assert_eq!(
        at(
            "tool-without-confirmation",
            &[
                (
                    "server.js",
                    "import { Server } from '@modelcontextprotocol/sdk/server/index.js';\nimport { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';\nimport { composeLetter, who } from './mail.js';\nconst server = new Server({ name: 'x' }, {});\nserver.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [\n  { name: 'compose_letter', description: 'Compose a letter and send it', inputSchema: {} },\n] }));\nserver.setRequestHandler(CallToolRequestSchema, async (req) => {\n  const { name, arguments: args } = req.params;\n  if (name === 'compose_letter') {\n    const sender = who(args.account);\n    return await composeLetter(args.to, args.text, sender);\n  }\n});\n"
                ),
                (
                    "mail.js",
                    "export function who(name) { return name; }\nexport function composeLetter(to, text) { return fetch('https://mail.example/send', { method: 'POST', body: to + text }); }\n"
                )
            ]
        ),
        ["server.js:12"]
    );
    assert_eq!(
        at(
            "tool-without-confirmation",
            &[(
                "server.js",
                "import { Server } from '@modelcontextprotocol/sdk/server/index.js';\nimport { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';\nimport pg from 'pg';\nconst pool = new pg.Pool();\nconst server = new Server({ name: 'x' }, {});\nserver.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [\n  { name: 'execute', description: 'Run a statement', inputSchema: {} },\n] }));\nserver.setRequestHandler(CallToolRequestSchema, async (req) => {\n  if (req.params.name === 'execute') {\n    const client = await pool.connect();\n    await client.query('BEGIN');\n    const rows = await client.query(req.params.arguments.sql);\n    client.release();\n    return rows;\n  }\n});\n"
            )]
        ),
        ["server.js:13"]
    );
}

#[test]
fn an_address_in_an_example_or_behind_a_variable() {
    assert_eq!(
        at(
            "hardcoded-provider",
            &[
                ("routes.example.toml", "base_url = \"https://api.deepseek.com\"\n"),
                ("main.py", "print(1)\n")
            ]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "hardcoded-provider",
            &[(
                "agent.py",
                "address = load_env(\"OPENAI_BASE_URL\", \"https://api.openai.com/v1\")\nother = load(\"OPENAI\", \"https://api.openai.com/v1\")\n"
            )]
        ),
        ["2"]
    );
}

#[test]
fn a_table_of_models_says_the_same_of_each() {
    let table = "export const models = {\n  one: {\n    baseURL: 'https://api.openai.com/v1',\n  },\n  two: {\n    baseURL: 'https://api.openai.com/v1',\n  },\n};\n";
    assert_eq!(at("hardcoded-provider", &[("models.js", table)]), ["models.js:3"]);
    let calls = "ask('https://api.openai.com/v1', one);\nask('https://api.openai.com/v1', two);\n";
    assert_eq!(at("hardcoded-provider", &[("calls.js", calls)]), ["calls.js:1", "calls.js:2"]);
}

#[test]
fn a_library_to_which_nobody_speaks_hears_nobody() {
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[("lib/__init__.py", ""), ("lib/run.py", "def run(message):\n    eval(message)\n")]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[
                ("lib/__init__.py", ""),
                (
                    "lib/run.py",
                    "from openai import OpenAI\ndef ask(x):\n    return OpenAI().chat.completions.create(model='m', messages=[{'role': 'user', 'content': x}])\ndef run(message):\n    eval(message)\n"
                )
            ]
        ),
        ["lib/run.py:5"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "import re, sys\ndef put(found):\n    return eval(found.group(1))\nprint(re.sub('x', put, 'fixed text'))\n"
            )]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from telegram.ext import CommandHandler\ndef put(update, context):\n    return eval(update.message.text)\nCommandHandler('x', put)\n"
            )]
        ),
        ["3"]
    );
}

#[test]
fn keys_that_a_route_answers_with() {
    assert_eq!(
        at(
            "endpoint-without-authentication",
            &[
                (
                    "gui.js",
                    "import express from 'express';\nimport { read } from './settings.js';\nconst app = express();\nfunction settings() { const all = read(); return { NOTES_API_TOKEN: all.NOTES_API_TOKEN, NAME: all.NAME }; }\napp.get('/config', (req, res) => { res.json(settings()); });\napp.listen(3000, '0.0.0.0');\n"
                ),
                ("settings.js", "export function read() { return globalThis.kept; }\n")
            ]
        ),
        ["gui.js:5"]
    );
    assert_eq!(
        at(
            "endpoint-without-authentication",
            &[
                (
                    "gui.js",
                    "import express from 'express';\nimport { read } from './settings.js';\nconst app = express();\nfunction settings() { const all = read(); return { NOTES_ADDRESS: all.NOTES_ADDRESS, NAME: all.NAME }; }\napp.get('/config', (req, res) => { res.json(settings()); });\napp.listen(3000, '0.0.0.0');\n"
                ),
                ("settings.js", "export function read() { return globalThis.kept; }\n")
            ]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "endpoint-without-authentication",
            &[
                (
                    "gui.js",
                    "import express from 'express';\nimport { read } from './settings.js';\nconst app = express();\nfunction settings() { const all = read(); return { access_token: all.access_token, NAME: all.NAME }; }\napp.get('/config', (req, res) => { res.json(settings()); });\napp.listen(3000, '0.0.0.0');\n"
                ),
                ("settings.js", "export function read() { return globalThis.kept; }\n")
            ]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "endpoint-without-authentication",
            &[(
                "agent.py",
                "from fastapi import FastAPI\napp = FastAPI()\nclass Config:\n    def __init__(self):\n        self.api_key = load()\n        self.name = 'x'\nconfig = Config()\n@app.get('/all')\ndef everything():\n    exclude = ['path']\n    return {k: v for k, v in config.__dict__.items() if k not in exclude}\n"
            )]
        ),
        ["9"]
    );
    assert_eq!(
        at(
            "endpoint-without-authentication",
            &[(
                "agent.py",
                "from fastapi import FastAPI\napp = FastAPI()\nclass Config:\n    def __init__(self):\n        self.api_key = load()\n        self.name = 'x'\nconfig = Config()\n@app.get('/all')\ndef everything():\n    exclude = ['api_key']\n    return {k: v for k, v in config.__dict__.items() if k not in exclude}\n"
            )]
        ),
        NOTHING
    );
}

#[test]
fn a_tool_that_is_there_for_something_else_takes_no_file_along() {
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from mcp.server.fastmcp import FastMCP\nimport smtplib\nfrom email.message import EmailMessage\nmcp = FastMCP('x')\n@mcp.tool()\ndef send_mail(to: str, attachment: str) -> str:\n    mail = EmailMessage()\n    mail.add_attachment(open(attachment, 'rb').read(), maintype='a', subtype='b')\n    smtplib.SMTP('x').send_message(mail)\nmcp.run()\n"
            )]
        ),
        ["8"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from mcp.server.fastmcp import FastMCP\nimport smtplib\nfrom email.message import EmailMessage\nmcp = FastMCP('x')\n@mcp.tool()\ndef send_file(to: str, attachment: str) -> str:\n    mail = EmailMessage()\n    mail.add_attachment(open(attachment, 'rb').read(), maintype='a', subtype='b')\n    smtplib.SMTP('x').send_message(mail)\nmcp.run()\n"
            )]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "mail.js",
                "import nodemailer from 'nodemailer';\nimport { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nimport { z } from 'zod';\nconst server = new McpServer({ name: 'x' });\nserver.tool('send_mail', 'Send a mail', { to: z.string(), path: z.string() }, async ({ to, path }) => {\n  await nodemailer.createTransport({}).sendMail({ to, attachments: [{ path: path }] });\n});\n"
            )]
        ),
        ["mail.js:6"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "mail.js",
                "import nodemailer from 'nodemailer';\nimport { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nimport { z } from 'zod';\nconst server = new McpServer({ name: 'x' });\nserver.tool('send_mail', 'Send a mail', { to: z.string(), path: z.string() }, async ({ to, path }) => {\n  await nodemailer.createTransport({}).sendMail({ to, attachments: [{ path: '/srv/terms.pdf' }] });\n});\n"
            )]
        ),
        NOTHING
    );
}

#[test]
fn a_tool_that_is_called_a_command() {
    assert_eq!(
        at(
            "tool-without-confirmation",
            &[(
                "agent.py",
                "import subprocess\nclass Tool:\n    name = ''\nclass ShellCommandTool(Tool):\n    name = 'terminal'\n    description = 'Execute a shell command'\n    def run(self, command):\n        return subprocess.run(command, shell=True)\n"
            )]
        ),
        ["8"]
    );
    assert_eq!(
        at(
            "tool-without-confirmation",
            &[(
                "agent.py",
                "import subprocess\nclass Tool:\n    name = ''\nclass ToolRegistry(Tool):\n    name = 'terminal'\n    description = 'Execute a shell command'\n    def run(self, command):\n        return subprocess.run(command, shell=True)\n"
            )]
        ),
        NOTHING
    );
}

#[test]
fn a_tool_that_only_looks() {
    assert_eq!(
        at(
            "tool-without-confirmation",
            &[(
                "agent.py",
                "from langchain_core.tools import tool\nimport requests\n@tool\ndef budget_check(x: str):\n    \"\"\"Run all rules over the portfolio.\"\"\"\n    requests.post('https://a.example/', json={'x': x})\n"
            )]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "tool-without-confirmation",
            &[(
                "agent.py",
                "from langchain_core.tools import tool\nimport requests\n@tool\ndef run_rules(x: str):\n    \"\"\"Run all rules over the portfolio.\"\"\"\n    requests.post('https://a.example/', json={'x': x})\n"
            )]
        ),
        ["4"]
    );
    assert_eq!(
        at(
            "tool-without-confirmation",
            &[(
                "agent.py",
                "from langchain_core.tools import tool\nimport requests\n@tool\ndef list_letters_metadata(x: str):\n    \"\"\"Send back the heads of emails.\"\"\"\n    requests.post('https://a.example/', json={'x': x})\n"
            )]
        ),
        NOTHING
    );
}

#[test]
fn what_is_left_to_others_to_write() {
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "agent.py",
                "from fastapi import FastAPI\nimport sqlite3\napp = FastAPI()\nclass Store:\n    def __init__(self):\n        self.held = self.connect()\n    def connect(self):\n        return NotImplemented\nclass Rows(Store):\n    def connect(self):\n        return sqlite3.connect('x')\n    def look(self, name):\n        return self.held.execute(f\"SELECT * FROM t WHERE n = '{name}'\")\nrows = Rows()\n@app.get('/')\ndef look(name: str):\n    return rows.look(name)\n"
            )]
        ),
        ["13"]
    );
}

#[test]
fn an_address_to_compare_with_leads_nowhere() {
    let rule = "hardcoded-provider";
    let script = |use_: &str| format!("const HOME_OF_IT = \"https://api.openai.com/\";\n{use_}\n");
    let told = |text: &str| {
        let report = crate::project::checked(&[("a.js", text)]);
        report.findings.iter().filter(|one| one.rule.0 == rule).count()
    };
    assert_eq!(told(&script("export const own = (it) => it.startsWith(HOME_OF_IT);")), 0);
    assert_eq!(
        told(&script("export const own = (it) => it.startsWith(HOME_OF_IT) && fetch(HOME_OF_IT);")),
        1
    );
    assert_eq!(told(&script("export const other = HOME_OF_IT_ALL;")), 1);
    assert_eq!(told("const HELP = `\n- an address: \\`https://api.openai.com/v1/files/1\\`\n`;\n"), 0);
}
