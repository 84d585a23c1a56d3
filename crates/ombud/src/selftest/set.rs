//! The test set in the binary, and how it is scored.

use std::collections::BTreeMap;
use std::ops::Range;

use ombud_core::DataType;
use ombud_detect::{Detector, injection};
use serde::{Deserialize, Serialize};

/// Personal data and secrets, per language.
const TEXTS: &[(&str, &str)] =
    &[("en", include_str!("../../data/selftest/en.txt")), ("zh", include_str!("../../data/selftest/zh.txt"))];
/// Signs of injection, in both.
const SIGNS: &str = include_str!("../../data/selftest/signs.txt");

/// A value counts as found if this much of it is covered, in percent.
const COVERED: usize = 50;

/// What was found of one type in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    /// A type of data, or `INJECTION`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `en` or `zh`.
    pub lang: String,
    /// Values in the set.
    pub labelled: u32,
    /// How many of them were found.
    pub found: u32,
    /// Values that were reported.
    pub reported: u32,
    /// How many of them are right.
    pub right: u32,
}

impl Row {
    /// Whether this row is worse than another of its kind: it misses more, or reports more that is wrong.
    pub(super) fn is_worse_than(&self, other: &Self) -> bool {
        self.found < other.found
            || self.reported.saturating_sub(self.right) > other.reported.saturating_sub(other.right)
    }
}

/// The texts of the set; their digest identifies it.
pub(super) fn texts() -> String {
    TEXTS.iter().map(|text| text.1).chain([SIGNS]).collect()
}

/// Runs the detectors over the set.
pub(super) fn run(detector: &Detector) -> Vec<Row> {
    let mut rows = BTreeMap::new();
    for (lang, text) in TEXTS {
        for line in lines(text) {
            score(detector, lang, &Labelled::read(line), &mut rows);
        }
    }
    for line in lines(SIGNS) {
        score_signs(line, &mut rows);
    }
    rows.into_values().collect()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

type Rows = BTreeMap<(String, String), Row>;

fn row<'r>(rows: &'r mut Rows, kind: &str, lang: &str) -> &'r mut Row {
    let empty =
        || Row { kind: kind.to_owned(), lang: lang.to_owned(), labelled: 0, found: 0, reported: 0, right: 0 };
    rows.entry((kind.to_owned(), lang.to_owned())).or_insert_with(empty)
}

/// A text with its labelled values.
#[derive(Debug, PartialEq)]
struct Labelled {
    text: String,
    values: Vec<(Range<usize>, DataType)>,
}

impl Labelled {
    /// Reads a line in which values are written as `[[TYPE|value]]`.
    fn read(line: &str) -> Self {
        let (mut text, mut values) = (String::new(), Vec::new());
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("[[") {
            text.push_str(before);
            let (inside, after) = after.split_once("]]").unwrap_or((after, ""));
            let (kind, value) = inside.split_once('|').unwrap_or(("", inside));
            let start = text.len();
            text.push_str(value);
            values.extend(DataType::from_name(kind).map(|kind| (start..text.len(), kind)));
            rest = after;
        }
        text.push_str(rest);
        Self { text, values }
    }
}

/// Bytes that two ranges share.
fn shared(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

/// Whether enough of a span is covered by spans of the same type.
fn is_covered(span: &(Range<usize>, DataType), by: &[(Range<usize>, DataType)]) -> bool {
    let same = by.iter().filter(|other| other.1 == span.1);
    let covered: usize = same.map(|other| shared(&span.0, &other.0)).sum();
    covered * 100 >= span.0.len() * COVERED
}

fn score(detector: &Detector, lang: &str, labelled: &Labelled, rows: &mut Rows) {
    let reported: Vec<_> =
        detector.detect(&labelled.text).into_iter().map(|found| (found.span, found.kind)).collect();
    for value in &labelled.values {
        let row = row(rows, value.1.name(), lang);
        row.labelled += 1;
        row.found += u32::from(is_covered(value, &reported));
    }
    for value in &reported {
        let row = row(rows, value.1.name(), lang);
        row.reported += 1;
        row.right += u32::from(is_covered(value, &labelled.values));
    }
}

/// Scores a line of the set of signs, which begins with `+` if it holds an attack.
fn score_signs(line: &str, rows: &mut Rows) {
    let lang = if line.bytes().any(|byte| byte >= 0xe4) { "zh" } else { "en" };
    let attack = line.starts_with('+');
    let flagged = !injection::signs(line.get(2..).unwrap_or_default()).is_empty();
    let row = row(rows, "INJECTION", lang);
    row.labelled += u32::from(attack);
    row.found += u32::from(attack && flagged);
    row.reported += u32::from(flagged);
    row.right += u32::from(attack && flagged);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_their_values() {
        let labelled = Labelled::read("call [[PHONE|555]] or [[EMAIL|a@b.example]].");
        assert_eq!(labelled.text, "call 555 or a@b.example.");
        assert_eq!(labelled.values, [(5..8, DataType::Phone), (12..23, DataType::Email)]);
    }

    #[test]
    fn the_set_is_sound() {
        for line in lines(&texts()).filter(|line| !line.starts_with(['+', '-'])) {
            let labelled = Labelled::read(line);
            assert_eq!(line.matches("[[").count(), labelled.values.len(), "{line}");
            assert!(!labelled.text.contains(['[', ']', '|']) || labelled.values.is_empty(), "{line}");
        }
        let kinds: Vec<String> = run(&Detector::default()).into_iter().map(|row| row.kind).collect();
        let missing = DataType::ALL.iter().filter(|kind| !kinds.iter().any(|known| known == kind.name()));
        assert!(missing.count() * 5 <= DataType::ALL.len(), "too many types without a line");
    }
}
