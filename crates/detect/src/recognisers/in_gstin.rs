//! Indian goods and services tax numbers: a state, a permanent account number, an entity number, `Z`, and a check
//! character modulo 36 (GSTN).

use std::ops::Range;

use ombud_core::DataType;

use super::in_pan::is_pan;
use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "in_gstin",
    kind: DataType::InGstin,
    trigger: Trigger::Word(15..=15, Head::Digit),
    labels: &["gstin", "gst number", "gst no"],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let code = text.ahead(word.start, word.len());
    let state = matches!(code, [b'0'..=b'2', b'0'..=b'9', ..] | [b'3', b'0'..=b'8', ..]);
    let formed = state && code.get(2..12).is_some_and(is_pan) && code.get(13) == Some(&b'Z');
    (formed && check_value(code) == code.last().and_then(|byte| value(*byte)))
        .then(|| Found::validated(word, 0.97))
}

fn value(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(36).filter(|_| !byte.is_ascii_lowercase())
}

/// The value of the last character: products by 1 and 2 alternately, with their base-36 digits summed.
fn check_value(code: &[u8]) -> Option<u32> {
    let sum = code.iter().take(14).enumerate().try_fold(0, |sum, (i, byte)| {
        let product = value(*byte)? * if i % 2 == 1 { 2 } else { 1 };
        Some(sum + product / 36 + product % 36)
    })?;
    Some((36 - sum % 36) % 36)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(DataType::InGstin, &["GSTIN [[27ABCPE1234F1ZB]].", "发票税号[[27ABCPE1234F1ZB]]"]);
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::InGstin, &["GSTIN 27ABCPE1234F1ZC", "27ABCDE1234F1Z5", "271234567890123"]);
    }
}
