//! Classes of single characters: how much more often they occur in names of people than elsewhere.

use std::collections::{HashMap, HashSet};

use ombud_core::DataType;
use ombud_detect::tagger::lexicon::Classes;

use super::corpus::Record;
use super::gazetteer::Lists;

/// Minimum ratio to the frequency in any text for levels 1, 2 and 3.
const LEVELS: [f64; 3] = [0.7, 3.0, 12.0];
/// Added to each count, so that rare characters do not reach a high level by chance.
const CALM: f64 = 4.0;

/// How often each character occurs.
#[derive(Debug, Default)]
struct Counts {
    counts: HashMap<char, u32>,
    all: u32,
}

impl Counts {
    fn add(&mut self, ch: char) {
        *self.counts.entry(ch).or_default() += 1;
        self.all += 1;
    }

    fn of(&self, ch: char) -> f64 {
        f64::from(self.counts.get(&ch).copied().unwrap_or(0))
    }

    /// The level of a character: how much more often it occurs here than in `other`.
    fn level(&self, ch: char, other: &Self) -> u8 {
        let size = f64::from(self.all) / f64::from(other.all.max(1));
        let own = self.of(ch);
        let ratio = if own < 3.0 { 0.0 } else { own / (other.of(ch) * size + CALM) };
        LEVELS.iter().map(|least| u8::from(ratio >= *least)).sum()
    }
}

/// A byte for each character of [`Classes::CHARACTERS`].
pub(super) fn table(lists: &Lists, records: &[Record]) -> Vec<u8> {
    let any = text(records);
    let people = people(lists, records);
    let (from, count) = Classes::CHARACTERS;
    (from..)
        .take(count)
        .filter_map(char::from_u32)
        .map(|ch| {
            let levels = people.each_ref().map(|counts| counts.level(ch, &any));
            levels.into_iter().fold(0, |class, level| class << 2 | level)
        })
        .collect()
}

/// Counts the text around the names, so that names do not count against themselves.
fn text(records: &[Record]) -> Counts {
    let mut counts = Counts::default();
    for record in records {
        let mut done = 0;
        for (span, _) in &record.names {
            record.text.get(done..span.start).unwrap_or_default().chars().for_each(|ch| counts.add(ch));
            done = span.end;
        }
        record.text.get(done..).unwrap_or_default().chars().for_each(|ch| counts.add(ch));
    }
    counts
}

/// Counts characters by their position in names: family name, first and last of a given name, foreign name.
fn people(lists: &Lists, records: &[Record]) -> [Counts; 4] {
    let mut counts = <[Counts; 4]>::default();
    let family: HashSet<char> = lists.xing.iter().filter_map(|name| name.chars().next()).collect();
    for record in records {
        for (span, _) in record.names.iter().filter(|(_, kind)| *kind == DataType::Person) {
            let name: Vec<char> = record.text.get(span.clone()).unwrap_or_default().chars().collect();
            person(&name, &family, &mut counts);
        }
    }
    counts
}

fn person(name: &[char], family: &HashSet<char>, [first, begin, end, foreign]: &mut [Counts; 4]) {
    match name {
        [a, b] if family.contains(a) => {
            first.add(*a);
            end.add(*b);
        }
        [a, b, c] if family.contains(a) => {
            first.add(*a);
            begin.add(*b);
            end.add(*c);
        }
        [_, _, ..] if name.len() > 3 => name.iter().for_each(|ch| foreign.add(*ch)),
        _ => {}
    }
}
