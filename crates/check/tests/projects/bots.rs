//! Chat bots as they are published: plug-ins in packages, handlers registered by decorators, addresses from configurations.

use crate::project::{checked, lines, of_rule};

const RULE: &str = "personal-data-unmasked";

fn found(files: &[(&str, &str)]) -> Vec<String> {
    lines(&checked(files)).into_iter().filter(|line| line.starts_with(RULE)).collect()
}

const HANDLER: &str = "from nonebot import on_command\nfrom nonebot.adapters.onebot.v11 import Message\nfrom nonebot.params import CommandArg\nfrom .model import ask\nchat = on_command('chat')\n@chat.handle()\nasync def _(arg: Message = CommandArg()):\n    await chat.finish(await ask(arg.extract_plain_text().strip()))\n";

const MODEL: &str = "import httpx\nasync def ask(text):\n    client = httpx.AsyncClient()\n    answer = await client.post('https://api.openai.com/v1/chat/completions', json={'messages': [{'role': 'user', 'content': text}]})\n    return answer.json()['choices'][0]['message']['content']\n";

#[test]
fn a_package_imports_from_beside_its_own_file() {
    let file = ["plugin/bot/__init__.py", "plugin/bot/main.py", "__init__.py"];
    for (at, beside) in file.into_iter().zip(["plugin/bot/model.py", "plugin/bot/model.py", "model.py"]) {
        assert_eq!(found(&[(at, HANDLER), (beside, MODEL)]), [format!("{RULE}@{beside}:4")], "{at}");
    }
    // One folder up is the enclosing package.
    let up = HANDLER.replace("from .model", "from ..model");
    assert_eq!(found(&[("p/bot/__init__.py", &up), ("p/model.py", MODEL)]), [format!("{RULE}@p/model.py:4")]);
    let unheard = MODEL.replace("text", "line");
    assert!(found(&[("p/bot/__init__.py", &up), ("p/bot/model.py", &unheard)]).is_empty());
}

/// A bot with this client expression.
fn bot(client: &str) -> String {
    format!(
        "import os, telebot\nfrom openai import OpenAI\nclient = {client}\nbot = telebot.TeleBot('T')\n@bot.message_handler()\ndef on(message):\n    client.chat.completions.create(messages=[{{'role': 'user', 'content': message.text}}])\n"
    )
}

#[test]
fn an_address_that_nobody_wrote_is_told_once_unless_the_agent_is_started_behind_the_gateway() {
    let plain = bot("OpenAI()");
    assert_eq!(found(&[("bot.py", &plain)]), ["personal-data-unmasked@bot.py:7"]);
    let report = checked(&[("bot.py", &plain)]);
    let one = report.findings.iter().find(|one| one.rule.0 == RULE).unwrap();
    assert_eq!(one.severity, ombud_core::finding::Severity::Warning);
    // A configuration read at run time may name any provider.
    let configured = bot("OpenAI(base_url=__import__('settings').BASE)");
    assert_eq!(found(&[("bot.py", &configured)]), ["personal-data-unmasked@bot.py:7"]);
    // The same recipient twice is one finding.
    let twice = format!(
        "{plain}    client.chat.completions.create(messages=[{{'role': 'user', 'content': message.text}}])\n"
    );
    assert_eq!(found(&[("bot.py", &twice)]).len(), 1);
    // A variable can redirect it; this machine is not a recipient.
    for client in
        ["OpenAI(base_url=os.environ['OPENAI_BASE_URL'])", "OpenAI(base_url='http://127.0.0.1:11434/v1')"]
    {
        assert!(found(&[("bot.py", &bot(client))]).is_empty(), "{client}");
    }
}

#[test]
fn what_starts_the_agent_behind_the_gateway_is_seen() {
    let plain = bot("OpenAI()");
    for (name, text) in [
        ("ombud.toml", "[agent]\nname = \"bot\"\n"),
        ("Dockerfile", "CMD [\"sh\", \"-c\", \"ombud run -- python bot.py\"]\n"),
        ("Procfile", "worker: ombud run -- python bot.py\n"),
        ("start.sh", "ombud run -- python bot.py\n"),
    ] {
        assert!(found(&[("bot.py", &plain), (name, text)]).is_empty(), "{name}");
    }
    // Words in a comment start nothing.
    let comment = format!("# ombud run is for later\n{plain}");
    assert_eq!(found(&[("bot.py", &comment), ("start.sh", "python bot.py\n")]).len(), 1);
}

