//! Whether third-party prose asks for what a call would do: it contains the value and, near it, words that ask for an effect of
//! this class. Anyone who tries to steer an agent has to say what is to be done with what.

use std::ops::Range;

use ombud_core::effect::{Effect, words};
use ombud_core::intent::urges;
use ombud_core::{Origin, Trust};

use super::super::Prepared;
use super::super::arguments::Leaf;
use super::named::is_entry;
use super::pointed::Pointed;
use super::record::is_repeated;
use super::{About, Value, numbers};
use crate::attribute::envelope::Passage;
use crate::attribute::identifier::Kind;
use crate::attribute::index::stands_in;
use crate::attribute::sieve::Probe;
use crate::attribute::{Source, folded, weight};

/// Bytes before and after a value in which a request counts.
const BEFORE: usize = 240;
const BEHIND: usize = 160;

/// Maximum number of occurrences of a value, and of values of a call, examined.
const MOST: usize = 24;

/// Returns the origin of prose that contains the value and asks for the effect, in words or by spelling out the whole call.
pub(super) fn asks_for(known: &Prepared, about: About<'_>, value: &Value) -> Option<Origin> {
    if value.text.is_empty() {
        return None;
    }
    let effect = about.effect;
    let tells = effect.acts() && is_telling(value);
    let about = About { spelt: about.spelt.filter(|_| effect.acts() && effect != Effect::Fetch), ..about };
    let left = about.left.then(|| known.pointed());
    let repeats = |source: &Source| is_repeated(known, &source.origin, &value.text);
    asked(&known.context.sources, &repeats, about, &value.text, tells, left)
}

/// Returns the origin of prose before this offset in the body that contains the value and asks for something to be read.
pub(super) fn asked_before(known: &Prepared, tool: &str, value: &Value, before: usize) -> Option<Origin> {
    let sources = &known.context.sources;
    let earlier = sources.get(..sources.partition_point(|source| source.start < before)).unwrap_or_default();
    let about = About { effect: Effect::Read, tool, spelt: None, left: false, picked: false };
    asked(earlier, &|_| false, about, &value.text, false, None)
}

/// Returns the origin of prose before this offset in the body that contains the value, whatever it asks for.
pub(super) fn told_before(known: &Prepared, value: &Value, before: usize) -> Option<Origin> {
    let sources = &known.context.sources;
    let earlier = sources.get(..sources.partition_point(|source| source.start < before)).unwrap_or_default();
    let probe = Probe::new(&value.text);
    let may = |source: &&Source| !source.passages.is_empty() || source.index.sieve.may_contain(&probe);
    // A row of a list is not a sentence about the value.
    let listed = |source: &Source| source.index.fields.iter().any(|field| field.value == value.text);
    earlier.iter().filter(may).filter(|source| !listed(source)).find_map(|source| {
        texts(source).find_map(|(text, origin)| {
            let mut sentences =
                places(text, &probe).filter(|at| !text.get(line(text, at)).is_some_and(is_a_row));
            sentences.next().map(|_| origin)
        })
    })
}

/// Returns the origin of prose that spells out a call with this value.
pub(super) fn spells(known: &Prepared, value: &str, spelt: &Spelt) -> Option<Origin> {
    let probe = Probe::new(value);
    let may = |source: &&Source| !source.passages.is_empty() || source.index.sieve.may_contain(&probe);
    let told = |source: &&Source| may(source) && !is_repeated(known, &source.origin, value);
    known.context.sources.iter().filter(told).find_map(|source| {
        let longer = |(text, _): &(&str, Origin)| bare(text) != bare(value);
        texts(source).filter(longer).find_map(|(text, origin)| {
            let mut holds = places(text, &probe).take(MOST);
            holds.any(|at| spelt.stands_in(text, &at, value)).then_some(origin)
        })
    })
}

/// Returns the origin of prose that gives a number of the call in words: “the limit has to be twenty”.
pub(super) fn says_in_words(known: &Prepared, value: &str) -> Option<Origin> {
    let number: u64 = value.parse().ok().filter(|number| *number >= 10)?;
    let may = |source: &&Source| !source.passages.is_empty() || numbers::may_say(&source.index.sieve, number);
    known.context.sources.iter().filter(may).find_map(|source| {
        texts(source).take(MOST_TEXTS).find_map(|(text, origin)| {
            let text = text.get(..text.floor_char_boundary(LONGEST_TEXT)).unwrap_or_default();
            numbers::in_words(text).contains(&number).then_some(origin)
        })
    })
}

/// Maximum number of texts per source searched for numbers in words, and bytes read of each.
const MOST_TEXTS: usize = 256;
const LONGEST_TEXT: usize = 4096;

