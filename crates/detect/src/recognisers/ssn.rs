//! US social security numbers and taxpayer numbers of the same format: 3-2-4 digits. No area 000 or 666, no group 00, no
//! serial 0000 (SSA); areas from 900 on are ITINs (IRS). Nine contiguous digits need a label. With a label, a scanned
//! number with letters in place of digits (`O` for 0, `S` for 5, `B` for 8, `l` for 1) is accepted too.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "ssn",
    kind: DataType::Ssn,
    trigger: Trigger::Word(2..=9, Head::Any),
    labels: &[
        "ssn",
        "ssn number",
        "social security",
        "social security number",
        "social security no",
        "ss#",
        "itin",
        "tin",
        "taxpayer id",
        "社会安全号",
        "社安号",
        "社会安全号码",
    ],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    match word.len() {
        9 => in_one_piece(text, word),
        3 => in_groups(text, word.start),
        // A first group of letters only (`SOB-31-1078`) does not trigger; the next group does.
        2 if text.before(word.start).is_some_and(separates) => in_groups(text, word.start.checked_sub(4)?),
        _ => None,
    }
}

fn separates(byte: u8) -> bool {
    matches!(byte, b'-' | b' ')
}

fn in_groups(text: &Text<'_>, at: usize) -> Option<Found> {
    let [a @ .., _, _, _, _, _] = text.ahead(at, 11) else { return None };
    let written: &[u8; 11] = text.ahead(at, 11).try_into().ok()?;
    let span = at..at + 11;
    let [_, _, _, first, _, _, second, ..] = written;
    if !separates(*first) || first != second || a.len() != 6 || !text.is_whole_number(&span) {
        return None;
    }
    let mut number = [0; 9];
    let groups = [0, 1, 2, 4, 5, 7, 8, 9, 10];
    let mut misread = 0;
    for (place, index) in number.iter_mut().zip(groups) {
        let byte = written.get(index).copied()?;
        *place = digit(byte)?;
        misread += usize::from(!byte.is_ascii_digit());
    }
    let labels = text.labels(at);
    let labelled = labels.announce(DataType::Ssn);
    match (labelled, misread) {
        (true, 0..=3) => Some(Found::labelled(span, 0.9)),
        (false, 0) if *first == b'-' && is_issued(&number) && !labels.announce_other() => {
            Some(Found::labelled(span, 0.8))
        }
        _ => None,
    }
}

fn in_one_piece(text: &Text<'_>, span: Range<usize>) -> Option<Found> {
    let mut number = [0; 9];
    for (place, byte) in number.iter_mut().zip(text.ahead(span.start, 9)) {
        *place = byte.is_ascii_digit().then(|| byte - b'0')?;
    }
    let believed =
        is_issued(&number) && text.is_whole_number(&span) && text.labels(span.start).announce(DataType::Ssn);
    believed.then(|| Found::labelled(span, 0.8))
}

/// The digit that a character represents, or is misread for.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'O' | b'o' | b'D' | b'Q' => Some(0),
        b'l' | b'I' | b'i' => Some(1),
        b'Z' | b'z' => Some(2),
        b'S' | b's' => Some(5),
        b'G' | b'b' => Some(6),
        b'B' => Some(8),
        b'g' | b'q' => Some(9),
        _ => None,
    }
}

fn is_issued(number: &[u8; 9]) -> bool {
    let ([area @ .., _, _], serial) = number.split_at(5) else { return false };
    let group = number.get(3..5).unwrap_or_default();
    !matches!(area, [0, 0, 0] | [6, 6, 6]) && group != [0, 0] && serial.iter().any(|digit| *digit != 0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::Ssn,
            &[
                "SSN: [[277-17-9807]].",
                "for the record?\nA: [[392-86-8422]].",
                "SSN [[54O-31-1O78]], Phone",
                "SSN [[SOB-31-1078]], Phone",
                "social security number is [[277179807]]",
                "ssn=[[404-83-1224]]&phone",
                "SSN [[277 17 9807]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::Ssn,
            &[
                "000-12-3456",
                "666-12-3456",
                "123-00-4567",
                "277179807",
                "277 17 9807",
                "order 277-17-9807",
                "277-17-98071",
                "1-277-17-9807",
                "54O-31-1078",
                "2024-01-0512",
            ],
        );
    }
}
