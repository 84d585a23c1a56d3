//! Sinks on other machines and in other databases, and prompts passed to constructors.

use crate::project::{checked, lines, of_rule};

#[test]
fn shells_and_databases_of_every_make_run_what_they_are_given() {
    let cases = [
        ("import paramiko\nc = paramiko.SSHClient()", "c.exec_command({})"),
        ("import docker\nc = docker.from_env().containers.get('x')", "c.exec_run({})"),
        ("import pyodbc\nc = pyodbc.connect('x').cursor()", "c.execute({})"),
        ("from google.cloud import bigquery\nc = bigquery.Client()", "c.query({})"),
        ("from neo4j import GraphDatabase\nc = GraphDatabase.driver('x').session()", "c.run({})"),
        ("import clickhouse_connect\nc = clickhouse_connect.get_client()", "c.query({})"),
        ("import redis\nc = redis.Redis()", "c.execute_command({})"),
        ("import pandas as pd", "pd.read_sql({}, 'x')"),
    ];
    for (before, call) in cases {
        let tool = |given: &str| {
            let call = call.replace("{}", given);
            let text = format!(
                "from mcp.server.fastmcp import FastMCP\n{before}\nmcp = FastMCP('x')\n@mcp.tool()\ndef look(what):\n    return {call}\n"
            );
            of_rule("untrusted-to-exec", &text).len()
        };
        assert_eq!(tool("what"), 1, "{call}");
        assert_eq!(tool("'SELECT 1'"), 0, "{call}");
    }
}

#[test]
fn so_do_those_of_scripts() {
    let cases = [
        ("import { Client } from 'ssh2';\nconst c = new Client();", "c.exec({})"),
        (
            "import { BigQuery } from '@google-cloud/bigquery';\nconst c = new BigQuery();",
            "c.query({ query: {} })",
        ),
        ("import { execFile } from 'child_process';", "execFile('osascript', ['-e', {}])"),
        ("import { execa } from 'execa';", "execa({}, { shell: true })"),
        ("import puppeteer from 'puppeteer';", "puppeteer.launch({ executablePath: {} })"),
        ("import Database from 'bun:sqlite';\nconst c = new Database('x');", "c.query({}).all()"),
    ];
    for (before, call) in cases {
        let tool = |given: &str| {
            let call = call.replace("{}", given);
            let text = format!(
                "import {{ McpServer }} from '@modelcontextprotocol/sdk/server/mcp.js';\n{before}\nconst server = new McpServer({{ name: 'x' }});\nserver.tool('look', 'Look', {{}}, async (args) => {call});\n"
            );
            let found = lines(&checked(&[("s.js", &text)]));
            found.iter().filter(|line| line.starts_with("untrusted-to-exec")).count()
        };
        assert_eq!(tool("args.what"), 1, "{call}");
        assert_eq!(tool("'fixed'"), 0, "{call}");
    }
    let bound = "import Database from 'bun:sqlite';\nimport { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nconst c = new Database('x');\nnew McpServer({ name: 'x' }).tool('look', 'Look', {}, async (args) => c.query('SELECT ?').all(args.what));\n";
    assert!(!lines(&checked(&[("s.js", bound)])).iter().any(|line| line.starts_with("untrusted-to-exec")));
}

#[test]
fn prompts_that_objects_are_made_with_are_system_prompts() {
    let rule = "untrusted-system-prompt";
    let route = |before: &str, body: &str| {
        let text = format!(
            "import requests\nfrom flask import Flask, request\nfrom langchain_core.messages import SystemMessage\nfrom langchain_core.prompts import ChatPromptTemplate\nfrom agents import Agent\n{before}\napp = Flask(__name__)\n@app.post('/x')\ndef x():\n    page = requests.get('https://x.example').text\n    return {body}\n"
        );
        of_rule(rule, &text).len()
    };
    assert_eq!(route("", "SystemMessage(content=f'Read {page}')"), 1);
    assert_eq!(route("", "Agent(name='x', instructions=f'Read {page}')"), 1);
    assert_eq!(route("", "SystemMessage(content='Read.')"), 0);
    let template = |system: &str| {
        format!(
            "prompt = ChatPromptTemplate.from_messages([('system', 'Use {system}'), ('human', '{{context}}')])"
        )
    };
    assert_eq!(route(&template("{context}"), "prompt"), 1);
    assert_eq!(route(&template("{language}"), "prompt"), 0);
}

#[test]
fn a_name_is_put_into_a_statement_beside_whole_ones() {
    let tools = |whole: &str| {
        let text = format!(
            "import sqlite3\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\ndb = sqlite3.connect('x')\n@mcp.tool()\ndef run(sql):\n    return db.execute({whole})\n@mcp.tool()\ndef look(table):\n    return db.execute(f'SELECT * FROM {{table}}')\n@mcp.tool()\ndef plan(sql):\n    return db.execute(f'EXPLAIN {{sql}}')\n"
        );
        of_rule("untrusted-to-exec", &text)
    };
    let at = |line: usize| format!("untrusted-to-exec@{line}");
    assert_eq!(tools("sql"), [at(10), at(13), at(7)]);
    assert_eq!(tools("'SELECT 1'"), [at(10), at(13)]);
}

