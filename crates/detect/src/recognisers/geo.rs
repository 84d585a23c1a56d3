//! Coordinates of a place: a latitude and a longitude with at least three decimals, in range, next to each other or each
//! after its name.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "geo",
    kind: DataType::Geo,
    trigger: Trigger::Literals(&[
        "lat",
        "latitude",
        "纬度",
        "经度",
        "坐标",
        "定位",
        "coordinates",
        "location",
        "geo",
        "gps",
        "位置",
        "point(",
    ]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let first = decimal(text, skip(text, word.end, 14))?;
    let second = decimal(text, skip(text, first.end, 16))?;
    let (a, b) = (value(text, &first)?, value(text, &second)?);
    let ranged = a.abs() <= 180.0 && b.abs() <= 180.0 && a.abs().min(b.abs()) <= 90.0;
    (ranged && a.abs() + b.abs() > 0.001).then(|| Found::labelled(first.start..second.end, 0.85))
}

/// Skips what may precede a number: axis names, JSON punctuation and brackets.
fn skip(text: &Text<'_>, at: usize, most: usize) -> usize {
    let rest = text.as_str().get(at..).unwrap_or_default();
    let signs =
        |ch: char| " :=\"',;({[/&是为°NSEWnsew".contains(ch) || "longitudelatitude_xy经纬度坐标".contains(ch);
    let length: usize = rest.chars().take(most).take_while(|ch| signs(*ch)).map(char::len_utf8).sum();
    at + length
}

/// A number with three to fifteen decimals.
fn decimal(text: &Text<'_>, at: usize) -> Option<Range<usize>> {
    let start = text.run(at, 1, |b| matches!(b, b'-' | b'+'));
    let dot = text.run(start, 4, |b| b.is_ascii_digit());
    let end = text.run(dot + 1, 16, |b| b.is_ascii_digit());
    let formed = (1..=3).contains(&(dot - start))
        && text.byte(dot) == Some(b'.')
        && (3..=15).contains(&(end - dot - 1));
    let cut = text.byte(end).is_some_and(|b| is_word(b) && !b"NSEW".contains(&b) || b == b'.');
    (formed && !cut).then_some(at..end)
}

fn value(text: &Text<'_>, span: &Range<usize>) -> Option<f64> {
    text.slice(span.clone()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::Geo,
            &[
                "\"lat\": [[31.230416, \"lng\": 121.473701]]}",
                "坐标：[[39.9042,116.4074]]",
                "GPS [[-33.8688, 151.2093]]",
                "latitude=[[31.230416&longitude=121.473701]]",
            ],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(
            DataType::Geo,
            &[
                "lat: 1.5, scale 2.25",
                "location 3.141592",
                "latency 31.230416, 121.473701",
                "geo 200.1234, 300.1234",
            ],
        );
    }
}
