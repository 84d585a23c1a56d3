//! Flaws of calls in an app: a key that everybody has, a secret in the preferences, encryption that hides nothing.

use super::super::super::value::{Argument, Made, Shape, Value, given, named};
use super::super::flaws::looks_like_key;
use super::super::{last, words};
use super::{BUNDLED, CLIENTS, head, own};
use crate::facts::{Deed, Flaw};

/// Returns the flaws of a call, judged by its arguments.
pub(in crate::code) fn flaws(path: &str, arguments: &[Argument]) -> Vec<Deed> {
    let Some(path) = own(path) else { return Vec::new() };
    let rows = [
        (key_in_app(path, arguments), Flaw::KeyInApp),
        (secret_in_preferences(path, arguments), Flaw::SecretInPreferences),
        (matches!(path, "DisabledTrustEvaluator" | "DisabledEvaluator"), Flaw::CertificateUnchecked),
        (weak(path, arguments), Flaw::WeakCipher),
        (fixed(path, arguments), Flaw::FixedKey),
    ];
    rows.into_iter().filter(|(wrong, _)| *wrong).map(|(_, flaw)| Deed::Flaw(flaw)).collect()
}

/// Argument labels for a client's key.
const KEYS: &[&str] = &["apiKey", "apiToken", "token", "authToken", "key", "secret", "bearerToken"];

/// Whether a text is a key that is recognised only by its use here: another rule reports keys with a form of their
/// own where they are written.
fn is_written_out(text: &str) -> bool {
    const FORMS: &[&str] = &["sk-", "AIza", "gsk_", "xai-", "hf_", "ghp_"];
    let bare = text.trim_start_matches("Bearer ").trim();
    looks_like_key(text) && !FORMS.iter().any(|form| bare.starts_with(form))
}

/// Whether a key that the app carries authenticates it to a provider.
fn key_in_app(path: &str, arguments: &[Argument]) -> bool {
    let carried = |value: &Value| {
        value.template().is_some_and(|text| {
            text.variables().any(|name| name.starts_with(BUNDLED)) || text.known().is_some_and(is_written_out)
        })
    };
    let header = named(arguments, &["forHTTPHeaderField"]).and_then(Value::known_text).unwrap_or_default();
    let opens = matches!(
        header.to_ascii_lowercase().as_str(),
        "authorization" | "x-api-key" | "api-key" | "x-goog-api-key"
    );
    if matches!(last(path), "setValue" | "addValue") && opens {
        return given(arguments, 0, "value").is_some_and(carried);
    }
    let client = CLIENTS.iter().any(|(made, ..)| *made == head(path));
    client && named(arguments, KEYS).is_some_and(carried)
}

/// Whether the key of a preference names a secret.
fn secret_in_preferences(path: &str, arguments: &[Argument]) -> bool {
    let sets = matches!(head(path), "UserDefaults" | "NSUbiquitousKeyValueStore")
        && matches!(last(path), "set" | "setValue");
    let key = named(arguments, &["forKey"]).and_then(Value::known_text).unwrap_or_default();
    let empty = given(arguments, 0, "value").is_some_and(|value| {
        matches!(value.shape, Shape::None | Shape::Bool(_) | Shape::Number(_))
            || value.known_text() == Some("")
    });
    sets && !empty && is_secret(key)
}

/// Whether a name is that of a key, a password or a session.
fn is_secret(name: &str) -> bool {
    let words = words(name);
    let has = |word: &str| words.iter().any(|one| one == word);
    let counted =
        ["count", "counter", "limit", "max", "used", "usage", "date", "expiry", "is", "has", "valid"];
    if counted.iter().any(|word| has(word)) {
        return false;
    }
    let key = [
        "apikey",
        "password",
        "passwd",
        "secret",
        "accesstoken",
        "refreshtoken",
        "token",
        "bearer",
        "credential",
        "credentials",
    ];
    let pair = ["api", "private", "secret", "openai", "anthropic", "gpt", "access"];
    key.iter().any(|word| has(word)) || has("key") && pair.iter().any(|word| has(word))
}

fn weak(path: &str, arguments: &[Argument]) -> bool {
    match head(path) {
        "CCCrypt" | "CCCryptorCreateWithMode" => arguments.iter().any(|argument| {
            says(
                &argument.value,
                &["kCCOptionECBMode", "kCCModeECB", "kCCAlgorithmDES", "kCCAlgorithmRC4"],
                0,
            )
        }),
        "AES" | "Blowfish" if path == head(path) => {
            arguments.iter().any(|argument| says(&argument.value, &["ECB"], 0))
        }
        _ => false,
    }
}

/// Whether a value contains one of these external names: `CCOptions(kCCOptionECBMode | kCCOptionPKCS7Padding)`.
fn says(value: &Value, wanted: &[&str], depth: usize) -> bool {
    if depth > 3 {
        return false;
    }
    let named = value.outside().is_some_and(|path| wanted.contains(&last(path)));
    named
        || match &value.shape {
            Shape::List(items) => items.iter().any(|item| says(item, wanted, depth + 1)),
            Shape::Made(made) => made.given.iter().any(|one| says(&one.value, wanted, depth + 1)),
            _ => false,
        }
}

/// Whether a key or an initialisation vector is hard-coded.
fn fixed(path: &str, arguments: &[Argument]) -> bool {
    let out = |names: &[&str]| named(arguments, names).is_some_and(|value| written_out(value, 0));
    match path {
        "SymmetricKey" | "AES.GCM.Nonce" | "ChaChaPoly.Nonce" => out(&["data"]),
        "AES" | "CBC" => out(&["key", "iv"]),
        _ => false,
    }
}

fn written_out(value: &Value, depth: usize) -> bool {
    if depth > 3 {
        return false;
    }
    let bytes = |made: &Made| {
        matches!(made.path.as_str(), "swift.Data()" | "swift.Array()")
            && made.given.first().is_some_and(|one| written_out(&one.value, depth + 1))
    };
    value.known_text().is_some_and(|text| text.len() >= 8) || value.made().is_some_and(|made| bytes(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_their_names() {
        assert!(is_secret("openai_api_key") && is_secret("accessToken") && is_secret("userPassword"));
        assert!(
            !is_secret("tokenCount")
                && !is_secret("theme_key")
                && !is_secret("hasToken")
                && !is_secret("keyboard")
        );
    }
}
