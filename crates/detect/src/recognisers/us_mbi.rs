//! US Medicare beneficiary identifiers: eleven characters, each position a digit or a letter as prescribed by the CMS (no
//! S, L, O, I, B, Z), after a label.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::code_behind;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "us_mbi",
    kind: DataType::UsMbi,
    trigger: Trigger::Labels,
    labels: &[
        "mbi",
        "mbi number",
        "medicare id",
        "medicare number",
        "medicare beneficiary identifier",
        "medicare",
    ],
    find,
};

/// The character at each position: `C` a digit except 0, `A` a letter, `N` a digit, `B` either.
const FORM: &[u8; 11] = b"CABNABNAANN";

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (code, span) = code_behind(text, &label, FORM.len())?;
    let formed = code.iter().zip(FORM).all(|(byte, place)| match place {
        b'C' => matches!(byte, b'1'..=b'9'),
        b'N' => byte.is_ascii_digit(),
        b'A' => is_letter(*byte),
        _ => byte.is_ascii_digit() || is_letter(*byte),
    });
    formed.then(|| Found::validated(span, 0.92))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_uppercase() && !b"SLOIBZ".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(DataType::UsMbi, &["MBI: [[1EG4-TE5-MK73]]", "medicare number [[1EG4TE5MK73]]"]);
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::UsMbi, &["1EG4-TE5-MK73", "mbi 0EG4-TE5-MK73", "mbi 1SG4-TE5-MK73"]);
    }
}
