//! API keys of Zhipu AI (智谱): 32 hexadecimal characters, a dot, 16 letters and digits.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "zhipu_key",
    kind: DataType::Secret,
    trigger: Trigger::Word(32..=32, Head::Any),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, id: Range<usize>) -> Option<Found> {
    let hex = text.ahead(id.start, 32).iter().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    let end = text.run(id.end + 1, 17, is_word);
    let secret = text.slice(id.end + 1..end);
    let random = secret.bytes().any(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let free =
        !matches!(text.before(id.start), Some(b'/' | b'-' | b'_' | b'.')) && text.byte(end) != Some(b'.');
    (hex && text.byte(id.end) == Some(b'.') && secret.len() == 16 && random && free)
        .then(|| Found::validated(id.start..end, 0.95))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn keys_are_found() {
        check(DataType::Secret, &["ZHIPUAI_API_KEY=[[0123456789abcdef0123456789abcdef.AbCdEfGh12345678]]"]);
    }

    #[test]
    fn file_names_are_not() {
        check(
            DataType::Secret,
            &["0123456789abcdef0123456789abcdef.png", "/0123456789abcdef0123456789abcdef.AbCdEfGh12345678"],
        );
    }
}
