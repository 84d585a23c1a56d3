//! What a call does, judging by its form, where the origin of its object is unknown.

use crate::project::{checked, lines, of, of_rule};

/// A request handler that does something with the request's content.
fn handler(does: &str) -> String {
    format!(
        "import os\nfrom flask import Flask, request\nfrom parts import client, llm, store, cache, conn, logger\napp = Flask(__name__)\n@app.post('/x')\ndef answer():\n    text = request.json['text']\n    {does}\n"
    )
}

#[test]
fn a_client_that_was_handed_in_asks_a_model() {
    let rule = "personal-data-unmasked";
    for asks in [
        "client.chat.completions.create(model='m', messages=[{'role': 'user', 'content': text}])",
        "client.messages.create(model='m', max_tokens=9, messages=[{'role': 'user', 'content': text}])",
        "client().responses.create(model='m', input=text)",
        "llm.invoke(text)",
    ] {
        let inside = handler(asks).replace("from parts import", "from .parts import");
        assert_eq!(of_rule(rule, &inside), ["personal-data-unmasked@8"], "{asks}");
    }
    for other in [
        "client.messages.create(body=text, to='+49')",
        "client.completions.create(name=text)",
        "store.invoke(text)",
    ] {
        let inside = handler(other).replace("from parts import", "from .parts import");
        assert!(of_rule(rule, &inside).is_empty(), "{other}");
    }
}

#[test]
fn what_is_kept_by_something_unknown() {
    let kept = |does: &str| {
        let text = handler(does).replace("from parts import", "from .parts import");
        of(&text).into_iter().filter(|line| !line.starts_with("endpoint")).collect::<Vec<_>>()
    };
    let has = |found: &[String], rule: &str| found.iter().any(|line| line.starts_with(rule));
    let vectors = kept("store.add_documents([text])");
    assert!(has(&vectors, "memory-write-without-consent"), "{vectors:?}");
    let row = kept("cache.set(f'history:{request.remote_addr}', text)");
    assert!(has(&row, "plaintext-chat-store") && has(&row, "memory-write-without-consent"), "{row:?}");
    let counter = kept("cache.set(f'seen:{request.remote_addr}', text)");
    assert!(counter.is_empty(), "{counter:?}");
    let statement = kept("conn.execute(f\"SELECT * FROM people WHERE name = '{text}'\")");
    assert!(has(&statement, "untrusted-to-exec"), "{statement:?}");
    let bound = kept("conn.execute('SELECT * FROM people WHERE name = ?', (text,))");
    assert!(!has(&bound, "untrusted-to-exec"), "{bound:?}");
}

#[test]
fn a_log_in_a_file_holds_what_was_said() {
    let rule = "plaintext-chat-store";
    let asks = "\n    client.chat.completions.create(model='m', messages=[])";
    let log = |set_up: &str, line: &str| {
        let own = handler(&format!("{line}{asks}")).replace("from parts import", "from .parts import");
        of_rule(rule, &format!("import logging\n{set_up}\nlog = logging.getLogger(__name__)\n{own}"))
    };
    let file = "logging.basicConfig(filename='bot.log')";
    assert_eq!(log(file, "log.info(f'asked: {text}')"), ["plaintext-chat-store@11"]);
    assert!(log("logging.basicConfig()", "log.info(f'asked: {text}')").is_empty());
    assert!(log(file, "log.info('asked by %s', request.remote_addr)").is_empty());
    assert!(log(file, "log.debug(f'asked: {text}')").is_empty());
    let without = handler("log.info(text)");
    let alone = format!("import logging\n{file}\nlog = logging.getLogger(__name__)\n{without}");
    assert!(of_rule(rule, &alone).is_empty(), "a program that asks no model");
    // One log line per file is reported, not all.
    assert_eq!(log(file, "log.info(text)\n    log.info(text)").len(), 1);
}

#[test]
fn a_route_is_told_by_how_it_is_written() {
    let rule = "endpoint-without-authentication";
    let route = |decorator: &str| {
        of_rule(
            rule,
            &format!(
                "from somewhere import get_app\nfrom openai import OpenAI\napp = get_app()\n{decorator}\ndef ask(text: str):\n    return OpenAI().chat.completions.create(model='gpt-5', messages=[{{'role': 'user', 'content': text}}])\n"
            ),
        )
    };
    assert_eq!(route("@app.post('/ask')").len(), 1);
    assert!(route("@app.post('ask')").is_empty());
}

#[test]
fn what_guards_a_route() {
    let rule = "endpoint-without-authentication";
    let flask = |test: &str| {
        of_rule(
            rule,
            &format!(
                "from flask import Flask, request, session, redirect\nfrom openai import OpenAI\napp = Flask(__name__)\n@app.post('/x')\ndef x():\n    if {test}:\n        return redirect('/login')\n    return OpenAI().chat.completions.create(model='gpt-5', messages=[{{'role': 'user', 'content': request.json['q']}}])\n"
            ),
        )
    };
    assert!(flask("'user' not in session").is_empty());
    assert_eq!(flask("'q' not in request.json").len(), 1);
    let injected = |body: &str| {
        of_rule(
            rule,
            &format!(
                "import jwt\nfrom fastapi import FastAPI, Depends, Header\nfrom openai import OpenAI\napp = FastAPI()\ndef uid(token: str = Header('')):\n    return {body}\n@app.post('/x')\ndef x(text: str, who: str = Depends(uid)):\n    return OpenAI().chat.completions.create(model='gpt-5', messages=[{{'role': 'user', 'content': text}}])\n"
            ),
        )
    };
    assert!(injected("jwt.decode(token, 'k', algorithms=['HS256'])['sub']").is_empty());
    assert_eq!(injected("token").len(), 1);
}

