//! What was detected in the labelled suite but lost in other projects, each with its opposite.

use crate::project::{checked, lines, of_rule};

/// The findings of one rule.
fn at(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    lines(&checked(files)).into_iter().filter(|line| line.split('@').next() == Some(rule)).collect()
}

#[test]
fn a_route_within_a_wrapper_that_authenticates() {
    let rule = "endpoint-without-authentication";
    let route = "import { guarded } from '@/lib/guarded';\nimport OpenAI from 'openai';\nexport const POST = guarded(async (user: string, request: Request) => {\n  const { text } = await request.json();\n  const answer = await new OpenAI().chat.completions.create({ model: 'm', messages: [{ role: 'user', content: text }] });\n  return Response.json(answer);\n});\n";
    let wrapper = |check: &str| {
        format!(
            "import {{ auth }} from '@/auth';\nexport function guarded(inner: any) {{\n  return async (request: Request) => {{\n    {check}\n    return inner('somebody', request);\n  }};\n}}\n"
        )
    };
    let found =
        |check: &str| at(rule, &[("app/api/chat/route.ts", route), ("lib/guarded.ts", &wrapper(check))]);
    let asks = "const session = await auth();\n    if (!session) return new Response('no', { status: 401 });";
    assert!(found(asks).is_empty(), "{:?}", found(asks));
    assert!(!found("console.log(request.url);").is_empty());
}

#[test]
fn what_is_deleted_from_each_of_a_few_tables() {
    let rule = "no-erase-path";
    let file = |tables: &str| {
        format!(
            "import {{ createClient }} from '@supabase/supabase-js';\nimport express from 'express';\nconst db = createClient(process.env.A, process.env.B);\nconst app = express();\napp.post('/x', async (req, res) => {{ await db.from('messages').insert({{ user_id: req.body.user, content: req.body.text }}); res.end(); }});\napp.delete('/x', async (req, res) => {{\n  for (const table of {tables}) {{\n    await db.from(table).delete().eq('user_id', req.body.user);\n  }}\n  res.end();\n}});\n"
        )
    };
    assert!(of_rule_ts(rule, &file("['orders_of_last_year', 'messages', 'invoices']")).is_empty());
    assert_eq!(of_rule_ts(rule, &file("['orders_of_last_year', 'invoices']")).len(), 1);
}

fn of_rule_ts(rule: &str, text: &str) -> Vec<String> {
    at(rule, &[("server.ts", text)])
}

#[test]
fn a_fixed_key_beside_what_hides_people_by_hand() {
    let file = |digest: &str| {
        format!(
            "import hashlib\nfrom Crypto.Cipher import AES\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\ndef keep():\n    phone = request.json['phone']\n    digest = {digest}\n    return AES.new(b'0123456789abcdef', AES.MODE_CBC, b'0000000000000000').encrypt(phone.encode())\n"
        )
    };
    let by_hand = file("hashlib.md5(phone.encode()).hexdigest()");
    assert_eq!(of_rule("personal-data-hashed", &by_hand).len(), 2);
    assert!(of_rule("weak-cipher", &by_hand).is_empty());
    let alone = file("None");
    assert!(of_rule("personal-data-hashed", &alone).is_empty());
    assert_eq!(of_rule("weak-cipher", &alone).len(), 1);
}

#[test]
fn consent_to_what_a_companion_is_told_is_asked_for_once() {
    let rule = "separate-consent-missing";
    let agent = |keeps: &str| {
        format!(
            "import sqlite3\nfrom openai import OpenAI\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\ndef ask():\n    text = request.json['text']\n    {keeps}\n    return OpenAI().chat.completions.create(model='m', messages=[{{'role': 'system', 'content': 'You are Mia, a soulmate.'}}, {{'role': 'user', 'content': text}}])\n"
        )
    };
    assert_eq!(of_rule(rule, &agent("pass")).len(), 1);
    let keeps = agent("sqlite3.connect('x').execute('INSERT INTO messages (text) VALUES (?)', (text,))");
    assert_eq!(of_rule("memory-write-without-consent", &keeps).len(), 1);
    assert!(of_rule(rule, &keeps).is_empty());
}

