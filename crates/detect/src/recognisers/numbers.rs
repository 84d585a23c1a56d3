//! Helpers shared by numbers with a check digit. Not a recogniser.

use std::ops::{Range, RangeInclusive};

use crate::label::link;
use crate::text::{Digits, Text, is_word};

/// The digits after a label, allowing single spaces, hyphens, dots and slashes; `counts` is the allowed number of digits.
pub(super) fn behind(
    text: &Text<'_>,
    label: &Range<usize>,
    counts: RangeInclusive<usize>,
) -> Option<(Vec<u8>, Range<usize>)> {
    let start = link(text, label.end).value;
    let digits = Digits::read(text, start, |b| matches!(b, b' ' | b'-' | b'.' | b'/'));
    let &(count, end) = digits.groups().iter().rev().find(|(count, _)| counts.contains(count))?;
    let span = start..end;
    text.is_whole_number(&span).then(|| (digits.first(count).to_vec(), span))
}

/// Letters (upper-cased) and digits after a label, allowing single spaces and hyphens, until there are `count` of them.
pub(super) fn code_behind(
    text: &Text<'_>,
    label: &Range<usize>,
    count: usize,
) -> Option<(Vec<u8>, Range<usize>)> {
    let start = link(text, label.end).value;
    let (mut code, mut end) = (Vec::with_capacity(count), start);
    while code.len() < count {
        let byte = text.byte(end)?;
        end += 1;
        match byte {
            _ if is_word(byte) => code.push(byte.to_ascii_uppercase()),
            b' ' | b'-' if text.before(end - 1).is_some_and(is_word) && end - 1 > start => {}
            _ => return None,
        }
    }
    text.stands_alone(&(start..end)).then_some((code, start..end))
}

/// An identifier after a label: letters, digits and hyphens, with `lengths` letters and digits, at least `digits` of them
/// digits; not a date.
pub(super) fn identifier_behind(
    text: &Text<'_>,
    label: &Range<usize>,
    lengths: RangeInclusive<usize>,
    digits: usize,
) -> Option<Range<usize>> {
    let start = link(text, label.end).value;
    let end = text.run(start, lengths.end() + 8, |b| is_word(b) || b == b'-');
    let value = text.slice(start..end).trim_end_matches('-');
    let span = start..start + value.len();
    let count = |test: fn(&u8) -> bool| value.bytes().filter(test).count();
    let formed = lengths.contains(&count(u8::is_ascii_alphanumeric)) && count(u8::is_ascii_digit) >= digits;
    let small = count(u8::is_ascii_lowercase) > 2;
    (formed && !small && !is_date(value) && text.stands_alone(&span)).then_some(span)
}

/// True for three groups of digits, one of which is a year.
fn is_date(value: &str) -> bool {
    let sizes: Vec<usize> = value.split('-').map(str::len).collect();
    matches!(sizes[..], [4, 1..=2, 1..=2] | [1..=2, 1..=2, 4])
        && !value.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The weighted sum of the digits; digits without a weight do not count.
pub(super) fn weighted(number: &[u8], weights: &[u32]) -> u32 {
    number.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

/// The number formed by two digits.
pub(super) fn pair(number: &[u8], at: usize) -> u32 {
    let digit = |at: usize| number.get(at).copied().map_or(0, u32::from);
    digit(at) * 10 + digit(at + 1)
}

/// True for a month and day that exist in some year.
pub(super) fn is_day(month: u32, day: u32) -> bool {
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// The ISO/IEC 7812 check: every second digit from the right is doubled and its digits are added up.
pub(super) fn luhn(number: &[u8]) -> bool {
    let sum: u32 = number
        .iter()
        .rev()
        .enumerate()
        .map(|(i, digit)| match u32::from(*digit) * if i % 2 == 1 { 2 } else { 1 } {
            double @ 10.. => double - 9,
            single => single,
        })
        .sum();
    sum > 0 && sum.is_multiple_of(10)
}

/// Verhoeff's check, by the group of symmetries of the pentagon (J. Verhoeff, Error Detecting Decimal Codes, 1969).
pub(super) fn verhoeff(number: &[u8]) -> bool {
    const FIRST: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let permuted = |digit: u8, times: usize| {
        (0..times % 8).fold(digit, |digit, _| FIRST.get(usize::from(digit)).copied().unwrap_or_default())
    };
    let sum =
        number.iter().rev().enumerate().fold(0, |sum, (i, digit)| in_pentagon(sum, permuted(*digit, i)));
    sum == 0
}

/// The composition of two symmetries of the pentagon: 0 to 4 rotate it, 5 to 9 also mirror it.
fn in_pentagon(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - 5 + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| byte - b'0').collect()
    }

    #[test]
    fn checks_hold_for_known_numbers_and_for_no_neighbour() {
        // Examples from ISO/IEC 7812 and for Verhoeff's scheme (236 has the check digit 3).
        assert!(luhn(&digits("79927398713")) && verhoeff(&digits("2363")));
        for last in [0, 1, 2, 4, 5, 6, 7, 8, 9] {
            assert!(!luhn(&[digits("7992739871"), vec![last]].concat()));
            assert!(!verhoeff(&[digits("236"), vec![last]].concat()));
        }
    }

    #[test]
    fn days_exist() {
        assert!(is_day(2, 29) && is_day(12, 31) && !is_day(4, 31) && !is_day(13, 1) && !is_day(1, 0));
    }
}