#[test]
fn a_program_that_a_model_wrote_is_run_from_its_file() {
    let text = |file: &str| {
        format!(
            "import subprocess, sys\nfrom openai import OpenAI\nai = OpenAI()\ndef main():\n    code = ai.chat.completions.create(model='x', messages=[{{'role': 'user', 'content': input()}}]).choices[0].message.content\n    with open('out.py', 'w') as f:\n        f.write(code)\n    subprocess.run([sys.executable, '{file}'])\nmain()\n"
        )
    };
    assert_eq!(of_rule("untrusted-to-exec", &text("out.py")), ["untrusted-to-exec@8"]);
    assert!(of_rule("untrusted-to-exec", &text("own.py")).is_empty());
}

#[test]
fn pairs_of_a_role_and_a_text_are_messages() {
    let text = |role: &str| {
        format!(
            "import requests\nfrom langchain_openai import ChatOpenAI\npage = requests.get(input()).text\nChatOpenAI().invoke([('{role}', f'Use this: {{page}}'), ('user', 'go')])\n"
        )
    };
    assert_eq!(of_rule("untrusted-system-prompt", &text("system")), ["untrusted-system-prompt@4"]);
    assert!(of_rule("untrusted-system-prompt", &text("user")).is_empty());
}

#[test]
fn a_search_says_whose_notes_it_wants() {
    let text = |more: &str| {
        format!(
            "from fastapi import FastAPI, Request\nfrom langchain_community.vectorstores import Chroma\nfrom langchain_openai import ChatOpenAI\napp = FastAPI()\nnotes = Chroma(collection_name='user_notes')\n@app.post('/')\nasync def chat(request: Request):\n    data = await request.json()\n    found = notes.similarity_search(data['text']{more})\n    notes.add_texts([data['text']])\n    return ChatOpenAI().invoke(f'{{found}} {{data[\"text\"]}}')\n"
        )
    };
    assert_eq!(of_rule("memory-shared-by-all", &text("")), ["memory-shared-by-all@9"]);
    assert!(of_rule("memory-shared-by-all", &text(", filter={'user': data['user']}")).is_empty());
}

#[test]
fn more_that_runs_what_it_is_given() {
    let rule = "untrusted-to-exec";
    let django = |statement: &str| {
        let views = format!(
            "from django.db import connection\nfrom django.http import JsonResponse\nfrom .models import Note\ndef report(request):\n    q = request.GET['q']\n    with connection.cursor() as cur:\n        {statement}\n    return JsonResponse({{}})\n"
        );
        let models =
            "from django.db import models\nclass Note(models.Model):\n    title = models.TextField()\n";
        let urls =
            "from django.urls import path\nfrom . import views\nurlpatterns = [path('r/', views.report)]\n";
        let report = checked(&[("views.py", &views), ("models.py", models), ("urls.py", urls)]);
        lines(&report).iter().filter(|line| line.starts_with(rule)).count()
    };
    assert_eq!(django("cur.execute(\"SELECT 1 FROM t WHERE a = '%s'\" % q)"), 1);
    assert_eq!(django("cur.execute('SELECT 1 FROM t WHERE a = %s', [q])"), 0);
    assert_eq!(django("Note.objects.raw(f\"SELECT * FROM note WHERE title = '{q}'\")"), 1);
    assert_eq!(django("Note.objects.raw('SELECT * FROM note WHERE title = %s', [q])"), 0);
    let upload = |call: &str| {
        of_rule(rule, &format!(
            "import yaml\nfrom fastapi import FastAPI, UploadFile\napp = FastAPI()\n@app.post('/l')\nasync def f(file: UploadFile):\n    return {call}\n"
        ))
        .len()
    };
    assert_eq!(upload("yaml.load(await file.read(), Loader=yaml.Loader)"), 1);
    assert_eq!(upload("yaml.load(await file.read(), Loader=yaml.SafeLoader)"), 0);
    let agent = |options: &str| {
        of_rule(rule, &format!("from crewai import Agent\nAgent(role='r', {options})\n")).len()
    };
    assert_eq!(agent("allow_code_execution=True, code_execution_mode='unsafe'"), 1);
    assert_eq!(agent("allow_code_execution=True"), 0);
    let page = |hook: &str| {
        let text = format!(
            "'use client'\nimport {{ useChat }} from '@ai-sdk/react'\nimport {{ texts }} from './texts'\nexport default function Page() {{\n  const {{ messages }} = {hook}\n  return <main>{{messages.map((m) => <div key={{m.id}} dangerouslySetInnerHTML={{{{ __html: m.content }}}} />)}}</main>\n}}\n"
        );
        lines(&checked(&[("app/page.tsx", &text)])).iter().filter(|line| line.starts_with(rule)).count()
    };
    assert_eq!((page("useChat()"), page("texts")), (1, 0));
}

