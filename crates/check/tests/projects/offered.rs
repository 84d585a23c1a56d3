//! What a package exports, and endpoints that are open if no key is set.

use crate::project::{checked, lines, of_rule};

fn found(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    lines(&checked(files)).into_iter().filter(|line| line.split('@').next() == Some(rule)).collect()
}

#[test]
fn a_plugin_is_entered_by_its_framework() {
    let plugin = "from openai import OpenAI\nai = OpenAI(base_url='https://api.openai.com/v1')\nclass Main:\n    def on_message(self, text):\n        return self._ask(text)\n    def _ask(self, words):\n        return ai.chat.completions.create(model='gpt-5', messages=[{'role': 'user', 'content': words}])\n";
    let rule = "personal-data-unmasked";
    assert_eq!(
        found(rule, &[("talker/__init__.py", ""), ("talker/core.py", plugin)]),
        ["personal-data-unmasked@talker/core.py:7"]
    );
    // Numbers are not somebody's words.
    let counts =
        plugin.replace("on_message(self, text)", "add(self, count)").replace("_ask(text)", "_ask(count)");
    assert!(found(rule, &[("talker/__init__.py", ""), ("talker/core.py", &counts)]).is_empty());
    // A private method that nothing calls is dead code.
    let private = plugin.replace("on_message", "_on_message");
    assert!(found(rule, &[("talker/__init__.py", ""), ("talker/core.py", &private)]).is_empty());
}

#[test]
fn nobody_uses_what_a_program_neither_imports_nor_starts() {
    let rule = "personal-data-unmasked";
    let client = "from openai import OpenAI\nclass Talker:\n    def ask(self, message):\n        return OpenAI(base_url='https://api.openai.com/v1').chat.completions.create(model='m', messages=[{'role': 'user', 'content': message}])\n";
    let server =
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef index():\n    return 'ok'\n";
    let with = |name: &str, main: &str, client: &str| {
        let name = format!("app/{name}.py");
        found(rule, &[("app/__init__.py", ""), ("app/main.py", main), (&name, client)]).len()
    };
    assert_eq!(with("talker", server, client), 0);
    // A library has no server; and what is imported, or starts something, may be used.
    assert_eq!(with("talker", "def add(a, b):\n    return a + b\n", client), 1);
    assert_eq!(with("talker", &format!("from app.talker import Talker\n{server}"), client), 1);
    assert_eq!(with("talker", server, &format!("{client}def main():\n    Talker().ask(input())\n")), 1);
}

#[test]
fn a_key_that_is_only_asked_for_where_one_is_set() {
    let rule = "endpoint-without-authentication";
    let server = |guard: &str| {
        format!(
            "import os\nfrom fastapi import FastAPI, Depends, Header, HTTPException\nfrom openai import OpenAI\napp = FastAPI()\nAPI_KEY = os.getenv('API_KEY', '')\ndef verify_token(authorization: str = Header('')):\n{guard}\n@app.post('/ask', dependencies=[Depends(verify_token)])\ndef ask(text: str, who=Depends(verify_token)):\n    return OpenAI().chat.completions.create(model='gpt-5', messages=[{{'role': 'user', 'content': text}}])\n"
        )
    };
    for open in [
        "    if not API_KEY:\n        return\n    if authorization != API_KEY:\n        raise HTTPException(401)",
        "    if API_KEY and authorization != API_KEY:\n        raise HTTPException(401)",
    ] {
        assert_eq!(of_rule(rule, &server(open)).len(), 1, "{open}");
    }
    for shut in [
        "    if not API_KEY:\n        raise HTTPException(403)\n    if authorization != API_KEY:\n        raise HTTPException(401)",
        "    if authorization != API_KEY:\n        raise HTTPException(401)",
        "    if not authorization or authorization != API_KEY:\n        raise HTTPException(401)",
    ] {
        assert!(of_rule(rule, &server(shut)).is_empty(), "{shut}");
    }
}

#[test]
fn a_question_within_one_tool_is_no_question_before_another() {
    let tools = "from langchain_core.tools import tool\nfrom langgraph.types import interrupt\nimport os\n@tool\ndef clarify(question: str):\n    return interrupt(question)\n@tool\ndef run_command(command: str):\n    os.system(command)\n@tool\ndef delete_file(path: str):\n    if interrupt('Delete?') == 'y':\n        os.remove(path)\n";
    assert_eq!(of_rule("tool-without-confirmation", tools), ["tool-without-confirmation@9"]);
    let before_all = format!("{tools}def gate(call):\n    return interrupt(call)\ngate('x')\n");
    assert!(of_rule("tool-without-confirmation", &before_all).is_empty());
}

