//! What the columns of a statement hold: people's words, or only when, how often and in which row.

use super::words;

/// Final words of columns that say only which row, when, how many or of which kind.
const DRY: &[&str] = &[
    "id",
    "ids",
    "uid",
    "uuid",
    "rowid",
    "pk",
    "at",
    "time",
    "timestamp",
    "ts",
    "date",
    "count",
    "counts",
    "total",
    "number",
    "num",
    "seq",
    "status",
    "type",
    "kind",
    "role",
    "created",
    "updated",
    "expires",
    "deleted",
    "active",
    "archived",
    "pinned",
    "read",
    "seen",
    "tokens",
    "cost",
    "size",
    "length",
    "score",
    "rating",
    "rank",
    "version",
];
/// Functions whose result says nothing of any single row.
const COUNTS: &[&str] = &["count(", "sum(", "avg(", "total(", "exists("];

/// Whether a statement reads or writes at least one column that may hold people's words; an unknown column may.
pub(super) fn may_hold_words(statement: &str) -> bool {
    let small = statement.trim_start().to_ascii_lowercase();
    let Some(columns) = columns(&small) else { return true };
    columns.is_empty() || !columns.iter().all(|column| is_dry(column))
}

/// Returns the columns that a statement names; `None` if it does not list them.
fn columns(small: &str) -> Option<Vec<&str>> {
    let verb = small.split_whitespace().next()?;
    match verb {
        "select" => {
            let listed = small.get(verb.len()..)?;
            Some(parts(listed.get(..from(listed)?)?))
        }
        "insert" | "replace" => {
            let (head, rest) = small.split_once('(')?;
            let named = !["values", "select"].iter().any(|word| head.contains(word));
            named.then(|| rest.split(')').next().map(parts)).flatten()
        }
        "update" => {
            let (_, set) = small.split_once(" set ").or_else(|| small.split_once("\nset "))?;
            let end = set.find("where").unwrap_or(set.len());
            let sides = parts(set.get(..end)?).into_iter().filter_map(|one| one.split('=').next());
            Some(sides.map(str::trim).collect())
        }
        _ => None,
    }
}

/// Returns where the columns of a query end: the first `from` outside brackets.
fn from(listed: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, ch) in listed.char_indices() {
        match ch {
            '(' => depth += 1,
            ')' => depth -= 1,
            'f' if depth == 0 => {
                let before = listed.get(..at).is_some_and(|before| before.ends_with(char::is_whitespace));
                let word = listed.get(at..).and_then(|rest| rest.strip_prefix("from"));
                if before && word.is_some_and(|rest| rest.starts_with(char::is_whitespace)) {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Splits a list at commas outside brackets.
fn parts(list: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let split = list.split(|ch: char| {
        depth += i32::from(ch == '(') - i32::from(ch == ')');
        ch == ',' && depth == 0
    });
    split.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Whether a column cannot hold people's words.
fn is_dry(column: &str) -> bool {
    let own = column.split(" as ").next().unwrap_or(column).trim();
    let own = own.strip_prefix("distinct ").unwrap_or(own).trim();
    if COUNTS.iter().any(|name| own.starts_with(name)) || own.chars().all(|ch| ch.is_ascii_digit()) {
        return true;
    }
    let inner = ["max(", "min(", "coalesce("].iter().find_map(|name| own.strip_prefix(name)).unwrap_or(own);
    let name = inner.trim_end_matches(')').rsplit('.').next().unwrap_or(inner);
    let plain =
        name.chars().all(|ch| ch.is_ascii_alphanumeric() || matches!(ch, '_' | '"' | '`' | '[' | ']'));
    plain && words(name).last().is_some_and(|last| DRY.contains(&last.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_statements() {
        for dry in [
            "SELECT id FROM conversations WHERE last_active_at < ?",
            "select count(*) from {}",
            "SELECT COUNT(DISTINCT c.user_id) AS users, MAX(c.created_at) FROM conversations c",
            "INSERT INTO conversations (user_id, created_at) VALUES (?, ?)",
            "UPDATE conversations SET last_active_at = datetime('now'), message_count = message_count + 1 WHERE id = ?",
            "SELECT 1 FROM messages WHERE id = ?",
        ] {
            assert!(!may_hold_words(dry), "{dry}");
        }
        for words in [
            "SELECT * FROM messages",
            "SELECT role, content FROM messages",
            "SELECT id, (SELECT content FROM messages LIMIT 1) FROM conversations",
            "INSERT INTO messages (conversation_id, role, content) VALUES (?, ?, ?)",
            "INSERT INTO messages VALUES (?, ?)",
            "UPDATE conversations SET title = ? WHERE id = ?",
            "SELECT {} FROM messages",
            "DELETE FROM messages",
            "WITH recent AS (SELECT 1) SELECT id FROM messages",
            "select",
            "",
        ] {
            assert!(may_hold_words(words), "{words}");
        }
    }
}
