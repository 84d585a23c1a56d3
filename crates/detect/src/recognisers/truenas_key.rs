//! `TrueNAS` API keys: a number, a hyphen, 64 letters and digits of both cases.

use std::ops::Range;

use ombud_core::DataType;

use super::vendor_key::is_random;
use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "truenas_key",
    kind: DataType::Secret,
    trigger: Trigger::Word(64..=64, Head::Any),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let body = text.slice(word.clone());
    let has = |test: fn(u8) -> bool| body.bytes().any(test);
    let number = text.run_back(word.start.checked_sub(1)?, 5, |b| b.is_ascii_digit());
    let joined = text.before(word.start) == Some(b'-') && (1..=4).contains(&(word.start - 1 - number));
    let mixed = body.len() == 64
        && has(|b| b.is_ascii_lowercase())
        && has(|b| b.is_ascii_uppercase())
        && is_random(body);
    let span = number..word.end;
    (joined && mixed && text.stands_alone(&span)).then(|| Found::validated(span, 0.95))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn keys_are_found() {
        let body = "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0bC3dE6fG9hJ2kL5mN8pQ1rS4tU7vW0xY3z";
        check(DataType::Secret, &[&format!("\"params\": [\"[[10-{body}]]\"]")]);
    }

    #[test]
    fn hashes_are_not() {
        check(DataType::Secret, &["1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]);
    }
}
