//! Chinese resident identity card numbers (GB 11643-1999): a six-digit area (GB/T 2260), eight digits of birth date, a
//! three-digit sequence, and a check character by ISO 7064 MOD 11-2 (`X` stands for 10). The first generation (until
//! 2013) had 15 digits: a two-digit birth year and no check character; those need a label.
//!
//! Residence permits for people from Hong Kong (81), Macau (82) and Taiwan (83) and the permanent residence cards of 2023
//! (9) use the same format.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Digits, Text};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "cn_id",
    kind: DataType::CnId,
    trigger: Trigger::Word(6..=18, Head::Digit),
    labels: &[
        "身份证",
        "身份证号",
        "身份证号码",
        "居民身份证",
        "公民身份号码",
        "身份号码",
        "证件号",
        "证件号码",
        "身份证明",
        "id card",
        "id number",
        "id no",
        "idcard",
        "identity card",
        "national id",
        "resident id",
        "citizen id",
        "sfz",
    ],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    match word.len() {
        18 => of_18(text, &word, word.clone()),
        15 => of_15(text, word),
        6 => grouped(text, word.start),
        _ => None,
    }
}

fn of_18(text: &Text<'_>, pieces: &Range<usize>, span: Range<usize>) -> Option<Found> {
    let mut characters = [0_u8; 18];
    let bytes = text.ahead(pieces.start, pieces.len()).iter().filter(|b| b.is_ascii_alphanumeric());
    let mut count = 0;
    for (place, byte) in characters.iter_mut().zip(bytes) {
        *place = *byte;
        count += 1;
    }
    let [area @ .., _] = &characters;
    if count != 18 || !area.iter().all(u8::is_ascii_digit) || !text.is_whole_number(&span) {
        return None;
    }
    let date = (number(&characters, 6..10), number(&characters, 10..12), number(&characters, 12..14));
    if !is_area(number(&characters, 0..2)) || !is_date(date) || !(1880..=2100).contains(&date.0) {
        return None;
    }
    if check_character(&characters) == characters[17].to_ascii_uppercase() {
        return Some(Found::validated(span, 0.98));
    }
    let checkable = characters[17].is_ascii_digit() || matches!(characters[17], b'X' | b'x');
    (checkable && text.labels(span.start).announce(DataType::CnId)).then(|| Found::labelled(span, 0.8))
}

fn of_15(text: &Text<'_>, span: Range<usize>) -> Option<Found> {
    let characters = text.ahead(span.start, 15);
    let date = (1900 + number(characters, 6..8), number(characters, 8..10), number(characters, 10..12));
    let formed = characters.iter().all(u8::is_ascii_digit)
        && is_area(number(characters, 0..2))
        && is_date(date)
        && text.is_whole_number(&span);
    (formed && text.labels(span.start).announce(DataType::CnId)).then(|| Found::labelled(span, 0.8))
}

/// `110101 19900307 1234`, with spaces or hyphens; the last group may end with `X`.
fn grouped(text: &Text<'_>, at: usize) -> Option<Found> {
    let digits = Digits::read(text, at, |b| matches!(b, b' ' | b'-'));
    let end = digits.end_of(18).or_else(|| {
        let end = digits.end_of(17)?;
        matches!(text.byte(end), Some(b'X' | b'x')).then_some(end + 1)
    })?;
    let mut sizes = digits.sizes(18);
    let formed = matches!(
        (sizes.next(), sizes.next(), sizes.next()),
        (Some(6), Some(8), _) | (Some(6), Some(4), Some(4))
    );
    formed.then(|| of_18(text, &(at..end), at..end))?
}

/// The value of a range of ASCII digits; unspecified for anything else.
fn number(characters: &[u8], range: Range<usize>) -> u32 {
    let digits = characters.get(range).unwrap_or_default();
    digits.iter().fold(0, |sum, byte| sum * 10 + u32::from(byte.wrapping_sub(b'0') % 10))
}

/// The first two digits of GB/T 2260 codes, and those of the residence permits.
fn is_area(province: u32) -> bool {
    matches!(province, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 | 91..=99)
}

fn is_date((year, month, day): (u32, u32, u32)) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// ISO 7064 MOD 11-2 over the first 17 digits.
fn check_character(characters: &[u8; 18]) -> u8 {
    let [digits @ .., _] = characters;
    let sum = digits.iter().fold(0, |sum, byte| (sum + u32::from(byte.wrapping_sub(b'0'))) * 2 % 11);
    let check = (12 - sum) % 11;
    if check == 10 { b'X' } else { u8::try_from(check).map_or(b'0', |check| b'0' + check) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn identity_numbers_are_found() {
        check(
            DataType::CnId,
            &[
                "身份证号[[11010519491231002X]]，谢谢",
                "[[11010519491231002x]]",
                "[[440524188001010014]]",
                "id: [[440524 18800101 0014]].",
                "[[110105-19491231-002X]]",
                "[[110105 1949 1231 002X]]",
                "身份证[[１１０１０５１９４９１２３１００２Ｘ]]",
                "身份证号[[110105491231002]]",
                "身份证号[[110105194912310021]]有误",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::CnId,
            &[
                "110105194912310021",
                "110105491231002",
                "991305194912310021",
                "身份证号110105194913310021",
                "订单JD11010519491231002X",
                "202411010519491231002",
                "11010519491231002X5",
            ],
        );
    }
}
