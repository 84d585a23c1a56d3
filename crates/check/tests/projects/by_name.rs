//! Objects that only their methods' names tell apart, and packages that are named like a library.

use ombud_core::finding::Severity::{Error, Warning};

use crate::project::{checked, lines, of_rule};

const UNMASKED: &str = "personal-data-unmasked";

/// A bot whose objects come out of a registry that nobody can follow.
fn bot(call: &str, more: &str) -> String {
    format!(
        "from openai import OpenAI\nimport telebot\nbot = telebot.TeleBot('x')\nai = OpenAI()\nclass Persona:\n    def ask_plain(self, question):\n        return self.ask(question)\n    def ask(self, question):\n        raise NotImplementedError\nclass Friend(Persona):\n    def ask(self, question):\n        return ai.chat.completions.create(model='m', messages=[{{'role': 'user', 'content': question}}])\n{more}@bot.message_handler()\ndef on(m, persona):\n    persona.{call}\n"
    )
}

#[test]
fn a_method_that_one_family_has_is_the_one_that_is_called() {
    assert_eq!(of_rule(UNMASKED, &bot("ask_plain(m.text)", "")).len(), 1);
    // A word that many libraries have says nothing.
    assert!(of_rule(UNMASKED, &bot("ask(m.text)", "")).is_empty());
    // It takes other arguments.
    assert!(of_rule(UNMASKED, &bot("ask_plain(m.text, 1, 2)", "")).is_empty());
    // Another class has one of that name.
    let other = "class Poll:\n    def ask_plain(self, question):\n        return 1\n";
    assert!(of_rule(UNMASKED, &bot("ask_plain(m.text)", other)).is_empty());
}

#[test]
fn a_package_in_a_package_is_not_the_library_of_its_name() {
    let handler = "from nonebot import on_message\nfrom openai import OpenAI\nm = on_message()\n@m.handle()\nasync def _(event):\n    OpenAI().chat.completions.create(model='m', messages=[{'role': 'user', 'content': event.get_plaintext()}])\n";
    let found = |own: &str| {
        let files = [
            ("plugin/__init__.py", "from . import nonebot\n"),
            ("plugin/nonebot/__init__.py", own),
            ("plugin/nonebot/chat.py", handler),
        ];
        lines(&checked(&files)).into_iter().filter(|line| line.starts_with(UNMASKED)).count()
    };
    assert_eq!(found("from . import chat\n"), 1);
    // Where it has that name itself, it is meant.
    assert_eq!(found("from . import chat\ndef on_message():\n    pass\n"), 0);
}

#[test]
fn a_default_behind_a_condition_is_a_default() {
    let severity = |host: &str| {
        let text = bot("ask_plain(m.text)", "").replace(
            "ai = OpenAI()",
            &format!("import os\nhost = os.environ.get('HOST')\nai = OpenAI(base_url={host})"),
        );
        let report = checked(&[("bot.py", &text)]);
        report.findings.iter().find(|one| one.rule.0 == UNMASKED).map(|one| one.severity)
    };
    assert_eq!(severity("'https://api.openai.com/v1'"), Some(Error));
    assert_eq!(severity("host or 'https://api.openai.com/v1'"), Some(Warning));
    assert_eq!(severity("host if host else 'https://api.openai.com/v1'"), Some(Warning));
}

#[test]
fn a_path_whose_parts_were_looked_at_stays_in_its_folder() {
    let tool = |test: &str| {
        let text = format!(
            "from pathlib import Path\nfrom mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef read(name: str) -> str:\n    if {test}:\n        raise ValueError(name)\n    return (Path('notes') / name).read_text()\n"
        );
        of_rule("untrusted-to-exec", &text).len()
    };
    assert_eq!(tool("not name"), 1);
    assert_eq!(tool("not name or '..' in name.split('/')"), 0);
    assert_eq!(tool("'..' in Path(name).parts"), 0);
}
