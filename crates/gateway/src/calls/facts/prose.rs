//! Whether a third party's prose asks for what a call would do: it holds the value and, near it, words that ask for an
//! effect of this class. Whoever sets out to steer an agent has to say what is to be done with what.

use std::ops::Range;

use ombud_core::effect::Effect;
use ombud_core::intent::urges;
use ombud_core::{Origin, Trust};

use super::super::Prepared;
use super::Value;
use crate::attribute::envelope::Passage;
use crate::attribute::identifier::Kind;
use crate::attribute::sieve::Probe;
use crate::attribute::{Source, folded, weight};

/// Bytes before a value in which a wish counts, and behind it.
const BEFORE: usize = 240;
const BEHIND: usize = 160;

/// Places of one value that are looked at.
const MOST: usize = 24;

/// The origin of the prose that holds the value and asks for the effect.
pub(super) fn asks_for(known: &Prepared, effect: Effect, tool: &str, value: &Value) -> Option<Origin> {
    if value.text.is_empty() {
        return None;
    }
    let tells = effect.acts() && is_telling(value);
    asked(&known.context.sources, effect, tool, &value.text, tells)
}

/// The origin of prose before this place of the body that holds the value and asks to have something looked at.
pub(super) fn asked_before(known: &Prepared, tool: &str, value: &Value, before: usize) -> Option<Origin> {
    let sources = &known.context.sources;
    let earlier = sources.get(..sources.partition_point(|source| source.start < before)).unwrap_or_default();
    asked(earlier, Effect::Read, tool, &value.text, false)
}

fn asked(sources: &[Source], effect: Effect, tool: &str, value: &str, telling: bool) -> Option<Origin> {
    let (tool, probe) = (folded(tool), Probe::new(value));
    // A passage may begin inside a word: where there are some, the words of the whole say nothing.
    let may = |source: &&Source| !source.passages.is_empty() || source.index.sieve.may_contain(&probe);
    sources.iter().filter(may).find_map(|source| {
        texts(source).find_map(|(text, origin)| {
            let holds = places(text, &probe);
            let tells = telling && source.index.structured;
            let asks = holds.take(MOST).any(|at| {
                let around = window(text, &at);
                tells || around.contains(&tool) || urges(around, effect)
            });
            asks.then_some(origin)
        })
    })
}

/// An identifier that nobody writes by chance.
fn is_telling(value: &Value) -> bool {
    let digits = value.text.bytes().any(|byte| byte.is_ascii_digit());
    match value.kind {
        Some(Kind::Email | Kind::Iban | Kind::Id) => true,
        Some(_) => false,
        None => digits && weight(&value.text) >= 4 && !value.text.contains([' ', ':', '：']),
    }
}

/// The prose of a source that a third party may have written: fields that hold more than one value, or all of it where it is
/// not structured.
fn texts(source: &Source) -> impl Iterator<Item = (&str, Origin)> {
    let foreign = source.origin.trust() == Trust::Untrusted;
    let structured = foreign && source.index.structured;
    let fields = source.index.fields.iter().filter(move |_| structured);
    let fields = fields.map(|field| (field.value.as_str(), source.origin.clone()));
    let whole = (foreign && !structured).then(|| (source.index.folded.as_str(), source.origin.clone()));
    let others = |passage: &&Passage| passage.origin.trust() == Trust::Untrusted;
    let passages = source.passages.iter().filter(move |_| !foreign).filter(others).filter_map(|passage| {
        let span = source.index.folded_range(&passage.span);
        Some((source.index.folded.get(span)?, passage.origin.clone()))
    });
    fields.chain(whole).chain(passages).filter(|(text, _)| !text.is_empty())
}

/// Where a value stands as whole words in a longer text.
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

fn window<'t>(text: &'t str, at: &Range<usize>) -> &'t str {
    let start = text.floor_char_boundary(at.start.saturating_sub(BEFORE));
    let end = text.floor_char_boundary(at.end.saturating_add(BEHIND).min(text.len()));
    text.get(start..end).unwrap_or_default()
}
