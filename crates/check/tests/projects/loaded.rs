//! Composed commands, classes loaded by name, switches that suppress confirmation, and text that only looks like somebody's
//! words.

use crate::project::{checked, lines};

fn told(files: &[(&str, &str)], rule: &str) -> Vec<String> {
    let start = format!("{rule}@");
    lines(&checked(files)).iter().filter_map(|line| line.strip_prefix(&start)).map(str::to_owned).collect()
}

const EXEC: &str = "untrusted-to-exec";
const TOOL: &str = "tool-without-confirmation";
const UNMASKED: &str = "personal-data-unmasked";

#[test]
fn a_list_that_hands_code_to_a_shell_is_run_however_it_is_put_together() {
    let run = |list: &str| {
        let text = format!(
            "import subprocess\nfrom openai import OpenAI\nanswer = OpenAI().chat.completions.create(messages=[]).choices[0].message.content\nbase = ['bash', '-c']\nsubprocess.run({list})\n"
        );
        !told(&[("agent.py", &text)], EXEC).is_empty()
    };
    for list in ["['bash', '-c', answer]", "base + [answer]", "[*base, answer]", "['python3', '-c', answer]"]
    {
        assert!(run(list), "{list}");
    }
    assert!(run("[part for part in answer.split()]"));
    assert!(run("['docker', 'exec', 'box', 'sh', '-c', answer]"));
    assert!(!run("['docker', 'exec', 'box', 'ls', answer]"));
    let spread = |call: &str| {
        let text = format!(
            "import asyncio\nfrom openai import OpenAI\nasync def main():\n    answer = OpenAI().chat.completions.create(messages=[]).choices[0].message.content\n    base = ['bash', '-c']\n    await asyncio.create_subprocess_exec({call})\nasyncio.run(main())\n"
        );
        !told(&[("agent.py", &text)], EXEC).is_empty()
    };
    assert!(spread("*base, answer") && spread("'sh', '-c', answer") && !spread("'ls', answer"));
    let script = |list: &str| {
        let text = format!(
            "import {{ spawn }} from 'child_process';\nimport OpenAI from 'openai';\nconst all = await new OpenAI().chat.completions.create({{ messages: [] }});\nconst answer = all.choices[0].message.content;\nspawn('docker', {list});\n"
        );
        !told(&[("agent.ts", &text)], EXEC).is_empty()
    };
    assert!(script("['exec', 'box', 'sh', '-c', answer]") && !script("['exec', 'box', 'ls', answer]"));
    for list in ["['git', 'log', answer]", "['git', 'log'] + answer.split()", "['bash', 'fixed.sh', answer]"]
    {
        assert!(!run(list), "{list}");
    }
}

#[test]
fn a_switch_after_which_an_agent_asks_nobody_is_told_of() {
    const SWITCH: &str = "mcp-server-reaches-too-much";
    let python = |mode: &str| {
        let text = format!(
            "import asyncio\nfrom claude_agent_sdk import query, ClaudeAgentOptions\nasync def main():\n    async for one in query(prompt=input(), options=ClaudeAgentOptions(permission_mode='{mode}')):\n        print(one)\nasyncio.run(main())\n"
        );
        told(&[("agent.py", &text)], SWITCH)
    };
    assert_eq!(python("bypassPermissions"), ["4"]);
    assert!(python("default").is_empty());
    let script = |flag: &str| {
        let text = format!(
            "const {{ spawn }} = require('child_process');\nspawn('claude', ['-p', process.argv[2], '{flag}']);\n"
        );
        told(&[("run.js", &text)], SWITCH)
    };
    assert_eq!(script("--dangerously-skip-permissions"), ["run.js:2"]);
    assert!(script("--verbose").is_empty());
}

#[test]
fn a_route_that_is_added_by_a_call_is_a_door() {
    let rule = "endpoint-without-authentication";
    let text = |add: &str| {
        format!(
            "from fastapi import FastAPI\nfrom starlette.routing import Route\nfrom openai import OpenAI\napp = FastAPI()\nasync def answer(body: dict):\n    return OpenAI().chat.completions.create(messages=[{{'role': 'user', 'content': body['q']}}])\n{add}\n"
        )
    };
    assert_eq!(
        told(&[("agent.py", &text("app.add_api_route('/x', answer, methods=['POST'])"))], rule),
        ["7"]
    );
    assert_eq!(told(&[("agent.py", &text("ALL = [Route('/x', endpoint=answer)]"))], rule), ["7"]);
    assert!(told(&[("agent.py", &text("app.on_event('startup')(answer)"))], rule).is_empty());
}

