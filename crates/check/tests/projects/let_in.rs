//! Whom a program admits, and what it gives to an agent: each with a case that merely resembles it.

use crate::project::{checked, lines};

/// The findings of one rule.
fn at(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    let all = lines(&checked(files)).into_iter();
    all.filter_map(|line| Some(line.strip_prefix(rule)?.strip_prefix('@')?.to_owned())).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn an_agent_that_has_a_browser() {
    assert_eq!(
        at(
            "untrusted-and-powerful",
            &[(
                "agent.py",
                "from browser_use import Agent, Browser\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\nasync def go():\n    agent = Agent(task=request.json['task'], llm=None)\n    return await agent.run()\n"
            )]
        ),
        ["6"]
    );
    assert_eq!(
        at(
            "untrusted-and-powerful",
            &[(
                "agent.py",
                "from browser_use import Agent, Browser\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\nasync def go():\n    agent = Agent(task=request.json['task'], llm=None, browser=Browser(allowed_domains=['shop.example']))\n    return await agent.run()\n"
            )]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "endpoint-without-authentication",
            &[(
                "agent.py",
                "from browser_use import Agent, Browser\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\nasync def go():\n    agent = Agent(task=request.json['task'], llm=None)\n    return await agent.run()\n"
            )]
        ),
        ["5"]
    );
}

#[test]
fn a_key_of_the_program_that_stands_in_for_the_callers() {
    assert_eq!(
        at(
            "endpoint-without-authentication",
            &[(
                "agent.py",
                "from fastapi import FastAPI, HTTPException\nfrom openai import OpenAI\nfrom config import settings\napp = FastAPI()\ndef current_user(token):\n    if token and verify(token):\n        return token\n    if settings.service_token:\n        return settings.service_token\n    raise HTTPException(status_code=401)\n@app.post('/chat')\ndef chat(message: str, token: str):\n    current_user(token)\n    return OpenAI().chat.completions.create(model='m', messages=[{'role': 'user', 'content': message}])\n"
            )]
        ),
        ["12"]
    );
    assert_eq!(
        at(
            "endpoint-without-authentication",
            &[(
                "agent.py",
                "from fastapi import FastAPI, HTTPException\nfrom openai import OpenAI\nfrom config import settings\napp = FastAPI()\ndef current_user(token):\n    if token and verify(token):\n        return token\n    if settings.service_token:\n        return check(token)\n    raise HTTPException(status_code=401)\n@app.post('/chat')\ndef chat(message: str, token: str):\n    current_user(token)\n    return OpenAI().chat.completions.create(model='m', messages=[{'role': 'user', 'content': message}])\n"
            )]
        ),
        NOTHING
    );
}

#[test]
fn events_that_are_taken_without_validation() {
    assert_eq!(
        at(
            "endpoint-without-authentication",
            &[(
                "agent.py",
                "from fastapi import FastAPI, Request\nfrom lark_oapi import EventDispatcherHandler\napp = FastAPI()\nhandler = EventDispatcherHandler.builder('', '').build()\n@app.post('/events')\nasync def events(request: Request):\n    handler.do_without_validation(await request.body())\n"
            )]
        ),
        ["7"]
    );
    assert_eq!(
        at(
            "endpoint-without-authentication",
            &[(
                "agent.py",
                "from fastapi import FastAPI, Request\nfrom lark_oapi import EventDispatcherHandler\napp = FastAPI()\nhandler = EventDispatcherHandler.builder('', '').build()\n@app.post('/events')\nasync def events(request: Request):\n    handler.do(await request.body())\n"
            )]
        ),
        NOTHING
    );
}

#[test]
fn a_message_that_is_only_written_anew() {
    assert_eq!(
        at(
            "untrusted-system-prompt",
            &[(
                "agent.py",
                "import requests\nfrom openai import OpenAI\npage = requests.get('https://a.example').text\nmessages = [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': page}]\nmessages = [{**messages[0], 'content': messages[1]['content'] + 'x'}, messages[1]]\nOpenAI().chat.completions.create(model='m', messages=messages)\n"
            )]
        ),
        NOTHING
    );
    assert_eq!(
        at(
            "untrusted-system-prompt",
            &[(
                "agent.py",
                "import requests\nfrom openai import OpenAI\npage = requests.get('https://a.example').text\nmessages = [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': page}]\nmessages = [{'role': 'system', 'content': page}, messages[1]]\nOpenAI().chat.completions.create(model='m', messages=messages)\n"
            )]
        ),
        ["5"]
    );
}

#[test]
fn files_of_other_runtimes() {
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "server.ts",
                "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nimport { z } from 'zod';\nconst server = new McpServer({ name: 'x' });\nserver.tool('keep', 'Keep a note', { name: z.string(), text: z.string() }, async ({ name, text }) => {\n  await Bun.write(`/srv/notes/${name}`, text);\n});\n"
            )]
        ),
        ["server.ts:5"]
    );
    assert_eq!(
        at(
            "untrusted-to-exec",
            &[(
                "server.ts",
                "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\nimport { z } from 'zod';\nconst server = new McpServer({ name: 'x' });\nserver.tool('keep', 'Keep a note', { name: z.string(), text: z.string() }, async ({ name, text }) => {\n  await Bun.write('/srv/notes/one', text);\n});\n"
            )]
        ),
        NOTHING
    );
}
