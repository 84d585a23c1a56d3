//! Values that are stored and retrieved: objects in lists and tables, one of several, words collected by a closure.

use crate::project::{checked, lines};

fn told(files: &[(&str, &str)], rule: &str) -> Vec<String> {
    lines(&checked(files)).into_iter().filter(|line| line.starts_with(rule)).collect()
}

const UNMASKED: &str = "personal-data-unmasked";
const DOOR: &str = "endpoint-without-authentication";

/// A Telegram bot with this handler body, below these definitions.
fn bot(before: &str, body: &str) -> String {
    let imports = "from telegram.ext import Application, MessageHandler, filters\nfrom openai import OpenAI\nfrom anthropic import Anthropic\n";
    let ends =
        "app = Application.builder().token('T').build()\napp.add_handler(MessageHandler(filters.TEXT, on))\n";
    format!(
        "{imports}{before}async def on(update, context):\n    text = update.message.text\n    {body}\n{ends}"
    )
}

const SESSION: &str = "class Session:\n    def __init__(self):\n        self.client = OpenAI()\n    def ask(self, text):\n        return self.client.chat.completions.create(messages=[{'role': 'user', 'content': text}])\n";

#[test]
fn an_object_is_known_again_when_it_is_taken_out_of_a_table_or_a_list() {
    let at = [format!("{UNMASKED}@8")];
    for (held, body) in [
        (
            "kept = {}\n",
            "kept[update.message.chat_id] = Session()\n    kept[update.message.chat_id].ask(text)",
        ),
        (
            "kept = {}\n",
            "kept.setdefault(update.message.chat_id, Session())\n    kept.get(update.message.chat_id).ask(text)",
        ),
        ("kept = []\n", "kept.append(Session())\n    for one in kept:\n        one.ask(text)"),
    ] {
        let text = bot(&format!("{SESSION}{held}"), body);
        assert_eq!(told(&[("agent.py", &text)], UNMASKED), at, "{body}");
    }
    let holder = format!(
        "{SESSION}class Pool:\n    def __init__(self):\n        self.all = []\n        self.by = {{}}\n    def fill(self, key):\n        self.all.append(Session())\n        self.by[key] = Session()\npool = Pool()\n"
    );
    for taken in ["pool.all[0]", "pool.by[update.message.chat_id]"] {
        let text = bot(&holder, &format!("pool.fill('a')\n    {taken}.ask(text)"));
        assert_eq!(told(&[("agent.py", &text)], UNMASKED), at, "{taken}");
    }
    // What was never stored cannot be retrieved.
    let text = bot(&format!("{SESSION}kept = {{}}\n"), "kept[update.message.chat_id].ask(text)");
    assert!(told(&[("agent.py", &text)], UNMASKED).is_empty());
}

const BACKENDS: &str = "class Backend:\n    def ask(self, text):\n        raise NotImplementedError\nclass One(Backend):\n    def ask(self, text):\n        return text.upper()\nclass Two(Backend):\n    def ask(self, text):\n        return OpenAI().chat.completions.create(messages=[{'role': 'user', 'content': text}])\n";

#[test]
fn one_of_several_objects_may_be_any_of_them() {
    let chosen = format!(
        "{BACKENDS}def backend(name):\n    if name == 'one':\n        return One()\n    return Two()\n"
    );
    let listed =
        format!("{BACKENDS}ALL = {{'one': One(), 'two': Two()}}\ndef backend(name):\n    return ALL[name]\n");
    let classes = format!(
        "{BACKENDS}def backend(name) -> Backend:\n    return __import__('plugins').load(name)\nclass Chat:\n    def __init__(self, backend: Backend):\n        self.backend = backend\n"
    );
    for before in [&chosen, &listed] {
        let text = bot(before, "backend(context.args[0]).ask(text)");
        assert_eq!(told(&[("agent.py", &text)], UNMASKED), [format!("{UNMASKED}@12")]);
    }
    // For an abstract method, its implementations in subclasses count.
    let text = bot(&classes, "Chat(None).backend.ask(text)");
    assert_eq!(told(&[("agent.py", &text)], UNMASKED), [format!("{UNMASKED}@12")]);
    let text = bot(BACKENDS, "One().ask(text)");
    assert!(told(&[("agent.py", &text)], UNMASKED).is_empty());
}

#[test]
fn words_that_a_closure_collects_belong_to_the_list_around_it() {
    let script = |put: &str| {
        format!(
            "const {{ Client }} = require('discord.js');\nconst {{ OpenAI }} = require('openai');\nconst client = new Client({{ intents: [] }});\nconst openai = new OpenAI();\nclient.on('messageCreate', async (message) => {{\n  const log = [{{ role: 'system', content: 'x' }}];\n  const before = await message.channel.messages.fetch({{ limit: 15 }});\n  before.forEach((one) => {{ {put} }});\n  await openai.chat.completions.create({{ model: 'm', messages: log }});\n}});\n"
        )
    };
    let file = |put: &str| told(&[("bot.js", &script(put))], UNMASKED);
    assert_eq!(file("log.push({ role: 'user', content: one.content });"), [format!("{UNMASKED}@bot.js:9")]);
    assert!(file("count(one);").is_empty());
}