#[test]
fn what_a_server_of_tools_calls_by_a_table_is_reached_through_the_base() {
    let text = "from mcp.server import Server\nimport sqlite3\nclass Registry:\n    tools = {}\n    @classmethod\n    def get(cls, name) -> 'Base':\n        return cls.tools[name]\nclass Base:\n    name = ''\n    def __init_subclass__(cls, **rest):\n        Registry.tools[cls.name] = cls()\n    async def run(self, arguments):\n        raise NotImplementedError\nclass Query(Base):\n    name = 'query'\n    async def run(self, arguments):\n        return sqlite3.connect('x').execute(arguments['sql']).fetchall()\napp = Server('x')\n@app.call_tool()\nasync def call_tool(name, arguments):\n    return await Registry.get(name).run(arguments)\n";
    assert_eq!(told(&[("agent.py", text)], EXEC), ["17"]);
}

#[test]
fn a_class_that_is_loaded_by_a_name_that_is_known_is_followed() {
    let shell = "import os\nclass Shell:\n    def run(self, text):\n        os.system(text)\n";
    let main = |load: &str| {
        format!(
            "import importlib\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.post('/x')\ndef x(body: dict):\n    {load}\n    return getattr(module, 'Shell')().run(body['q'])\n"
        )
    };
    let all = |load: &str| {
        let main = main(load);
        told(&[("agent.py", &main), ("plugins/__init__.py", ""), ("plugins/shell.py", shell)], EXEC)
    };
    assert_eq!(all("module = importlib.import_module('plugins.shell')"), ["plugins/shell.py:4"]);
    assert!(all("module = importlib.import_module('plugins.other')").is_empty());
}

#[test]
fn what_a_controller_of_strapi_is_made_of_hears_requests() {
    let text = "import { factories } from '@strapi/strapi';\nimport { exec } from 'child_process';\nexport default factories.createCoreController('api::chat.chat', ({ strapi }) => ({\n  async run(ctx) { exec(ctx.request.body.q); },\n}));\n";
    let path = "src/api/chat/controllers/chat.ts";
    assert_eq!(told(&[(path, text)], EXEC), [format!("{path}:4")]);
    // Strapi authenticates callers itself, unless configured otherwise.
    assert!(told(&[(path, text)], "endpoint-without-authentication").is_empty());
}

#[test]
fn a_path_that_somebody_gives_says_nothing_of_what_stands_there() {
    let rule = "retrieval-without-consent";
    let text = |path: &str| {
        format!(
            "import sys\nfrom langchain_community.document_loaders import DirectoryLoader\nfrom langchain_community.vectorstores import FAISS\nfrom langchain_openai import OpenAIEmbeddings\nstore = FAISS.from_documents(DirectoryLoader({path}).load(), OpenAIEmbeddings())\nprint(store.similarity_search(input()))\n"
        )
    };
    assert!(told(&[("agent.py", &text("sys.argv[1]"))], rule).is_empty());
    // A folder named after a person belongs to that person.
    assert_eq!(told(&[("agent.py", &text("f'notes/{input()}'"))], rule), ["6"]);
}

#[test]
fn a_tool_that_only_answers_sends_nothing() {
    let text = |name: &str| {
        format!(
            "from openai import OpenAI\nTOOLS = [{{'type': 'function', 'function': {{'name': '{name}', 'description': 'Give the answer', 'parameters': {{}}}}}}]\nOpenAI().chat.completions.create(messages=[], tools=TOOLS)\n"
        )
    };
    assert!(told(&[("agent.py", &text("respond"))], TOOL).is_empty());
    assert!(told(&[("agent.py", &text("reply_to_user"))], TOOL).is_empty());
    assert_eq!(told(&[("agent.py", &text("reply_to_email"))], TOOL), ["2"]);
}