const QUEUE: &str = r"import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, cast
from nonebot import on_message
from nonebot.adapters.onebot.v11 import MessageEvent
from openai import AsyncOpenAI
@dataclass
class State:
    name: str
    queue: asyncio.Queue = field(default_factory=asyncio.Queue)
    waiting: list = field(init=False)
    def __post_init__(self):
        self.waiting = []
class States:
    def __init__(self):
        self.all = defaultdict(self.make)
    def make(self):
        return State('new')
    def of(self, user):
        return self.all[user]
class Dispatcher:
    def __init__(self, work):
        self._work = work
    async def take(self, state, event):
        await state.queue.put(event)
        asyncio.create_task(self._run(state))
    async def _run(self, state):
        await self._work(state, state.queue.get_nowait())
class Service:
    def __init__(self):
        self.client = AsyncOpenAI()
    async def work(self, state, event):
        said = [each.get_plaintext() for each in state.waiting]
        await cast(Any, self.client.chat.completions.create)(messages=[{'role': 'user', 'content': said}])
handler = on_message()
states = States()
dispatcher = Dispatcher(Service().work)
@handler.handle()
async def on(event: MessageEvent):
    state = states.of(event.user_id)
    state.waiting.append(event)
    await dispatcher.take(state, event)
";

#[test]
fn what_waits_in_a_state_and_is_worked_on_by_a_method_that_was_handed_over_is_followed() {
    assert_eq!(found(&[("bot.py", QUEUE)]), ["personal-data-unmasked@bot.py:35"]);
    for (from, to) in [("state.waiting.append(event)", "pass"), ("Service().work", "print")] {
        let changed = QUEUE.replace(from, to);
        assert_ne!(changed, QUEUE);
        assert!(found(&[("bot.py", &changed)]).is_empty(), "{from}");
    }
}

#[test]
fn one_conversation_for_everybody_is_told() {
    let text = |given: &str, first: &str| {
        format!(
            "import telebot\nfrom openai import OpenAI\nhistory = []\nbot = telebot.TeleBot('T')\n@bot.message_handler()\ndef on(message):\n    {first}\n    history.append({{'role': 'user', 'content': message.text}})\n    OpenAI().chat.completions.create(messages={given})\n"
        )
    };
    let shared = |text: &str| {
        let all = lines(&checked(&[("bot.py", text)]));
        all.into_iter().filter(|line| line.starts_with("memory-shared-by-all")).count()
    };
    assert_eq!(shared(&text("history", "pass")), 1);
    // One list per chat, a list reset each time, or the question alone.
    for (given, first) in [
        ("history[message.chat.id]", "pass"),
        ("history", "history = []"),
        ("history", "global history; history = []"),
        ("[{'role': 'user', 'content': message.text}]", "pass"),
    ] {
        assert_eq!(shared(&text(given, first)), 0, "{given} {first}");
    }
    // The same in a script, where a local list belongs to one call.
    let script = |start: &str| {
        format!(
            "const {{ Client }} = require('discord.js');\nconst OpenAI = require('openai');\nconst ai = new OpenAI();\nconst history = [];\nconst client = new Client({{}});\nclient.on('messageCreate', async (message) => {{\n  {start}\n  history.push({{ role: 'user', content: message.content }});\n  await ai.chat.completions.create({{ model: 'm', messages: history }});\n}});\n"
        )
    };
    let of_script = |start: &str| {
        let all = lines(&checked(&[("bot.js", &script(start))]));
        all.into_iter().filter(|line| line.starts_with("memory-shared-by-all")).count()
    };
    assert_eq!(of_script(""), 1);
    assert_eq!(of_script("const history = [];"), 0);
    // A terminal program has a single user.
    let alone = "from openai import OpenAI\nhistory = []\ndef ask(text):\n    history.append({'role': 'user', 'content': text})\n    return OpenAI().chat.completions.create(messages=history)\nwhile True:\n    ask(input())\n";
    assert_eq!(shared(alone), 0);
}

#[test]
fn a_class_that_a_chat_platform_calls_hears_strangers() {
    let text = "import dingtalk_stream\nfrom openai import OpenAI\nclass Handler(dingtalk_stream.ChatbotHandler):\n    async def process(self, callback):\n        said = dingtalk_stream.ChatbotMessage.from_dict(callback.data)\n        OpenAI().chat.completions.create(messages=[{'role': 'user', 'content': said.text.content}])\n        self.reply_text('ok', said)\nclient = dingtalk_stream.DingTalkStreamClient(None)\nclient.register_callback_handler('t', Handler())\n";
    assert_eq!(found(&[("bot.py", text)]), ["personal-data-unmasked@bot.py:6"]);
    let mine = text.replace("dingtalk_stream.ChatbotHandler", "object");
    assert!(found(&[("bot.py", &mine)]).is_empty());
}

