//! Memories in files that one function opens, and others name or examine.

use crate::project::{checked, lines, of_rule};

/// The findings of one rule.
fn at(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    lines(&checked(files)).into_iter().filter(|line| line.split('@').next() == Some(rule)).collect()
}

const TOOLS: &str = "import json\ndef write(path, data):\n    with open(path, 'w') as file:\n        json.dump(data, file)\ndef read(path):\n    with open(path) as file:\n        return json.load(file)\n";

/// A bot that passes a helper the name of its file.
fn bot(file: &str) -> String {
    format!(
        "import discord\nfrom openai import OpenAI\nfrom tools import write, read\nFILE = 'data/{file}'\nai = OpenAI()\nclass Bot(discord.Client):\n    async def on_message(self, message):\n        people = read(FILE)\n        mine = people.get(message.author.id, [])\n        ai.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': f'{{mine}} {{message.content}}'}}])\n        people[message.author.id] = mine + [message.content]\n        write(FILE, people)\n"
    )
}

#[test]
fn a_helper_opens_the_file_that_it_is_told() {
    let memory = bot("user_memories.json");
    let files = [("tools.py", TOOLS), ("bot.py", memory.as_str())];
    assert_eq!(at("memory-write-without-consent", &files), ["memory-write-without-consent@bot.py:12"]);
    assert_eq!(at("plaintext-chat-store", &files), ["plaintext-chat-store@bot.py:12"]);
    assert_eq!(at("retrieval-without-consent", &files), ["retrieval-without-consent@bot.py:8"]);
    let prices = bot("prices.json");
    let files = [("tools.py", TOOLS), ("bot.py", prices.as_str())];
    assert!(at("memory-write-without-consent", &files).is_empty());
    assert!(at("retrieval-without-consent", &files).is_empty());
}

#[test]
fn a_memory_that_passes_the_name_on_keeps_whatever_it_is_called() {
    let library = "import fs from 'fs';\nexport class Folder {\n  add(name, text) { fs.appendFileSync(name, text); }\n}\nexport class UserMemory {\n  constructor() { this.folder = new Folder(); }\n  add(name, text) { this.folder.add(name, text); }\n}\n";
    let host = |name: &str| {
        format!(
            "import express from 'express';\nimport {{ UserMemory }} from './memory.js';\nconst memory = new UserMemory();\nexpress().post('/x', (req, res) => {{\n  memory.add({name}, req.body.text);\n}});\n"
        )
    };
    let known = host("'USER.md'");
    let files = [("memory.js", library), ("host.js", known.as_str())];
    assert_eq!(at("memory-write-without-consent", &files), ["memory-write-without-consent@host.js:5"]);
    // If an outsider names the file, its purpose is unknown.
    let free = host("req.body.name");
    let files = [("memory.js", library), ("host.js", free.as_str())];
    assert!(at("memory-write-without-consent", &files).is_empty());
    let settings = host("'settings.json'");
    let files = [("memory.js", library), ("host.js", settings.as_str())];
    assert!(at("memory-write-without-consent", &files).is_empty());
}

/// A bot that reads its file at startup and uses it later.
fn loaded() -> String {
    String::from(
        "import json, discord\nfrom openai import OpenAI\nai = OpenAI()\npeople = {}\ndef load():\n    global people\n    with open('memory.json') as file:\n        people = json.load(file)\ndef keep(who, text):\n    people.setdefault(who, []).append(text)\n    with open('memory.json', 'w') as file:\n        json.dump(people, file)\ndef of(who):\n    return people.get(who, [])\nload()\nclass Bot(discord.Client):\n    async def on_message(self, message):\n        keep(message.author.id, message.content)\n        known = of(message.author.id)\n        ai.chat.completions.create(model='m', messages=[{'role': 'user', 'content': f'{known} {message.content}'}])\n",
    )
}

#[test]
fn what_was_read_at_the_start_is_looked_at_later() {
    let text = loaded();
    assert_eq!(of_rule("retrieval-without-consent", &text), ["retrieval-without-consent@19"]);
    // Under a person's key there is only their own data.
    assert!(of_rule("memory-shared-by-all", &text).is_empty());
    let all = text.replace("people.get(who, [])", "list(people)");
    assert_eq!(of_rule("memory-shared-by-all", &all).len(), 1);
    let prices = text.replace("memory.json", "prices.json");
    assert!(of_rule("retrieval-without-consent", &prices).is_empty());
}

#[test]
fn an_object_that_read_its_file_is_looked_at_later() {
    let text = "import json, discord\nfrom openai import OpenAI\nai = OpenAI()\nclass MemoryStore:\n    def __init__(self):\n        self.data = self.load()\n    def load(self):\n        with open('people.json') as file:\n            return json.load(file)\n    def add(self, who, text):\n        self.data.setdefault(who, []).append(text)\n        with open('people.json', 'w') as file:\n            json.dump(self.data, file)\n    def of(self, who):\n        return self.data.get(who, [])\nstore = MemoryStore()\nclass Bot(discord.Client):\n    async def on_message(self, message):\n        store.add(message.author.id, message.content)\n        known = store.of(message.author.id)\n        ai.chat.completions.create(model='m', messages=[{'role': 'user', 'content': f'{known} {message.content}'}])\n";
    assert_eq!(of_rule("retrieval-without-consent", text), ["retrieval-without-consent@20"]);
}

#[test]
fn what_a_program_is_entered_by_is_no_index() {
    let text = "const { Client } = require('discord.js');\nconst fs = require('fs');\nlet memory = {};\nfunction save() { fs.writeFileSync('memory.json', JSON.stringify(memory)); }\nnew Client().on('messageCreate', (message) => {\n  memory[message.author.id] = message.content;\n  save();\n});\n";
    let rule = "memory-write-without-consent";
    assert_eq!(at(rule, &[("index.js", text)]), ["memory-write-without-consent@index.js:4"]);
    let index = text.replace("memory.json", "memory_index.json");
    assert!(at(rule, &[("index.js", index.as_str())]).is_empty());
}

#[test]
fn a_class_reads_what_it_keeps() {
    let text = |keeps: &str| {
        format!(
            "import {{ Telegraf }} from 'telegraf';\nimport OpenAI from 'openai';\nimport fs from 'fs';\nclass Users {{\n  constructor(file) {{\n    this.file = file;\n    this.all = JSON.parse(fs.readFileSync(file, 'utf8'));\n  }}\n  {keeps}(id, fact) {{\n    this.all[id].push(fact);\n    fs.writeFileSync(this.file, JSON.stringify(this.all));\n  }}\n  of(id) {{ return this.all[id]; }}\n}}\nconst users = new Users('users.json');\nconst ai = new OpenAI();\nnew Telegraf('x').on('text', async (ctx) => {{\n  const known = users.of(ctx.from.id);\n  users.{keeps}(ctx.from.id, ctx.message.text);\n  await ai.chat.completions.create({{ model: 'm', messages: [{{ role: 'user', content: `${{known}} ${{ctx.message.text}}` }}] }});\n}});\n"
        )
    };
    let rule = "retrieval-without-consent";
    let facts = text("addFact");
    assert_eq!(at(rule, &[("bot.js", facts.as_str())]), ["retrieval-without-consent@bot.js:18"]);
    let prices = text("addPrice");
    assert!(at(rule, &[("bot.js", prices.as_str())]).is_empty());
}