#[test]
fn models_that_a_platform_asks_are_told_of() {
    let text = |provider: &str| {
        format!(
            "app:\n  mode: advanced-chat\n  name: x\nkind: app\nworkflow:\n  graph:\n    edges:\n    - source: a\n      target: b\n    nodes:\n    - data:\n        title: Start\n        type: start\n      id: a\n    - data:\n        title: Ask\n        type: llm\n        model:\n          name: m\n          provider: langgenius/{provider}/{provider}\n        prompt_template:\n        - role: user\n          text: '{{{{#sys.query#}}}}'\n      id: b\n"
        )
    };
    assert_eq!(told(&[("app.yml", &text("openai"))], UNMASKED).len(), 1);
    assert!(told(&[("app.yml", &text("ollama"))], UNMASKED).is_empty());
}

#[test]
fn an_address_that_is_only_asked_for_or_spoken_of_is_not_where_words_go() {
    let rule = "hardcoded-provider";
    let all = |line: &str| told(&[("agent.py", line)], rule).len();
    assert_eq!(all("URL = 'https://api.deepseek.com/v1'\n"), 1);
    assert_eq!(all("HOST = 'api.deepseek.com'\n"), 1);
    assert_eq!(all("if url == 'https://api.deepseek.com/v1':\n    pass\n"), 0);
    assert_eq!(
        all("if 'api.deepseek.com' in url or url.startswith('https://api.deepseek.com'):\n    pass\n"),
        1
    );
    assert_eq!(
        all("def f():\n    \"\"\"Ask a provider\n    (api.deepseek.com or another).\n    \"\"\"\n"),
        0
    );
}

#[test]
fn settings_and_numbers_are_no_conversation() {
    let rule = "plaintext-chat-store";
    let file = |name: &str| {
        let text = format!("text = input()\nwith open('{name}', 'w') as file:\n    file.write(text)\n");
        told(&[("agent.py", &text)], rule).len()
    };
    assert_eq!(file("chat.json"), 1);
    assert_eq!(file("chatbot.config.json"), 0);
    let row = |columns: &str| {
        let text = format!(
            "import sqlite3\nsqlite3.connect('x').execute('INSERT INTO people ({columns}) VALUES (?, ?)', (1, input()))\n"
        );
        told(&[("agent.py", &text)], rule).len()
    };
    assert_eq!(row("id, message"), 1);
    assert_eq!(row("chat_id, name"), 0);
}

#[test]
fn a_setting_that_trusts_whoever_answers_is_told_of_whatever_client_gets_it() {
    let rule = "connection-not-checked";
    let script = |setting: &str| {
        let text = format!(
            "import mysql from 'mysql2/promise';\nconst config = {{ host: process.env.H }};\nconfig.ssl = {{ {setting} }};\nexport const db = await mysql.createConnection(config);\n"
        );
        told(&[("db.ts", &text)], rule)
    };
    assert_eq!(script("rejectUnauthorized: false"), ["db.ts:3"]);
    assert!(script("rejectUnauthorized: true").is_empty());
    let python = |protocol: &str| {
        told(&[("agent.py", &format!("import ssl\nc = ssl.SSLContext(ssl.{protocol})\n"))], rule)
    };
    assert_eq!(python("PROTOCOL_TLSv1_2"), ["2"]);
    assert!(python("PROTOCOL_TLS_CLIENT").is_empty());
    // A setting inside a call that is reported anyway is reported once.
    let agent =
        "import https from 'https';\nexport const agent = new https.Agent({ rejectUnauthorized: false });\n";
    assert_eq!(told(&[("a.ts", agent)], rule), ["a.ts:2"]);
}

