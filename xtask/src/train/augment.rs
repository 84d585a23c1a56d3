//! Copies of records: with other names in them, and in lower case or in capitals, as people type.

use ombud_core::DataType;

use super::corpus::{self, Record};
use super::gazetteer::Lists;
use super::random::Random;
use super::{templates, written};

/// Out of a hundred English records, how many get a copy in lower case, and how many of those with a name one in capitals.
const COPIES: (usize, usize) = (22, 5);
/// How many more times each Chinese sentence with manually made or checked labels is learned: sentences labelled by another
/// model are ten times as many.
const AGAIN: usize = 2;
/// Sources labelled by people: real sentences, but with the same names again and again.
const HUMAN: &[&str] =
    &["BTC", "wikigold", "SEC-filings", "GUM-news", "GUM-interview", "GUM-academic", "GUM-court"];

pub(super) fn extend(records: &mut Vec<Record>, lists: &Lists) {
    let mut random = Random::new(3);
    let mut copies = Vec::new();
    for record in records.iter().filter(|record| is_by_hand(record)) {
        let people = record.names.iter().any(|(_, kind)| *kind == DataType::Person);
        let count = if people { 2 } else { usize::from(!record.names.is_empty()) };
        copies.extend((0..count).map(|_| swapped(record, lists, &mut random)));
    }
    let read = |record: &&Record| {
        let ours = record.source.starts_with(written::SOURCE) || record.source.ends_with(corpus::CHECKED);
        ours && record.text.contains(is_chinese)
    };
    for record in records.iter().filter(read) {
        copies.extend((0..AGAIN).map(|_| record.clone()));
    }
    records.append(&mut copies);
    // ASCII only, so that offsets stay the same.
    for record in records.iter().filter(|record| record.text.is_ascii()) {
        copies.extend(recased(record, &mut random));
    }
    records.append(&mut copies);
}

fn is_by_hand(record: &Record) -> bool {
    HUMAN.contains(&record.source.as_str()) || record.source.starts_with(written::SOURCE)
}

fn recased(record: &Record, random: &mut Random) -> Vec<Record> {
    let copy = |text: String| Record {
        text,
        names: record.names.clone(),
        source: format!("{}+case", record.source),
    };
    let (lower, upper) = (random.percent(COPIES.0), random.percent(COPIES.1) && !record.names.is_empty());
    let lower = lower.then(|| copy(record.text.to_ascii_lowercase()));
    lower.into_iter().chain(upper.then(|| copy(record.text.to_ascii_uppercase()))).collect()
}

/// Returns the record with other names, written in the style of the old ones.
fn swapped(record: &Record, lists: &Lists, random: &mut Random) -> Record {
    let (mut text, mut names, mut done) = (String::new(), Vec::new(), 0);
    for (span, kind) in &record.names {
        text.push_str(record.text.get(done..span.start).unwrap_or_default());
        let old = record.text.get(span.clone()).unwrap_or_default();
        let new = if old.chars().any(is_chinese) {
            templates::other_chinese(*kind, old, lists, random)
        } else {
            templates::other(*kind, old.split_whitespace().count(), lists, random)
        };
        let start = text.len();
        text.push_str(&new.map_or_else(|| old.to_owned(), |new| cased(new, old)));
        names.push((start..text.len(), *kind));
        done = span.end;
    }
    text.push_str(record.text.get(done..).unwrap_or_default());
    Record::new(text, names, format!("{}+swap", record.source))
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}

fn cased(new: String, old: &str) -> String {
    let has = |test: fn(char) -> bool| old.chars().any(test);
    match (has(char::is_uppercase), has(char::is_lowercase)) {
        (false, _) => new.to_lowercase(),
        (true, false) if old.len() > 3 => new.to_uppercase(),
        _ => new,
    }
}