/// Returns the origin of the first of these sources that asks for a value and does not merely echo it.
fn asked(
    sources: &[Source],
    repeats: &dyn Fn(&Source) -> bool,
    about: About<'_>,
    value: &str,
    telling: bool,
    left: Option<&Pointed>,
) -> Option<Origin> {
    let (tool, probe) = (folded(about.tool), Probe::new(value));
    // A passage may begin inside a word, so if there are passages the words of the whole text prove nothing.
    let may = |source: &&Source| !source.passages.is_empty() || source.index.sieve.may_contain(&probe);
    sources.iter().filter(may).filter(|source| !repeats(source)).find_map(|source| {
        let longer = |(text, ..): &(&str, Origin, Option<u32>)| bare(text) != bare(value);
        in_records(source).filter(longer).find_map(|(text, origin, record)| {
            // A message may state what the user leaves to it.
            let left =
                |at: &Range<usize>| left.is_some_and(|left| left.covers(source.slot, record, text, at));
            let own = |at: &Range<usize>| about.picked && heads_its_row(text, at, value);
            let holds = places(text, &probe).filter(|at| !left(at) && !own(at));
            let tells = telling && source.index.structured;
            let asks = holds.take(MOST).any(|at| {
                let around = window(text, &at);
                tells
                    || around.contains(&tool)
                    || urges(around, about.effect)
                    || about.spelt.is_some_and(|spelt| spelt.stands_in(text, &at, value))
            });
            asks.then_some(origin)
        })
    })
}

/// Returns a text without surrounding punctuation: the field `/reports/june.pdf` equals `reports/june.pdf`.
fn bare(text: &str) -> &str {
    text.trim_matches(|ch: char| !ch.is_alphanumeric())
}

/// The values of a call. A text that states one of its values with another beside it, or its only value, spells out the call,
/// whatever words it uses: “A-733 may come to C3, the committee has agreed”.
pub(super) struct Spelt {
    values: Vec<String>,
    /// Words of its argument names: “Hotel Casa Luz, 4.8” is an entry in a list of hotels.
    labels: Vec<String>,
}

/// Longest value that a sentence repeats rather than paraphrases, in bytes.
const LONGEST: usize = 80;

impl Spelt {
    /// Collects the values of a call that are distinctive enough.
    pub(super) fn of(leaves: &[Leaf]) -> Self {
        let values = leaves.iter().map(|leaf| folded(&leaf.value)).filter(|value| says(value)).take(MOST);
        Self {
            values: values.collect(),
            labels: leaves.iter().take(MOST).flat_map(|leaf| words(&leaf.key)).collect(),
        }
    }

    fn stands_in(&self, text: &str, at: &Range<usize>, value: &str) -> bool {
        let around = window(text, at);
        // The cells of a row are there to be chosen from; but a sentence in a cell is still a sentence.
        let around = if is_a_row(around) { cell(text, at) } else { around };
        // A field or cell that equals a value of the call says nothing about another one.
        if cell(text, at).trim() == value && is_in_columns(text, at) {
            return false;
        }
        if !says(value) || self.values.iter().any(|own| own == around.trim()) {
            return false;
        }
        let mut others = self.values.iter().filter(|other| *other != value).peekable();
        // The only value of a call must be in a sentence: lists are there to be chosen from.
        let telling = value.chars().any(char::is_alphabetic) || weight(value) >= 4;
        let label = |word: &str| self.labels.iter().any(|label| label == word);
        others.peek().is_none() && telling && !is_entry(text, at, &label)
            || others.any(|other| !value.contains(other.as_str()) && stands_in(around, other))
    }
}

/// Whether a value is more than a common word or a single digit, and short enough to be repeated.
fn says(value: &str) -> bool {
    const COMMON: &[&str] = &["true", "false", "null", "none", "yes", "all", "and", "the"];
    let digit = value.bytes().any(|byte| byte.is_ascii_digit());
    weight(value) >= if digit { 2 } else { 3 } && value.len() <= LONGEST && !COMMON.contains(&value)
}

/// Whether a value is an identifier that nobody writes by chance.
fn is_telling(value: &Value) -> bool {
    let digits = value.text.bytes().any(|byte| byte.is_ascii_digit());
    match value.kind {
        Some(Kind::Email | Kind::Iban | Kind::Id) => true,
        Some(_) => false,
        None => digits && weight(&value.text) >= 4 && !value.text.contains([' ', ':', '：']),
    }
}

/// Returns the texts of a source that a third party may have written: its fields if it is structured, otherwise all of it; of the
/// user's and operator's texts, the third-party passages.
pub(super) fn texts(source: &Source) -> impl Iterator<Item = (&str, Origin)> {
    in_records(source).map(|(text, origin, _)| (text, origin))
}

