//! Everything that is configured rather than programmed: low-code exports, configurations, API descriptions and instructions.
//!
//! A format is recognised by a file's content, never by its name alone (except instructions).

mod agents;
mod coze;
mod flowise;
pub(crate) mod graph;
pub(crate) mod http;
pub(crate) mod inside;
mod langflow;
mod mcp;
mod n8n;
mod openapi;
mod skills;

pub(crate) use skills::is_instruction;

use std::ops::Range;

use crate::facts::{Facts, Gap, GapKind, Instruction, Model, Recipient, Spanned, Template};
use crate::providers::Providers;
use crate::tree::{Fault, Node, json, yaml};

/// Whether a file may be in one of the formats: a quick check before parsing.
pub(crate) fn may_be(path: &str, text: &str) -> bool {
    let has = |words: &[&str]| words.iter().all(|word| text.contains(word));
    match path.rsplit_once('.').map_or("", |parts| parts.1) {
        "json" => {
            let start = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
            let graph = has(&["\"nodes\"", "\"connections\""]) || has(&["\"nodes\"", "\"edges\""]);
            let other = has(&["\"schema\"", "\"func\""]) || has(&["\"paths\"", "\"openapi\""]);
            let server =
                has(&["mcpServers"]) || has(&["mcp_servers"]) || has(&["\"servers\"", "\"command\""]);
            start.starts_with('{')
                && (graph
                    || other
                    || server
                    || path.contains(".claude/")
                    || has(&["\"permissions\"", "\"allow\""])
                    || has(&["\"hooks\"", "\"matcher\""]))
        }
        "yaml" | "yml" => {
            let line = |word: &str| text.starts_with(word) || text.contains(&format!("\n{word}"));
            (line("openapi:") || line("swagger:")) && line("paths:")
                || line("agents:")
                || line("manifest:") && has(&["auth:", "name_for_human:"])
                || (line("providers:") && line("version:"))
        }
        "md" | "mdc" | "cursorrules" | "windsurfrules" | "clinerules" => true,
        _ => false,
    }
}

/// How many leading bytes are searched for signs of an export that is broken or truncated.
const HEAD: usize = 1024;

/// Whether a file resembles an export by its name or first bytes, even if it cannot be parsed: `{"nodes": [`. If it cannot, or
/// has steps of an unknown platform, that is reported as a gap.
pub(crate) fn resembles(path: &str, text: &str) -> bool {
    const NAMES: &[&str] =
        &["n8n", "dify", "coze", "flowise", "langflow", "chatflow", "agentflow", "workflow", "flow"];
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let named = || name.split(|ch: char| !ch.is_alphanumeric()).any(|word| NAMES.contains(&word));
    let head = text.get(..text.floor_char_boundary(HEAD)).unwrap_or_default();
    if is_yaml(path) {
        return (head.starts_with("app:") || head.contains("\napp:")) && head.contains("\n  mode:");
    }
    matches!(name.rsplit_once('.'), Some((_, "json")))
        && (["\"nodes\"", "\"bot_info\""].iter().any(|sign| head.contains(sign)) || named())
}

/// Whether a file is YAML, by its name.
pub(crate) fn is_yaml(path: &str) -> bool {
    matches!(path.rsplit_once('.'), Some((_, "yml" | "yaml")))
}

/// Whether a document contains the steps of a flow or the settings of a bot, of any platform. Points and lines of a drawing are
/// called `nodes` too, but do nothing.
fn has_steps(root: &Node) -> bool {
    const MODES: &[&str] = &["chat", "agent-chat", "completion", "advanced-chat", "workflow"];
    const DOES: &[&str] = &["parameters", "data", "inputs", "config", "prompt"];
    let step = |node: &Node| node.get("type").is_some() && DOES.iter().any(|does| node.get(does).is_some());
    root.get("nodes").map(Node::items).unwrap_or_default().first().is_some_and(step)
        || root.at(&["app", "mode"]).is_some_and(|mode| MODES.contains(&mode.text()))
        || root.get("bot_info").is_some_and(|bot| !bot.fields().is_empty())
}

/// Reads a file. True if it was one of the formats.
pub(crate) fn read(facts: &mut Facts, file: usize, providers: &Providers) -> bool {
    let Some(source) = facts.files.get(file) else { return false };
    let (path, text) = (source.path.clone(), source.text.clone());
    let parsed = match path.rsplit_once('.').map_or("", |parts| parts.1) {
        "json" => json::parse(&text),
        "yaml" | "yml" => yaml::parse(&text),
        _ => {
            skills::read(facts, file);
            return true;
        }
    };
    match parsed {
        Ok(root) => {
            let known = dispatch(facts, file, &root, providers);
            if !known && has_steps(&root) {
                facts.gaps.push(Gap { path, line: 0, why: GapKind::Format });
            }
            known
        }
        Err(Fault { line, too_complex }) => {
            let why = if too_complex { GapKind::TooComplex } else { GapKind::Syntax };
            facts.gaps.push(Gap { path, line, why });
            false
        }
    }
}

