//! Macau identity card numbers: `1`, `5` or `7`, six digits, and a check digit in brackets or after a slash. The check
//! formula is not published, so a label is always required.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "mo_id",
    kind: DataType::MoId,
    trigger: Trigger::Word(1..=8, Head::Digit),
    labels: &[
        "macau id",
        "macao id",
        "macau identity card",
        "bir",
        "澳门身份证",
        "澳门居民身份证",
        "澳门居民身份证号",
    ],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let bytes = text.ahead(word.start, 10);
    let digits =
        |range: Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    let at = |index: usize| bytes.get(index).copied();
    let length = match word.len() {
        8 if digits(0..8) => 8,
        7 if digits(0..7) && at(7) == Some(b'(') && digits(8..9) && at(9) == Some(b')') => 10,
        1 if at(1) == Some(b'/') && digits(2..8) && at(8) == Some(b'/') && digits(9..10) => 10,
        _ => return None,
    };
    let span = word.start..word.start + length;
    let formed = matches!(at(0), Some(b'1' | b'5' | b'7')) && text.is_whole_number(&span);
    (formed && text.labels(word.start).announce(DataType::MoId)).then(|| Found::labelled(span, 0.8))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn cards_are_found() {
        check(
            DataType::MoId,
            &["澳门身份证[[5215299(8)]]", "Macau ID: [[1/521529/8]]", "澳门居民身份证号：[[12152998]]"],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::MoId,
            &["5215299(8)", "1/521529/8", "澳门身份证 3215299(8)", "澳门身份证 52152998765"],
        );
    }
}
