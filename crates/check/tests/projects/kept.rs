//! People's data kept in files and tables, however it is read back.

use crate::project::{checked, lines, of, of_rule};

/// A bot that keeps what was said in files; `keep` and `recall` are in the class that handles them.
fn bot(class: &str, keep: &str, recall: &str) -> String {
    format!(
        "import json\nfrom pathlib import Path\nimport discord\nfrom openai import OpenAI\nROOT = Path('data')\nai = OpenAI()\nclass {class}:\n    def keep(self, who, text):\n{keep}\n    def load(self, who):\n{recall}\nnotes = {class}()\nclass Bot(discord.Client):\n    async def on_message(self, message):\n        notes.keep(message.author.id, message.content)\n        earlier = notes.load(message.author.id)\n        ai.chat.completions.create(model='gpt-5', messages=[{{'role': 'user', 'content': f'{{earlier}} {{message.content}}'}}])\n"
    )
}

const KEEP: &str = "        path = ROOT / f'{who}.json'\n        path.write_text(json.dumps({'said': text}))";
const LOAD: &str = "        with open(ROOT / f'{who}.json') as file:\n            return json.load(file)";

#[test]
fn files_are_a_memory() {
    let text = bot("PeopleMemory", KEEP, LOAD);
    assert_eq!(of_rule("memory-write-without-consent", &text), ["memory-write-without-consent@10"]);
    // Where the model is called, not where the file is opened.
    assert_eq!(of_rule("retrieval-without-consent", &text), ["retrieval-without-consent@18"]);
    assert_eq!(of_rule("plaintext-chat-store", &text), ["plaintext-chat-store@10"]);
    let other = bot("PeopleSettings", KEEP, LOAD);
    assert!(of_rule("memory-write-without-consent", &other).is_empty());
    assert!(of_rule("retrieval-without-consent", &other).is_empty());
    let fixed = bot("PeopleMemory", "        (ROOT / 'x.json').write_text('{}')", LOAD);
    assert!(of_rule("memory-write-without-consent", &fixed).is_empty());
    assert!(of_rule("retrieval-without-consent", &fixed).is_empty());
    let asked = text.replace("import json\n", "import json\nfrom rights import has_consent\n").replace(
        "        notes.keep(",
        "        if not has_consent(message.author.id):\n            return\n        notes.keep(",
    );
    assert!(of(&asked).iter().all(|line| !line.contains("without-consent")), "{:?}", of(&asked));
}

/// A server whose rows are handled by a derived class.
fn server(statement: &str) -> Vec<String> {
    let text = format!(
        "import Database from 'better-sqlite3';\nimport OpenAI from 'openai';\nimport express from 'express';\nclass Rows {{ constructor(database) {{ this.db = database; }} }}\nclass Talks extends Rows {{\n  constructor(database) {{ super(database); this.put = this.db.prepare(`{statement}`); this.list = this.db.prepare('SELECT * FROM messages WHERE id = ?'); }}\n  add(id, text) {{ this.put.run(id, text); }}\n  all(id) {{ return this.list.all(id).map((row) => ({{ role: row.role, content: row.content }})); }}\n}}\nconst talks = new Talks(new Database('x.db'));\nconst ai = new OpenAI();\nexpress().post('/x', async (req, res) => {{\n  talks.add(req.body.id, req.body.text);\n  const earlier = talks.all(req.body.id);\n  res.json(await ai.chat.completions.create({{ model: 'gpt-5', messages: earlier }}));\n}});\n"
    );
    lines(&checked(&[("server.js", &text)]))
}

#[test]
fn a_table_is_read_where_it_comes_up_again() {
    let found = server("INSERT INTO messages (id, role, content) VALUES (?, 'user', ?)");
    let has = |line: &str| found.iter().any(|one| one == line);
    assert!(has("retrieval-without-consent@server.js:14"), "{found:?}");
    assert!(
        has("memory-write-without-consent@server.js:7") && has("plaintext-chat-store@server.js:7"),
        "{found:?}"
    );
    let counts = server("UPDATE messages SET seen_count = ? WHERE id = ?");
    assert!(!counts.iter().any(|line| line.starts_with("plaintext")), "{counts:?}");
}

#[test]
fn rows_of_a_dialogue_hold_what_a_model_answered() {
    let library = "import sqlite3\ndef keep(session, role, content):\n    sqlite3.connect('x').execute('INSERT INTO history (session, role, content) VALUES (?, ?, ?)', (session, role, content))\n";
    assert_eq!(of_rule("plaintext-chat-store", library), ["plaintext-chat-store@3"]);
    let other = library.replace("role", "price");
    assert!(of_rule("plaintext-chat-store", &other).is_empty());
}