#[test]
fn whoever_is_injected_under_a_type_of_the_project() {
    let rule = "endpoint-without-authentication";
    let app = |check: &str| {
        format!(
            "from dataclasses import dataclass\nfrom fastapi import Depends, FastAPI, Header, HTTPException\nfrom openai import OpenAI\nimport jwt\napp = FastAPI()\n@dataclass\nclass Member:\n    id: str\ndef who(authorization: str = Header()) -> Member:\n    return Member({check})\n@app.post('/chat')\ndef chat(text: str, member: Member = Depends(who)):\n    return OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': text}}])\n"
        )
    };
    assert!(of_rule(rule, &app("jwt.decode(authorization, 'k', algorithms=['RS256'])['sub']")).is_empty());
    assert_eq!(of_rule(rule, &app("authorization")).len(), 1);
}

#[test]
fn how_one_comes_is_not_who_comes() {
    let rule = "endpoint-without-authentication";
    let views = |decorator: &str, module: &str| {
        format!(
            "import json\nfrom django.http import JsonResponse\nfrom django.urls import path\nfrom {module} import {decorator}\nfrom openai import OpenAI\n@{decorator}\ndef send(request):\n    text = json.loads(request.body)['text']\n    return JsonResponse(OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': text}}]))\nurlpatterns = [path('send', send)]\n"
        )
    };
    assert_eq!(of_rule(rule, &views("require_POST", "django.views.decorators.http")).len(), 1);
    assert!(of_rule(rule, &views("login_required", "django.contrib.auth.decorators")).is_empty());
    let class = |bases: &str| {
        format!(
            "from django.contrib.auth.mixins import LoginRequiredMixin\nfrom django.http import JsonResponse\nfrom django.views import View\nfrom openai import OpenAI\nclass Send({bases}):\n    def post(self, request):\n        return JsonResponse(OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': request.POST['text']}}]))\n"
        )
    };
    assert!(of_rule(rule, &class("LoginRequiredMixin, View")).is_empty());
    assert_eq!(of_rule(rule, &class("View")).len(), 1);
}

#[test]
fn a_request_through_a_client_that_is_handed_in() {
    let rule = "personal-data-unmasked";
    let ask = |call: &str| {
        format!(
            "import os\nURL = 'https://api.anthropic.com/v1/messages'\nasync def ask(session, text):\n    async with {call} as answer:\n        return await answer.json()\nasync def main(make):\n    print(await ask(make(), input()))\nimport asyncio\nfrom somewhere import make\nasyncio.run(main(make))\n"
        )
    };
    let body = "json={'model': 'm', 'messages': [{'role': 'user', 'content': text}]}";
    assert_eq!(of_rule(rule, &ask(&format!("session.post(URL, {body})"))).len(), 1);
    assert!(of_rule(rule, &ask(&format!("session.save(URL, {body})"))).is_empty());
    assert!(of_rule(rule, &ask("session.get(URL, text)")).len() <= 1);
}

#[test]
fn fields_of_windows_and_what_is_said_in_recordings() {
    let rule = "personal-data-unmasked";
    let window = |field: &str| {
        format!(
            "import tkinter\nfrom openai import OpenAI\nfield = tkinter.{field}\ndef send():\n    OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': field.get()}}])\ntkinter.Button(command=send)\ntkinter.mainloop()\n"
        )
    };
    assert_eq!(of_rule(rule, &window("Entry()")).len(), 1);
    assert!(of_rule(rule, &window("Scale()")).is_empty());
    let file = |call: &str| {
        format!(
            "from openai import OpenAI\nwith open('talk.mp3', 'rb') as file:\n    print(OpenAI().{call})\n"
        )
    };
    assert_eq!(of_rule(rule, &file("audio.transcriptions.create(model='whisper-1', file=file)")).len(), 1);
    assert!(of_rule(rule, &file("audio.speech.create(model='tts-1', input='hello')")).is_empty());
}

#[test]
fn what_a_function_of_the_project_masks() {
    let rule = "personal-data-unmasked";
    let python = |name: &str, body: &str| {
        format!(
            "import re\nfrom openai import OpenAI\nMAIL = re.compile('[a-z]+@[a-z.]+')\ndef {name}(text):\n    return {body}\nOpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': {name}(input())}}])\n"
        )
    };
    assert!(of_rule(rule, &python("mask_mails", "MAIL.sub('[mail]', text)")).is_empty());
    assert_eq!(of_rule(rule, &python("mask_mails", "text.strip()")).len(), 1);
    assert_eq!(of_rule(rule, &python("tidy", "MAIL.sub(' ', text)")).len(), 1);
    let script = |content: &str| {
        format!(
            "import OpenAI from 'openai';\nimport express from 'express';\nconst redact = (text) => text.replace(/[a-z]+@[a-z.]+/g, '[mail]');\nexpress().post('/x', async (req, res) => {{\n  const said = req.body.messages.map((one) => ({{ ...one, content: {content} }}));\n  res.json(await new OpenAI().chat.completions.create({{ model: 'm', messages: said }}));\n}});\n"
        )
    };
    assert!(at(rule, &[("s.ts", &script("redact(one.content)"))]).is_empty());
    assert_eq!(at(rule, &[("s.ts", &script("one.content.trim()"))]).len(), 1);
}

