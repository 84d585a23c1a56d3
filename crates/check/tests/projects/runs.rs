//! Sinks that execute text: where they are reported, and what makes the text harmless beforehand.

use crate::project::{checked, lines, of_rule};

const RULE: &str = "untrusted-to-exec";

fn script(text: &str) -> Vec<String> {
    let all = lines(&checked(&[("server.js", text)]));
    all.into_iter().filter(|line| line.starts_with(RULE)).collect()
}

/// A tool server with a helper that queries the database.
fn shop(tool: &str) -> String {
    format!(
        "import {{ McpServer }} from '@modelcontextprotocol/sdk/server/mcp.js';\nimport Database from 'better-sqlite3';\nconst db = new Database('shop.db');\nfunction rows(text) {{ return db.prepare(text).all(); }}\nconst quoted = (name) => `\"${{name.replace(/\"/g, '\"\"')}}\"`;\nconst server = new McpServer({{ name: 'shop', version: '1' }});\nserver.tool('all', 'Lists all', {{}}, async () => rows('SELECT * FROM goods'));\nserver.tool('look', 'Looks', {{}}, async ({{ name, text }}) => {{\n{tool}\n}});\n"
    )
}

#[test]
fn a_helper_is_told_of_where_it_is_handed_something() {
    assert_eq!(script(&shop("return rows(text);")), ["untrusted-to-exec@server.js:9"]);
    assert_eq!(script(&shop("return rows(`SELECT * FROM ${name}`);")), ["untrusted-to-exec@server.js:9"]);
    assert!(script(&shop("return rows('SELECT 1');")).is_empty());
}

#[test]
fn what_was_quoted_or_looked_up_is_harmless() {
    for harmless in [
        "return rows(`SELECT * FROM ${quoted(name)}`);",
        "if (!['goods', 'orders'].includes(name)) throw new Error('no');\nreturn rows(`SELECT * FROM ${name}`);",
        "if (!/^[a-z_]+$/.test(name)) { return 'no'; }\nreturn rows(`SELECT * FROM ${name}`);",
        "const table = name.replace(/[^a-z_]/g, '');\nreturn rows(`SELECT * FROM ${table}`);",
        "return rows(/^[a-z]+$/.test(name) ? `SELECT * FROM ${name}` : 'SELECT 1');",
    ] {
        assert!(script(&shop(harmless)).is_empty(), "{harmless}");
    }
    for harmful in [
        // A check of the beginning says nothing about the rest.
        "if (!/^select/i.test(text)) throw new Error('no');\nreturn rows(text);",
        "if (!text.startsWith('SELECT')) throw new Error('no');\nreturn rows(text);",
        // Checked on one path only.
        "if (/^[a-z]+$/.test(name)) { console.log(name); }\nreturn rows(`SELECT * FROM ${name}`);",
        "if (['goods'].includes(name)) throw new Error('no');\nreturn rows(`SELECT * FROM ${name}`);",
        "if (!['goods'].includes(text)) throw new Error('no');\nreturn rows(`SELECT * FROM ${name}`);",
    ] {
        assert_eq!(script(&shop(harmful)).len(), 1, "{harmful}");
    }
}

#[test]
fn a_check_counts_for_what_it_looks_at() {
    let tool = |body: &str| {
        format!(
            "import re, sqlite3\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\ndef ensure_table(name):\n    if name not in ('a', 'b'):\n        raise ValueError(name)\ndef ensure_query(query):\n    if not query.startswith('select'):\n        raise ValueError(query)\n@mcp.tool()\ndef look(table: str, query: str) -> str:\n{body}    return str(sqlite3.connect('x').execute(query).fetchall())\n"
        )
    };
    let built = "    query = f'select * from {table}'\n";
    assert_eq!(of_rule(RULE, &tool(built)).len(), 1);
    assert!(of_rule(RULE, &tool(&format!("    ensure_table(table)\n{built}"))).is_empty());
    let whole = "    if not re.fullmatch(r'\\w+', table):\n        return ''\n";
    assert!(of_rule(RULE, &tool(&format!("{whole}{built}"))).is_empty());
    let letters = "    table = ''.join(ch for ch in table if ch.isalnum())\n";
    assert!(of_rule(RULE, &tool(&format!("{letters}{built}"))).is_empty());
    assert_eq!(of_rule(RULE, &tool("    ensure_query(query)\n")).len(), 1);
    assert_eq!(of_rule(RULE, &tool("    ensure_table(table)\n")).len(), 1);
}

#[test]
fn a_path_stays_below_its_folder() {
    let server = |line: &str| {
        format!(
            "import express from 'express';\nimport fs from 'fs';\nimport path from 'path';\nconst ROOT = '/srv/notes';\nconst app = express();\napp.post('/note', (req, res) => {{\n  const name = req.body.name;\n{line}\n  fs.writeFileSync(target, req.body.text);\n  res.end();\n}});\n"
        )
    };
    for harmful in ["  const target = path.join(ROOT, name);", "  const target = `${ROOT}/${name}.md`;"] {
        assert_eq!(script(&server(harmful)), ["untrusted-to-exec@server.js:9"], "{harmful}");
    }
    for harmless in [
        "  const target = path.join(ROOT, path.basename(name));",
        "  const target = path.resolve(ROOT, name);\n  if (!target.startsWith(ROOT + path.sep)) { res.status(400).end(); return; }",
        "  if (name.includes('..')) { res.status(400).end(); return; }\n  const target = path.join(ROOT, name);",
        "  const target = path.join(ROOT, name.replace(/[^a-z0-9]/gi, '_'));",
        "  const target = path.join(ROOT, 'note.md');",
    ] {
        assert!(script(&server(harmless)).is_empty(), "{harmless}");
    }
}

#[test]
fn a_tool_that_writes_where_it_is_told_does_what_it_says() {
    let tool = |path: &str| {
        format!(
            "from pathlib import Path\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\nROOT = Path('notes')\n@mcp.tool()\ndef note(name: str, text: str) -> str:\n    Path({path}).write_text(text)\n    return 'ok'\n"
        )
    };
    assert_eq!(of_rule(RULE, &tool("ROOT / f'{name}.md'")).len(), 1);
    assert!(of_rule(RULE, &tool("name")).is_empty());
    assert!(of_rule(RULE, &tool("ROOT / Path(name).name")).is_empty());
}

#[test]
fn a_method_is_picked_by_what_a_model_wrote() {
    // A server that implements the protocol itself: its input comes from a model.
    let server = "import { exec } from 'child_process';\nclass Tools {\n  go(args) { exec(args.line); }\n  answer(request) {\n    const { method, params } = request;\n    if (method === 'tools/call') { return this[params.name](params.arguments); }\n    return {};\n  }\n}\nconst tools = new Tools();\nprocess.stdin.on('data', (data) => { tools.answer(JSON.parse(data)); });\n";
    assert_eq!(script(server), ["untrusted-to-exec@server.js:3"]);
    assert!(script(&server.replace("tools/call", "resources/list")).is_empty());
    let python = "import os\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\nclass Tools:\n    def do_run(self, text):\n        os.system(text)\n    def see(self, text):\n        return text\ntools = Tools()\n@mcp.tool()\ndef call(name: str, text: str):\n    return getattr(tools, f'do_{name}')(text)\n";
    assert_eq!(of_rule(RULE, python), ["untrusted-to-exec@6"]);
    assert!(of_rule(RULE, &python.replace("f'do_{name}'", "f'show_{name}'")).is_empty());
}