#[test]
fn what_a_class_is_derived_from_is_entered() {
    let text = "import os, discord\nclass Runs:\n    def __init__(self, shell):\n        self.shell = shell\n    def go(self, text):\n        os.system(text)\nclass Mine(Runs):\n    def go(self, text):\n        super().go(text)\nclass Bot(discord.Client):\n    async def on_message(self, message):\n        Mine(1).go(message.content)\n";
    assert_eq!(of_rule("untrusted-to-exec", text), ["untrusted-to-exec@6"]);
}

#[test]
fn a_log_is_no_memory_and_settings_are_nobodys_words() {
    let text = bot("PeopleMemory", KEEP, LOAD);
    let logs = text.replace("def keep", "def log_it").replace("notes.keep", "notes.log_it");
    assert!(of_rule("memory-write-without-consent", &logs).is_empty());
    assert_eq!(of_rule("plaintext-chat-store", &logs), ["plaintext-chat-store@10"]);
    let settings = text.replace("def keep", "def save_config").replace("notes.keep", "notes.save_config");
    assert!(of_rule("plaintext-chat-store", &settings).is_empty());
}

#[test]
fn what_is_appended_comes_from_who_appends_it() {
    let text = "from openai import OpenAI\nai = OpenAI()\ndef append(path, text):\n    with open(path, 'a') as file:\n        file.write(text)\ndef start():\n    append('a.md', 'begin')\ndef turn(said):\n    answer = ai.chat.completions.create(model='gpt-5', messages=[{'role': 'user', 'content': said}]).choices[0].message.content\n    append('a.md', f'{said}: {answer}')\nstart()\nturn(input())\n";
    assert_eq!(of_rule("plaintext-chat-store", text), ["plaintext-chat-store@10"]);
}

#[test]
fn a_system_prompt_is_put_together_by_who_hands_it_over() {
    let text = "import requests\nfrom openai import OpenAI\nai = OpenAI()\ndef answer(system, said):\n    return ai.chat.completions.create(model='gpt-5', messages=[\n        {'role': 'system', 'content': system},\n        {'role': 'user', 'content': said}])\ndef plain():\n    return answer('Help.', input())\ndef page(url):\n    return answer(f'Help. {requests.get(url).text}', input())\nplain()\npage(input())\n";
    assert_eq!(of_rule("untrusted-system-prompt", text), ["untrusted-system-prompt@11"]);
}

#[test]
fn columns_of_two_sides_make_a_table_a_memory() {
    let text = "import sqlite3, telebot\nbot = telebot.TeleBot('x')\ndb = sqlite3.connect('x')\n@bot.message_handler()\ndef on(m):\n    db.execute('INSERT INTO cases (who, question, answer) VALUES (?, ?, ?)', (m.from_user.id, m.text, 'x'))\n";
    assert_eq!(of_rule("memory-write-without-consent", text), ["memory-write-without-consent@6"]);
    let other = text.replace("question, answer", "price, amount");
    assert!(of_rule("memory-write-without-consent", &other).is_empty());
}

#[test]
fn an_index_that_nothing_saves_ends_with_the_program() {
    let text = |saves: &str| {
        format!(
            "import faiss, telebot\nbot = telebot.TeleBot('x')\nindex = faiss.IndexFlatL2(9)\n@bot.message_handler()\ndef on(m):\n    index.add(m.text)\n    {saves}\n"
        )
    };
    assert!(of_rule("memory-write-without-consent", &text("pass")).is_empty());
    let kept = text("faiss.write_index(index, 'x')");
    assert_eq!(of_rule("memory-write-without-consent", &kept), ["memory-write-without-consent@6"]);
}

#[test]
fn a_worker_keeps_conversations_under_whole_ids() {
    let found = |function: &str, binding: &str| {
        let text = format!(
            "export async function {function}(kv, id, value) {{\n  await kv.put(id, JSON.stringify(value))\n}}\nexport default {{\n  async fetch(request, env) {{\n    const update = await request.json()\n    await {function}(env.STORE, 'x', {{ text: update.message.text }})\n    await env.{binding}.put(update.id, update.message.text)\n  }}\n}}\n"
        );
        let report = crate::project::checked(&[("index.ts", &text)]);
        report.findings.iter().filter(|one| one.rule.0 == "memory-write-without-consent").count()
    };
    assert_eq!(found("saveChat", "CHATS"), 2);
    assert_eq!(found("save", "CHATS"), 1);
    assert_eq!(found("save", "PRICES"), 0);
}
