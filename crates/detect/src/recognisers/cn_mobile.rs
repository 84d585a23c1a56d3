//! Chinese mobile numbers: eleven digits from 13 to 19 (the segments that MIIT has assigned, virtual operators
//! included; machine-to-machine segments of 13 digits are no telephones), in one piece, 3-4-4 or 3-8, with `+86`, `86`
//! or `0086` before it.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Digits, Text};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "cn_mobile",
    kind: DataType::Phone,
    trigger: Trigger::Word(2..=15, Head::Digit),
    labels: &[
        "手机",
        "手机号",
        "手机号码",
        "电话",
        "电话号码",
        "联系电话",
        "联系方式",
        "致电",
        "来电",
        "拨打",
        "打给",
        "热线",
        "座机",
        "传真",
        "固话",
        "短信",
        "收件人",
        "联系人",
        "客服",
    ],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    if !matches!(text.byte(word.start)?, b'0' | b'1' | b'8') || text.ends_short(&word, 11) {
        return None;
    }
    let digits = Digits::read(text, word.start, |b| matches!(b, b' ' | b'-' | b'.'));
    let prefix = prefix(digits.first(digits.count().min(5)), text.before(word.start) == Some(b'+'));
    let (prefix, end) = [prefix, 0].into_iter().find_map(|prefix| {
        let number = digits.first(digits.count()).get(prefix..prefix + 11)?;
        let end = is_mobile(number).then(|| digits.end_of(prefix + 11)).flatten()?;
        is_grouped(&digits, prefix).then_some((prefix, end))
    })?;
    let start = start_with_plus(text, word.start, prefix > 0);
    let span = start..end;
    if !text.is_whole_number(&span) {
        return None;
    }
    let labels = text.labels(start);
    // `event-13912345678` is a number of something else, unless a label says that it is a telephone number.
    let named = text.before(start) == Some(b'-') && !labels.announce(DataType::Phone);
    let part =
        named && start.checked_sub(1).and_then(|at| text.before(at)).is_some_and(|b| b.is_ascii_alphabetic());
    if (labels.announce_other_number() || part) && prefix == 0 {
        return None;
    }
    Some(Found::validated(span, if labels.announce(DataType::Phone) { 0.97 } else { 0.92 }))
}

/// Number of leading digits that belong to the country code.
fn prefix(digits: &[u8], plus: bool) -> usize {
    match digits {
        [0, 0, 8, 6, 1] => 4,
        [8, 6, 1, ..] => 2,
        // `+86 (0)138…` is written by people used to landlines.
        [8, 6, 0, 1, ..] if plus => 3,
        _ => 0,
    }
}

/// True if the eleven digits are contiguous, or in groups that start at digit 3, 7 or 8.
fn is_grouped(digits: &Digits, prefix: usize) -> bool {
    let inner = digits.groups().iter().map(|group| group.0).filter(|&count| count < prefix + 11);
    inner.map(|count| count.saturating_sub(prefix)).all(|count| matches!(count, 0 | 3 | 4 | 6 | 7))
}

/// Moves the start back over a `+` that belongs to the country prefix.
pub(super) fn start_with_plus(text: &Text<'_>, start: usize, prefixed: bool) -> usize {
    if prefixed && text.before(start) == Some(b'+') { start - 1 } else { start }
}

pub(super) fn is_mobile(number: &[u8]) -> bool {
    let [1, second, third, rest @ ..] = number else { return false };
    let assigned = match second {
        3 | 5 | 7 | 8 => (*second, *third) != (5, 4),
        4 => matches!(third, 5..=7 | 9),
        6 => matches!(third, 2 | 5..=7),
        9 => *third != 4,
        _ => false,
    };
    // Powers of two that are common in programs.
    let power = matches!(number, [1, 7, 1, 7, 9, 8, 6, 9, 1, 8, 3 | 4]);
    assigned && !power && !rest.iter().all(|digit| *digit == 0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn mobile_numbers_are_found() {
        check(
            DataType::Phone,
            &[
                "我叫陈洁，[[13912345678]]。",
                "[[139 1234 5678]]",
                "[[139-1234-5678]]，[[139.1234.5678]]",
                "[[+8613912345678]] [[+86 139 1234 5678]]",
                "[[+86-139-1234-5678]]/[[0086 13912345678]]",
                "[[8613912345678]]",
                "电话１：[[１９９１２３４５６７８]]",
                "[[139\u{200b}1234\u{200b}5678]]",
                "https://wa.me/[[8613912345678]]",
                r#"{"phone":"[[17712345678]]","n":1}"#,
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::Phone,
            &[
                "12012345678",
                "139123456789",
                "20241391234567",
                "订单号13912345678",
                "0.13912345678",
                "a13912345678",
                "13912345678e5",
                "550e8400-e29b-41d4-a716-13912345678f",
                "1718000000",
                "1718000000123",
                "2024-13912345678",
                "#event-13912345678",
                "1 << 34 is 17179869184",
            ],
        );
    }
}