#[test]
fn a_model_in_the_own_network() {
    let rule = "personal-data-unmasked";
    let ask = |address: &str| {
        format!(
            "from openai import OpenAI\nOpenAI(base_url='{address}').chat.completions.create(model='m', messages=[{{'role': 'user', 'content': input()}}])\n"
        )
    };
    for address in ["http://192.168.1.20:8000/v1", "https://llm.corp.internal/v1", "http://vllm:8000/v1"] {
        assert!(of_rule(rule, &ask(address)).is_empty(), "{address}");
    }
    for address in ["http://203.0.113.7:8000/v1", "https://llm.example.com/v1"] {
        assert_eq!(of_rule(rule, &ask(address)).len(), 1, "{address}");
    }
}

#[test]
fn what_answers_to_an_act_is_no_reading() {
    let rule = "untrusted-and-powerful";
    let server = |more: &str| {
        format!(
            "import requests\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef send_sms(to: str, text: str) -> str:\n    \"\"\"Send a message.\"\"\"\n    return requests.post('https://sms.example.com/send', json={{'to': to, 'text': text}}).text\n{more}mcp.run()\n"
        )
    };
    assert!(of_rule(rule, &server("")).is_empty());
    let reads = "@mcp.tool()\ndef read_page(url: str) -> str:\n    \"\"\"Read a page.\"\"\"\n    return requests.get(url).text\n";
    assert_eq!(of_rule(rule, &server(reads)).len(), 1);
}

#[test]
fn tools_that_are_registered_by_a_call() {
    let rule = "tool-without-confirmation";
    let server = |register: &str| {
        format!(
            "import smtplib\nfrom fastmcp import FastMCP\nmcp = FastMCP('x')\ndef send_mail(to: str, text: str) -> str:\n    \"\"\"Send a mail.\"\"\"\n    smtplib.SMTP('x').sendmail('me', to, text)\n{register}\nmcp.run()\n"
        )
    };
    assert_eq!(of_rule(rule, &server("mcp.tool()(send_mail)")).len(), 1);
    assert_eq!(of_rule(rule, &server("mcp.add_tool(send_mail)")).len(), 1);
    assert!(of_rule(rule, &server("print(send_mail)")).is_empty());
}

#[test]
fn what_one_class_or_one_key_holds_for_everybody() {
    let rule = "memory-shared-by-all";
    let bot = |body: &str, before: &str| {
        format!(
            "from openai import OpenAI\nfrom telegram.ext import ApplicationBuilder, MessageHandler\nclass Brain:\n{body}    async def think(self, text):\n        self.turns.append({{'role': 'user', 'content': text}})\n        return OpenAI().chat.completions.create(model='m', messages=self.turns)\nasync def hear(update, context):\n    {before}\n    await update.message.reply_text(await Brain().think(update.message.text))\napp = ApplicationBuilder().build()\napp.add_handler(MessageHandler(None, hear))\napp.run_polling()\n"
        )
    };
    assert_eq!(of_rule(rule, &bot("    turns = []\n", "pass")).len(), 1);
    let own = bot("    def __init__(self):\n        self.turns = []\n", "pass");
    assert!(of_rule(rule, &own).is_empty());
    let agent = |key: &str| {
        format!(
            "import {{ Agent }} from '@mastra/core/agent';\nimport express from 'express';\nconst agent = new Agent({{ name: 'x' }});\nexpress().post('/x', async (req, res) => {{\n  res.json(await agent.generate(req.body.text, {{ resourceId: {key}, threadId: {key} }}));\n}});\n"
        )
    };
    assert_eq!(at(rule, &[("s.ts", &agent("'all'"))]).len(), 1);
    assert!(at(rule, &[("s.ts", &agent("req.user.id"))]).is_empty());
}

