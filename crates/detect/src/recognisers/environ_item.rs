//! Keys that code writes into its environment: `os.environ["MAPS_KEY"] = "…"`, `process.env.MAPS_KEY = '…'`.

use std::ops::Range;

use ombud_core::DataType;

use super::url::is_placeholder;
use super::vendor_key::is_random;
use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "environ_item",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&["environ[", "process.env.", "ENV["]),
    labels: &[],
    find,
};

/// Suffixes of variable names that hold a secret.
const ENDS: &[&str] = &["KEY", "SECRET", "TOKEN", "PASSWORD", "PASSWD", "CREDENTIAL", "TOKEN_ID", "PAT"];
/// Parts of variable names whose values are public.
const PUBLIC: &[&str] = &["PUBLIC", "SITE_KEY"];

fn find(text: &Text<'_>, head: Range<usize>) -> Option<Found> {
    let name_at = text.run(head.end, 1, |b| matches!(b, b'"' | b'\''));
    let name_end = text.run(name_at, 64, |b| is_word(b) || b == b'_');
    let name = text.slice(name_at..name_end);
    let closed = text.run(name_end, 2, |b| matches!(b, b'"' | b'\'' | b']'));
    let equals = text.run(closed, 4, |b| b == b' ');
    let open = text.run(equals + 1, 4, |b| b == b' ');
    let quote = text.byte(open).filter(|b| matches!(b, b'"' | b'\''))?;
    let end = text.run(open + 1, 256, |b| b != quote && b.is_ascii_graphic());
    let value = text.slice(open + 1..end);
    let told = ENDS.iter().any(|word| name.ends_with(word)) && !PUBLIC.iter().any(|word| name.contains(word));
    let characters = value.bytes().all(|b| is_word(b) || b"-_.+/=:".contains(&b));
    let parted = text.byte(equals) == Some(b'=') && text.byte(end) == Some(quote);
    (told
        && parted
        && characters
        && value.len() >= 20
        && is_random(value)
        && !is_placeholder(value)
        && !value.contains("://"))
    .then(|| Found::labelled(open + 1..end, 0.8))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn keys_are_found() {
        check(
            DataType::Secret,
            &[
                "os.environ[\"MAPS_KEY\"] = \"[[0a1b2c3d4e5f60718293a4b5c6d7e8f9]]\"",
                "process.env.MAPS_TOKEN = '[[aB3dE6gH9jK2mN5pQ8sT1v]]';",
            ],
        );
    }

    #[test]
    fn other_items_are_not() {
        check(
            DataType::Secret,
            &[
                "os.environ[\"MAPS_KEY\"] = \"your-key-goes-right-here\"",
                "os.environ[\"MAPS_URL\"] = \"0a1b2c3d4e5f60718293a4b5c6d7e8f9\"",
                "os.environ[\"SITE_PUBLIC_KEY\"] = \"0a1b2c3d4e5f60718293a4b5c6d7e8f9\"",
                "key = os.environ[\"MAPS_KEY\"]",
            ],
        );
    }
}
