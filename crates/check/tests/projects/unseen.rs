//! What was missed in previously unseen projects, each with a case that merely resembles it.

use ombud_check::Options;

use crate::project::{checked, checked_with, lines, of, of_rule};

/// The findings of one rule.
fn at(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    lines(&checked(files)).into_iter().filter(|line| line.split('@').next() == Some(rule)).collect()
}

#[test]
fn a_tool_is_told_of_where_it_acts_and_waived_at_either_end() {
    let rule = "tool-without-confirmation";
    let tool = |mark: &str, last: &str| {
        format!(
            "import smtplib\nfrom langchain_core.tools import tool\n{mark}\n@tool\ndef send_mail(to: str, text: str):\n    \"\"\"Send a mail.\"\"\"\n    who = to.strip()\n    text = text.strip()\n    smtplib.SMTP('x').sendmail('me', who, text){last}\n"
        )
    };
    assert_eq!(of_rule(rule, &tool("", "")), ["tool-without-confirmation@9"]);
    let report = checked(&[("agent.py", &tool("", ""))]);
    let found = report.findings.iter().find(|finding| finding.rule.0 == rule).unwrap();
    assert_eq!(found.path.iter().map(|step| step.place.line).collect::<Vec<_>>(), [5, 9]);
    let waiver = "  # ombud: allow tool-without-confirmation only to myself";
    assert!(of_rule(rule, &tool("", waiver)).is_empty());
    let above = tool("", "").replace("text: str):", &format!("text: str):{waiver}"));
    assert!(of_rule(rule, &above).is_empty());
    let elsewhere = tool(waiver, "");
    assert_eq!(of_rule(rule, &elsewhere).len(), 1);
}

#[test]
fn who_confides_is_told_by_what_the_model_is_told() {
    let rule = "separate-consent-missing";
    let agent = |prompt: &str, guard: &str| {
        format!(
            "from openai import OpenAI\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.post('/')\ndef ask():\n{guard}    return OpenAI().chat.completions.create(model='m', messages=[{{'role': 'system', 'content': '{prompt}'}}, {{'role': 'user', 'content': request.json['text']}}])\n"
        )
    };
    assert_eq!(of_rule(rule, &agent("You are a friend of children.", "")).len(), 1);
    assert_eq!(of_rule(rule, &agent("你是医院的预问诊助手。", "")).len(), 1);
    assert!(of_rule(rule, &agent("You are a clerk of a shop. Give no advice to patients.", "")).is_empty());
    let asked = "    if input('May your child talk to us?') != 'yes': return\n";
    assert!(of_rule(rule, &agent("You are a friend of children.", asked)).is_empty());
}

#[test]
fn components_in_one_file_are_read() {
    let component = |page: &str| {
        format!(
            "<script setup>\nimport OpenAI from 'openai';\nimport {{ marked }} from 'marked';\nimport {{ ref }} from 'vue';\nconst input = ref('');\nconst answer = ref('');\nconst ai = new OpenAI();\nasync function send() {{\n  const r = await ai.chat.completions.create({{ model: 'm', messages: [{{ role: 'user', content: input.value }}] }});\n  answer.value = r.choices[0].message.content;\n}}\n</script>\n<template>\n<form @submit.prevent=\"send\"><input v-model=\"input\" /></form>\n{page}\n</template>\n"
        )
    };
    let html = component("<p v-html=\"marked.parse(answer)\" />");
    assert_eq!(at("untrusted-to-exec", &[("src/Chat.vue", &html)]), ["untrusted-to-exec@src/Chat.vue:15"]);
    assert_eq!(
        at("personal-data-unmasked", &[("src/Chat.vue", &html)]),
        ["personal-data-unmasked@src/Chat.vue:9"]
    );
    let text = component("<p>{{ answer }}</p>");
    assert!(at("untrusted-to-exec", &[("src/Chat.vue", &text)]).is_empty());
}

#[test]
fn a_call_that_is_told_all_that_makes_a_tool() {
    let rule = "tool-without-confirmation";
    let tool = |told: &str| {
        format!(
            "import {{ createTool }} from '@some/agents';\nimport {{ db }} from './db';\nexport const drop = createTool({{\n  id: 'delete-customer',\n  {told}\n  execute: async ({{ context }}) => {{\n    await db.customers.delete(context.id);\n  }},\n}});\n"
        )
    };
    let whole = tool("description: 'Delete a customer',\n  inputSchema: {},");
    assert_eq!(at(rule, &[("tools.ts", &whole)]), ["tool-without-confirmation@tools.ts:8"]);
    assert!(at(rule, &[("tools.ts", &tool("label: 'Delete',"))]).is_empty());
}