#[test]
fn a_server_that_code_starts_is_fetched_too() {
    let rule = "mcp-server-not-pinned";
    let start = |package: &str| {
        format!(
            "from mcp import StdioServerParameters\nparameters = StdioServerParameters(command='uvx', args=['{package}', '-y'])\n"
        )
    };
    assert_eq!(of_rule(rule, &start("server-notes")), ["mcp-server-not-pinned@2"]);
    assert!(of_rule(rule, &start("server-notes==1.2.3")).is_empty());
    let add = "import subprocess\nsubprocess.run(['claude', 'mcp', 'add', 'notes', '--', 'npx', '-y', 'notes-server'])\n";
    assert_eq!(of_rule(rule, add), ["mcp-server-not-pinned@2"]);
    let file =
        "import json\nprint(json.dumps({'notes': {'command': 'npx', 'args': ['notes-mcp', '--all']}}))\n";
    assert_eq!(of_rule(rule, file), ["mcp-server-not-pinned@2"]);
    // Any program may be started like that.
    assert!(of_rule(rule, &file.replace("notes-mcp", "prettier")).is_empty());
}

#[test]
fn whose_things_a_function_keeps_is_no_word_of_the_request() {
    let rule = "identity-from-body";
    let app = |who: &str| {
        format!(
            "import json\nfrom fastapi import FastAPI, Request\napp = FastAPI()\nclass Tokens:\n    def save(self, user_id, token):\n        data = json.load(open('tokens.json'))\n        data[user_id] = token\n        with open('tokens.json', 'w') as file:\n            json.dump(data, file)\n    def name(self, user_id):\n        return str(user_id).title()\ntokens = Tokens()\n@app.post('/link')\nasync def link(request: Request, user_id: str, token: str):\n    {who}\n    return 'ok'\n"
        )
    };
    assert_eq!(of_rule(rule, &app("tokens.save(user_id, token)")), ["identity-from-body@15"]);
    assert!(of_rule(rule, &app("tokens.save(request.session['user'], token)")).is_empty());
    assert!(of_rule(rule, &app("tokens.name(user_id)")).is_empty());
}

#[test]
fn a_tool_that_may_only_read_changes_nothing() {
    let tool = |told: &str| {
        format!(
            "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef execute_query(sql: str) -> str:\n    \"\"\"{told}\"\"\"\n    return sql\n"
        )
    };
    let rule = "tool-without-confirmation";
    assert_eq!(of_rule(rule, &tool("Runs a statement on the database.")), ["tool-without-confirmation@4"]);
    assert!(of_rule(rule, &tool("Runs a read-only statement on the database.")).is_empty());
}

#[test]
fn what_a_plug_in_hands_to_its_host() {
    let plugin = "import { randomUUID } from 'crypto';\nimport { writeFile } from 'fs/promises';\nimport path from 'path';\nexport function start(host) {\n  host.channel.registerRoute({ path: '/talk', handler: async (req, res) => {\n    const name = req.body.name;\n    await writeFile(path.join('/srv', name), 'x');\n  } });\n}\n";
    let rule = "untrusted-to-exec";
    assert_eq!(found(rule, &[("plug/index.js", plugin)]), ["untrusted-to-exec@plug/index.js:7"]);
    let other = plugin.replace("path: '/talk'", "name: 'talk'");
    assert!(found(rule, &[("plug/index.js", &other)]).is_empty());
    let keeps = "class Main:\n    def __init__(self, host):\n        self.host = host\n        self.talks = {}\n        host.on_message(self.hear)\n    def hear(self, message):\n        self.talks[message.user] = message.text\n        self.host.storage.set('talk_history', self.talks)\n";
    let files =
        |text: &str| found("plaintext-chat-store", &[("plug/__init__.py", ""), ("plug/main.py", text)]);
    assert_eq!(files(keeps), ["plaintext-chat-store@plug/main.py:8"]);
    assert!(files(&keeps.replace("talk_history", "window_size")).is_empty());
}

#[test]
fn a_handler_that_is_handed_back_answers_requests() {
    let package = |inner: &str| {
        format!(
            "import OpenAI from 'openai';\nconst ai = new OpenAI({{ baseURL: 'https://api.deepseek.com' }});\nexport function createHandler(options) {{\n  return {inner};\n}}\nasync function answer(messages) {{\n  return ai.chat.completions.create({{ model: 'm', messages }});\n}}\n"
        )
    };
    let found = |inner: &str| {
        let text = package(inner);
        lines(&checked(&[("index.js", text.as_str())]))
            .iter()
            .any(|line| line == "personal-data-unmasked@index.js:7")
    };
    assert!(found("async (req) => { const body = await req.json(); return answer(body.messages); }"));
    assert!(found("async (req, res) => { res.json(await answer(req.body.messages)); }"));
    assert!(!found("async (job) => { const body = await job.json(); return answer(body.messages); }"));
    assert!(!found("async (req, res, next) => { await answer(req.body.messages); next(); }"));
}
