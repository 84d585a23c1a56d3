//! Whether a call reaches for what holds it back: the folder in which Ombud keeps its log, its keys and what people said to its
//! questions, its configuration, and the configurations in which MCP clients name their servers.

use ombud_core::effect::Effect;

use super::super::arguments::Leaf;

/// The folder of a project's state.
const FOLDER: &str = ".ombud";

/// Files that say what a gate does, or that there is one.
const FILES: &[&str] = &["ombud.toml", "mcp.json", "claude_desktop_config.json"];

/// The longest path that is looked at, in bytes; what is longer is a text.
const LONGEST: usize = 4096;

/// Whether one of the arguments is a path there. In a command every word may be one.
pub(super) fn is_reached(effect: Effect, leaves: &[Leaf]) -> bool {
    let command = effect == Effect::Execute;
    leaves.iter().any(|leaf| {
        let value = leaf.value.trim();
        if command {
            return value.split(is_between).any(is_there);
        }
        value.len() <= LONGEST && !value.contains(char::is_whitespace) && is_there(value)
    })
}

/// What parts the words of a command.
fn is_between(ch: char) -> bool {
    ch.is_whitespace() || matches!(ch, '"' | '\'' | '`' | '=' | ';' | '&' | '|' | '<' | '>' | '(' | ')' | ',')
}

fn is_there(path: &str) -> bool {
    // A file system may not tell small letters from capitals, and an address of a file is a path.
    let path = path.to_lowercase().replace("%2e", ".").replace("%2f", "/");
    let mut parts = path.split(['/', '\\', ':']).map(|part| part.trim_end_matches(['.', ' ']));
    let last = path.rsplit(['/', '\\', ':']).next().unwrap_or_default().trim_end_matches(['.', ' ']);
    parts.any(|part| part == FOLDER) || FILES.contains(&last)
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
        ] {
            assert!(reached(Effect::Change, path), "{path}");
        }
        for (effect, value) in [
            (Effect::Change, "notes/ombud.txt"),
            (Effect::Change, "my.ombud.d/x"),
            (Effect::Send, "please look at .ombud/ and ombud.toml"),
            (Effect::Create, "mcp.json.bak"),
        ] {
            assert!(!reached(effect, value), "{value}");
        }
        for command in
            ["echo yes>.ombud/approvals/said/X", "sed -i s/ask/observe/ ombud.toml", "rm -rf './.ombud'"]
        {
            assert!(reached(Effect::Execute, command), "{command}");
        }
        assert!(!reached(Effect::Execute, "cargo test -p ombud"));
    }
}
