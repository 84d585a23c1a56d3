//! `hardcoded-provider`
//!
//! What it does: finds a model provider's address hard-coded in source or configuration.
//!
//! Why it matters: a client with a hard-coded `base_url` ignores the variables that would route it through the gateway, so
//! users' words leave unmasked.
//!
//! Instead of `OpenAI(base_url="https://api.deepseek.com")` write `OpenAI()` and set `OPENAI_BASE_URL`.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Context, Rule, Text, place};
use crate::check::is_test;
use crate::walk::Source;

pub(crate) const ID: RuleId = RuleId("hardcoded-provider");

pub(super) const RULE: Rule = Rule {
    id: ID,
    risks: &["P02"],
    severity: Severity::Warning,
    title: Text { en: "a provider's address is hard-coded", zh: "服务商地址写死在代码里" },
    harm: Text {
        en: "No variable can route requests to this address through the gateway, so what users say may leave unmasked.",
        zh: "发往该地址的请求无法用环境变量引到网关，用户的话可能未经脱敏就发出去。",
    },
    fix: Text {
        en: "Drop the address or read it from the environment: `os.environ[\"OPENAI_BASE_URL\"]`; `ombud run` sets it. A phone app has no environment variables: let it call your own server.",
        zh: "去掉地址，或从环境变量读取：`os.environ[\"OPENAI_BASE_URL\"]`；`ombud run` 会设置它。手机 App 没有环境变量：请改为请求自己的服务端。",
    },
    example: "- client = OpenAI(base_url=\"https://api.deepseek.com\")\n+ client = OpenAI()\n",
    graph: None,
};

pub(crate) fn run(source: &Source, context: &Context<'_>) -> Vec<Finding> {
    // Ombud's own configuration declares providers so that the gateway can route to them.
    let own = source.path.rsplit('/').next() == Some("ombud.toml");
    // An example configuration is not loaded by anything.
    let name = source.path.rsplit('/').next().unwrap_or_default();
    let example = [".example", ".sample", ".template"].iter().any(|part| name.contains(part));
    // A notice lists recipients; it sends nothing.
    if own || example || is_test(&source.path) || crate::notice::is_notice(&source.path) {
        return Vec::new();
    }
    let text = source.text.as_bytes();
    let mut told = BTreeSet::new();
    let part_of_name =
        |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    context
        .automaton
        .find_iter(text)
        .filter(|found| {
            let before = found.start().checked_sub(1).and_then(|at| text.get(at));
            !part_of_name(before)
                && !text.get(found.end()).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'-')
        })
        .filter(|found| !is_changeable(&source.text, found.start()) && !is_a_page(&source.text, found.end()))
        .filter(|found| source.language.is_none() || is_used(&source.text, found.start()))
        .filter(|found| {
            // Identical lines of a model table are reported once.
            let line = entry(&source.text, found.start());
            line.is_none_or(|line| told.insert(line))
        })
        .filter_map(|found| {
            Some(Finding {
                rule: ID,
                severity: Severity::Warning,
                confidence: if source.language.is_some() { Confidence::High } else { Confidence::Medium },
                place: place(source, found.range()),
                subject: (*context.hosts.get(found.pattern().as_usize())?).to_owned(),
                message: Bilingual::new(
                    "a model provider's address is hard-coded here",
                    "这里写死了模型服务商的地址",
                ),
                path: Vec::new(),
                fingerprint: String::new(),
            })
        })
        .collect()
}

/// Returns the line of an address that is the value of a key: `baseURL: "https://…",`.
fn entry(text: &str, at: usize) -> Option<&str> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?.lines().next()?.trim();
    let (key, value) = line.split_once(':')?;
    let plain = |ch: char| ch.is_alphanumeric() || matches!(ch, '_' | '"' | '\'');
    (key.chars().all(plain) && value.trim_start().starts_with(['"', '\'', '`'])).then_some(line)
}

/// Whether an address is a web page on the same host: `openrouter.ai/keys`.
fn is_a_page(text: &str, end: usize) -> bool {
    const PAGES: &[&str] = &[
        "keys",
        "docs",
        "doc",
        "settings",
        "usercenter",
        "console",
        "account",
        "pricing",
        "login",
        "signup",
        "credits",
        "rankings",
        "activity",
        "dashboard",
        "models",
        "apikeys",
    ];
    let path = text.get(end..).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
    let first = path.split(|ch: char| !ch.is_ascii_alphanumeric() && ch != '-').next().unwrap_or_default();
    PAGES.contains(&first)
}

