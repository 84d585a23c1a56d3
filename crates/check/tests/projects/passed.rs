//! Ways of passing a value on: what a function stores in its argument, fields by name, records whose methods use `this`,
//! modules with a single export, contexts, schemas, tables of functions.

use crate::project::{checked, lines};

const ROUTE: &str =
    "from flask import Flask, request\nimport subprocess, contextlib, dataclasses\napp = Flask(__name__)\n";
const SERVER: &str = "import express from 'express';\nimport { exec } from 'child_process';\nimport { z } from 'zod';\nconst app = express();\n";

fn runs(files: &[(&str, &str)]) -> bool {
    lines(&checked(files)).iter().any(|line| line.starts_with("untrusted-to-exec@"))
}

/// Whether the client's input to a Python server is executed.
fn python(before: &str, body: &str) -> bool {
    runs(&[("main.py", &format!("{ROUTE}{before}@app.post('/a')\ndef a():\n{body}"))])
}

/// Whether the client's input to a JavaScript server is executed.
fn script(before: &str, body: &str) -> bool {
    runs(&[(
        "main.js",
        &format!("{SERVER}{before}app.post('/a', async (req, res) => {{ {body} }});\napp.listen(3);\n"),
    )])
}

#[test]
fn what_a_function_puts_into_what_it_was_handed_is_there() {
    let fill = "def fill(held, text):\n    held.append(text)\n";
    assert!(python(
        fill,
        "    all = []\n    fill(all, request.json['q'])\n    subprocess.run(all[0], shell=True)\n"
    ));
    assert!(!python(fill, "    all = []\n    fill(all, 'ls')\n    subprocess.run(all[0], shell=True)\n"));
    let named = "def fill(text, held):\n    held['c'] = text\n";
    assert!(python(
        named,
        "    all = {}\n    fill(held=all, text=request.json['q'])\n    subprocess.run(all['c'], shell=True)\n"
    ));
    let fill = "function fill(held, text) { held.c = text; }\n";
    assert!(script(fill, "const all = {}; fill(all, req.body.q); exec(all.c);"));
    assert!(!script(fill, "const all = {}; fill(all, 'ls'); exec(all.c);"));
}

#[test]
fn a_record_that_is_made_from_a_request_holds_what_stands_in_it() {
    let note = "@dataclasses.dataclass\nclass Note:\n    text: str\n";
    assert!(python(note, "    note = Note(**request.json)\n    subprocess.run(note.text, shell=True)\n"));
    assert!(!python(note, "    note = Note(**{'text': 'ls'})\n    subprocess.run(note.text, shell=True)\n"));
    let set = "class Note: pass\n";
    assert!(python(
        set,
        "    note = Note()\n    setattr(note, 'text', request.json['q'])\n    subprocess.run(note.text, shell=True)\n"
    ));
}

#[test]
fn a_context_gives_what_its_function_yields() {
    let session = |with: &str, gives: &str| {
        let text = format!(
            "class Shell:\n    def run(self, text):\n        subprocess.run(text, shell=True)\n{with}"
        );
        python(&text, &format!("    with session() as {gives}:\n        shell.run(request.json['q'])\n"))
    };
    let yields = "@contextlib.contextmanager\ndef session():\n    yield Shell(), 3\n";
    assert!(session(yields, "(shell, n)"));
    assert!(!session(yields, "(n, shell)"));
    let enters = "class session:\n    def __enter__(self):\n        return Shell()\n    def __exit__(self, *a): pass\n";
    assert!(session(enters, "shell"));
}

#[test]
fn the_methods_of_a_record_speak_of_it() {
    let record = |run: &str| {
        let before = format!("const shell = {{ ask(text) {{ this.run(text); }}, {run} }};\n");
        script(&before, "shell.ask(req.body.q);")
    };
    assert!(record("run(text) { exec(text); }"));
    assert!(!record("run(text) { exec('ls'); }"));
    // In an arrow function, `this` is that of the code around the record.
    let around = "class Shell { run(text) { exec(text); } all() { return { ask: (text) => this.run(text), run(text) {} }; } }\n";
    assert!(script(around, "new Shell().all().ask(req.body.q);"));
    let given = "module.exports = { ask(text) { this.run(text); }, run(text) { require('child_process').exec(text); } };\n";
    let main = format!(
        "{SERVER}const shell = require('./shell');\napp.post('/a', (req, res) => {{ shell.ask(req.body.q); }});\n"
    );
    assert!(runs(&[("main.js", &main), ("shell.js", given)]));
}