#[test]
fn tables_of_what_people_said_are_their_memory() {
    let bot = |table: &str| {
        let text = format!(
            "import sqlite3\nimport threading\nfrom nonebot import on_message\nfrom openai import OpenAI\nlocal = threading.local()\ndef db() -> sqlite3.Connection:\n    return local.connection\n@on_message().handle()\nasync def on(event):\n    db().execute('INSERT INTO {table} (user_id, text) VALUES (?, ?)', (event.user_id, event.get_plaintext()))\n    before = db().execute('SELECT text FROM {table} WHERE user_id = ?', (event.user_id,)).fetchall()\n    OpenAI().chat.completions.create(messages=[{{'role': 'user', 'content': str(before)}}])\n"
        );
        let all = |rule: &str| told(&[("agent.py", &text)], rule);
        (all("memory-write-without-consent"), all("retrieval-without-consent"))
    };
    assert_eq!(bot("facts"), (vec!["10".to_owned()], vec!["11".to_owned()]));
    assert_eq!(bot("prices"), (vec![], vec![]));
}

#[test]
fn tools_that_a_server_describes_are_tools() {
    let python = |name: &str| {
        let text = format!(
            "from mcp.server import Server\nfrom mcp.types import Tool\napp = Server('x')\n@app.list_tools()\nasync def tools():\n    return [Tool(name='{name}', description='x', inputSchema={{}})]\n"
        );
        told(&[("agent.py", &text)], TOOL)
    };
    assert_eq!(python("send_mail"), ["6"]);
    assert!(python("list_mail").is_empty());
    let script = "import { Server } from '@modelcontextprotocol/sdk/server/index.js';\nimport { ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';\nconst server = new Server({ name: 'x' });\nserver.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: [\n  { name: 'send_mail', description: 'x', inputSchema: {} },\n] }));\n";
    assert_eq!(told(&[("s.ts", script)], TOOL), ["s.ts:5"]);
    // A message class named after a person asks nobody.
    let human = "from langchain_core.messages import HumanMessage\nfrom langchain_core.tools import tool\n@tool\ndef send_mail(text: str) -> str:\n    return str(HumanMessage(text))\n";
    assert_eq!(told(&[("agent.py", human)], TOOL), ["4"]);
}

#[test]
fn a_door_to_a_database_or_to_the_tools_of_a_server_is_a_door() {
    let rule = "endpoint-without-authentication";
    let text = "import sqlite3\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get('/all')\ndef all_of_it():\n    return sqlite3.connect('x').execute('SELECT * FROM sessions').fetchall()\n@app.get('/health')\ndef health():\n    return 'ok'\n";
    assert_eq!(told(&[("agent.py", text)], rule), ["5"]);
    let sse = "from mcp.server.sse import SseServerTransport\nfrom starlette.routing import Route\nsse = SseServerTransport('/m')\nasync def handle(request):\n    async with sse.connect_sse(request.scope, request.receive, request._send) as streams:\n        print(streams)\nROUTES = [Route('/sse', endpoint=handle)]\n";
    assert_eq!(told(&[("agent.py", sse)], rule), ["7"]);
}

#[test]
fn an_address_that_a_variable_comes_before_can_be_changed() {
    let rule = "hardcoded-provider";
    let settings = |base: &str| {
        format!(
            "class Settings({base}):\n    # Where it answers.\n    api_base: str = 'https://api.deepseek.com'\n\n    def ask(self):\n        pass\n"
        )
    };
    assert!(told(&[("settings.py", &settings("BaseSettings"))], rule).is_empty());
    assert_eq!(told(&[("settings.py", &settings("BaseModel"))], rule).len(), 1);
    let asked = |end: &str| {
        format!("import os\nBASE = os.getenv(\n    'MY_BASE'{end}\nOTHER = ask('https://api.deepseek.com')\n")
    };
    assert_eq!(told(&[("ask.py", &asked(",\n    'https://api.deepseek.com',\n)"))], rule), ["ask.py:6"]);
    assert_eq!(told(&[("ask.py", &asked(")"))], rule), ["ask.py:4"]);
    let script =
        |value: &str| format!("export const load = (env = process.env) => ({{\n  base: {value},\n}});\n");
    assert!(told(&[("load.ts", &script("env.MY_BASE ?? 'https://api.deepseek.com'"))], rule).is_empty());
    assert_eq!(told(&[("load.ts", &script("'https://api.deepseek.com'"))], rule), ["load.ts:2"]);
    let documented = "def start(base):\n    \"\"\"Starts it.\n\n    start(base='https://api.deepseek.com')\n    \"\"\"\n    return base\n";
    assert!(told(&[("start.py", documented)], rule).is_empty());
}