/// The same, with the object to which a field belongs.
fn in_records(source: &Source) -> impl Iterator<Item = (&str, Origin, Option<u32>)> {
    let foreign = source.origin.trust() == Trust::Untrusted;
    let structured = foreign && source.index.structured;
    let fields = source.index.fields.iter().filter(move |_| structured);
    let fields = fields.map(|field| (field.value.as_str(), source.origin.clone(), Some(field.record)));
    let whole = (foreign && !structured).then(|| (source.index.folded.as_str(), source.origin.clone(), None));
    let others = |passage: &&Passage| passage.origin.trust() == Trust::Untrusted;
    let passages = source.passages.iter().filter(move |_| !foreign).filter(others).filter_map(|passage| {
        let span = source.index.folded_range(&passage.span);
        Some((source.index.folded.get(span)?, passage.origin.clone(), None))
    });
    fields.chain(whole).chain(passages).filter(|(text, ..)| !text.is_empty())
}

/// Returns where a value appears as whole words in a longer text.
fn places<'t>(text: &'t str, probe: &'t Probe<'_>) -> impl Iterator<Item = Range<usize>> + 't {
    let value = probe.value;
    let longer = if text.len() > value.len() { text } else { "" };
    probe.find_in(longer).filter_map(move |at| {
        let end = at + value.len();
        let word = |ch: Option<char>| ch.is_some_and(|ch| ch.is_ascii_alphanumeric());
        let before = text.get(..at)?.chars().next_back();
        let after = text.get(end..)?.chars().next();
        let inside =
            word(before) && word(value.chars().next()) || word(after) && word(value.chars().next_back());
        (!inside).then_some(at..end)
    })
}

/// Returns the text around a value that may refer to it. A row of a table says nothing about its neighbours.
fn window<'t>(text: &'t str, at: &Range<usize>) -> &'t str {
    let line = line(text, at);
    let (from, to) =
        if text.get(line.clone()).is_some_and(is_a_row) { (line.start, line.end) } else { (0, text.len()) };
    let start = text.floor_char_boundary(at.start.saturating_sub(BEFORE)).max(from);
    let end = text.floor_char_boundary(at.end.saturating_add(BEHIND).min(text.len())).min(to);
    text.get(start..end).unwrap_or_default()
}

/// Returns the line that contains a value.
fn line(text: &str, at: &Range<usize>) -> Range<usize> {
    let start = text.get(..at.start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let end = text.get(at.end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at.end + end);
    start..end
}

/// Separators between the cells of a row.
pub(super) const BARS: &[&str] = &["  ", "\t", "|"];

/// Returns the cell of a row that contains a value.
fn cell<'t>(text: &'t str, at: &Range<usize>) -> &'t str {
    let line = line(text, at);
    let (before, after) = (text.get(line.start..at.start), text.get(at.end..line.end));
    let from = |before: &str| BARS.iter().filter_map(|bar| Some(before.rfind(bar)? + bar.len())).max();
    let to = |after: &str| BARS.iter().filter_map(|bar| after.find(bar)).min();
    let start = before.and_then(from).map_or(line.start, |from| line.start + from);
    let end = after.and_then(to).map_or(line.end, |to| at.end + to);
    text.get(start..end).unwrap_or_default()
}

/// Whether the line that contains a value has several cells.
fn is_in_columns(text: &str, at: &Range<usize>) -> bool {
    let line = text.get(line(text, at)).unwrap_or_default().trim();
    BARS.iter().any(|bar| line.contains(bar))
}

/// Whether a value is the first cell of a row: what the row says is said of it.
fn heads_its_row(text: &str, at: &Range<usize>, value: &str) -> bool {
    let line = text.get(line(text, at)).unwrap_or_default();
    let head = BARS
        .iter()
        .filter_map(|bar| line.trim().trim_start_matches('|').split(bar).next())
        .min_by_key(|head| head.len());
    is_a_row(line) && head.is_some_and(|head| bare(head) == value)
}

/// Whether a line is a row of cells: words separated by runs of blanks, tabs or bars in at least two places.
pub(super) fn is_a_row(line: &str) -> bool {
    let line = line.trim();
    let barred = line.trim_matches('|').matches('|').count();
    let spaced = line.split("  ").filter(|cell| !cell.trim().is_empty()).count();
    !line.contains('\n') && (barred >= 2 || line.matches('\t').count() >= 2 || spaced >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_rows() {
        for text in [
            "B-3   Brandt     cellar    B-1 goes to the attic",
            "|B-3|Brandt|B-1 goes to the attic|",
            "B-3\tx\tB-1 goes to the attic",
        ] {
            let at = text.find("B-1").unwrap();
            assert!(is_a_row(text), "{text}");
            assert_eq!(cell(text, &(at..at + 3)).trim(), "B-1 goes to the attic");
        }
        assert_eq!(cell("one line", &(0..3)), "one line");
    }
}
