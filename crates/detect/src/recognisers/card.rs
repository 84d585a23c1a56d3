//! Bank card numbers (ISO/IEC 7812): 12 to 19 digits, contiguous or in groups, the last being a Luhn check digit.
//!
//! Without a label, the first digits must belong to a payment network and the Luhn digit must match. With a label (`银行卡`,
//! `card number`) either of the two is enough, and 16 to 19 digits are accepted even if both fail: a card number with a
//! typo is still somebody's.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::luhn;
use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Digits, Text};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "card",
    kind: DataType::Card,
    trigger: Trigger::Word(4..=19, Head::Digit),
    labels: &[
        "card",
        "card no",
        "card number",
        "card #",
        "credit card",
        "debit card",
        "bank card",
        "bankcard",
        "cc",
        "visa",
        "mastercard",
        "amex",
        "银行卡",
        "银行卡号",
        "信用卡",
        "储蓄卡",
        "借记卡",
        "卡号",
        "银行账号",
        "银行账户",
        "收款账号",
        "打款账号",
        "尾号",
    ],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let at = word.start;
    if word.len() < 12 && !matches!(text.byte(word.end), Some(b' ' | b'-' | b'.' | b'\n' | b'\r')) {
        return None;
    }
    let digits = Digits::read_over(text, at, gap);
    let plain = Digits::read(text, at, |b| matches!(b, b' ' | b'-'));
    let total = digits.count();
    if total < 12 {
        return None;
    }
    let mut labels = None;
    let mut best: Option<Found> = None;
    for &(count, end) in digits.groups() {
        let span = at..end;
        let lines = digits.groups().len() == 2 && text.slice(span.clone()).contains('\n');
        if !(12..=19).contains(&count)
            || !(is_grouped(&digits, count) || lines)
            || !text.is_whole_number(&span)
        {
            continue;
        }
        let number = digits.first(count);
        // Dots, double spaces and line ends also separate unrelated numbers.
        let wide = plain.end_of(count) != Some(end);
        let labels = *labels.get_or_insert_with(|| text.labels(at));
        let (labelled, network) = (labels.announce(DataType::Card), network(number));
        let fours = digits.sizes(count).all(|size| size == 4) && count == 16;
        if wide && !(labelled || fours && luhn(number) && network == Some(true)) {
            continue;
        }
        let found = match (labelled, luhn(number), network) {
            (_, true, Some(bare)) if labelled || bare && !labels.announce_other_number() => {
                Found::validated(span, 0.95)
            }
            (true, true, None) => Found::validated(span, 0.9),
            (true, false, _) if count >= 16 => Found::labelled(span, 0.75),
            _ => continue,
        };
        if best.as_ref().is_none_or(|best| found.strength >= best.strength) {
            best = Some(found);
        }
    }
    best
}

/// The length of the separator between two groups.
fn gap(ahead: &[u8]) -> usize {
    match ahead {
        [b' ', b'-', b' ', ..] => 3,
        [b' ', b' ', ..] | [b'\r', b'\n', ..] => 2,
        [b' ' | b'-' | b'.' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// True for one piece, groups of four with a shorter remainder, 4-6-4 and 4-6-5 (Diners, American Express), and 6 with a
/// remainder.
fn is_grouped(digits: &Digits, count: usize) -> bool {
    let mut sizes = [0; 8];
    let mut pieces = 0;
    for (place, size) in sizes.iter_mut().zip(digits.sizes(count)) {
        *place = size;
        pieces += 1;
    }
    match sizes.get(..pieces) {
        Some([_] | [4, 6, 4 | 5] | [6, _]) => true,
        Some([most @ .., last]) => most.iter().all(|size| *size == 4) && *last <= 4,
        _ => false,
    }
}

/// Whether the first digits and the length fit a payment network, by the networks' published ranges of issuer numbers:
/// `Some(true)` if that is distinctive enough without a label.
fn network(number: &[u8]) -> Option<bool> {
    let head = number.iter().take(6).fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    let (six, four, three, two) = (head, head / 100, head / 1000, head / 10_000);
    match number.len() {
        16 | 19 if two / 10 == 4 => Some(number.len() == 16),
        16 if (51..=55).contains(&two) || (2221..=2720).contains(&four) || (2200..=2204).contains(&four) => {
            Some(true)
        }
        15 if two == 34 || two == 37 => Some(true),
        16..=19 if two == 62 || (3528..=3589).contains(&four) => Some(true),
        16..=19 if four == 6011 || two == 65 || (644..=649).contains(&three) => Some(number.len() == 16),
        16 if (81..=82).contains(&two) || four == 9792 || (508_500..=508_999).contains(&six) => Some(false),
        13 if two / 10 == 4 => Some(false),
        14..=19 if two == 36 || two == 38 || two == 39 || (300..=305).contains(&three) => Some(false),
        15 if four == 2131 || four == 1800 => Some(false),
        12..=19 if two == 50 || (56..=69).contains(&two) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn cards_are_found() {
        check(
            DataType::Card,
            &[
                "卡号[[6222021234567890128]]到账",
                "pay with [[4111 1111 1111 1111]] today",
                "[[4111-1111-1111-1111]] 123",
                "amex [[378282246310005]], [[3782 822463 10005]]",
                "card 30569309025904 is not [[30569309025904]]"
                    .replace("30569309025904 is not ", "")
                    .as_str(),
                "card no: [[4111.1111.1111.1111]]",
                "[[4111 - 1111 - 1111 - 1111]]",
                "Card number: [[41111111\n11111111]]",
                "银行卡[[6222 0212 3456 7890 123]]挂失",
                "卡号:[[６２２２０２１２３４５６７８９０１２８]]。",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::Card,
            &[
                "4111 1111 1111 1112",
                "订单号 4111111111111111",
                "id 1111411111111111111112222",
                "4111111111111111.5",
                "timestamp 1718000000000000",
                "0000 0000 0000 0000",
                "a4111111111111111",
                "30569309025904",
            ],
        );
    }
}