#[test]
fn rows_of_databases_in_a_browser_or_a_file() {
    let rule = "plaintext-chat-store";
    let dexie = |table: &str| {
        format!(
            "import Dexie from 'dexie';\nimport express from 'express';\nconst db = new Dexie('x');\nexpress().post('/x', async (req, res) => {{ await db.{table}.add({{ text: req.body.text }}); res.end(); }});\n"
        )
    };
    assert_eq!(at(rule, &[("s.ts", &dexie("messages"))]).len(), 1);
    assert!(at(rule, &[("s.ts", &dexie("orders"))]).is_empty());
    let lowdb = |table: &str| {
        format!(
            "import {{ LowSync }} from 'lowdb';\nimport {{ JSONFileSync }} from 'lowdb/node';\nimport express from 'express';\nconst db = new LowSync(new JSONFileSync('x.json'), {{}});\nexpress().post('/x', (req, res) => {{ db.data.{table}.push({{ text: req.body.text }}); db.write(); res.end(); }});\n"
        )
    };
    assert_eq!(at(rule, &[("s.ts", &lowdb("messages"))]).len(), 1);
    assert!(at(rule, &[("s.ts", &lowdb("orders"))]).is_empty());
}

#[test]
fn a_password_beside_an_address_without_encryption() {
    let rule = "connection-not-checked";
    let post = |address: &str, body: &str| {
        format!(
            "import os\nimport requests\nHOST = os.environ['DB_HOST']\nrequests.post(f'{address}', json={{{body}}})\n"
        )
    };
    let key = "'password': os.environ['PW'], 'sql': 'SELECT 1'";
    assert_eq!(of_rule(rule, &post("http://{HOST}/sql", key)).len(), 1);
    assert!(of_rule(rule, &post("https://{HOST}/sql", key)).is_empty());
    assert!(of_rule(rule, &post("http://{HOST}/sql", "'sql': 'SELECT 1'")).is_empty());
    let pool = |value: &str| {
        format!(
            "import pg from 'pg';\nexport const pool = new pg.Pool({{ ssl: {{ rejectUnauthorized: {value} }} }});\nawait pool.query('SELECT 1');\n"
        )
    };
    assert_eq!(at(rule, &[("s.ts", &pool("process.env.STRICT === 'true'"))]).len(), 1);
    assert!(at(rule, &[("s.ts", &pool("process.env.LOOSE !== 'true'"))]).is_empty());
}

#[test]
fn what_is_fetched_runs() {
    let rule = "untrusted-to-exec";
    let server = |call: &str| {
        format!(
            "import subprocess\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef add(name: str) -> str:\n    return str(subprocess.run({call}))\nmcp.run()\n"
        )
    };
    assert_eq!(of_rule(rule, &server("['npx', '-y', name]")).len(), 1);
    assert_eq!(of_rule(rule, &server("['pip', 'install', name]")).len(), 1);
    assert!(of_rule(rule, &server("['pip', 'show', name]")).is_empty());
}

#[test]
fn what_the_server_of_a_page_says_of_itself() {
    let rule = "untrusted-to-exec";
    let page = |ask: &str| {
        format!(
            "async function show() {{\n  const all = await (await fetch({ask})).json();\n  document.write(all.text);\n}}\nshow();\n"
        )
    };
    assert!(at(rule, &[("s.js", &page("'/api/stats'"))]).is_empty());
    assert_eq!(at(rule, &[("s.js", &page("'https://news.example.com/all'"))]).len(), 1);
}

#[test]
fn what_comes_in_over_a_socket_and_goes_on_through_a_proxy() {
    let rule = "memory-shared-by-all";
    let server = |list: &str, before: &str| {
        format!(
            "const {{ Server }} = require('socket.io');\nconst OpenAI = require('openai');\nconst io = new Server(3000);\n{list}io.on('connection', (socket) => {{\n  {before}\n  socket.on('say', async (text) => {{\n    turns.push({{ role: 'user', content: text }});\n    socket.emit('answer', await new OpenAI().chat.completions.create({{ model: 'm', messages: turns }}));\n  }});\n}});\n"
        )
    };
    assert_eq!(at(rule, &[("s.js", &server("const turns = [];\n", ""))]).len(), 1);
    assert!(at(rule, &[("s.js", &server("", "const turns = [];"))]).is_empty());
    let rule = "personal-data-unmasked";
    let proxy = |target: &str| {
        format!(
            "import express from 'express';\nimport {{ createProxyMiddleware }} from 'http-proxy-middleware';\nexpress().use('/v1', createProxyMiddleware({{ target: '{target}' }}));\n"
        )
    };
    assert_eq!(at(rule, &[("s.js", &proxy("https://api.deepseek.com/v1"))]).len(), 1);
    assert!(at(rule, &[("s.js", &proxy("https://shop.example.com/api"))]).is_empty());
}
