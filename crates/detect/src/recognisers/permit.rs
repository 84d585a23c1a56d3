//! Travel permits between the mainland, Hong Kong, Macau and Taiwan: `C` or `W` (往来港澳通行证: 8 digits, or a second letter
//! and 7), `H` or `M` (港澳居民来往内地通行证: 8 digits, older ones 10), `T` or `L` (往来台湾通行证: 8), and 8 digits alone or with two in
//! brackets (台胞证). None has a public check digit, so a label is always required.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "permit",
    kind: DataType::Permit,
    trigger: Trigger::Word(8..=12, Head::Any),
    labels: &[
        "通行证",
        "通行证号",
        "通行证号码",
        "港澳通行证",
        "港澳居民来往内地通行证",
        "往来台湾通行证",
        "台湾通行证",
        "回乡证",
        "回乡证号",
        "台胞证",
        "台胞证号",
        "travel permit",
        "travel permit no",
        "permit no",
        "permit number",
        "home return permit",
        "mainland travel permit",
    ],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let formed = match text.ahead(word.start, word.len()) {
        [b'C' | b'W', b'A'..=b'Z', digits @ ..] => digits.len() == 7 && is_digits(digits),
        [b'C' | b'W' | b'T' | b'L', digits @ ..] => digits.len() == 8 && is_digits(digits),
        [b'H' | b'M', digits @ ..] => matches!(digits.len(), 8 | 10) && is_digits(digits),
        digits => matches!(digits.len(), 8 | 10) && is_digits(digits),
    };
    if !formed || !text.is_whole_number(&word) || !text.labels(word.start).announce(DataType::Permit) {
        return None;
    }
    Some(Found::labelled(word, 0.85))
}

fn is_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn permits_are_found() {
        check(
            DataType::Permit,
            &[
                "通行证号码 [[C75387212]]",
                "港澳通行证[[CB8070086]]",
                "回乡证号:[[H1871219176]]",
                "台胞证[[01234567]]",
                "往来台湾通行证 [[T12345678]]",
                "Mainland Travel Permit [[M23752522]]",
            ],
        );
    }

    #[test]
    fn other_codes_are_not() {
        check(
            DataType::Permit,
            &["C75387212", "通行证办理金额12345678", "通行证 X75387212", "通行证 C753872123"],
        );
    }
}