#[test]
fn a_memory_that_is_read_for_everybody() {
    let rule = "memory-shared-by-all";
    let bot = |read: &str| {
        let text = format!(
            "import sqlite3\nimport discord\nfrom openai import OpenAI\nai = OpenAI()\ndb = sqlite3.connect('x.db')\ndef keep(who, asked, said):\n    db.execute('INSERT INTO cases (user_id, question, answer) VALUES (?, ?, ?)', (who, asked, said))\ndef earlier(who):\n    return {read}.fetchall()\nclass Bot(discord.Client):\n    async def on_message(self, message):\n        found = earlier({{who}})\n        said = ai.chat.completions.create(model='gpt-5', messages=[{{{{'role': 'user', 'content': f'{{{{found}}}} {{{{message.content}}}}'}}}}])\n        keep(message.author, message.content, said)\n"
        );
        of_rule(rule, &text.replace("{{", "{").replace("}}", "}").replace("{who}", "message.content"))
    };
    assert_eq!(bot("db.execute('SELECT question, answer FROM cases ORDER BY id DESC')").len(), 1);
    assert!(bot("db.execute('SELECT question, answer FROM cases WHERE user_id = ?', (who,))").is_empty());
}

#[test]
fn a_list_of_the_module_that_is_cut() {
    let rule = "memory-shared-by-all";
    let bot = |first: &str| {
        of_rule(
            rule,
            &format!(
                "import discord\nfrom openai import OpenAI\nai = OpenAI()\nhistory = []\ndef ask(text):\n    global history\n    {first}\n    history.append({{'role': 'user', 'content': text}})\n    return ai.chat.completions.create(model='gpt-5', messages=[{{'role': 'system', 'content': 'x'}}] + history)\nclass Bot(discord.Client):\n    async def on_message(self, message):\n        ask(message.content)\n"
            ),
        )
    };
    assert_eq!(bot("history = history[-20:]").len(), 1);
    assert!(bot("history = []").is_empty());
}

#[test]
fn passwords_and_people_in_hashes() {
    let rule = "personal-data-hashed";
    let server = |function: &str, body: &str| {
        let text = format!(
            "import crypto from 'crypto';\nimport express from 'express';\nfunction {function}(password) {{ return {body}; }}\nexpress().post('/x', (req, res) => {{ res.json({function}(req.body.password)); }});\n"
        );
        lines(&checked(&[("server.js", &text)])).into_iter().filter(|line| line.starts_with(rule)).count()
    };
    assert_eq!(server("hashPassword", "crypto.createHash('sha256').update(password).digest('hex')"), 1);
    assert_eq!(server("deriveKey", "crypto.createHash('sha256').update(password).digest()"), 0);
    assert_eq!(server("hashPassword", "crypto.scryptSync(password, 'salt', 64)"), 0);
}

#[test]
fn a_file_below_a_folder_that_the_model_names() {
    let rule = "untrusted-to-exec";
    let named = |tool: &str, path: &str| {
        of_rule(
            rule,
            &format!(
                "from pathlib import Path\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\nREPORTS = Path('/srv/reports')\n@mcp.tool()\ndef {tool}(name: str) -> str:\n    return ({path}).read_text()\nmcp.run()\n"
            ),
        )
    };
    let tool = |path: &str| named("report", path);
    assert_eq!(tool("REPORTS / name"), ["untrusted-to-exec@7"]);
    assert_eq!(tool("Path(name)"), ["untrusted-to-exec@7"]);
    // A tool for reading files reads the one it is given.
    assert!(named("read_file", "Path(name)").is_empty() && tool("REPORTS / 'index.md'").is_empty());
}

#[test]
fn agents_that_run_what_the_model_writes() {
    let rule = "untrusted-to-exec";
    let agent = |given: &str| {
        of_rule(
            rule,
            &format!(
                "from smolagents import CodeAgent\nagent = CodeAgent(tools=[], model=None{given})\nagent.run(input())\n"
            ),
        )
    };
    assert_eq!(agent(", additional_authorized_imports=['*']").len(), 1);
    assert!(agent(", additional_authorized_imports=['*'], executor_type='docker'").is_empty());
    assert!(agent(", additional_authorized_imports=['math']").is_empty());
}

#[test]
fn a_graph_that_stops_to_ask_what_is_meant() {
    let rule = "tool-without-confirmation";
    let agent = |node: &str| {
        of_rule(
            rule,
            &format!(
                "import os\nfrom langchain_core.tools import tool\nfrom langgraph.types import interrupt\nfrom openai import OpenAI\n@tool\ndef run_command(command: str):\n    os.system(command)\ndef {node}\ndef main():\n    ask({{}})\n    OpenAI().chat.completions.create(model='gpt-5', messages=[])\nmain()\n"
            ),
        )
    };
    assert_eq!(agent("ask(state):\n    # clarify what is meant\n    return interrupt(state)").len(), 1);
    assert!(agent("ask(state):\n    return interrupt({'approve': state})").is_empty());
}