/// Whether an address in source is used. It must follow its scheme or open a string: elsewhere it is prose. An address that
/// something is compared with receives nothing.
fn is_used(text: &str, at: usize) -> bool {
    const ASKED: &[&str] =
        &["==", "!=", " in", "case", "includes(", "startswith(", "startsWith(", "endswith(", "endsWith("];
    let before = text.get(..at).unwrap_or_default();
    if is_documentation(before) {
        return false;
    }
    let line = before.rsplit('\n').next().unwrap_or_default();
    let Some(opened) = line.rfind(['"', '\'', '`']) else {
        return line.ends_with('/');
    };
    let (code, said) = (line.get(..opened).unwrap_or_default(), line.get(opened + 1..).unwrap_or_default());
    // After other words, the address is part of a message to somebody: `"Get a key at https://…"`.
    let address = said.is_empty() || said.ends_with(['/', '@']) && !said.contains(char::is_whitespace);
    // ``\`https://…\``` is quoted within a longer text.
    let quoted = line.get(opened..).is_some_and(|rest| rest.starts_with('`')) && code.ends_with('\\');
    address
        && !quoted
        && !ASKED.iter().any(|asked| code.trim_end().ends_with(asked))
        && !is_only_compared(text, code, ASKED)
}

/// Whether `const PREFIX = "https://…"` is only used in comparisons, so that nothing is sent there.
fn is_only_compared(text: &str, code: &str, asked: &[&str]) -> bool {
    let declared = code.trim_end().strip_suffix('=').filter(|code| !code.contains("export"));
    let name = declared.and_then(|code| code.split(':').next()?.split_whitespace().last());
    let Some(name) = name.filter(|name| name.len() > 2) else { return false };
    let part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let whole = |at: &usize| {
        let bytes = text.as_bytes();
        !part(at.checked_sub(1).and_then(|at| bytes.get(at))) && !part(bytes.get(at + name.len()))
    };
    let places = text.match_indices(name).map(|(at, _)| at).filter(whole);
    // The first occurrence is the declaration.
    let mut used = places.skip(1).peekable();
    let compared = |at: usize| {
        text.get(..at).is_some_and(|before| asked.iter().any(|asked| before.trim_end().ends_with(asked)))
    };
    used.peek().is_some() && used.all(compared)
}

/// Whether a position is inside a docstring: a triple-quoted string that is neither assigned nor passed to a call.
fn is_documentation(before: &str) -> bool {
    ["\"\"\"", "'''"].iter().any(|mark| {
        let opened = before.rfind(mark).filter(|_| before.matches(mark).count() % 2 == 1);
        opened.is_some_and(|at| {
            let line = before.get(..at).and_then(|text| text.rsplit('\n').next()).unwrap_or_default();
            line.trim().trim_start_matches(['r', 'R', 'u', 'U']).is_empty()
        })
    })
}

/// Whether an address is the default of a variable, which can override it, or only a comment.
fn is_changeable(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let comment = line.trim_start().starts_with(['#', '*']) || line.trim_start().starts_with("//");
    comment
        || ["env(", "environ", "process.env", "env.", "env["].iter().any(|part| line.contains(part))
        || is_second_to_a_variable(before)
        || is_a_setting(before, line)
}

/// Whether an address is the second argument of `os.getenv(…)` or `os.environ.get(…)`, in a call that may start on an earlier
/// line.
fn is_second_to_a_variable(before: &str) -> bool {
    const LONGEST: usize = 200;
    let near =
        before.get(before.ceil_char_boundary(before.len().saturating_sub(LONGEST))..).unwrap_or_default();
    ["getenv(", "environ.get("].iter().any(|call| {
        let asked = near.rfind(call).and_then(|found| near.get(found..));
        asked.is_some_and(|asked| !asked.contains([')', ';']))
    })
}

/// Whether this is a field of pydantic settings: a variable of the same name overrides its default.
fn is_a_setting(before: &str, line: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let deep = indent(line);
    let above = before.rsplit('\n').skip(1).filter(|line| !line.trim().is_empty());
    let around = deep > 0 && line.contains([':', '=']);
    let head = above.take(400).find(|line| indent(line) < deep).filter(|_| around);
    head.is_some_and(|head| head.trim_start().starts_with("class ") && head.contains("BaseSettings"))
}
