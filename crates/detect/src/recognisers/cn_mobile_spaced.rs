//! Chinese mobile numbers in notations that few other numbers share: `138·1234·5678`, `(138)12345678`, `138 -- 1234 --
//! 5678`, on two lines, in groups of 4-4-3, and directly after a word, `mobile13812345678`.

use std::ops::Range;

use ombud_core::DataType;

use super::cn_mobile::is_mobile;
use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "cn_mobile_spaced",
    kind: DataType::Phone,
    trigger: Trigger::Word(3..=30, Head::Any),
    labels: &[],
    find,
};

/// Words that a number may directly follow.
const WORDS: &[&str] = &["mobile", "phone", "tel", "mob", "shouji", "dianhua", "call", "cell", "sj", "ph"];

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    match word.len() {
        3..=4 if text.byte(word.start) == Some(b'1') => apart(text, &word),
        13..=30 => touching(text, &word),
        _ => None,
    }
}

/// `mobile13812345678`
fn touching(text: &Text<'_>, word: &Range<usize>) -> Option<Found> {
    let written = text.slice(word.clone());
    let (head, tail) = written.split_at_checked(written.len() - 11)?;
    let named = WORDS.iter().any(|word| head.eq_ignore_ascii_case(word));
    let span = word.end - 11..word.end;
    (named && is_mobile(&digits(tail)?)).then(|| Found::labelled(span, 0.85))
}

fn digits(written: &str) -> Option<Vec<u8>> {
    written.bytes().map(|b| b.is_ascii_digit().then(|| b - b'0')).collect()
}

/// Groups of 3-4-4, 3-8 or 4-4-3 with the same separator between them.
fn apart(text: &Text<'_>, word: &Range<usize>) -> Option<Found> {
    let rest = text.as_str().get(word.end..)?;
    let first = gap(rest)?;
    let bracket = first.0 == Gap::Bracket;
    let start = word.start - usize::from(bracket);
    if bracket && text.before(word.start) != Some(b'(') {
        return None;
    }
    let second = word.end + first.1;
    let second_end = text.run(second, 9, |b| b.is_ascii_digit());
    let (mut number, mut end, mut even) = (digits(text.slice(word.clone()))?, second_end, true);
    number.extend(digits(text.slice(second..second_end))?);
    if number.len() < 11 {
        let next = gap(text.as_str().get(second_end..)?)?;
        let third = second_end + next.1;
        end = text.run(third, 5, |b| b.is_ascii_digit());
        number.extend(digits(text.slice(third..end))?);
        even = next.0 == first.0 || bracket;
    }
    let groups = (word.len(), second_end - second);
    let formed = matches!(groups, (3, 4 | 8) | (4, 4)) && number.len() == 11 && is_mobile(&number);
    let span = start..end;
    if !formed || !text.is_whole_number(&span) || part_of_more(text, &span) {
        return None;
    }
    let labels = text.labels(start);
    let labelled = labels.announce(DataType::Phone);
    // A line end, a tab or a slash separates two unrelated numbers just as often.
    let telling = match first.0 {
        Gap::Dot | Gap::Dash | Gap::Bracket => even,
        Gap::Blank => even && word.len() == 4,
        Gap::Under | Gap::Slash | Gap::Line => false,
    };
    (labelled || telling && !labels.announce_other())
        .then(|| Found::labelled(span, if labelled { 0.88 } else { 0.78 }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Dot,
    Dash,
    Bracket,
    Blank,
    Under,
    Slash,
    Line,
}

/// The separator between two groups, and its length.
fn gap(rest: &str) -> Option<(Gap, usize)> {
    const GAPS: &[(&str, Gap)] = &[
        ("·", Gap::Dot),
        ("•", Gap::Dot),
        (" · ", Gap::Dot),
        ("—", Gap::Dash),
        ("–", Gap::Dash),
        ("--", Gap::Dash),
        (" - ", Gap::Dash),
        (") ", Gap::Bracket),
        (")-", Gap::Bracket),
        (")", Gap::Bracket),
        ("_", Gap::Under),
        ("/", Gap::Slash),
        ("\t", Gap::Line),
        ("\r\n", Gap::Line),
        ("\n", Gap::Line),
        (" ", Gap::Blank),
    ];
    let longest = GAPS.iter().filter(|(gap, _)| rest.starts_with(gap)).max_by_key(|(gap, _)| gap.len());
    longest
        .map(|(gap, kind)| (*kind, gap.len()))
        .filter(|(_, length)| rest.as_bytes().get(*length).is_some_and(u8::is_ascii_digit))
}

/// True if more groups of digits are adjacent: a table, or a longer number.
fn part_of_more(text: &Text<'_>, span: &Range<usize>) -> bool {
    let digit = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_digit());
    let joins = |b: Option<u8>| matches!(b, Some(b' ' | b'_' | b'/'));
    joins(text.byte(span.end)) && digit(text.byte(span.end + 1))
        || joins(text.before(span.start)) && span.start >= 2 && digit(text.byte(span.start - 2))
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
                "找我[[138·1234·5678]]",
                "[[(138)12345678]]",
                "[[138—1234—5678]]，[[138--1234--5678]]",
                "手机[[138_1234_5678]]",
                "电话：[[138/1234/5678]]",
                "手机号[[138\n12345678]]",
                "[[1381 2345 678]]",
                "mobile[[13812345678]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::Phone,
            &[
                "138_1234_5678",
                "138/1234/5678",
                "138\n12345678",
                "1381 2345 678 901",
                "4000 1381 2345 678",
                "user13812345678",
                "订单号138·1234·5678",
                "(138)1234567",
            ],
        );
    }
}