#[test]
fn what_a_module_gives_away_as_a_whole_is_called_by_its_name() {
    let own = "class Shell { run(text) { require('child_process').exec(text); } }\nmodule.exports = Shell;\n";
    let main = |made: &str| {
        format!(
            "{SERVER}const Shell = require('./shell');\n{made}\napp.post('/a', (req, res) => {{ shell.run(req.body.q); }});\n"
        )
    };
    assert!(runs(&[("main.js", &main("const shell = new Shell();")), ("shell.js", own)]));
    assert!(runs(&[
        ("main.js", &main("class Own extends Shell {}\nconst shell = new Own();")),
        ("shell.js", own)
    ]));
    let all = "__exportStar(require(\"./shell\"), exports);\n";
    let shell =
        "class Shell { run(text) { require('child_process').exec(text); } }\nexports.Shell = Shell;\n";
    let main = format!(
        "{SERVER}const all = require('./all');\nconst shell = new all.Shell();\napp.post('/a', (req, res) => {{ shell.run(req.body.q); }});\n"
    );
    assert!(runs(&[("main.js", &main), ("all.js", all), ("shell.js", shell)]));
}

#[test]
fn imports_are_known_as_compilers_write_them() {
    let text = |import: &str, called: &str| {
        format!("{SERVER}{import}\napp.post('/a', async (req, res) => {{ {called}(req.body.q); }});\n")
    };
    for import in [
        "const cp_1 = __importStar(require(\"child_process\"));",
        "const cp_1 = (0, tslib_1.__importDefault)(require('node:child_process'));",
        "var cp_1 = __toESM(require('child_process'), 1);",
    ] {
        assert!(runs(&[("main.js", &text(import, "cp_1.default.exec"))]), "{import}");
        assert!(!runs(&[("main.js", &text(import, "cp_1.default.fork"))]), "{import}");
    }
    let own = "Object.defineProperty(exports, '__esModule', { value: true });\nexports.default = class { run(text) { require('child_process').exec(text); } };\n";
    let import = "const shell_1 = __importDefault(require('./shell'));\nconst shell = new shell_1.default();";
    assert!(runs(&[("main.js", &text(import, "shell.run")), ("shell.js", own)]));
}

#[test]
fn a_schema_that_reads_without_failing_cleans_nothing() {
    let schema = "const S = z.object({ q: z.string() });\n";
    assert!(script(schema, "const read = S.safeParse(req.body); exec(read.data.q);"));
    let closed = "const S = z.object({ q: z.enum(['ls', 'pwd']) });\n";
    assert!(!script(closed, "const read = S.safeParse(req.body); exec(read.data.q);"));
}

#[test]
fn tables_of_functions_are_followed() {
    assert!(script(
        "const T = new Map([['run', (text) => exec(text)]]);\n",
        "T.get(req.body.op)(req.body.q);"
    ));
    assert!(script(
        "const T = [];\nT.push({ name: 'run', run: (text) => exec(text) });\n",
        "T.find((one) => one.name === req.body.op).run(req.body.q);"
    ));
    assert!(script(
        "function load(text, done) { setTimeout(() => done(null, text), 3); }\n",
        "load(req.body.q, (error, text) => { exec(text); });"
    ));
}