#[test]
fn whoever_chooses_a_whole_address_chooses_which_machine_is_asked() {
    let rule = "untrusted-to-exec";
    let route = |body: &str| {
        of_rule(rule, &format!(
            "import os\nimport httpx\nfrom urllib.parse import urlparse\nfrom openai import OpenAI\nfrom fastapi import FastAPI\nBASE = os.environ['BASE']\nALLOWED = {{'a.example.org'}}\nc = OpenAI()\napp = FastAPI()\n@app.get('/f')\ndef f(url: str, number: int):\n{body}"
        ))
        .len()
    };
    assert_eq!(route("    return httpx.get(url).text\n"), 1);
    for body in [
        "    return httpx.get(f'{BASE}/{url}').text\n",
        "    return httpx.get('https://a.example.org/' + url).text\n",
        "    if urlparse(url).hostname not in ALLOWED:\n        raise ValueError\n    return httpx.get(url).text\n",
        "    found = c.images.generate(prompt='x')\n    return httpx.get(found.data[0].url).content\n",
        "    page = httpx.get(BASE).json()\n    return httpx.get(page['next']).text\n",
    ] {
        assert_eq!(route(body), 0, "{body}");
    }
    let tool = |url: &str| {
        of_rule(rule, &format!(
            "import httpx\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef page(url: str) -> str:\n    return httpx.get({url}).text\n"
        ))
        .len()
    };
    assert_eq!((tool("url"), tool("f'https://en.wikipedia.org/wiki/{url}'")), (1, 0));
}

#[test]
fn each_interpreter_takes_code_after_its_own_option() {
    let tool = |command: &str| {
        let text = format!(
            "import subprocess\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef run(text: str) -> str:\n    subprocess.run({command})\n    return ''\n"
        );
        of_rule("untrusted-to-exec", &text).len()
    };
    for command in [
        "['php', '-r', text]",
        "['node', '-p', text]",
        "['node', '--print', text]",
        "['perl', '-E', text]",
        "['deno', 'eval', text]",
        "['python3.12', '-c', text]",
        "['C:\\\\Python\\\\python.exe', '-c', text]",
        "['C:\\\\Git\\\\bash.exe', '-c', text]",
    ] {
        assert_eq!(tool(command), 1, "{command}");
    }
    for command in [
        "['mkdir', '-p', text]",
        "['node', '-r', 'dotenv/config', text]",
        "['php', 'page.php', text]",
        "['python3', '-e', text]",
        "['deno', 'run', 'x.ts', text]",
        "['gcc.exe', '-c', text]",
    ] {
        assert_eq!(tool(command), 0, "{command}");
    }
}

#[test]
fn what_is_picked_from_a_list_or_unpacked_keeps_its_origin() {
    let tool = |command: &str| {
        let text = format!(
            "import random, secrets, subprocess, zlib\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef run(texts: list[str]) -> str:\n    subprocess.run({command}, shell=True)\n    return ''\n"
        );
        of_rule("untrusted-to-exec", &text).len()
    };
    for command in [
        "random.choice(texts)",
        "random.sample(texts, 1)[0]",
        "secrets.choice(texts)",
        "zlib.decompress(texts[0])",
    ] {
        assert_eq!(tool(command), 1, "{command}");
    }
    for command in
        ["f'seq {random.randint(0, len(texts))}'", "f'echo {zlib.crc32(texts[0])}'", "secrets.token_hex(8)"]
    {
        assert_eq!(tool(command), 0, "{command}");
    }
    let script = "import { createDecipheriv } from 'crypto';\nimport { exec } from 'child_process';\nimport express from 'express';\nconst app = express();\napp.post('/run', (req, res) => {\n  const opener = createDecipheriv('aes-256-gcm', process.env.KEY, process.env.IV);\n  exec(opener.update(req.body.text, 'hex', 'utf8'));\n  res.end();\n});\napp.listen(3000);\n";
    let found = lines(&checked(&[("server.ts", script)]));
    assert!(found.contains(&"untrusted-to-exec@server.ts:7".to_owned()), "{found:?}");
}

#[test]
fn switches_of_shells_stand_in_any_place() {
    let rule = "untrusted-to-exec";
    let tool = |command: &str| {
        format!(
            "import subprocess\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef say(text: str) -> str:\n    subprocess.run({command})\n    return ''\n"
        )
    };
    for command in [
        "['powershell', '-command', f'Speak(\"{text}\")']",
        "['PowerShell.exe', '-NoProfile', '-ExecutionPolicy', 'Bypass', '-Comm', f'Speak(\"{text}\")']",
        "['bash', '-l', '-c', f'say {text}']",
    ] {
        assert_eq!(of_rule(rule, &tool(command)), ["untrusted-to-exec@6"], "{command}");
    }
    for command in
        ["['powershell', '-File', 'say.ps1', text]", "['bash', 'say.sh', '-c', text]", "['say', '-c', text]"]
    {
        assert!(of_rule(rule, &tool(command)).is_empty(), "{command}");
    }
}
