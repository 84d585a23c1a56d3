//! Programs that call a model by themselves when started: command-line assistants.

use super::super::value::{Argument, Shape, Value};
use super::{last, root};
use crate::facts::{Recipient, Template};
use crate::providers::Providers;

/// Programs, and their default providers.
const ASSISTANTS: &[(&str, &str)] = &[
    ("claude", "anthropic"),
    ("codex", "openai"),
    ("gemini", "gemini"),
    ("aider", ""),
    ("opencode", ""),
    ("cursor-agent", ""),
    ("goose", ""),
    ("qwen", "dashscope"),
    ("kimi", "moonshot"),
];

/// Subcommands with which such a program does something other than respond.
const ASIDE: &[&str] = &[
    "--version",
    "-v",
    "--help",
    "-h",
    "mcp",
    "login",
    "logout",
    "auth",
    "update",
    "config",
    "doctor",
    "plugin",
    "install",
];

/// Returns the recipient, if a call starts an assistant with a prompt.
pub(super) fn recipient(path: &str, arguments: &[Argument], providers: &Providers) -> Option<Recipient> {
    let starts = match root(path) {
        "subprocess" | "child_process" | "execa" => true,
        "asyncio" => last(path).starts_with("create_subprocess"),
        _ => false,
    };
    let words = starts.then(|| command(arguments))?;
    let (program, rest) = words.split_first()?;
    let program = program.rsplit(['/', '\\']).next().unwrap_or(program).trim_end_matches(".exe");
    let (_, provider) = ASSISTANTS.iter().find(|(name, _)| *name == program)?;
    if rest.first().is_some_and(|word| ASIDE.contains(&word.as_str())) || is_open(path, arguments) {
        return None;
    }
    let known = providers.by_id(provider);
    Some(Recipient {
        provider: known.map(|provider| provider.id.clone()),
        host: None,
        fixed: false,
        open: true,
        local: false,
    })
}

/// Whether nothing is known of a program's arguments: `execFile("claude", args)` may as well ask it for a list.
fn is_open(path: &str, arguments: &[Argument]) -> bool {
    let second = arguments.iter().filter(|one| one.name.is_none()).nth(1).map(|one| &one.value.shape);
    let script = matches!(root(path), "child_process" | "execa");
    script && second.is_some_and(|shape| !matches!(shape, Shape::List(_) | Shape::Dict(_)))
}

/// Returns the words of a command, as far as they are literals.
fn command(arguments: &[Argument]) -> Vec<String> {
    let plain = arguments.iter().filter(|one| one.name.is_none());
    let given = plain.flat_map(|one| match &one.value.shape {
        Shape::List(items) => items.to_vec(),
        _ => vec![one.value.clone()],
    });
    let shown = |value: Value| value.template().map(Template::shown).unwrap_or_default();
    let texts = given.map(shown).take(4);
    texts.flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}