#[test]
fn those_who_listen_are_found_where_they_were_put() {
    let bus = |on: &str, go: &str| {
        let before = format!(
            "class Bus {{ all = {{}}; on(name, run) {{ {on} }} go(text) {{ {go} }} }}\nconst bus = new Bus();\nbus.on('ask', (text) => exec(text));\n"
        );
        script(&before, "bus.go(req.body.q);")
    };
    let each = "(this.all['ask'] || []).forEach((run) => run(text));";
    assert!(bus("(this.all[name] ||= []).push(run); this.all[name].push(run);", each));
    assert!(bus("if (!this.all[name]) this.all[name] = []; this.all[name].push(run);", each));
    assert!(!bus("", each));
    let open = "class Base { go(text) { this.answer(text); } }\nclass Bus extends Base { constructor() { super(); this.answer = (text) => exec(text); } }\nconst bus = new Bus();\n";
    assert!(script(open, "bus.go(req.body.q);"));
    let bound = "function run(text) { exec(text); }\n";
    assert!(script(bound, "const later = run.bind(null, req.body.q); later();"));
}

#[test]
fn a_server_that_forwards_every_call_is_one_place() {
    let server = |others: &str| {
        format!(
            "import {{ Server }} from '@modelcontextprotocol/sdk/server/index.js';\nimport {{ CallToolRequestSchema, ListToolsRequestSchema }} from '@modelcontextprotocol/sdk/types.js';\nconst server = new Server({{ name: 'x', version: '1' }}, {{ capabilities: {{ tools: {{}} }} }});\nconst TOOLS = [\n  {{ name: 'send_message', description: 'Send a message', inputSchema: {{ type: 'object' }} }},\n  {{ name: 'delete_message', description: 'Delete a message', inputSchema: {{ type: 'object' }} }},\n];\nasync function request(path, method, body) {{ return (await fetch('https://x.example.net' + path, {{ method, body }})).json(); }}\nasync function forward(name, args) {{\n  return request('/call', 'POST', JSON.stringify({{ name, args }}));\n}}\nserver.setRequestHandler(ListToolsRequestSchema, async () => ({{ tools: TOOLS }}));\nserver.setRequestHandler(CallToolRequestSchema, async (request) => {{\n  const {{ name, arguments: args }} = request.params;\n  switch (name) {{\n    case 'who':\n      return {{ content: [] }};\n    {others}\n  }}\n}});\n"
        )
    };
    let told = |others: &str| {
        let mut found = lines(&checked(&[("main.js", &server(others))]));
        found.retain(|line| line.starts_with("tool-without-confirmation"));
        found
    };
    assert_eq!(told("default: return forward(name, args);"), ["tool-without-confirmation@main.js:10"]);
    assert_eq!(
        told("default: throw new Error('unknown');"),
        ["tool-without-confirmation@main.js:5", "tool-without-confirmation@main.js:6"]
    );
}

#[test]
fn a_tool_that_a_model_picks_gets_what_the_model_chose() {
    let agent = |fetches: &str| {
        format!(
            "import json, httpx\nfrom openai import OpenAI\nclient = OpenAI()\nTOOLS = {{}}\ndef tool(name):\n    def mark(run):\n        TOOLS[name] = run\n        return run\n    return mark\n@tool('page')\ndef page(url):\n    return httpx.get({fetches}).text\nanswer = client.chat.completions.create(model='x', messages=[{{'role': 'user', 'content': input()}}])\nfor call in answer.choices[0].message.tool_calls:\n    TOOLS[call.function.name](**json.loads(call.function.arguments))\n"
        )
    };
    assert!(runs(&[("main.py", &agent("url"))]));
    assert!(!runs(&[("main.py", &agent("'https://example.org/' + url"))]));
}

#[test]
fn the_host_of_an_address_that_a_client_names_is_chosen() {
    let asks = |address: &str| script("const own = process.env.HOST;\n", &format!("await fetch({address});"));
    for address in
        ["`${req.body.host}/v1`", "`https://${req.body.host}/v1`", "`https://${req.body.host}:80/`"]
    {
        assert!(asks(address), "{address}");
    }
    for address in [
        "`https://example.org/${req.body.id}`",
        "`${own}/${req.body.id}`",
        "`https://${req.body.id}.example.org/`",
    ] {
        assert!(!asks(address), "{address}");
    }
}
