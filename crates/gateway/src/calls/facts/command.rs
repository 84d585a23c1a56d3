//! What a command would do, where that can be told: a query that only looks harms nothing, and what destroys or gives away must be
//! wished for in words that say so.

use ombud_core::effect::{Effect, Part, Shape, part};

use super::super::Prepared;
use super::super::arguments::Leaf;

/// What a query begins with that only looks.
const LOOKS: &[&str] = &["select", "show", "describe", "explain", "with"];

/// Words of a query that do more.
const ACTS: &[&str] = &[
    "insert", "update", "delete", "drop", "truncate", "alter", "create", "grant", "revoke", "merge", "call",
    "exec", "execute", "into", "copy", "load", "attach", "set", "do", "replace", "lock", "vacuum", "begin",
    "commit",
];

/// Words of a command that destroy.
const DESTROYS: &[&str] = &[
    "drop", "truncate", "delete", "rm", "rmdir", "del", "mkfs", "shred", "wipe", "format", "unlink", "purge",
    "destroy", "shutdown", "kill",
];

/// Words of a command that open something to others.
const GIVES: &[&str] = &["grant", "chmod", "chown"];

fn commands(leaves: &[Leaf]) -> impl Iterator<Item = &Leaf> {
    leaves.iter().filter(|leaf| part(Effect::Execute, &leaf.key, Shape::Other) == Some(Part::Command))
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|ch: char| !(ch.is_alphanumeric() || ch == '_'));
    parts.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Whether a call is made of one query that only looks.
pub(super) fn only_looks(leaves: &[Leaf]) -> bool {
    let mut queries = commands(leaves).peekable();
    let query = |leaf: &Leaf| {
        let text = leaf.value.trim().trim_end_matches(';');
        let first = words(text).next().unwrap_or_default();
        let one = !text.contains(';') && !text.contains("--") && !text.contains("/*");
        // A function may do anything, those that only count or cut are no reason to ask.
        one && LOOKS.contains(&first.as_str())
            && words(text).all(|word| !ACTS.contains(&word.as_str()) && !is_a_door(&word))
    };
    queries.peek().is_some() && queries.all(query)
}

/// Functions of databases that read files, run programs or call others.
fn is_a_door(word: &str) -> bool {
    word.starts_with("pg_")
        || word.starts_with("dblink")
        || word.starts_with("xp_")
        || word.starts_with("lo_")
        || word == "load_file"
        || word == "outfile"
}

/// Whether the user's words cover what the commands of a call destroy or give away.
pub(super) fn is_wanted(known: &Prepared, leaves: &[Leaf]) -> bool {
    let holds = |list: &[&str]| {
        commands(leaves).any(|leaf| words(&leaf.value).any(|word| list.contains(&word.as_str())))
    };
    let intent = known.intent();
    (!holds(DESTROYS) || intent.asks_for(Effect::Delete) || intent.ends)
        && (!holds(GIVES) || intent.asks_for(Effect::Grant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(sql: &str) -> Vec<Leaf> {
        vec![Leaf { path: "/sql".into(), key: "sql".into(), value: sql.into() }]
    }

    #[test]
    fn queries_that_only_look() {
        for sql in [
            "SELECT city, count(*) FROM rides GROUP BY city;",
            "with a as (select 1) select * from a",
            "SHOW TABLES",
        ] {
            assert!(only_looks(&leaves(sql)), "{sql}");
        }
        for sql in [
            "TRUNCATE rides",
            "SELECT 1; DROP TABLE rides",
            "SELECT * INTO other FROM rides",
            "with gone as (delete from rides returning *) select * from gone",
            "SELECT pg_read_file('/etc/passwd')",
            "rm -rf /",
        ] {
            assert!(!only_looks(&leaves(sql)), "{sql}");
        }
        assert!(!only_looks(&[]));
    }
}
