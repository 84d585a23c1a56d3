//! Sentences of our own, with names put into them: what the collected text lacks. Chat without capitals, nicknames and forms
//! of address, Chinese names in Latin records, foreign names in Chinese text, records and forms, and words that look like
//! names and are none.
//!
//! A template is a sentence with places in braces; `en` and `zh` say what each of them stands for.

mod address;
mod en;
mod words;
mod zh;

use std::ops::Range;

use ombud_core::DataType;

use super::corpus::Record;
use super::gazetteer::Lists;
use super::random::Random;

/// Records from each language's templates.
const EACH: (usize, usize) = (13_000, 26_000);

/// What stands in a place, and what it is if it is a name.
#[derive(Debug, Default)]
pub(super) struct Filling {
    text: String,
    kind: Option<DataType>,
    /// Bytes behind the name that are no part of it, such as a title.
    tail: usize,
    /// Bytes before the name that are no part of it.
    head: usize,
}

impl Filling {
    fn name(kind: DataType, text: String) -> Self {
        Self { text, kind: Some(kind), ..Self::default() }
    }

    fn plain(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

pub(super) fn records(lists: &Lists) -> Vec<Record> {
    let mut random = Random::new(11);
    let mut records = Vec::new();
    for _ in 0..EACH.0 {
        records.push(join(&mut random, zh::TEMPLATES, zh::ASIDES, "ours-zh", |slot, random| {
            zh::fill(slot, lists, random)
        }));
    }
    for _ in 0..EACH.1 {
        records.push(join(&mut random, en::TEMPLATES, en::ASIDES, "ours-en", |slot, random| {
            en::fill(slot, lists, random)
        }));
    }
    records
}

/// One to three sentences, some of them without a name.
fn join(
    random: &mut Random,
    templates: &[&str],
    asides: &[&str],
    source: &str,
    mut fill: impl FnMut(&str, &mut Random) -> Filling,
) -> Record {
    let (mut text, mut names) = (String::new(), Vec::new());
    let glue: &str = match source {
        "ours-zh" => random.pick(&["", "", "。", "，", "\n"]),
        _ => random.pick(&[" ", " ", "\n", "\n\n"]),
    };
    for part in 0..=random.below(3) {
        if part > 0 {
            text.push_str(glue);
        }
        let template = if random.percent(40) { random.pick(asides) } else { random.pick(templates) };
        write(template, &mut text, &mut names, |slot| fill(slot, random));
    }
    Record::new(text, names, source.to_owned())
}

/// Writes a template with its places filled.
fn write(
    template: &str,
    text: &mut String,
    names: &mut Vec<(Range<usize>, DataType)>,
    mut fill: impl FnMut(&str) -> Filling,
) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        let filling = fill(slot);
        let start = text.len() + filling.head;
        text.push_str(&filling.text);
        if let Some(kind) = filling.kind {
            names.push((start..text.len() - filling.tail, kind));
        }
        rest = after;
    }
    text.push_str(rest);
}

/// A number without a leading zero, below ten to the power of the digits.
fn number(random: &mut Random, digits: u32) -> String {
    (1 + random.below(10_usize.pow(digits) - 1)).to_string()
}

/// So many digits.
fn digits(random: &mut Random, count: usize) -> String {
    (0..count).map(|_| char::from(b'0' + u8::try_from(random.below(10)).unwrap_or(0))).collect()
}
