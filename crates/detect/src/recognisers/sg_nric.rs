//! Singaporean identity numbers (NRIC and FIN): a letter for kind and century, seven digits, a check letter modulo 11. In
//! capitals, format and check letter are sufficient.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::weighted;
use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "sg_nric",
    kind: DataType::SgNric,
    trigger: Trigger::Word(9..=9, Head::Letter),
    labels: &["nric", "nric no", "fin", "fin no", "singapore id", "新加坡身份证"],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let [kind, digits @ .., check] = text.ahead(word.start, word.len()) else { return None };
    let number: Vec<u8> = digits.iter().map(|byte| byte.wrapping_sub(b'0')).collect();
    let formed = number.iter().all(|digit| *digit < 10) && text.is_whole_number(&word);
    (formed && letter(*kind, &number) == Some(check)).then(|| Found::validated(word, 0.9))
}

/// The check letter. The kind determines the row of letters and what is added to the sum.
fn letter(kind: u8, number: &[u8]) -> Option<&'static u8> {
    let (letters, more): (&[u8; 11], u32) = match kind {
        b'S' => (b"JZIHGFEDCBA", 0),
        b'T' => (b"JZIHGFEDCBA", 4),
        b'F' => (b"XWUTRQPNMLK", 0),
        b'G' => (b"XWUTRQPNMLK", 4),
        b'M' => (b"XWUTRQPNJLK", 3),
        _ => return None,
    };
    letters.get(((weighted(number, &[2, 7, 6, 5, 4, 3, 2]) + more) % 11) as usize)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(DataType::SgNric, &["NRIC: [[S1234567D]]", "FIN [[G1234567X]]."]);
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::SgNric, &["S1234567A", "s1234567d", "S123456D"]);
    }
}
