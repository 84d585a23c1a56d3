//! Whether a call reaches for its own guard: the folder in which Ombud keeps its log, its keys and the answers to its questions,
//! its configuration, and the configurations in which MCP clients name their servers.

use std::ops::Range;
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

/// Maximum number of spellings of one word with alternatives (`{a,b}`) that are examined. A word with more counts as a path to
/// what is guarded: nobody needs that many, except to hide one of them.
const SPELLINGS: usize = 64;

/// Whether one of the arguments is a path to these, as it is or with its wildcards. In a command, every word may be one. Reading
/// is guarded only in the state folder, which holds the keys that sign answers.
///
/// Not noticed is what reaches them without naming them: `*` and `*.json` say which folder or what kind of file is meant and
/// stand in too many harmless commands, and so do `cp -r . x` and `grep -r x`.
pub(super) fn is_reached(effect: Effect, leaves: &[Leaf]) -> bool {
    if matches!(effect, Effect::Read | Effect::Fetch) {
        let below = |path: &str| is_below(&lower(path), FOLDER);
        return leaves.iter().any(|leaf| leaf.value.len() <= LONGEST && any_spelling(&leaf.value, &below));
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
            // A shell joins what is quoted in parts: `.om''bud` and `.om\bud` are `.ombud`.
            let joined: String = value.chars().filter(|ch| !matches!(ch, '"' | '\'' | '\\')).collect();
            let mut words = value.split(is_between).chain(joined.split(is_between));
            return words.any(|word| any_spelling(word, &|word| word.split(',').any(&is_one)));
        }
        value.len() <= LONGEST && !value.contains(['\n', '\r']) && any_spelling(value, &is_one)
    })
}

/// Whether a word, or one of the words that its alternatives stand for, satisfies `is_one`.
fn any_spelling(word: &str, is_one: &impl Fn(&str) -> bool) -> bool {
    let (mut open, mut spellings) = (vec![word.to_owned()], 0);
    while let Some(word) = open.pop() {
        let Some((choices, place)) = alternatives(&word) else {
            if is_one(&word) {
                return true;
            }
            continue;
        };
        spellings += choices.split(',').count();
        if spellings > SPELLINGS {
            return true;
        }
        let (before, after) = (word.get(..place.start), word.get(place.end..));
        let around = (before.unwrap_or_default(), after.unwrap_or_default());
        open.extend(choices.split(',').map(|choice| format!("{}{choice}{}", around.0, around.1)));
    }
    false
}

/// Returns the first alternatives of a word without others in them, `a,b` in `x{a,b}`, and where they stand with their braces.
fn alternatives(word: &str) -> Option<(&str, Range<usize>)> {
    let mut open: Vec<(usize, bool)> = Vec::new();
    for (at, byte) in word.bytes().enumerate() {
        match byte {
            b'{' => open.push((at, false)),
            b',' => open.iter_mut().last().into_iter().for_each(|(_, several)| *several = true),
            b'}' => {
                if let Some((start, true)) = open.pop() {
                    return Some((word.get(start + 1..at)?, start..at + 1));
                }
            }
            _ => {}
        }
    }
    None
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
        // The folders on the way may stand behind any wildcard, the last part has to tell.
        let leads = |tail: &[String]| {
            let pairs = || tail.iter().zip(&self.parts);
            tail.len() <= self.parts.len()
                && pairs().all(|(name, part)| may_be(part, name))
                && pairs().next_back().is_none_or(|(name, part)| is_like(part, name))
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
        let inside = |part: &&str| INSIDE.iter().any(|name| may_be(part, name));
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

/// Whether a part of a path means this name, which may stand behind wildcards: `sta*`, `?ombud` and `*bud` do. One that says
/// nothing of the name does not.
fn is_like(part: &str, name: &str) -> bool {
    part == name || may_be(part, name) && is_telling(part, name)
}

/// Whether a pattern that may be this name says enough of it. Few files are hidden, so `.o*` does. Elsewhere it takes three
/// letters, and one of them outside of the extension: `*.json` names a kind of file.
fn is_telling(part: &str, name: &str) -> bool {
    let letters = |text: &str| literal(text).filter(|ch| ch.is_alphanumeric()).count();
    let stem = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => {
            let cut = || part.rsplit_once('.').map(|(stem, _)| stem);
            part.strip_suffix(extension).or_else(cut).unwrap_or(part)
        }
        _ => part,
    };
    part.starts_with('.') || letters(part) >= 3 && letters(stem) >= 1
}

/// The characters of a pattern that stand for themselves.
fn literal(part: &str) -> impl Iterator<Item = char> {
    steps(part).filter_map(|step| if let Step::Letter(ch) = step { Some(ch) } else { None })
}

/// One step of a pattern.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Letter(char),
    /// `?` and `[a-z]`: what the set holds is not examined.
    Any,
    /// `*`.
    Run,
}

