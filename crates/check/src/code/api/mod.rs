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
pub(super) mod sessions;
pub(super) mod sinks;
pub(super) mod sources;
pub(super) mod stores;
pub(super) mod swift;
pub(super) mod switches;
pub(super) mod system;
pub(super) mod vercel;
pub(super) mod web;

/// The first part of a path: the package.
pub(super) fn root(path: &str) -> &str {
    path.split(['.', '(']).next().unwrap_or(path)
}

/// The last part of a path, without calls.
pub(super) fn last(path: &str) -> &str {
    path.trim_end_matches("()").rsplit('.').next().unwrap_or(path)
}

/// The words of an identifier in small letters: at underscores, dots and humps.
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

/// Whether a name contains a word, or one that begins with it where the word ends in `*`.
pub(crate) fn names(name: &str, wanted: &[&str]) -> bool {
    if name.is_ascii() {
        return ascii_words(name).any(|word| wanted.iter().any(|wanted| is_wanted(word, wanted)));
    }
    words(name).iter().any(|word| {
        wanted.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(prefix) => word.starts_with(prefix),
            None => word == wanted,
        })
    })
}

/// Words that say whose something is, or of which talk it is a part.
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

/// Whether a name, a condition or what a call is given says whose something is.
pub(crate) fn says_whose(text: &str) -> bool {
    text.split(|ch: char| !ch.is_alphanumeric() && ch != '_').any(|word| names(word, WHOSE))
}

/// The same words of an identifier in ASCII, as they stand.
fn ascii_words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|ch: char| !ch.is_ascii_alphanumeric()).flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            let hump = |two: &[u8]| matches!(two, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase());
            let end = rest.as_bytes().windows(2).position(hump).map_or(rest.len(), |at| at + 1);
            let (word, more) = rest.split_at_checked(end)?;
            rest = more;
            (!word.is_empty()).then_some(word)
        })
    })
}

fn is_wanted(word: &str, wanted: &str) -> bool {
    let first = |text: &str| text.as_bytes().first().map(u8::to_ascii_lowercase);
    if first(word) != first(wanted) {
        return wanted == "*";
    }
    match wanted.strip_suffix('*') {
        Some(prefix) => word
            .get(..prefix.len())
            .is_some_and(|start| start.bytes().map(|b| b.to_ascii_lowercase()).eq(prefix.bytes())),
        None => word.len() == wanted.len() && word.bytes().map(|b| b.to_ascii_lowercase()).eq(wanted.bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_ascii_are_the_same_words() {
        for name in
            ["hasConsent_of.user", "HTTPServer", "a1B2", "__x__", "", "userIDs", "A", "snake_caseAndHumps9Z"]
        {
            let lowered: Vec<String> = ascii_words(name).map(str::to_ascii_lowercase).collect();
            assert_eq!(lowered, words(name), "{name}");
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
