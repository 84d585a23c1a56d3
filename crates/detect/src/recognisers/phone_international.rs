//! International telephone numbers: `+`, a country code and a length that the country's plan allows (ITU-T E.164: at most
//! 15 digits in total; the ranges below are the national significant lengths of E.164 annex and the national plans,
//! rounded outward).

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "phone_international",
    kind: DataType::Phone,
    trigger: Trigger::Word(1..=17, Head::Digit),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    // `%2B` in a URL is a plus.
    let escaped = text.before(word.start)? == b'%' && text.ahead(word.start, 2).eq_ignore_ascii_case(b"2b");
    let plus = text.before(word.start)? == b'+';
    let zeros = !plus && text.ahead(word.start, 2) == b"00" && text.byte(word.start + 2)? != b'0';
    if !plus && !zeros && !escaped {
        return None;
    }
    let (start, from) = if escaped {
        (word.start - 1, word.start + 2)
    } else if plus {
        (word.start - 1, word.start)
    } else {
        (word.start, word.start + 2)
    };
    let (digits, count, end) = read(text, from);
    let digits = digits.get(..count).unwrap_or_default();
    let (code, lengths) = country(digits)?;
    // `+46 (0)8 …`: the zero in brackets is not dialled.
    let trunk = usize::from(digits.get(code) == Some(&0) && text.slice(from..end).contains("(0)"));
    let national = count - code - trunk;
    let span = start..super::cn_landline::extension(text, end);
    let before = text.before(start);
    let sum = !escaped && before.is_some_and(|b| b.is_ascii_alphanumeric() || b == b')' || b == b'.');
    if !lengths.contains(&national) || sum || !text.stands_alone(&span) {
        return None;
    }
    let labels = text.labels(start);
    // With a plus and a country code it can be nothing else; with leading zeros a label is required.
    if zeros && !labels.announce(DataType::Phone) {
        return None;
    }
    Some(Found::validated(span, 0.92))
}

/// The digits of a number, their count, and where it ends; groups are separated by at most one separator, or a bracket
/// and one.
fn read(text: &Text<'_>, at: usize) -> ([u8; 16], usize, usize) {
    let (mut digits, mut count, mut end, mut gap) = ([0; 16], 0, at, 0);
    for (i, byte) in text.ahead(at, 28).iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                let Some(place) = digits.get_mut(count) else { break };
                *place = byte - b'0';
                count += 1;
                end = at + i + 1;
                gap = 0;
            }
            b' ' | b'-' | b'.' | b'(' | b')' if gap < 2 => gap += 1,
            _ => break,
        }
    }
    (digits, count, end)
}

/// The length of the country code at the start, and the lengths of national numbers for it.
fn country(digits: &[u8]) -> Option<(usize, std::ops::RangeInclusive<usize>)> {
    let code = |length: usize| {
        digits
            .get(..length)
            .map(|digits| digits.iter().fold(0_u16, |sum, digit| sum * 10 + u16::from(*digit)))
    };
    if digits.first() == Some(&1) {
        return Some((1, 10..=10));
    }
    if digits.first() == Some(&7) {
        return Some((1, 10..=10));
    }
    let two = match code(2)? {
        86 => Some(10..=11),
        27 | 33 | 34 | 41 | 48 | 56 | 61 | 66 | 84 | 94 => Some(8..=10),
        31 | 32 | 36 | 40 | 44 | 46 | 47 | 51 | 60 | 63 | 65 | 81 | 90 | 92 | 93 | 98 => Some(7..=11),
        39 | 43 | 49 | 62 => Some(6..=12),
        45 | 53 | 95 => Some(7..=10),
        20 | 30 | 52 | 54 | 55 | 57 | 58 | 64 | 82 | 91 => Some(8..=11),
        _ => None,
    };
    if let Some(lengths) = two {
        return Some((2, lengths));
    }
    let three = code(3)?;
    let used = matches!(three,
        211..=213 | 216 | 218 | 220..=269 | 290 | 291 | 297..=299 | 350..=359 | 370..=383 | 385..=387 | 389
        | 420 | 421 | 423 | 500..=509 | 590..=599 | 670 | 672..=683 | 685..=692 | 800 | 808 | 850 | 852 | 853 | 855 | 856
        | 870 | 878 | 880..=883 | 886 | 888 | 960..=968 | 970..=977 | 979 | 992..=996 | 998);
    used.then_some((3, 5..=12))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::Phone,
            &[
                "[[+1 (823) 932-7208]], and",
                "[[+44 7700 900123]] / [[+447700900123]]",
                "[[+46 (0)8 928 571 38]] fax",
                "[[+852 9123 4567]]，[[+886-912-345-678]]",
                "phone=[[+1 (791) 828-5122]]&name",
                "Fax: [[0046 8 928 571 38]]",
                "https://x.example/?to=[[%2B14155550132]]&a=1",
                "order [[+442079460958]]",
                "[[+1-903-240-4508x769]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::Phone,
            &[
                "+1 234",
                "1+4477009001234",
                "x+4412345678901",
                "UTC+08:00",
                "+100 200",
                "+999 123 456 789",
                "0046 8 928 571 38",
            ],
        );
    }
}
