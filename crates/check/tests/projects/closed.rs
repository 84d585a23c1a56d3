//! Values of a closed type and checked paths: a value that cannot be arbitrary is not an injection.

use crate::project::{checked, lines, of_rule};

const RULE: &str = "untrusted-to-exec";

fn python(text: &str) -> usize {
    of_rule(RULE, text).len()
}

fn script(text: &str) -> usize {
    lines(&checked(&[("server.ts", text)])).iter().filter(|line| line.starts_with(RULE)).count()
}

#[test]
fn a_path_that_is_looked_at_after_it_was_made_stays_below_its_folder() {
    let tool = |look: &str, act: &str| {
        format!(
            "from pathlib import Path\nfrom mcp.server.fastmcp import FastMCP\nBASE = Path('/srv/notes')\nmcp = FastMCP('f')\n@mcp.tool()\ndef note(name: str) -> str:\n    p = (BASE / name).resolve()\n{look}    {act}\n"
        )
    };
    for look in [
        "    if not p.is_relative_to(BASE):\n        raise ValueError\n",
        "    if not str(p).startswith(str(BASE)):\n        raise ValueError\n",
        "    if BASE not in p.parents:\n        raise ValueError\n",
        "    try:\n        p.relative_to(BASE)\n    except ValueError:\n        return ''\n",
    ] {
        for act in ["return p.read_text()", "p.write_text('x')", "return open(p).read()"] {
            assert_eq!(python(&tool(look, act)), 0, "{look}{act}");
        }
    }
    assert_eq!(python(&tool("", "return p.read_text()")), 1);
    assert_eq!(
        python(&tool("    if not p.exists():\n        raise ValueError\n", "return p.read_text()")),
        1
    );
    // What is appended after the check was not checked.
    let below = "    if not p.is_relative_to(BASE):\n        raise ValueError\n    p = p / name\n";
    assert_eq!(python(&tool(below, "return p.read_text()")), 1);
}

#[test]
fn a_framework_holds_what_comes_in_to_its_type() {
    let fast = |head: &str, parameter: &str, part: &str| {
        format!(
            "import sqlite3\nfrom datetime import date\nfrom enum import Enum\nfrom typing import Annotated, Literal\nfrom uuid import UUID\nfrom fastapi import FastAPI, Path\n{head}app = FastAPI()\n@app.get('/t/{{v}}')\ndef t({parameter}):\n    return sqlite3.connect('x').execute(f\"SELECT * FROM t WHERE v = '{{{part}}}'\").fetchall()\n"
        )
    };
    for parameter in [
        "v: int",
        "v: float | None = None",
        "v: bool",
        "v: UUID",
        "v: date",
        "v: Literal['asc', 'desc']",
        "v: list[int]",
        "v: Annotated[int, Path(ge=1)]",
        "v: Annotated[str, Path(pattern='^[a-z]+$')]",
        "v: str = Path(pattern='^[a-z]+$')",
    ] {
        assert_eq!(python(&fast("", parameter, "v")), 0, "{parameter}");
    }
    assert_eq!(python(&fast("class O(str, Enum):\n    a = 'a'\n", "v: O", "v.value")), 0);
    assert_eq!(python(&fast("Order = Literal['asc', 'desc']\n", "v: Order", "v")), 0);
    for parameter in ["v: str", "v", "v: int | str", "v: Annotated[str, Path(pattern='^a')]", "v: list[str]"]
    {
        assert_eq!(python(&fast("", parameter, "v")), 1, "{parameter}");
    }
    // A closed type says nothing about the value next to it.
    assert_eq!(python(&fast("", "v: int, w: str", "v} {w")), 1);
    let flask = "import sqlite3\nfrom flask import Flask\napp = Flask(__name__)\n@app.get('/t/<v>')\ndef t(v: int):\n    return sqlite3.connect('x').execute(f'SELECT * FROM t WHERE v = {v}').fetchall()\n";
    assert_eq!(python(flask), 1);
}

#[test]
fn a_tool_of_a_server_is_held_to_its_types_and_a_message_to_its_fields() {
    let tool = |parameter: &str| {
        format!(
            "import subprocess\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef logs(n: {parameter}) -> str:\n    return subprocess.run(f'tail -n {{n}} app.log', shell=True, capture_output=True).stdout\n"
        )
    };
    assert_eq!((python(&tool("int")), python(&tool("str"))), (0, 1));
    let message = |part: &str| {
        format!(
            "import sqlite3\nfrom fastapi import FastAPI\nfrom pydantic import BaseModel\nclass P(BaseModel):\n    limit: int = 5\n    title: str\napp = FastAPI()\n@app.post('/t')\ndef t(p: P):\n    data = p.model_dump()\n    sets = ', '.join(f'{{k}} = ?' for k in data)\n    sqlite3.connect('x').execute(f'UPDATE t SET {{{part}}}')\n"
        )
    };
    assert_eq!((python(&message("p.limit")), python(&message("p.title"))), (0, 1));
    assert_eq!((python(&message("sets")), python(&message("data['title']"))), (0, 1));
}

#[test]
fn a_schema_holds_what_a_script_is_given() {
    let tool = |schema: &str| {
        format!(
            "import {{ McpServer }} from '@modelcontextprotocol/sdk/server/mcp.js'\nimport {{ z }} from 'zod'\nimport {{ execSync }} from 'node:child_process'\nconst server = new McpServer({{ name: 'n', version: '1' }})\nserver.registerTool('logs', {{ description: 'Logs', inputSchema: {{ n: {schema} }} }}, async ({{ n }}) => ({{ content: [{{ type: 'text', text: execSync(`tail -n ${{n}} app.log`).toString() }}] }}))\n"
        )
    };
    for schema in [
        "z.number().int()",
        "z.enum(['a', 'b']).default('a')",
        "z.boolean()",
        "z.string().uuid()",
        "z.string().regex(/^[a-z]+$/)",
        "z.coerce.number()",
    ] {
        assert_eq!(script(&tool(schema)), 0, "{schema}");
    }
    for schema in ["z.string()", "z.string().regex(/^a/)", "z.number().transform(String)", "z.any()"] {
        assert_eq!(script(&tool(schema)), 1, "{schema}");
    }
    let route = |part: &str| {
        format!(
            "import express from 'express'\nimport {{ z }} from 'zod'\nimport {{ execSync }} from 'node:child_process'\nconst app = express()\nconst Body = z.object({{ n: z.number(), q: z.string() }})\napp.post('/x', (req, res) => {{\n  const body = Body.parse(req.body)\n  res.json(execSync(`tail ${{body.{part}}}`).toString())\n}})\n"
        )
    };
    assert_eq!((script(&route("n")), script(&route("q"))), (0, 1));
}
