//! Italian tax codes (codice fiscale): sixteen characters derived from name, birth date and birthplace, the last a check
//! letter (Decreto 23 dicembre 1976). Where codes would coincide, letters replace digits.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "it_cf",
    kind: DataType::ItCf,
    trigger: Trigger::Word(16..=16, Head::Letter),
    labels: &["codice fiscale", "cod. fiscale", "c.f."],
    find,
};

/// Value of a character at an odd position, by rank, for digits and letters alike.
const ODD: [u32; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let code = text.slice(word.clone()).to_ascii_uppercase().into_bytes();
    let (check, body) = code.split_last()?;
    let formed = body.iter().enumerate().all(|(i, byte)| match i {
        0..=5 | 8 | 11 => byte.is_ascii_alphabetic(),
        _ => byte.is_ascii_digit() || b"LMNPQRSTUV".contains(byte),
    });
    let month = body.get(8).is_some_and(|byte| b"ABCDEHLMPRST".contains(byte));
    let sum: u32 = body.iter().enumerate().map(|(i, byte)| counts(i, *byte)).sum();
    (formed && month && sum % 26 == u32::from(check.wrapping_sub(b'A'))).then(|| Found::validated(word, 0.97))
}

fn counts(place: usize, byte: u8) -> u32 {
    let rank = if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'A') };
    if place % 2 == 1 { u32::from(rank) } else { ODD.get(usize::from(rank)).copied().unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(DataType::ItCf, &["codice fiscale [[RSSMRA85M01H501Q]].", "cf: [[rssmra85m01h501q]]"]);
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::ItCf, &["RSSMRA85M01H501R", "ABCDEF12G34H567I"]);
    }
}