#[test]
fn switches_of_programs_that_trust_whoever_answers() {
    let rule = "connection-not-checked";
    let of_driver = |flag: &str| {
        format!(
            "from selenium import webdriver\noptions = webdriver.ChromeOptions()\noptions.add_argument('{flag}')\nwebdriver.Chrome(options=options)\n"
        )
    };
    assert_eq!(of_rule(rule, &of_driver("--ignore-certificate-errors")), ["connection-not-checked@3"]);
    assert!(of_rule(rule, &of_driver("--start-maximized")).is_empty());
    let declared = "import argparse\nargparse.ArgumentParser().add_argument('--trusted-host')\n";
    assert!(of_rule(rule, declared).is_empty());
    let pip = "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'config', 'set', 'global.trusted-host', 'mirror.example'])\n";
    assert_eq!(of_rule(rule, pip).len(), 1);
}

#[test]
fn what_is_deleted_elsewhere_forgets_nobody() {
    let rule = "no-erase-path";
    let worker = |more: &str| {
        format!(
            "export default {{\n  async fetch(request, env) {{\n    const {{ id, text }} = await request.json();\n    const history = (await env.CHATS.get(`chat:${{id}}`)) ?? [];\n    history.push({{ role: 'user', content: text }});\n    await env.CHATS.put(`chat:${{id}}`, JSON.stringify(history));\n    {more}\n    return new Response('ok');\n  }},\n}};\n"
        )
    };
    let found = |more: &str| at(rule, &[("worker.js", &worker(more))]);
    assert_eq!(found("").len(), 1);
    assert!(found("if (request.method === 'DELETE') await env.CHATS.delete(`chat:${id}`);").is_empty());
    let pictures = "import { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();\nprisma.picture.deleteMany({});\n";
    let beside = format!("{pictures}{}", worker(""));
    assert_eq!(at(rule, &[("worker.js", &beside)]).len(), 1);
    assert!(
        at(
            "no-retention",
            &[(
                "worker.js",
                &worker("")
                    .replace("JSON.stringify(history))", "JSON.stringify(history), { expirationTtl: 60 })")
            )]
        )
        .is_empty()
    );
}

#[test]
fn a_guard_that_is_not_there_to_be_read_is_believed_by_its_name() {
    let rule = "endpoint-without-authentication";
    let server = |guard: &str| {
        format!(
            "import express from 'express';\nimport OpenAI from 'openai';\nimport {{ {guard} }} from './session.js';\nconst app = express();\nasync function chat(req, res) {{\n  res.json(await new OpenAI().chat.completions.create({{ model: 'm', messages: [{{ role: 'user', content: req.body.text }}] }}));\n}}\n\n\n\n\n\napp.post('/chat', {guard}, chat);\n"
        )
    };
    assert!(at(rule, &[("server.js", &server("requireUser"))]).is_empty());
    // Authentication belongs where the function is registered as a route.
    let open = at(rule, &[("server.js", &server("countTokens"))]);
    assert_eq!(open, ["endpoint-without-authentication@server.js:13"]);
}

#[test]
fn what_a_framework_makes_of_a_body_was_sent() {
    let controller = "import { Body, Controller, Post } from '@nestjs/common';\nimport { Asker } from './asker';\nimport { Question } from './question';\n@Controller('ask')\nexport class AskController {\n  constructor(private readonly asker: Asker) {}\n  @Post()\n  async ask(@Body() question: Question) {\n    return this.asker.ask(question);\n  }\n}\n";
    let asker = "import OpenAI from 'openai';\nimport { Question } from './question';\nexport class Asker {\n  private readonly ai = new OpenAI({ baseURL: 'https://api.deepseek.com' });\n  async ask(question: Question) {\n    return this.ai.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: question.text }] });\n  }\n}\n";
    let rule = "personal-data-unmasked";
    let files = |question: &'static str| {
        at(rule, &[("ask.controller.ts", controller), ("asker.ts", asker), ("question.ts", question)])
    };
    assert_eq!(files("export class Question {\n  text: string;\n}\n"), ["personal-data-unmasked@asker.ts:6"]);
    // An injected service is not somebody's input.
    assert!(files("export class Question {\n  text = 'fixed';\n  load() { return 1; }\n}\n").is_empty());
}

