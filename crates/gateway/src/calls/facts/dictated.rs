//! Words of an argument that third-party prose contains or dictates.

use std::ops::Range;

use ombud_core::effect::{Effect, Part};
use ombud_core::gate::ArgumentFacts;

use super::super::Prepared;
use super::super::arguments::Leaf;
use super::dates::is_time;
use super::record::is_listed;
use super::{About, LONGEST_WORDS, Value, bare, before, echo, numbers, pointed, prose};
use crate::attribute::index::Index;
use crate::attribute::{Hit, folded, weight};

/// Returns the words of an argument, all of them or a passage, if third-party prose contains them and asks for the effect.
pub(super) fn told(
    known: &Prepared,
    about: About<'_>,
    leaf: &Leaf,
    part: Part,
    index: &Index,
    passages: &[(Hit, Range<usize>)],
) -> Option<ArgumentFacts> {
    let words = || passages.iter().filter_map(|(_, own)| index.folded.get(own.clone()));
    // The model may write a single word as a sentence: “Outstanding.”
    let whole = folded(leaf.value.trim().trim_end_matches(['.', '!', '。', '！']));
    let said = known.turns.iter().any(|(_, turn)| turn.contains(&whole));
    if part == Part::Content
        && !said
        && let Some(spelt) = about.spelt
    {
        let day = || prose::spells(known, &whole, spelt).filter(|_| is_time(&whole));
        let number = || prose::says_in_words(known, &whole).filter(|_| !numbers::are_said(known, &whole));
        let fine = || {
            is_listed(known, &whole, part)
                || before::is_known(known, &whole)
                || about.left && pointed::is_left(known, &whole)
        };
        if let Some(origin) = day().or_else(number).filter(|_| !fine()) {
            return Some(ArgumentFacts { instructed: Some(origin), ..bare(leaf, part, whole, false) });
        }
    }
    let short =
        part == Part::Content && whole.len() <= LONGEST_WORDS && weight(&whole) >= 2 && !is_time(&whole);
    let mut all = short.then_some(whole.as_str()).into_iter().chain(words());
    all.find_map(|text| {
        let value = Value { text: text.to_owned(), kind: None };
        let own = known.turns.iter().any(|(_, turn)| turn.contains(text))
            || known.says_its_words(text)
            || before::is_known(known, text)
            || numbers::are_said(known, text);
        let origin = if own { None } else { prose::asks_for(known, about, &value) };
        Some(ArgumentFacts { instructed: Some(origin?), ..bare(leaf, part, value.text, false) })
    })
}

/// Returns a message that a third-party sentence dictates.
pub(super) fn echoed(
    known: &Prepared,
    effect: Effect,
    leaf: &Leaf,
    part: Part,
    index: &Index,
) -> Option<ArgumentFacts> {
    let message = part == Part::Content && matches!(effect, Effect::Send | Effect::Create | Effect::Change);
    let origin = if message { echo::of(known, effect, index) } else { None };
    Some(ArgumentFacts { instructed: Some(origin?), ..bare(leaf, part, folded(&leaf.value), false) })
}
