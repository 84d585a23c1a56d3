//! Moves a key from the source into an environment variable.
//!
//! Unsafe: the program stops working until the variable is set, and a key that was kept nowhere else is lost. Nothing is
//! written to another file: where to keep keys is the developer's decision.

use std::ops::Range;

use ombud_core::finding::Bilingual;

use super::code::Code;
use super::environment::{required, variable, with_import};
use super::spot::Spot;
use super::{Case, Edit, Fix, Fixer, Safety};
use crate::facts::host_of;
use crate::rules::secret;

pub(super) const FIXER: Fixer = Fixer { rules: &[secret::ID.0], offer };

fn offer(case: &Case<'_>) -> Option<Fix> {
    let (name, edits) = match case.code {
        Some(code) => in_code(case, code)?,
        None => in_servers(case)?,
    };
    let title = Bilingual::new(
        format!("read the key from the environment variable `{name}`"),
        format!("改为从环境变量 `{name}` 读取密钥"),
    );
    Some(Fix::new(title, Safety::Unsafe, edits).leaving(Bilingual::new(
        format!("revoke the old key with its issuer, set the new one as the environment variable {name} (a .env file works only if the program loads it), and do not commit .env"),
        format!("请先到签发方作废旧密钥，再把新密钥设为环境变量 {name}（若写进 .env，程序须加载它），并且不要提交 .env"),
    )))
}

fn in_code(case: &Case<'_>, code: &Code<'_>) -> Option<(String, Vec<Edit>)> {
    let spot = code.spot(case.at())?;
    // A settings field is already read from a variable; it only needs its default removed.
    if code.script && is_page(code.text) || code.in_settings(case.at()) {
        return None;
    }
    let secret = code.text.get(case.at().clone())?;
    let (span, name) = match &spot.default_of {
        Some((whole, name)) => (whole.clone(), (*name).to_owned()),
        None => (spot.span.clone(), named(case, &spot)?),
    };
    let read = required(code, &name);
    // The literal is the key itself, or the key after the `Bearer ` prefix of a header.
    let text = match spot.text.strip_suffix(secret)? {
        "" => read,
        "Bearer " if code.script => format!("`Bearer ${{{read}}}`"),
        "Bearer " => format!("\"Bearer \" + {read}"),
        _ => return None,
    };
    Some((name, with_import(case, code, vec![case.edit(span, text)])))
}