#[test]
fn an_assistant_of_the_command_line_is_a_model() {
    let rule = "personal-data-unmasked";
    let start =
        |words: &str| format!("import subprocess\nsaid = input()\nsubprocess.run([{words}], check=True)\n");
    assert_eq!(of_rule(rule, &start("'claude', '-p', said")).len(), 1);
    assert!(of_rule(rule, &start("'claude', '--version'")).is_empty());
    assert!(of_rule(rule, &start("'git', 'commit', '-m', said")).is_empty());
}

#[test]
fn a_model_that_is_only_passed_on_is_not_on_this_machine() {
    let rule = "personal-data-unmasked";
    let agent = |model: &str| {
        format!(
            "import ollama\nollama.chat(model='{model}', messages=[{{'role': 'user', 'content': input()}}])\n"
        )
    };
    assert_eq!(of_rule(rule, &agent("gpt-oss:120b-cloud")).len(), 1);
    assert!(of_rule(rule, &agent("gpt-oss:20b")).is_empty());
}

#[test]
fn a_country_that_is_not_known_is_not_that_of_the_users() {
    let rule = "personal-data-crosses-border";
    let agent = "from openai import OpenAI\nOpenAI().chat.completions.create(model='m', messages=[{'role': 'user', 'content': input()}])\n";
    let with = |told: &[&str]| {
        let options = Options {
            audience: vec!["CN".to_owned()],
            told: told.iter().map(|one| (*one).to_owned()).collect(),
            ..Default::default()
        };
        let all = lines(&checked_with(&[("agent.py", agent)], &options));
        all.iter().filter(|line| line.starts_with(rule)).count()
    };
    assert_eq!((with(&[]), with(&["openai"])), (1, 0));
    assert!(of(agent).iter().all(|line| !line.starts_with(rule)));
}

#[test]
fn what_publishes_by_its_name_or_its_address() {
    let rule = "ai-output-unlabelled";
    let agent = |publish: &str| {
        format!(
            "import os, requests, telegram\nfrom openai import OpenAI\nfrom notes import client\ntext = OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': 'x'}}]).choices[0].message.content\n{publish}\n"
        )
    };
    for publish in [
        "requests.post(os.environ['BLOG'] + '/wp-json/wp/v2/posts', json={'content': text})",
        "requests.post('https://social.example/api/v1/statuses', data={'status': text})",
        "telegram.Bot('x').send_message(chat_id='@news', text=text)",
        "client.create_note(title='x', body=text)",
    ] {
        assert_eq!(of_rule(rule, &agent(publish)), ["ai-output-unlabelled@5"], "{publish}");
    }
    for quiet in [
        "requests.post(os.environ['BLOG'] + '/wp-json/wp/v2/posts', json={'content': text + ' (generated by AI)'})",
        "requests.post('https://social.example/api/v1/search', data={'q': text})",
        "telegram.Bot('x').send_message(chat_id=os.environ['ME'], text=text)",
        "client.publish('queue', text)",
    ] {
        assert!(of_rule(rule, &agent(quiet)).is_empty(), "{quiet}");
    }
}

#[test]
fn a_file_that_a_bot_fills_for_everybody() {
    let rule = "memory-shared-by-all";
    let bot = |file: &str, whose: &str| {
        format!(
            "import {{ Client }} from 'discord.js';\nimport OpenAI from 'openai';\nimport fs from 'node:fs';\nconst ai = new OpenAI();\nfunction load(id) {{ return JSON.parse(fs.readFileSync({file}, 'utf8')); }}\nconst client = new Client({{ intents: [] }});\nclient.on('messageCreate', async (m) => {{\n  const memory = load({whose});\n  memory.push({{ role: 'user', content: m.content }});\n  const r = await ai.chat.completions.create({{ model: 'm', messages: memory }});\n  fs.writeFileSync({file}, JSON.stringify(memory));\n  m.reply(r.choices[0].message.content);\n}});\nclient.login('x');\n"
        )
    };
    assert_eq!(at(rule, &[("bot.js", &bot("'memory.json'", ""))]).len(), 1);
    assert!(at(rule, &[("bot.js", &bot("`memory-${id}.json`", "m.author.id"))]).is_empty());
}