#[test]
fn an_empty_list_of_those_who_may_lets_everybody_in() {
    let rule = "endpoint-without-authentication";
    let bot = |test: &str, runs: &str| {
        format!(
            "import os, subprocess, telebot\nfrom openai import OpenAI\nbot = telebot.TeleBot('x')\nALLOWED = [one for one in os.environ.get('USERS', '').split(',') if one]\n@bot.message_handler()\ndef on(m):\n    if {test}:\n        return\n    answer = OpenAI().chat.completions.create(model='m', messages=[{{'role': 'user', 'content': m.text}}]).choices[0].message.content\n    {runs}\n"
        )
    };
    let shell = "subprocess.run(answer, shell=True)";
    for test in [
        "ALLOWED and m.from_user.id not in ALLOWED",
        "not (not ALLOWED or m.from_user.id in ALLOWED)",
        "len(ALLOWED) > 0 and m.from_user.id not in ALLOWED",
    ] {
        assert_eq!(of_rule(rule, &bot(test, shell)), ["endpoint-without-authentication@6"], "{test}");
    }
    for test in [
        "m.from_user.id not in ALLOWED",
        "not ALLOWED or m.from_user.id not in ALLOWED",
        "ALLOWED and m.chat.type not in KINDS",
    ] {
        assert!(of_rule(rule, &bot(test, shell)).is_empty(), "{test}");
    }
    // A bot that only responds may be open to everyone.
    assert!(of_rule(rule, &bot("ALLOWED and m.from_user.id not in ALLOWED", "print(answer)")).is_empty());
    let script = |test: &str| {
        format!(
            "const TelegramBot = require('node-telegram-bot-api');\nconst {{ exec }} = require('child_process');\nconst allowedUsers = (process.env.USERS || '').split(',');\nconst bot = new TelegramBot('x');\nfunction isAllowed(id) {{ return {test}; }}\nbot.on('message', (msg) => {{\n  if (!isAllowed(msg.from.id)) return;\n  exec(msg.text);\n}});\n"
        )
    };
    let found = |test: &str| {
        let text = script(test);
        lines(&checked(&[("bot.js", text.as_str())])).iter().any(|line| line.starts_with(rule))
    };
    assert!(found("allowedUsers.length === 0 || allowedUsers.includes(id)"));
    assert!(!found("allowedUsers.length > 0 && allowedUsers.includes(id)"));
}

#[test]
fn a_log_of_all_rooms_is_read_for_each() {
    let rule = "memory-shared-by-all";
    let bot = |condition: &str, bound: &str| {
        format!(
            "import sqlite3, discord\nfrom openai import OpenAI\ndb = sqlite3.connect('x.db')\nai = OpenAI()\nclass Bot(discord.Client):\n    async def on_message(self, m):\n        db.execute('INSERT INTO chat_log (room, author, content) VALUES (?, ?, ?)', (m.channel.id, m.author.id, m.content))\n        rows = db.execute('SELECT author, content FROM chat_log{condition} LIMIT 50'{bound}).fetchall()\n        ai.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': str(rows)}}])\n"
        )
    };
    assert_eq!(of_rule(rule, &bot("", "")), ["memory-shared-by-all@8"]);
    assert!(of_rule(rule, &bot(" WHERE room = ?", ", (m.channel.id,)")).is_empty());
}

#[test]
fn the_default_address_of_a_plugin_s_settings_can_be_changed_by_whoever_runs_it() {
    let severity = |made: &str| {
        let text = format!(
            "import httpx, telebot\nfrom nonebot import get_plugin_config\nfrom pydantic import BaseModel, Field\nbot = telebot.TeleBot('x')\nclass Model(BaseModel):\n    base_url: str = 'https://api.deepseek.com'\nclass Part(BaseModel):\n    models: list[Model] = [Model()]\nclass Config(BaseModel):\n    part: Part = Field(default_factory=Part)\nconfig = {made}\n@bot.message_handler()\ndef on(m):\n    for model in config.part.models:\n        httpx.post(model.base_url + '/chat/completions', json={{'messages': [{{'role': 'user', 'content': m.text}}]}})\n"
        );
        let report = checked(&[("bot.py", &text)]);
        let found = report.findings.iter().find(|one| one.rule.0 == RULE);
        found.map(|one| one.severity)
    };
    assert_eq!(severity("Config()"), Some(ombud_core::finding::Severity::Error));
    assert_eq!(severity("get_plugin_config(Config)"), Some(ombud_core::finding::Severity::Warning));
}