fn steps(part: &str) -> impl Iterator<Item = Step> {
    let mut rest = part;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let set = || rest.get(2..).and_then(|inside| inside.find(']')).filter(|_| first == '[');
        let (step, length) = match first {
            '*' => (Step::Run, 1),
            '?' => (Step::Any, 1),
            _ => set().map_or((Step::Letter(first), first.len_utf8()), |end| (Step::Any, end + 3)),
        };
        rest = rest.get(length..).unwrap_or_default();
        Some(step)
    })
}

/// Whether a pattern can stand for this name.
fn may_be(part: &str, name: &str) -> bool {
    if !part.contains(['*', '?', '[']) {
        return part == name;
    }
    // The lengths of the beginnings of the name that the steps so far can stand for.
    let name: Vec<char> = name.chars().collect();
    let mut reached = vec![false; name.len() + 1];
    reached.iter_mut().take(1).for_each(|start| *start = true);
    for step in steps(part) {
        if step == Step::Run {
            let first = reached.iter().position(|reached| *reached).unwrap_or(reached.len());
            reached.iter_mut().skip(first).for_each(|reached| *reached = true);
            continue;
        }
        let fits = |ch: &char| step == Step::Any || step == Step::Letter(*ch);
        let next = name.iter().zip(&reached).map(|(ch, reached)| *reached && fits(ch));
        reached = std::iter::once(false).chain(next.collect::<Vec<_>>()).collect();
    }
    reached.last() == Some(&true)
}

/// Whether a character separates the words of a command. So does a comma, but not between alternatives.
fn is_between(ch: char) -> bool {
    ch.is_whitespace() || matches!(ch, '"' | '\'' | '`' | '=' | ';' | '&' | '|' | '<' | '>' | '(' | ')')
}

fn is_there(path: &str) -> bool {
    let path = lower(path);
    let last = parts(&path).last().unwrap_or_default();
    let named = |(folder, file): &(&str, &str)| may_be(last, file) && is_below(&path, folder);
    is_below(&path, FOLDER) || FILES.iter().any(|file| is_like(last, file)) || BELOW.iter().any(named)
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
            "/srv/*/sta?e/keys",
            "*tate/keys/master.key",
            "state/*",
            "agent.tom*",
            "conf/*gent.toml",
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
            "state/*.csv",
            "*",
            "*.toml",
            "/srv/agent/*",
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
    fn wildcards_hide_nothing_that_they_name() {
        for command in [
            "cat .omb*/keys/*",
            "cat ?ombud/keys/*",
            "cat *bud/keys/x",
            "cat [.]ombud/keys/x",
            "cat .o[m]b?d/keys/x",
            "cat {.ombud,x}/keys/master.key",
            "cat .o{x,mb}ud/keys/x",
            "cat {x,.{a,ombud}}/keys/x",
            "cat {x{y},.ombud}/keys/x",
            "find . -name '*ombud*' -exec cat {} +",
            "rg --hidden -g '*bud/**' key",
            "cp -r .[!.]* /tmp/x",
            "rm -rf .*",
            "sed -i s/ask/observe/ ombud.tom*",
            "sed -i s/ask/observe/ ?mbud.toml",
            "rm omb*",
            "mv *mbud.* x",
            "rm .cursor/mcp.jso?",
            "rm .gemini/*.json",
            "rm .gem*/sett*",
            &format!("cat {}", "{a,b}".repeat(9)),
        ] {
            assert!(reached(Effect::Execute, command), "{command}");
        }
        for command in [
            "ls *",
            "ls ** && rm -rf build/*",
            "grep x *.py",
            "jq . *.json",
            "cat *.toml",
            "ls *json m*",
            "rm -rf [a-z]*",
            "awk '{print $1,$2}' notes.txt",
            "cp src/{main,lib}.rs /tmp",
            "ls .git*",
            "grep '.*error' app.log",
        ] {
            assert!(!reached(Effect::Execute, command), "{command}");
        }
        for (effect, path, wanted) in [
            (Effect::Read, "**/?ombud/keys/*", true),
            (Effect::Read, "{.ombud,x}/**", true),
            (Effect::Delete, "*mbud.toml", true),
            (Effect::Delete, "**/*.toml", false),
            (Effect::Read, "**/*.json", false),
            (Effect::Read, "*", false),
        ] {
            assert_eq!(reached(effect, path), wanted, "{path}");
        }
    }

    #[test]
    fn long_patterns_take_no_time() {
        let long = format!("{}x", "*a".repeat(LONGEST / 2));
        assert!(!reached(Effect::Execute, &format!("cat {long} {}", "{".repeat(LONGEST))));
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
            "cat .om''bud/keys/master.key",
            "cat .om\"b\"ud/keys/master.key",
            "cat .om\\bud/keys/master.key",
            "sed -i s/ask/observe/ 'omb'ud.toml",
        ] {
            assert!(reached(Effect::Execute, command), "{command}");
        }
        assert!(!reached(Effect::Execute, "cargo test -p ombud"));
        assert!(!reached(Effect::Execute, "printf '%s\\n' 'the file is' \"ready\""));
    }
}
