//! What is known of libraries, by resolved import path.

mod columns;
pub(super) mod databases;
pub(super) mod files;
pub(super) mod flaws;
pub(super) mod frameworks;
pub(super) mod guards;
pub(super) mod keys;
pub(super) mod known;
pub(super) mod labels;
pub(super) mod models;
mod programs;
pub(super) mod script;
mod sdks;
pub(super) mod sessions;
pub(super) mod sinks;
pub(super) mod sources;
pub(super) mod stores;
pub(super) mod swift;
pub(super) mod switches;
pub(super) mod system;
pub(super) mod vercel;
pub(super) mod web;

/// Returns the first part of a path: the package.
pub(super) fn root(path: &str) -> &str {
    path.split(['.', '(']).next().unwrap_or(path)
}

/// Returns the last part of a path, without calls.
pub(super) fn last(path: &str) -> &str {
    path.trim_end_matches("()").rsplit('.').next().unwrap_or(path)
}

/// Splits an identifier into lower-case words: at underscores, dots and camel-case humps.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut before = '_';
    for ch in name.chars() {
        if !ch.is_alphanumeric() {
            before = '_';
            continue;
        }
        let hump = ch.is_uppercase() && before.is_lowercase();
        if before == '_' || hump {
            found.push(String::new());
        }
        if let Some(word) = found.last_mut() {
            word.extend(ch.to_lowercase());
        }
        before = ch;
    }
    found
}

/// Whether a name contains one of these words; a word ending in `*` matches as a prefix.
pub(crate) fn names(name: &str, wanted: &[&str]) -> bool {
    if name.is_ascii() {
        let at = |start: usize| name.as_bytes().get(start..).unwrap_or_default();
        return beginnings(name).any(|start| wanted.iter().any(|wanted| begins_with(at(start), wanted)));
    }
    words(name).iter().any(|word| {
        wanted.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(prefix) => word.starts_with(prefix),
            None => word == wanted,
        })
    })
}

/// Words that say whose data is meant, or to which conversation it belongs.
const WHOSE: &[&str] = &[
    "user*",
    "uid",
    "uin",
    "openid",
    "chat",
    "session*",
    "group*",
    "conversation*",
    "thread*",
    "channel*",
    "room*",
    "sender*",
    "owner*",
    "account*",
    "member*",
    "peer*",
    "contact*",
    "friend*",
    "customer*",
    "tenant*",
    "person*",
    "author*",
    "character*",
    "scope*",
    "id",
    "ids",
    "key",
];

/// Whether a name, a condition or an argument says whose data is meant.
pub(crate) fn says_whose(text: &str) -> bool {
    text.split(|ch: char| !ch.is_alphanumeric() && ch != '_').any(|word| names(word, WHOSE))
}

/// Returns where these words begin in an ASCII identifier; a fast path, as nearly every name of a project is checked.
fn beginnings(name: &str) -> impl Iterator<Item = usize> {
    let mut before = b'_';
    name.bytes().enumerate().filter_map(move |(at, byte)| {
        let begins = begins_word(before, byte);
        before = byte;
        begins.then_some(at)
    })
}

/// Whether a word begins at a byte: after a separator, or at a hump.
fn begins_word(before: u8, byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        && (!before.is_ascii_alphanumeric() || before.is_ascii_lowercase() && byte.is_ascii_uppercase())
}

/// Whether the first word of a text is the wanted one.
fn begins_with(text: &[u8], wanted: &str) -> bool {
    // The first letter rules out nearly all.
    let first = wanted.as_bytes().first().copied().unwrap_or(b'*');
    if first != b'*' && text.first().is_none_or(|byte| byte.to_ascii_lowercase() != first) {
        return false;
    }
    let (stem, open) = match wanted.strip_suffix('*') {
        Some(stem) => (stem.as_bytes(), true),
        None => (wanted.as_bytes(), false),
    };
    let is_stem = |byte: &u8, sign: &u8| byte.to_ascii_lowercase() == *sign;
    let (Some(start), rest) = (text.get(..stem.len()), text.get(stem.len()..).unwrap_or_default()) else {
        return false;
    };
    if !start.iter().zip(stem).all(|(byte, sign)| is_stem(byte, sign)) {
        return false;
    }
    let whole = start.windows(2).all(|two| !matches!(two, [before, byte] if begins_word(*before, *byte)));
    let ends = || match (start.last(), rest.first()) {
        (Some(before), Some(byte)) => !byte.is_ascii_alphanumeric() || begins_word(*before, *byte),
        _ => true,
    };
    whole && (open || ends())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_ascii_are_the_same_words() {
        for name in
            ["hasConsent_of.user", "HTTPServer", "a1B2", "__x__", "", "userIDs", "A", "snake_caseAndHumps9Z"]
        {
            let starts: Vec<usize> = beginnings(name).collect();
            let words = words(name);
            assert_eq!(starts.len(), words.len(), "{name}");
            for (start, word) in starts.iter().zip(&words) {
                assert!(begins_with(&name.as_bytes()[*start..], word), "{name}: {word}");
                assert!(!begins_with(&name.as_bytes()[*start..], &format!("{word}x*")), "{name}: {word}");
            }
        }
        assert!(
            names("DeleteAll", &["delete"])
                && names("erasedBy", &["eras*"])
                && !names("undelete", &["delete"])
        );
    }

    #[test]
    fn identifiers_fall_into_words() {
        assert_eq!(words("hasConsent_of.user"), ["has", "consent", "of", "user"]);
        assert!(names("user_consented", &["consent*"]) && !names("nonconsensual", &["consent*"]));
    }
}
