//! Whether a call reaches for its own guard: the folder in which Ombud keeps its log, its keys and the answers to its questions,
//! its configuration, and the configurations in which MCP clients name their servers.

use std::path::Path;

use ombud_core::effect::Effect;
use ombud_core::gate::Kept;

use super::super::arguments::Leaf;

/// The state folder of a project.
const FOLDER: &str = ".ombud";

/// Files that configure the gate, or that put it in place.
const FILES: &[&str] =
    &["ombud.toml", "mcp.json", ".mcp.json", "mcp_config.json", "claude_desktop_config.json"];

/// Client configurations with a common file name, and their folder.
const BELOW: &[(&str, &str)] = &[(".gemini", "settings.json")];

/// Contents of a state folder: a relative path into it may begin with the folder's own name, which may be as common as `data`.
const INSIDE: &[&str] = &[
    "address",
    "approvals",
    "console.token",
    "hook",
    "index.db",
    "journal",
    "keys",
    "lock",
    "mcp",
    "reports",
    "spent",
    "state.db",
];

/// Longest path examined, in bytes; anything longer is text.
const LONGEST: usize = 4096;

/// Whether one of the arguments is a path to these. In a command, every word may be one. Reading is guarded only in the state
/// folder, which holds the keys that sign answers.
pub(super) fn is_reached(effect: Effect, leaves: &[Leaf]) -> bool {
    if matches!(effect, Effect::Read | Effect::Fetch) {
        return leaves
            .iter()
            .any(|leaf| leaf.value.len() <= LONGEST && is_below(&lower(&leaf.value), FOLDER));
    }
    any_path(effect, leaves, is_there)
}

/// The same for a project that keeps these elsewhere. What a relative path is relative to is unknown: it counts as anything it
/// may be, and so does a name with wildcards.
pub fn reaches_kept(effect: Effect, leaves: &[Leaf], kept: &Kept) -> bool {
    let homes: Vec<Vec<String>> = kept.homes.iter().map(|home| pieces(home)).collect();
    let files: Vec<Vec<String>> = kept.files.iter().map(|file| pieces(file)).collect();
    let looks = matches!(effect, Effect::Read | Effect::Fetch);
    let is_one = |path: &str| {
        let path = lower(path);
        let own = Wanted::read(&path);
        homes.iter().any(|home| own.is_home(home, looks))
            || !looks && (path.contains("ombud_home") || files.iter().any(|file| own.is_file(file)))
    };
    !(homes.is_empty() && files.is_empty()) && any_path(effect, leaves, is_one)
}

/// Whether one of the arguments, or a word of a command, satisfies `is_one`.
fn any_path(effect: Effect, leaves: &[Leaf], is_one: impl Fn(&str) -> bool) -> bool {
    leaves.iter().any(|leaf| {
        let value = leaf.value.trim();
        if effect == Effect::Execute {
            return value.split(is_between).any(&is_one);
        }
        value.len() <= LONGEST && !value.contains(['\n', '\r']) && is_one(value)
    })
}

fn pieces(path: &Path) -> Vec<String> {
    let path = lower(&path.to_string_lossy());
    Wanted::read(&path).parts.into_iter().map(str::to_owned).collect()
}

/// A path as an agent writes it, with `.` and `..` resolved.
struct Wanted<'p> {
    whole: bool,
    parts: Vec<&'p str>,
}

impl<'p> Wanted<'p> {
    fn read(path: &'p str) -> Self {
        let (address, path) = path.strip_prefix("file:").map_or((false, path), |path| (true, path));
        let whole = path.starts_with(['/', '\\']);
        let mut own: Vec<&str> = Vec::new();
        // Trailing dots are trimmed from each part, so `..` must be recognised before that.
        for part in path.split(['/', '\\']) {
            match part.trim() {
                "" | "." | "~" | "$home" | "${home}" | "$pwd" | "${pwd}" => {}
                ".." => drop(own.pop()),
                other => own.push(other.trim_end_matches(['.', ' '])),
            }
        }
        if address && own.first() == Some(&"localhost") {
            own.remove(0);
        }
        // `/proc/self/cwd/x` is relative, `/proc/self/root/x` is not.
        if whole && own.first() == Some(&"proc") && matches!(own.get(2), Some(&("cwd" | "root"))) {
            let rest = own.split_off(3);
            return Self { whole: own.get(2) == Some(&"root"), parts: rest };
        }
        Self { whole, parts: own }
    }

