//! Whether a call reaches for what holds it back: the folder in which Ombud keeps its log, its keys and what people said to its
//! questions, its configuration, and the configurations in which MCP clients name their servers.

use ombud_core::effect::Effect;

use super::super::arguments::Leaf;

/// The folder of a project's state.
const FOLDER: &str = ".ombud";

/// Files that say what a gate does, or that there is one.
const FILES: &[&str] =
    &["ombud.toml", "mcp.json", ".mcp.json", "mcp_config.json", "claude_desktop_config.json"];

/// The configuration of a client that has a name like many others.
const BELOW: &[(&str, &str)] = &[(".gemini", "settings.json")];

/// The longest path that is looked at, in bytes; what is longer is a text.
const LONGEST: usize = 4096;

/// Whether one of the arguments is a path there. In a command every word may be one. What is read there are the keys that sign answers.
pub(super) fn is_reached(effect: Effect, leaves: &[Leaf]) -> bool {
    if matches!(effect, Effect::Read | Effect::Fetch) {
        return leaves
            .iter()
            .any(|leaf| leaf.value.len() <= LONGEST && is_below(&lower(&leaf.value), FOLDER));
    }
    let command = effect == Effect::Execute;
    leaves.iter().any(|leaf| {
        let value = leaf.value.trim();
        if command {
            return value.split(is_between).any(is_there);
        }
        value.len() <= LONGEST && !value.contains(['\n', '\r']) && is_there(value)
    })
}

/// What parts the words of a command.
fn is_between(ch: char) -> bool {
    ch.is_whitespace() || matches!(ch, '"' | '\'' | '`' | '=' | ';' | '&' | '|' | '<' | '>' | '(' | ')' | ',')
}

fn is_there(path: &str) -> bool {
    let path = lower(path);
    let last = parts(&path).last().unwrap_or_default();
    let named = |(folder, file): &(&str, &str)| last == *file && is_below(&path, folder);
    is_below(&path, FOLDER) || FILES.contains(&last) || BELOW.iter().any(named)
}

/// A file system may not tell small letters from capitals, and an address of a file is a path.
fn lower(path: &str) -> String {
    path.trim().to_lowercase().replace("%2e", ".").replace("%2f", "/")
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\', ':']).map(|part| part.trim_end_matches(['.', ' ']))
}

fn is_below(path: &str, folder: &str) -> bool {
    parts(path).any(|part| part == folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(effect: Effect, value: &str) -> bool {
        is_reached(effect, &[Leaf { path: "/x".into(), key: "x".into(), value: value.into() }])
    }

    #[test]
    fn the_rules_are_not_the_agents_to_change() {
        for path in [
            ".ombud/approvals/said/4F2A7K",
            "/home/a/project/.ombud",
            "..\\project\\.OMBUD\\keys",
            "file:///home/a/ombud.toml",
            "./sub/../ombud.toml",
            "~/.cursor/mcp.json",
            "%2Eombud/x",
            "/Users/Anna Berg/p/.ombud/keys",
            "./a b/../.ombud/x",
            ".mcp.json",
            "/home/a/.gemini/settings.json",
        ] {
            assert!(reached(Effect::Change, path), "{path}");
        }
        for (effect, value) in [
            (Effect::Change, "notes/ombud.txt"),
            (Effect::Change, "my.ombud.d/x"),
            (Effect::Send, "please look at .ombud/ and ombud.toml"),
            (Effect::Create, "mcp.json.bak"),
            (Effect::Change, ".vscode/settings.json"),
            (Effect::Read, "ombud.toml"),
        ] {
            assert!(!reached(effect, value), "{value}");
        }
        assert!(reached(Effect::Read, "file:///home/a/.ombud/keys/master"));
        for command in
            ["echo yes>.ombud/approvals/said/X", "sed -i s/ask/observe/ ombud.toml", "rm -rf './.ombud'"]
        {
            assert!(reached(Effect::Execute, command), "{command}");
        }
        assert!(!reached(Effect::Execute, "cargo test -p ombud"));
    }
}