#[test]
fn a_text_with_a_part_replaced_holds_what_was_put_in() {
    let ask = |text: &str| {
        let body = format!("OpenAI().completions.create(prompt={text})");
        told(&[("agent.py", &bot("", &body))], UNMASKED)
    };
    assert_eq!(ask("'Q: {q}'.replace('{q}', text)"), [format!("{UNMASKED}@6")]);
    assert!(ask("'Q: {q}'.replace('{q}', 'how are you')").is_empty());
}

#[test]
fn what_a_framework_keeps_for_a_visitor_is_taken_out_again() {
    let text = "import streamlit as st\nfrom langchain_openai import ChatOpenAI\nif st.button('new'):\n    st.session_state.model = ChatOpenAI()\nquestion = st.text_input('Ask')\nst.session_state.model.invoke(question)\n";
    assert_eq!(told(&[("agent.py", text)], UNMASKED), [format!("{UNMASKED}@6")]);
    let by_key = text.replace("st.session_state.model.invoke", "st.session_state['model'].invoke");
    assert_eq!(told(&[("agent.py", &by_key)], UNMASKED), [format!("{UNMASKED}@6")]);
    let never = text.replace("    st.session_state.model = ChatOpenAI()", "    pass");
    assert!(told(&[("agent.py", &never)], UNMASKED).is_empty());
}

#[test]
fn updates_that_a_bot_asks_for_are_what_people_wrote() {
    let text = "import os, requests\nfrom openai import OpenAI\nURL = f\"https://api.telegram.org/bot{os.environ['T']}/\"\nfor one in requests.get(URL + 'getUpdates').json()['result']:\n    OpenAI().chat.completions.create(messages=[{'role': 'user', 'content': one['message']['text']}])\n";
    assert_eq!(told(&[("agent.py", text)], UNMASKED), [format!("{UNMASKED}@5")]);
    assert!(told(&[("agent.py", &text.replace("getUpdates", "getMe"))], UNMASKED).is_empty());
}

#[test]
fn a_door_to_a_paid_model_is_told_whatever_the_route_is_called() {
    let script = "const express = require('express');\nconst OpenAI = require('openai');\nconst app = express();\nconst openai = new OpenAI();\napp.post('/ask', async (req, res) => {\n  const answer = await openai.chat.completions.create({ messages: [{ role: 'user', content: req.body.q }] });\n  res.json(answer);\n});\n";
    assert_eq!(told(&[("server.js", script)], DOOR), [format!("{DOOR}@server.js:5")]);
    let local = script.replace("new OpenAI()", "new OpenAI({ baseURL: 'http://localhost:11434/v1' })");
    assert!(told(&[("server.js", &local)], DOOR).is_empty());
    let known =
        script.replace("app.post('/ask',", "app.post('/ask', require('passport').authenticate('jwt'),");
    assert!(told(&[("server.js", &known)], DOOR).is_empty());
}

const TOOL: &str = "const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js');\nconst { spawn } = require('child_process');\nconst server = new McpServer({ name: 'shell' });\nserver.tool('run', { command: 1 }, async ({ command }) => spawn(command, { shell: true }));\n";

#[test]
fn what_was_built_is_looked_at_where_there_is_no_other_code() {
    let package = ("package.json", "{\"name\": \"shell-mcp\", \"main\": \"dist/index.js\"}");
    let rule = "untrusted-to-exec";
    let built = ("dist/index.js", TOOL);
    let types = ("types/index.d.ts", "export declare function run(): void;\n");
    assert_eq!(told(&[package, built, types], rule), [format!("{rule}@dist/index.js:4")]);
    // Next to its source, build output only repeats it.
    assert_eq!(told(&[package, built, ("src/index.js", TOOL)], rule), [format!("{rule}@src/index.js:4")]);
}

#[test]
fn a_change_of_what_was_built_is_noticed_where_it_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        std::fs::write(dir.path().join(name), text).unwrap();
    };
    write("dist/index.js", TOOL);
    let mut session = ombud_check::Session::open(dir.path()).unwrap();
    let before = session.stamp();
    write("dist/index.js", &format!("{TOOL}// more\n"));
    assert_ne!(session.stamp(), before);
    // Next to sources, build output is not read, and its changes do not count.
    write("src/index.js", TOOL);
    session.reload().unwrap();
    let before = session.stamp();
    write("dist/index.js", TOOL);
    assert_eq!(session.stamp(), before);
}

#[test]
fn the_program_of_a_command_stays_known_whatever_follows_it() {
    let rule = "untrusted-to-exec";
    let run = |last: &str| {
        let body = format!(
            "if text:\n        cmd = ['journalctl', '-u', text, '-f']\n    else:\n        cmd = ['journalctl', '-n', '5']\n    {last}"
        );
        let text = bot("import subprocess\n", &body);
        told(&[("agent.py", &text)], rule)
    };
    assert!(run("subprocess.run(cmd)").is_empty());
    assert_eq!(run("subprocess.run(cmd, shell=True)").len(), 1);
    assert_eq!(run("subprocess.run([text] + cmd)").len(), 1);
}