    /// Returns how many parts follow `place` in this path; `None` if it does not lead there.
    fn behind(&self, place: &[String], least: usize) -> Option<usize> {
        let tail = |from: usize| place.get(from..).unwrap_or_default();
        let leads = |tail: &[String]| {
            tail.len() <= self.parts.len()
                && tail.iter().zip(&self.parts).all(|(name, part)| is_like(part, name))
        };
        if self.whole {
            return leads(place).then(|| self.parts.len() - place.len());
        }
        let lengths = (least..=place.len()).rev();
        let found = lengths.map(|length| tail(place.len() - length)).find(|tail| leads(tail))?;
        Some(self.parts.len() - found.len())
    }

    fn is_home(&self, home: &[String], looks: bool) -> bool {
        if self.behind(home, 2).is_some() {
            return true;
        }
        let inside = |part: &&str| INSIDE.iter().any(|name| is_like(part, name));
        match self.behind(home, 1) {
            Some(0) => !looks,
            Some(more) => self.parts.get(self.parts.len() - more).is_some_and(inside),
            None => false,
        }
    }

    fn is_file(&self, file: &[String]) -> bool {
        self.behind(file, 1) == Some(0)
    }
}

/// Whether a part of a path may be this name: `sta*` may be `state`. A leading wildcard could match any name, so it matches none.
fn is_like(part: &str, name: &str) -> bool {
    match part.find(['*', '?', '[', '{']) {
        Some(0) => false,
        Some(at) => part.get(..at).is_some_and(|begun| name.starts_with(begun)),
        None => part == name,
    }
}

/// Whether a character separates the words of a command.
fn is_between(ch: char) -> bool {
    ch.is_whitespace() || matches!(ch, '"' | '\'' | '`' | '=' | ';' | '&' | '|' | '<' | '>' | '(' | ')' | ',')
}

fn is_there(path: &str) -> bool {
    let path = lower(path);
    let last = parts(&path).last().unwrap_or_default();
    let named = |(folder, file): &(&str, &str)| last == *file && is_below(&path, folder);
    is_below(&path, FOLDER) || FILES.contains(&last) || BELOW.iter().any(named)
}

/// Lower-cases a path and decodes `%2e` and `%2f`: a file system may be case-insensitive, and a file URL is a path.
fn lower(path: &str) -> String {
    path.trim().to_lowercase().replace("%2e", ".").replace("%2f", "/")
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\', ':']).map(|part| part.trim_end_matches(['.', ' ']))
}

fn is_below(path: &str, folder: &str) -> bool {
    parts(path).any(|part| is_like(part, folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(effect: Effect, value: &str) -> bool {
        is_reached(effect, &[Leaf { path: "/x".into(), key: "x".into(), value: value.into() }])
    }

    #[test]
    fn nor_are_they_where_the_project_keeps_them() {
        let kept =
            Kept { homes: vec!["/srv/agent/State".into()], files: vec!["/srv/agent/conf/agent.toml".into()] };
        let kept = |effect, value: &str| {
            reaches_kept(effect, &[Leaf { path: "/x".into(), key: "x".into(), value: value.into() }], &kept)
        };
        for path in [
            "/srv/agent/state/approvals/said/4F2A7K",
            "/srv/agent/../agent/./State/keys",
            "file:///srv/agent/state/x",
            "file://localhost/srv/agent/state",
            "/proc/self/root/srv/agent/state/keys/master.key",
            "/proc/1234/cwd/state/keys",
            "../state/approvals/said/X",
            "state/keys/master.key",
            "state",
            "~/agent/state/anything",
            "agent.toml",
            "conf/agent.toml",
            "/srv/agent/conf/agent.toml",
            "%2Fsrv/agent/state/keys",
        ] {
            assert!(kept(Effect::Change, path), "{path}");
        }
        for path in [
            "state/report.csv",
            "/srv/other/state/keys",
            "/srv/agent/conf/other.toml",
            "docs/agent.toml",
            "please look at state/keys\nand more",
            "states/keys",
            "*",
        ] {
            assert!(!kept(Effect::Change, path), "{path}");
        }
        for command in [
            "cd /srv/agent && echo yes > state/approvals/said/X",
            "rm -rf sta*",
            "cat $OMBUD_HOME/keys/master.key",
            "sed -i s/ask/observe/ conf/agent.toml",
        ] {
            assert!(kept(Effect::Execute, command), "{command}");
        }
        assert!(kept(Effect::Read, "/srv/agent/state/keys/master.key"));
        assert!(!kept(Effect::Read, "/srv/agent/conf/agent.toml") && !kept(Effect::Read, "state"));
        assert!(!kept(Effect::Execute, "ls * && rm -rf build/*"));
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
        for command in [
            "echo yes>.ombud/approvals/said/X",
            "sed -i s/ask/observe/ ombud.toml",
            "rm -rf './.ombud'",
            "cat .omb*/keys/*",
        ] {
            assert!(reached(Effect::Execute, command), "{command}");
        }
        assert!(!reached(Effect::Execute, "cargo test -p ombud"));
    }
}
