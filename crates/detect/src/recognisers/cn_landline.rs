//! Chinese landline numbers: an area code (010, 02x, or four digits; the list below contains the codes in use), seven or
//! eight digits, and an optional extension; plus the 400 and 800 services. A separator or brackets must mark the area
//! code, or a label must name the number.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Digits, Text};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "cn_landline",
    kind: DataType::Phone,
    trigger: Trigger::Word(2..=14, Head::Digit),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let first = text.byte(word.start)?;
    if !matches!(first, b'0' | b'4' | b'8') && text.before(word.start) != Some(b'+')
        || text.ends_short(&word, 10)
    {
        return None;
    }
    service(text, &word).or_else(|| landline(text, &word))
}

/// `400-123-4567`, `400 1234 567`, `4001234567`.
fn service(text: &Text<'_>, word: &Range<usize>) -> Option<Found> {
    let digits = Digits::read(text, word.start, |b| matches!(b, b' ' | b'-'));
    let ([4 | 8, 0, 0, ..], Some(end)) = (digits.first(3), digits.end_of(10)) else { return None };
    let span = word.start..end;
    let labels = text.labels(word.start);
    let apart = digits.end_of(3).is_some() && !labels.announce_other();
    (text.is_whole_number(&span) && (apart || labels.announce(DataType::Phone)))
        .then(|| Found::labelled(span, 0.75))
}

fn landline(text: &Text<'_>, word: &Range<usize>) -> Option<Found> {
    let (country, at) = after_country(text, word);
    let code_end = text.run(at, 12, |b| b.is_ascii_digit());
    let mut code = Digits::read(text, at, |_| false);
    let run = code.count();
    let length = area_length(code.first(run.min(4)), country)?;
    let (opened, closed) = (text.before(at) == Some(b'('), text.byte(code_end) == Some(b')'));
    let (number_at, marked) = match text.byte(code_end) {
        _ if run > length => (at + length, country),
        Some(b')') if opened => (text.run(code_end + 1, 2, |b| matches!(b, b' ' | b'-')), true),
        Some(b'-' | b' ') => (code_end + 1, true),
        _ => return None,
    };
    if run < length || opened != (closed && run == length) && run == length {
        return None;
    }
    code = Digits::read(text, number_at, |b| matches!(b, b' ' | b'-'));
    let end = code.end_of(8).or_else(|| code.end_of(7))?;
    if !matches!(code.first(1), [2..=9]) || !matches!(code.sizes(8).next(), Some(3 | 4 | 7 | 8)) {
        return None;
    }
    let start = if opened && run == length { at - 1 } else { word.start };
    let start = super::cn_mobile::start_with_plus(text, start, country);
    let span = start..extension(text, end);
    let labels = text.labels(start);
    let believed = labels.announce(DataType::Phone) || marked && !labels.announce_other();
    (believed && text.is_whole_number(&span)).then(|| Found::labelled(span, 0.85))
}

/// Skips `86`, `+86` or `0086` and a separator.
fn after_country(text: &Text<'_>, word: &Range<usize>) -> (bool, usize) {
    let rest = text.ahead(word.start, 6);
    let prefix =
        [&b"0086"[..], b"86"].into_iter().find(|prefix| rest.starts_with(prefix)).map_or(0, <[u8]>::len);
    if prefix == 0 || prefix == 2 && text.before(word.start) != Some(b'+') {
        return (false, word.start);
    }
    let at = text.run(word.start + prefix, 2, |b| matches!(b, b' ' | b'-' | b'('));
    (true, at)
}

/// The length of the area code at the start of these digits; without its leading zero after a country prefix.
fn area_length(digits: &[u8], country: bool) -> Option<usize> {
    match digits {
        [0, 1, 0, ..] => Some(3),
        [0, 2, third, ..] if *third != 6 => Some(3),
        [0, a, b, c] if is_area(u16::from(*a) * 100 + u16::from(*b) * 10 + u16::from(*c)) => Some(4),
        [1, 0, ..] if country => Some(2),
        [2, second, ..] if country && *second != 6 => Some(2),
        [a, b, c, ..] if country && is_area(u16::from(*a) * 100 + u16::from(*b) * 10 + u16::from(*c)) => {
            Some(3)
        }
        _ => None,
    }
}

/// Four-digit area codes, without the zero.
fn is_area(code: u16) -> bool {
    matches!(code,
        310..=319 | 335 | 349..=359 | 370..=379 | 391..=396 | 398
        | 410..=419 | 421 | 427 | 429 | 431..=440 | 448 | 451..=459 | 464 | 467..=479 | 482 | 483
        | 510..=519 | 523 | 527 | 530..=539 | 543 | 546 | 550..=566 | 570..=580 | 591..=599
        | 631..=635 | 660 | 662 | 663 | 668 | 691 | 692
        | 701 | 710..=719 | 722 | 724 | 728 | 730..=739 | 743..=746 | 750..=763 | 766 | 768..=779 | 790..=799
        | 812 | 813 | 816..=818 | 825..=827 | 830..=839 | 851..=859 | 870..=879 | 881 | 883 | 886..=888 | 891..=898
        | 901..=903 | 906 | 908..=919 | 930..=939 | 941 | 943 | 951..=955 | 970..=979 | 990..=999)
}

/// Skips an extension: `-2103`, `转2103`, `ext. 2103`, `x2103`.
pub(super) fn extension(text: &Text<'_>, end: usize) -> usize {
    let rest = text.as_str().get(end..).unwrap_or_default();
    let gap = rest.bytes().take(1).filter(|b| *b == b' ').count();
    let after = rest.get(gap..).unwrap_or_default();
    let words =
        ["-", "#", ";ext=", "转分机", "分机", "转 ", "转", "extension ", "ext. ", "ext.", "ext ", "ext", "x"];
    let Some(word) = words.iter().find(|word| after.starts_with(**word)) else { return end };
    let from = end + gap + word.len();
    let to = text.run(from, 6, |b| b.is_ascii_digit());
    if (1..=5).contains(&(to - from)) && !text.byte(to).is_some_and(crate::text::is_word) { to } else { end }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn landlines_are_found() {
        check(
            DataType::Phone,
            &[
                "座机[[0755-53254733]]打不通",
                "[[021-66769762-2103]]，[[010 57659475]]",
                "公司[[(0571)65723501]]",
                "公司[[（0571）65723501]]转财务",
                "[[010-6552 9988]]",
                "[[+86 10 6552 9988]] / [[+86-571-65723501]]",
                "电话:[[02066769762]]",
                "请打[[400-820-8820]]",
                "[[021-66769762转2103]]",
                "[[021-66769762 转 803]]",
                "客服[[4008208821]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::Phone,
            &[
                "02066769762",
                "2024-01-05 12345678",
                "编号0755-53254733",
                "0123-45678901",
                "ISBN 978-7-302-51162-3",
                "0755-1234567",
                "4001234567",
                "040-12345678",
            ],
        );
    }
}
