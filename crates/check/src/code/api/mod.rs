//! What is known of libraries, by resolved import path.

pub(super) mod databases;
pub(super) mod flaws;
pub(super) mod frameworks;
pub(super) mod guards;
pub(super) mod keys;
pub(super) mod known;
pub(super) mod labels;
pub(super) mod models;
pub(super) mod script;
pub(super) mod sinks;
pub(super) mod sources;
pub(super) mod stores;
pub(super) mod swift;
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
    words(name).iter().any(|word| {
        wanted.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(prefix) => word.starts_with(prefix),
            None => word == wanted,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_fall_into_words() {
        assert_eq!(words("hasConsent_of.user"), ["has", "consent", "of", "user"]);
        assert!(names("user_consented", &["consent*"]) && !names("nonconsensual", &["consent*"]));
    }
}
