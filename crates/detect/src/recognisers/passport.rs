//! Passport numbers. China (GA/T 1180, exit and entry administration): `E` or `G` and 8 digits, `EA` to `EH` and 7
//! digits, `D`, `S`, `P` with 7 or 8 digits, `14` or `15` and 7 digits. Other countries (ICAO 9303): 6 to 9 letters and
//! digits, most of them digits. None has a public check digit, so a label is always required.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "passport",
    kind: DataType::Passport,
    trigger: Trigger::Word(6..=9, Head::Any),
    labels: &[
        "passport",
        "passport no",
        "passport no.",
        "passport number",
        "passport #",
        "passport id",
        "passport_number",
        "护照",
        "护照号",
        "护照号码",
        "护照编号",
    ],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let number = text.slice(word.clone());
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let capitals = number.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let lower = number.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    let formed = digits >= 6 && number.len() - digits <= 2 && (capitals || lower) && !is_day(number);
    let labelled = || text.labels(word.start).announce(DataType::Passport);
    (formed && text.is_whole_number(&word) && labelled()).then(|| Found::labelled(word, 0.85))
}

/// `20240105` after `passport` is the date of issue.
fn is_day(number: &str) -> bool {
    let part = |range: Range<usize>| number.get(range).and_then(|digits| digits.parse::<u16>().ok());
    number.len() == 8
        && matches!((part(0..4), part(4..6), part(6..8)), (Some(1900..=2100), Some(1..=12), Some(1..=31)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn passports_are_found() {
        check(
            DataType::Passport,
            &[
                "护照[[EB9247802]]，持有人王大虎",
                "护照号码是[[E93475982]]",
                "Passport: [[A17261420]]\nAddress",
                "passport no. [[912803456]]",
                "护照:[[G98560444]]",
            ],
        );
    }

    #[test]
    fn other_codes_are_not() {
        check(
            DataType::Passport,
            &[
                "E93475982",
                "passport of 20240105",
                "护照办理编号E93475982",
                "passport photo 35x45mm",
                "passport ABCDEF12",
            ],
        );
    }
}