#[test]
fn a_conversation_that_the_module_begins() {
    let rule = "memory-shared-by-all";
    let server = |before: &str, call: &str| {
        format!(
            "from flask import Flask, request\nfrom openai import OpenAI\nclient = OpenAI()\napp = Flask(__name__)\n{before}\n@app.post('/')\ndef chat():\n    {call}\n"
        )
    };
    let assistants = "return client.beta.threads.messages.create(thread_id=thread.id, role='user', content=request.json['text'])";
    assert_eq!(of_rule(rule, &server("thread = client.beta.threads.create()", assistants)).len(), 1);
    let own = format!("thread = client.beta.threads.create()\n    {assistants}");
    assert!(of_rule(rule, &server("", &own)).is_empty());
    let responses = "r = client.responses.create(model='m', input=request.json['text'], previous_response_id=last)\n    last = r.id\n    return r.output_text";
    assert_eq!(of_rule(rule, &server("last = None", &format!("global last\n    {responses}"))).len(), 1);
    assert!(of_rule(rule, &server("", &format!("last = request.json['last']\n    {responses}"))).is_empty());
}

#[test]
fn what_a_framework_puts_in_is_one_for_all() {
    let rule = "memory-shared-by-all";
    let service = "import OpenAI from 'openai';\nexport class Talk {\n  private readonly ai = new OpenAI();\n  private history: any[] = [];\n  async ask(text: string) {\n    this.history.push({ role: 'user', content: text });\n    return this.ai.chat.completions.create({ model: 'm', messages: this.history });\n  }\n}\n";
    let controller = |takes: &str, talk: &str| {
        format!(
            "import {{ Body, Controller, Post }} from '@nestjs/common';\nimport {{ Talk }} from './talk';\n@Controller('talk')\nexport class TalkController {{\n  constructor({takes}) {{}}\n  @Post()\n  async ask(@Body() body: {{ text: string }}) {{ return {talk}.ask(body.text); }}\n}}\n"
        )
    };
    let found = |controller: &str| at(rule, &[("talk.controller.ts", controller), ("talk.ts", service)]);
    assert_eq!(
        found(&controller("private readonly talk: Talk", "this.talk")),
        ["memory-shared-by-all@talk.ts:7"]
    );
    assert!(found(&controller("", "new Talk()")).is_empty());
}

#[test]
fn an_engine_over_an_index_asks_a_model() {
    let rule = "personal-data-unmasked";
    let agent = |settings: &str| {
        format!(
            "from llama_index.core import Settings, SimpleDirectoryReader, VectorStoreIndex\nfrom llama_index.llms.ollama import Ollama\n{settings}\nindex = VectorStoreIndex.from_documents(SimpleDirectoryReader('docs').load_data())\nprint(index.as_query_engine().query(input()))\n"
        )
    };
    assert_eq!(of_rule(rule, &agent("")), ["personal-data-unmasked@5"]);
    assert!(of_rule(rule, &agent("Settings.llm = Ollama(model='qwen3')")).is_empty());
}

#[test]
fn a_page_that_an_extension_reads_is_no_instruction() {
    let rule = "untrusted-system-prompt";
    let extension = |page: &str| {
        format!(
            "chrome.runtime.onMessage.addListener(async (msg) => {{\n  const page = {page};\n  await fetch('https://api.openai.com/v1/chat/completions', {{ method: 'POST', body: JSON.stringify({{ model: 'm', messages: [{{ role: 'system', content: `Page: ${{page}}` }}] }}) }});\n}});\n"
        )
    };
    let read = "await chrome.scripting.executeScript({ target: { tabId: msg.tab }, func: () => document.body.innerText })";
    assert_eq!(at(rule, &[("background.js", &extension(read))]).len(), 1);
    assert!(at(rule, &[("background.js", &extension("'a shop'"))]).is_empty());
}

