//! Chat bots as they are published: plug-ins in packages, handlers by decorators, addresses from configurations.

use crate::project::{checked, lines};

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
    // One folder up is the package around it.
    let up = HANDLER.replace("from .model", "from ..model");
    assert_eq!(found(&[("p/bot/__init__.py", &up), ("p/model.py", MODEL)]), [format!("{RULE}@p/model.py:4")]);
    assert!(found(&[("p/bot/__init__.py", &up), ("p/bot/model.py", MODEL)]).is_empty());
}

/// A bot whose client is made like this.
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
    // A configuration that is read at run time may name anybody.
    let configured = bot("OpenAI(base_url=__import__('settings').BASE)");
    assert_eq!(found(&[("bot.py", &configured)]), ["personal-data-unmasked@bot.py:7"]);
    // Twice the same recipient is one finding.
    let twice = format!(
        "{plain}    client.chat.completions.create(messages=[{{'role': 'user', 'content': message.text}}])\n"
    );
    assert_eq!(found(&[("bot.py", &twice)]).len(), 1);
    // A variable leads it elsewhere, this machine is no recipient.
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