/// True if a script runs in the page (or an app), where there is no environment.
fn is_page(text: &str) -> bool {
    ["use client", "dangerouslyAllowBrowser", "document.getElementById", "window.", "react-native", "expo-"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// Variables that SDK clients read by default.
const OF_CLIENTS: &[(&str, &str)] = &[
    ("AsyncOpenAI", "OPENAI_API_KEY"),
    ("OpenAI", "OPENAI_API_KEY"),
    ("ChatOpenAI", "OPENAI_API_KEY"),
    ("OpenAIEmbeddings", "OPENAI_API_KEY"),
    ("AsyncAnthropic", "ANTHROPIC_API_KEY"),
    ("Anthropic", "ANTHROPIC_API_KEY"),
    ("ChatAnthropic", "ANTHROPIC_API_KEY"),
    ("ZhipuAI", "ZHIPUAI_API_KEY"),
    ("Groq", "GROQ_API_KEY"),
    ("Mistral", "MISTRAL_API_KEY"),
    ("MemoryClient", "MEM0_API_KEY"),
];

/// Names that do not say whose key it is.
const BARE: &[&str] =
    &["KEY", "API_KEY", "TOKEN", "SECRET", "PASSWORD", "AUTHORIZATION", "X_API_KEY", "AUTH"];

/// Returns the name of the variable; `None` if nothing suggests one.
fn named(case: &Case<'_>, spot: &Spot<'_>) -> Option<String> {
    let called = spot.called();
    let own = variable(spot.name);
    if let Some((_, known)) = OF_CLIENTS.iter().find(|(client, _)| *client == called) {
        return match addressee(case, spot) {
            Addressee::Own => Some((*known).to_owned()),
            // With another provider's address, it is that provider's key.
            Addressee::Provider(id) => Some(format!("{}_API_KEY", variable(&id))),
            Addressee::Unknown => None,
        };
    }
    let named = if BARE.contains(&own.as_str()) || own.is_empty() {
        let kind = if own.is_empty() { "API_KEY" } else { &own };
        format!("{}_{kind}", variable(called))
    } else {
        own
    };
    let named = named.trim_start_matches('_').to_owned();
    named.starts_with(|ch: char| ch.is_ascii_alphabetic()).then_some(named)
}

/// Options that give a client another address, in the form of environment variables.
const ADDRESSES: &[&str] = &[
    "BASE_URL",
    "BASE_PATH",
    "API_BASE",
    "API_URL",
    "OPENAI_API_BASE",
    "ANTHROPIC_API_URL",
    "ENDPOINT",
    "AZURE_ENDPOINT",
    "HOST",
    "SERVER_URL",
    "CONFIGURATION",
    "CLIENT_OPTIONS",
    "CLIENT",
    "FETCH",
    "HTTP_CLIENT",
];

/// Who receives a client's key.
#[derive(PartialEq)]
enum Addressee {
    /// The provider that the client is made for.
    Own,
    /// The provider with this id.
    Provider(String),
    /// Somebody whom the source does not name: a key read from a wrong variable would be sent to them.
    Unknown,
}

fn addressee(case: &Case<'_>, spot: &Spot<'_>) -> Addressee {
    let provider = |host: String| case.project.providers.by_host(&host).map(|one| one.id.clone());
    let mut found = Addressee::Own;
    for beside in &spot.beside {
        // `**settings` may contain an address.
        let address = beside.name.is_empty() || ADDRESSES.contains(&variable(beside.name).as_str());
        let mut hosts = beside.texts.iter().filter_map(|text| host_of(text)).peekable();
        if address && hosts.peek().is_none() {
            return Addressee::Unknown;
        }
        for host in hosts {
            let one = provider(host).map_or(Addressee::Unknown, Addressee::Provider);
            if one == Addressee::Unknown && !address {
                continue;
            }
            if one == Addressee::Unknown || found != Addressee::Own && found != one {
                return Addressee::Unknown;
            }
            found = one;
        }
    }
    found
}

/// Replaces a key in the configuration of an MCP client that expands variables.
fn in_servers(case: &Case<'_>) -> Option<(String, Vec<Edit>)> {
    let (open, close) = reference(&case.file.path)?;
    let span = inside(&case.file.text, case.at().clone())?;
    let named = setting(&case.file.text, span.start)?;
    let name = variable(named);
    let text = case.file.text.get(span.clone())?;
    let kept = text.strip_prefix("Bearer ").map_or("", |_| "Bearer ");
    let new = format!("{kept}{open}{name}{close}");
    Some((name, vec![case.edit(span, new)]))
}

/// Returns the client's syntax for a variable, recognised by the path of its configuration; `None` if it expands none.
fn reference(path: &str) -> Option<(&'static str, &'static str)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    match (folder, name) {
        (".vscode" | ".cursor", "mcp.json") | (_, "mcp_config.json") => Some(("${env:", "}")),
        (_, ".mcp.json") | (".gemini", "settings.json") => Some(("${", "}")),
        _ => None,
    }
}

/// Returns the span between the quotation marks.
fn inside(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let literal = text.get(span.clone())?;
    let marks = literal.len() >= 2 && literal.starts_with('"') && literal.ends_with('"');
    let inner = if marks { span.start + 1..span.end - 1 } else { span };
    // The whole string, so that no part of the key is left behind.
    let start = text.get(..inner.start)?.rfind('"')? + 1;
    let end = inner.end + text.get(inner.end..)?.find('"')?;
    let whole = text.get(start..end)?;
    (inner == (start..end) || whole.strip_prefix("Bearer ").is_some()).then_some(start..end)
}

/// Returns the field key, or the preceding flag, of the value that starts at a byte.
fn setting(text: &str, value: usize) -> Option<&str> {
    let before = text.get(..value.checked_sub(1)?)?.trim_end();
    let before = before.strip_suffix([':', ','])?.trim_end().strip_suffix('"')?;
    let name = before.get(before.rfind('"')? + 1..)?;
    let name = name.trim_start_matches('-');
    (!name.is_empty() && name.len() <= 64).then_some(name)
}