#[test]
fn a_key_that_every_visitor_can_read() {
    let rule = "key-in-browser";
    let page = |key: &str, host: &str| {
        format!(
            "<html><body><input id=\"q\"><button onclick=\"go()\">go</button>\n<script>\nconst KEY = '{key}';\nasync function go() {{\n  const r = await fetch('https://{host}/v1/chat/completions', {{ method: 'POST', headers: {{ Authorization: 'Bearer ' + KEY }}, body: JSON.stringify({{ model: 'm', messages: [{{ role: 'user', content: document.getElementById('q').value }}] }}) }});\n}}\n</script></body></html>\n"
        )
    };
    let key = "sk-proj-4fj2kd93ka0d8s7f6a5s4d3f2";
    assert_eq!(at(rule, &[("index.html", &page(key, "api.openai.com"))]), ["key-in-browser@index.html:5"]);
    assert!(at(rule, &[("index.html", &page("YOUR_KEY", "api.openai.com"))]).is_empty());
    let built = |name: &str| {
        format!(
            "const KEY = import.meta.env.{name};\nexport async function ask(text) {{\n  return fetch('https://api.anthropic.com/v1/messages', {{ method: 'POST', headers: {{ 'x-api-key': KEY }}, body: JSON.stringify({{ model: 'm', messages: [{{ role: 'user', content: text }}] }}) }});\n}}\nask(prompt());\n"
        )
    };
    assert_eq!(at(rule, &[("src/ask.js", &built("VITE_ANTHROPIC_KEY"))]).len(), 1);
    assert!(at(rule, &[("src/ask.js", &built("VITE_BACKEND_URL"))]).is_empty());
}

#[test]
fn a_page_that_asks_no_model_is_not_read() {
    let page = "<html><script>\nlocalStorage.setItem('chat', prompt());\n</script></html>\n";
    assert_eq!(checked(&[("index.html", page)]).files.len(), 0);
}

#[test]
fn whose_rows_a_prepared_statement_reads() {
    let rule = "identity-from-body";
    let server = |who: &str| {
        format!(
            "import express from 'express';\nimport Database from 'better-sqlite3';\nconst db = new Database('x');\nconst app = express();\napp.get('/history', (req, res) => {{\n  res.json(db.prepare('SELECT content FROM messages WHERE user_id = ?').all({who}));\n}});\n"
        )
    };
    assert_eq!(at(rule, &[("server.js", &server("req.query.user"))]), ["identity-from-body@server.js:6"]);
    assert!(at(rule, &[("server.js", &server("req.session.user"))]).is_empty());
}

#[test]
fn a_statement_that_is_sent_to_what_runs_it() {
    let rule = "untrusted-to-exec";
    let server = |body: &str| {
        format!(
            "import httpx\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef look(sql: str) -> str:\n    return httpx.post('https://db.example/run', json={{{body}}}).text\nmcp.run()\n"
        )
    };
    assert_eq!(of_rule(rule, &server("'sql': sql")), ["untrusted-to-exec@6"]);
    assert!(of_rule(rule, &server("'sql': 'SELECT 1', 'note': sql")).is_empty());
}

#[test]
fn a_helper_that_sends_any_statement_is_told_of_where_it_is_handed_one() {
    let server = "import httpx\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\ndef run(sql: str) -> str:\n    return httpx.post('https://db.example/run', json={'sql': sql}).text\n@mcp.tool()\ndef look(sql: str) -> str:\n    return run(sql)\n@mcp.tool()\ndef count() -> str:\n    return run('SELECT count(*) FROM pots')\nmcp.run()\n";
    assert_eq!(of_rule("untrusted-to-exec", server), ["untrusted-to-exec@8"]);
}

#[test]
fn a_mail_is_what_somebody_said() {
    let rule = "personal-data-unmasked";
    let agent = |read: &str| {
        format!(
            "import imaplib\nfrom openai import OpenAI\nbox = imaplib.IMAP4_SSL('x')\ntext = {read}\nOpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': str(text)}}])\n"
        )
    };
    assert_eq!(of_rule(rule, &agent("box.fetch('1', '(RFC822)')")).len(), 1);
    assert!(of_rule(rule, &agent("'hello'")).is_empty());
}

