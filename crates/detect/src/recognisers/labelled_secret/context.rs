//! Contexts in which a plain word after `password` is a password: a connection string, a line of an environment file, a
//! login next to it.

use std::ops::Range;

use super::super::made::stands_for_a_value;
use crate::text::{Text, is_word};

/// Number of bytes before a label in which a user or a server is looked for.
const WINDOW: usize = 160;

/// Maximum length of a word that is accepted as a password.
const LONGEST: usize = 64;

/// Words that stand in for a password in forms, schemas and texts about passwords.
const MEANT: &[&str] = &[
    "password",
    "passwort",
    "string",
    "text",
    "required",
    "hidden",
    "null",
    "none",
    "nil",
    "undefined",
    "true",
    "false",
    "optional",
    "invalid",
    "incorrect",
    "missing",
    "empty",
    "secret_key",
    "input",
    "value",
    "changeit",
    "confirm",
    "enter",
    "yes",
    "no",
    "reset",
    "forgot",
    "prompt",
    "default",
    "wrong",
    "correct",
    "expired",
    "weak",
    "strong",
    "short",
];

/// True if the context makes even a plain word a password. `label` is the position of the word `password`.
pub(super) fn says_so(text: &Text<'_>, label: &Range<usize>, value: &Range<usize>, quoted: bool) -> bool {
    let written = text.slice(value.clone());
    let plain = written.len() <= LONGEST
        && written.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-@!#".contains(&b));
    plain && (in_connection(text, label, value) || is_said(text, label, value, quoted) && !is_meant(written))
}

fn is_said(text: &Text<'_>, label: &Range<usize>, value: &Range<usize>, quoted: bool) -> bool {
    if in_option(text, label, value) {
        // With a space in between, it may be a sentence about the option; `--pwd` is often a directory, and `--pass` a
        // compiler option.
        let name = text.slice(label.clone());
        let means_it = !["pwd", "pass"].iter().any(|other| name.eq_ignore_ascii_case(other));
        value.len() >= 5 && means_it && (quoted || text.byte(label.end) == Some(b'='))
    } else if quoted {
        beside_user(text, label, text.slice(value.clone())) || in_sentence(text, label, value)
    } else {
        in_environment(text, label, value) || in_settings(text, label, value)
    }
}

/// `--password=word`, `--db-password 'word'`: the label ends an option name, and the value belongs to it.
pub(super) fn in_option(text: &Text<'_>, label: &Range<usize>, value: &Range<usize>) -> bool {
    let start = text.run_back(label.start, 32, |b| is_word(b) || b == b'-');
    let option = text.ahead(start, 3).starts_with(b"-")
        && text.before(start).is_none_or(|b| matches!(b, b' ' | b'\n' | b'"' | b'\'' | b'`' | b'\t'));
    let between = text.slice(label.end..value.start);
    let ended = text
        .byte(value.end)
        .is_none_or(|b| matches!(b, b' ' | b'\n' | b'\r' | b'"' | b'\'' | b'`' | b';' | b')'));
    option && ended && matches!(between, "=" | " " | "=\"" | "='" | " \"" | " '")
}

/// True for what is written in place of a password.
pub(super) fn is_meant(written: &str) -> bool {
    MEANT.iter().any(|word| written.eq_ignore_ascii_case(word)) || stands_for_a_value(written)
}

/// `…;Uid=name;Pwd=word;…`
fn in_connection(text: &Text<'_>, label: &Range<usize>, value: &Range<usize>) -> bool {
    let parted = text.before(label.start) == Some(b';') && text.byte(label.end) == Some(b'=');
    let ended = text.byte(value.end).is_none_or(|b| matches!(b, b';' | b'"' | b'\''));
    if !parted || !ended {
        return false;
    }
    let before = window(text, label.start);
    ["server", "host", "data source", "user", "uid"].iter().any(|word| before.contains(word))
}

/// `DB_PASSWORD=word` on a line of its own.
fn in_environment(text: &Text<'_>, label: &Range<usize>, value: &Range<usize>) -> bool {
    let start = text.run_back(label.start, 64, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let name = text.slice(start..label.end);
    let capitals = !name.is_empty() && !name.bytes().any(|b| b.is_ascii_lowercase());
    let line = text.before(start).is_none_or(|b| matches!(b, b'\n' | b' '));
    let ended = text.byte(value.end).is_none_or(|b| matches!(b, b'\n' | b'\r' | b' '));
    capitals && line && ended && value.start == label.end + 1 && text.byte(label.end) == Some(b'=')
}

/// True if a user with a quoted name is shortly before, and the password is in lower case.
fn beside_user(text: &Text<'_>, label: &Range<usize>, written: &str) -> bool {
    let before = window(text, label.start);
    let small = written.len() >= 6 && !written.bytes().any(|b| b.is_ascii_uppercase());
    let named = before
        .rfind("user")
        .and_then(|at| before.get(at..))
        .is_some_and(|user| user.len() < 64 && user.matches(['"', '\'']).count() >= 2 && !user.contains('('));
    small && named
}

/// `user = name` on a line shortly before, `password = word` on its own line, nothing quoted: a settings file.
fn in_settings(text: &Text<'_>, label: &Range<usize>, value: &Range<usize>) -> bool {
    let begins = text.before(label.start).is_none_or(|b| b == b'\n');
    let ends = text.byte(value.end).is_none_or(|b| matches!(b, b'\n' | b'\r'));
    if !begins || !ends || value.len() < 6 {
        return false;
    }
    let written = text.slice(value.clone()).to_ascii_lowercase();
    let named = ["pass", "pwd", "user", "secret", "key", "."].iter().any(|word| written.contains(word));
    let plain = |line: &str| line.contains('=') && !line.contains(['(', '"', '\'', ';', '.']);
    !named && window(text, label.start).lines().any(|line| line.starts_with("user") && plain(line))
}

/// `the password is "word"`.
fn in_sentence(text: &Text<'_>, label: &Range<usize>, value: &Range<usize>) -> bool {
    let between = text.slice(label.end..value.start);
    value.len() >= 5 && (between.starts_with(" is ") || between.starts_with('是'))
}

/// True if `login name` comes before, as in a `.netrc`.
pub(super) fn is_netrc(text: &Text<'_>, label: usize) -> bool {
    let before = window(text, label);
    before.rfind("login ").and_then(|at| before.get(at + 6..)).is_some_and(|name| {
        let name = name.trim();
        !name.is_empty() && name.len() < 64 && name.bytes().all(|b| is_word(b) || b"._@-^".contains(&b))
    })
}

pub(super) fn window(text: &Text<'_>, at: usize) -> String {
    let from = text.as_str().floor_char_boundary(at.saturating_sub(WINDOW));
    text.slice(from..at).to_ascii_lowercase()
}
