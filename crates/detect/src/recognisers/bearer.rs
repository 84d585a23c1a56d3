//! Tokens in HTTP headers: `Authorization: Bearer …` and `Basic …` (RFC 6750, RFC 7617), and the same words on a command
//! line.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "bearer",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&[
        "bearer ",
        "authorization: basic ",
        "authorization: token ",
        "authorization\": \"basic ",
    ]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let end = text.run(word.end, 4096, |b| is_word(b) || b"-._~+/=".contains(&b));
    let value = text.slice(word.end..end).trim_end_matches('.');
    let digits = value.bytes().any(|b| b.is_ascii_digit());
    let mixed =
        value.bytes().any(|b| b.is_ascii_lowercase()) && value.bytes().any(|b| b.is_ascii_uppercase());
    let free = !text.before(word.start).is_some_and(is_word);
    let believed = value.len() >= 12 && digits && (mixed || value.len() >= 20) && !value.contains("xxxx");
    (free && believed).then(|| Found::labelled(word.end..word.end + value.len(), 0.85))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn tokens_are_found() {
        check(
            DataType::Secret,
            &[
                "Authorization: Bearer [[mF_9.B5f-4.1JqMz0aQ]]\n",
                "-H 'authorization: Basic [[QWxhZGRpbjpvcGVuIHNlc2FtZTE=]]'",
            ],
        );
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::Secret,
            &[
                "the bearer of this letter",
                "Bearer $TOKEN",
                "Bearer authentication-required",
                "Bearer xxxxxxxxxxxxxxxx1",
            ],
        );
    }
}