#[test]
fn a_record_that_is_written_in_several_lines_is_one() {
    let rule = "plaintext-chat-store";
    let bot = "from openai import OpenAI\ndef keep(said, answer):\n    with open('chat_history.txt', 'a') as f:\n        f.write('user: ' + said)\n        f.write('agent: ' + answer)\nsaid = input()\nkeep(said, OpenAI().chat.completions.create(model='m', messages=[{'role': 'user', 'content': said}]).choices[0].message.content)\n";
    assert_eq!(of_rule(rule, bot), ["plaintext-chat-store@4"]);
    let apart = bot.replace(
        "        f.write('agent",
        "def more(answer):\n    with open('chat_history.txt', 'a') as f:\n        f.write('agent",
    );
    let both = format!("{apart}more(said)\n");
    assert_eq!(of_rule(rule, &both).len(), 2);
}

#[test]
fn each_method_of_a_route_is_a_door() {
    let rule = "endpoint-without-authentication";
    let route = |guard: &str| {
        format!(
            "import OpenAI from 'openai';\nimport {{ auth }} from '@/auth';\nasync function ask(text) {{\n  return new OpenAI().chat.completions.create({{ model: 'm', messages: [{{ role: 'user', content: text }}] }});\n}}\nexport async function POST(req) {{\n  {guard}\n  return Response.json(await ask((await req.json()).text));\n}}\nexport async function GET(req) {{\n  {guard}\n  return Response.json(await ask(req.nextUrl.searchParams.get('q')));\n}}\n"
        )
    };
    let file = "app/api/ask/route.js";
    let open = at(rule, &[(file, &route(""))]);
    assert_eq!(open, [format!("{rule}@{file}:10"), format!("{rule}@{file}:6")]);
    assert!(
        at(rule, &[(file, &route("if (!(await auth())) return new Response(null, { status: 401 });"))])
            .is_empty()
    );
}

#[test]
fn whose_things_a_socket_asks_for() {
    let rule = "identity-from-body";
    let server = |who: &str| {
        format!(
            "import {{ Server }} from 'socket.io';\nimport {{ PrismaClient }} from '@prisma/client';\nconst prisma = new PrismaClient();\nconst io = new Server(3000);\nio.on('connection', (socket) => {{\n  socket.on('past', async ({{ userId }}) => {{\n    socket.emit('past', await prisma.message.findMany({{ where: {{ userId: {who} }} }}));\n  }});\n}});\n"
        )
    };
    assert_eq!(at(rule, &[("server.js", &server("userId"))]).len(), 1);
    assert!(at(rule, &[("server.js", &server("'everybody'"))]).is_empty());
}

#[test]
fn a_memory_of_which_the_program_makes_one() {
    let rule = "memory-shared-by-all";
    let bot = |made: &str, asked: &str| {
        format!(
            "import telebot, anthropic\nclass Memory:\n    def __init__(self):\n        self.facts = []\n    def remember(self, fact):\n        self.facts.append(fact)\n    def recall(self):\n        return ' '.join(self.facts[-50:])\nclass Brain:\n    def __init__(self, memory):\n        self.client = anthropic.Anthropic()\n        self.memory = memory\n    def think(self, text):\n        self.memory.remember(text)\n        return self.client.messages.create(model='m', max_tokens=9, system=self.memory.recall(), messages=[{{'role': 'user', 'content': text}}])\n{made}\nbot = telebot.TeleBot('x')\n@bot.message_handler(content_types=['text'])\ndef on_text(m):\n    bot.reply_to(m, {asked}.think(m.text))\nbot.polling()\n"
        )
    };
    assert_eq!(of_rule(rule, &bot("brain = Brain(Memory())", "brain")), ["memory-shared-by-all@15"]);
    assert!(of_rule(rule, &bot("", "Brain(Memory())")).is_empty());
}

#[test]
fn words_that_the_shell_of_another_machine_reads() {
    let rule = "untrusted-to-exec";
    let server = |words: &str| {
        format!(
            "import subprocess\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef type_text(text: str) -> str:\n    return subprocess.check_output([{words}], text=True)\nmcp.run()\n"
        )
    };
    assert_eq!(of_rule(rule, &server("'adb', 'shell', 'input', 'text', text")), ["untrusted-to-exec@6"]);
    assert_eq!(of_rule(rule, &server("'ssh', 'host', 'echo', text")), ["untrusted-to-exec@6"]);
    assert!(of_rule(rule, &server("'adb', 'pull', text")).is_empty());
    assert!(of_rule(rule, &server("'echo', text")).is_empty());
}
