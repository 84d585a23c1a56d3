//! Hong Kong identity card numbers: one or two letters, six digits, and a check character in brackets. The sum of letters
//! (A = 10 … Z = 35; a missing first letter = 36) and digits weighted 9 to 2, plus the check character (`A` = 10), must
//! be a multiple of 11. Without brackets a label is required.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "hk_id",
    kind: DataType::HkId,
    trigger: Trigger::Word(7..=9, Head::Letter),
    labels: &[
        "hkid",
        "hk id",
        "hkid no",
        "hong kong id",
        "hong kong identity card",
        "香港身份证",
        "香港居民身份证",
    ],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let bytes = text.ahead(word.start, word.len());
    let letters = bytes.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let digits = bytes.iter().skip(letters).take_while(|b| b.is_ascii_digit()).count();
    let bracket = (letters + digits == word.len() && digits == 6).then_some(word.end).filter(|&at| {
        text.byte(at) == Some(b'(')
            && text.byte(at + 1).is_some_and(is_word)
            && text.byte(at + 2) == Some(b')')
    });
    let (check, span) = match bracket {
        Some(at) => (text.byte(at + 1)?, word.start..at + 3),
        None if word.len() == letters + 7 => (bytes.last().copied()?, word.clone()),
        None => return None,
    };
    let body = bytes.get(..letters + 6)?;
    let formed = (1..=2).contains(&letters) && body.iter().skip(letters).all(u8::is_ascii_digit);
    if !formed || !text.is_whole_number(&span) {
        return None;
    }
    let labelled = || text.labels(word.start).announce(DataType::HkId);
    let valid = check_character(body, letters) == Some(check.to_ascii_uppercase());
    match (valid, bracket.is_some()) {
        (true, true) => Some(Found::validated(span, 0.95)),
        (true, false) => labelled().then(|| Found::validated(span, 0.95)),
        (false, _) => labelled().then(|| Found::labelled(span, 0.7)),
    }
}

fn check_character(body: &[u8], letters: usize) -> Option<u8> {
    let value = |byte: &u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        _ => u32::from(byte.to_ascii_uppercase().wrapping_sub(b'A')) + 10,
    };
    let blank = if letters == 1 { 36 * 9 } else { 0 };
    let sum: u32 = body.iter().rev().zip(2..).map(|(byte, weight)| value(byte) * weight).sum::<u32>() + blank;
    match (11 - sum % 11) % 11 {
        10 => Some(b'A'),
        check => u8::try_from(check).ok().map(|check| b'0' + check),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn cards_are_found() {
        check(
            DataType::HkId,
            &[
                "HKID: [[A123456(3)]]",
                "[[A123456（3）]]。",
                "香港身份证[[A1234563]]",
                "id [[AB987654(3)]]",
                "HKID [[A123456(4)]]",
            ],
        );
    }

    #[test]
    fn other_codes_are_not() {
        check(DataType::HkId, &["A123456(4)", "A1234563", "func1234(3)", "ABC123456(3)", "A12345(3)"]);
    }
}
