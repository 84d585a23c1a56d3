//! North American telephone numbers (NANP: ten digits NXX-NXX-XXXX with N from 2 to 9), written with separators: `(602)
//! 272-9781`, `602-272-9781`, `602.272.9781 x459`, `1-602-272-9781`, `001-602-272-9781`.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "phone_nanp",
    kind: DataType::Phone,
    trigger: Trigger::Word(3..=3, Head::Digit),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, area: Range<usize>) -> Option<Found> {
    let bracket = text.before(area.start) == Some(b'(') && text.byte(area.end) == Some(b')');
    let mut at = area.end + usize::from(bracket);
    let first = text.byte(at);
    let separator = first.filter(|b| matches!(b, b' ' | b'-' | b'.'));
    at += usize::from(separator.is_some());
    let exchange = at..text.run(at, 4, |b| b.is_ascii_digit());
    let second = text.byte(exchange.end).filter(|b| matches!(b, b' ' | b'-' | b'.'))?;
    let line = exchange.end + 1..text.run(exchange.end + 1, 5, |b| b.is_ascii_digit());
    let plan = |group: &Range<usize>| group.len() == 3 && matches!(text.byte(group.start), Some(b'2'..=b'9'));
    let even = bracket || separator == Some(second);
    if !plan(&area) || !plan(&exchange) || line.len() != 4 || !even || !bracket && separator.is_none() {
        return None;
    }
    let start = start(text, area.start - usize::from(bracket));
    let span = start..super::cn_landline::extension(text, line.end);
    let labels = text.labels(start);
    let labelled = labels.announce(DataType::Phone);
    // Spaces alone also occur in tables and grouped amounts.
    if !text.is_whole_number(&span) || !labelled && (labels.announce_other() || !bracket && second == b' ') {
        return None;
    }
    Some(Found::labelled(span, if labelled || bracket { 0.85 } else { 0.75 }))
}

/// Moves the start back over a country code: `1-`, `+1 `, `001-`.
fn start(text: &Text<'_>, at: usize) -> usize {
    let code = at - usize::from(matches!(text.before(at), Some(b' ' | b'-' | b'.')));
    let begin = text.run_back(code, 4, |b| b.is_ascii_digit());
    let free = |at: usize| !text.before(at).is_some_and(is_word);
    match text.slice(begin..code) {
        "1" if text.before(begin) == Some(b'+') => begin - 1,
        "1" | "001" if free(begin) => begin,
        _ => at,
    }
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
                "call [[(602)272-9781]] or [[(602) 272-9781]]",
                "[[201-948-1927]], [[259.735.7502x459]]",
                "[[+1 (574) 494-7090]] [[1-984-382-2190]]",
                "[[001-518-640-2854]] mobile",
                "[[345-899-3560 ext. 4587]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::Phone,
            &[
                "123-456-7890",
                "602 272 9781",
                "order 602-272-9781",
                "602-272-97812",
                "4602-272-9781",
                "602-172-9781",
                "602-272.9781",
                "550e8400-602-272-9781",
            ],
        );
    }
}
