//! Taiwanese identity card and resident certificate numbers: a letter and nine digits, the first 1 or 2 (citizens), 8 or
//! 9 (residents since 2021); older resident certificates have a second letter A to D. Check: the letter becomes two
//! digits (A = 10 … by the household registration's table); weights 1 9 8 7 6 5 4 3 2 1 and 1 for the check digit; a
//! multiple of 10.
//!
//! One code in ten passes the check by chance, so without a label the score stays low.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "tw_id",
    kind: DataType::TwId,
    trigger: Trigger::Word(10..=10, Head::Letter),
    labels: &[
        "taiwan id",
        "roc id",
        "taiwan national id",
        "arc no",
        "arc number",
        "台湾身份证",
        "台湾身分证",
        "身分证字号",
        "身分证",
        "居留证",
        "统一证号",
    ],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let number: &[u8; 10] = text.ahead(word.start, 10).try_into().ok()?;
    if !is_valid(number)? || !text.is_whole_number(&word) {
        return None;
    }
    let labels = text.labels(word.start);
    if labels.announce(DataType::TwId) {
        return Some(Found::validated(word, 0.95));
    }
    let plain = number.iter().filter(|b| b.is_ascii_digit()).count() == 9 && number[0].is_ascii_uppercase();
    (plain && !labels.announce_other()).then(|| Found::shape(word, 0.55))
}

/// The letters in the order of the household registration's table, starting with 10.
const LETTERS: &[u8; 26] = b"ABCDEFGHJKLMNPQRSTUVXYWZIO";

fn letter(byte: u8) -> Option<u32> {
    let place = LETTERS.iter().position(|letter| *letter == byte.to_ascii_uppercase())?;
    u32::try_from(place).ok().map(|place| place + 10)
}

fn is_valid(number: &[u8; 10]) -> Option<bool> {
    let [first, second, rest @ ..] = number;
    let area = letter(*first)?;
    let second = match second {
        b'1' | b'2' | b'8' | b'9' => u32::from(second - b'0'),
        b'A'..=b'D' => letter(*second)? % 10,
        _ => return None,
    };
    let mut sum = area / 10 + area % 10 * 9 + second * 8;
    for (byte, weight) in rest.iter().zip([7, 6, 5, 4, 3, 2, 1, 1]) {
        sum += u32::from(byte.is_ascii_digit().then(|| byte - b'0')?) * weight;
    }
    Some(sum.is_multiple_of(10))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(DataType::TwId, &["身分證字號:[[A123456789]]", "居留證 [[A800000014]]", "see [[A123456789]]."]);
    }

    #[test]
    fn other_codes_are_not() {
        check(DataType::TwId, &["A123456788", "A323456789", "sku A123456789", "A1234567890", "1A23456789"]);
    }
}