fn dispatch(facts: &mut Facts, file: usize, root: &Node, providers: &Providers) -> bool {
    let first = |path: &[&str]| root.at(path).map(Node::items).and_then(<[Node]>::first);
    if root.get("nodes").is_some() && root.get("connections").is_some() {
        n8n::read(facts, file, root, providers);
    } else if first(&["data", "nodes"]).is_some_and(|node| node.get("data").is_some()) {
        langflow::secrets(facts, file, root);
        langflow::read(facts, file, root, providers);
        code_inside(facts, file, &langflow::own_code(root), providers);
    } else if first(&["nodes"]).is_some_and(|node| node.at(&["data", "name"]).is_some())
        || root.get("func").is_some()
    {
        flowise::read(facts, file, root, providers);
    } else if !coze::canvases(root).is_empty() {
        coze::secrets(facts, file, root);
        coze::read(facts, file, root, providers);
    } else if openapi::is_description(root) {
        openapi::read(facts, file, root);
    } else if coze::is_manifest(root) {
        coze::manifest(facts, file, root);
    } else if agents::is_declaration(root) {
        agents::secrets(facts, file, root);
        agents::read(facts, file, root, providers);
    } else if mcp::servers(root).is_some() || root.get("permissions").is_some() || root.get("hooks").is_some()
    {
        mcp::read(facts, file, root);
    } else {
        return false;
    }
    true
}

/// Reads Python embedded in an export; findings point at the node.
fn code_inside(facts: &mut Facts, file: usize, all: &[&Node], providers: &Providers) {
    for code in all {
        inside::component(facts, file, code.text(), &code.span, providers);
    }
}

/// Records a prompt in an export.
pub(crate) fn told(facts: &mut Facts, file: usize, prompt: &Node) {
    if !prompt.text().is_empty() {
        let part = Spanned { text: prompt.text().to_owned(), span: prompt.span.clone() };
        facts.instructions.push(Instruction { file, part: Some(part) });
    }
}

/// Records the model that a node calls, with the field that names it.
pub(crate) fn asks(
    facts: &mut Facts,
    file: usize,
    place: &Range<usize>,
    recipient: &Recipient,
    name: Option<&Node>,
) {
    let name = name.filter(|name| !name.text().is_empty());
    // An expression is only evaluated at run time.
    let known = name.filter(|name| !name.text().starts_with('=') && !name.text().contains("{{"));
    facts.models.push(Model {
        file,
        span: name.map_or(place, |name| &name.span).clone(),
        function: None,
        recipient: recipient.clone(),
        name: known.map(|name| Template::text(name.text())),
    });
}

/// The same for the acts of a node, if it calls a model.
fn asks_in(facts: &mut Facts, file: usize, place: &Range<usize>, acts: &[graph::Act], name: Option<&Node>) {
    for act in acts {
        if let graph::Act::Model(who) = act {
            asks(facts, file, place, who, name);
        }
    }
}

/// Whether a field, header or variable is meant for a credential, by its name.
pub(crate) fn is_credential(name: &str) -> bool {
    const WORDS: &[&str] = &["key", "token", "secret", "password", "apikey", "authorization", "pat"];
    let word = name.to_ascii_lowercase();
    let counts = ["tokens", "max_token", "maxtoken", "memory_key", "memorykey", "keyword", "session"];
    crate::code::names(name, WORDS) && !counts.iter().any(|sign| word.contains(sign))
}

/// Whether a value is a credential, not a reference or placeholder.
pub(crate) fn is_key(text: &str) -> bool {
    let reference = text.contains("${") || text.contains("{{") || text.contains("$env");
    let word = text.to_ascii_lowercase();
    let place = [
        "your",
        "xxx",
        "example",
        "placeholder",
        "masked",
        "redacted",
        "<",
        "***",
        "api_key",
        "apikey",
        "secret",
        "password",
        "changeme",
    ];
    let masked = text.chars().all(|ch| matches!(ch, '*' | '•' | 'x' | 'X' | '0' | '.'));
    // A default key that ships with a service is not a secret: `sandbox-key`.
    let words = text.chars().all(|ch| ch.is_ascii_lowercase() || matches!(ch, '-' | '_' | ' '));
    text.len() >= 8
        && !words
        && !repeats(text)
        && !text.contains(char::is_whitespace)
        && !reference
        && !masked
        && !text.chars().all(|ch| ch.is_ascii_uppercase() || ch == '_')
        && !place.iter().any(|sign| word.contains(sign))
}

/// Whether a character is repeated, as where a secret was masked.
pub(crate) fn repeats(text: &str) -> bool {
    let mut last = ('\0', 0);
    text.chars().any(|ch| {
        last = if ch == last.0 { (ch, last.1 + 1) } else { (ch, 1) };
        last.1 >= 8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_places_for_keys() {
        assert!(is_key("q8Zr2mT7vKpL4xN9"));
        for text in [
            "",
            "OPENAI_API_KEY",
            "${KEY_OF_BAILIAN}",
            "{{ $json.key }}",
            "your-key-here",
            "****************",
            "sk-xxxx",
            "sbp_0000000000000000",
            "dify-sandbox",
            "a b c d e f g h",
        ] {
            assert!(!is_key(text), "{text}");
        }
    }
}
