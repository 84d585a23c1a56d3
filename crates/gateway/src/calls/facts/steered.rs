//! Reads that a third party's text requested. The result is not what the user wanted to know, and whoever has it looked up wants
//! it sent somewhere.

use ombud_core::{Origin, PastCall, Role};
use std::collections::HashSet;

use ombud_core::effect::{Effect, Hints, classify};
use ombud_core::gate::Steered;

use super::super::Prepared;
use super::super::approve::past;
use super::super::arguments::{Arguments, Leaf};
use super::record::is_directory;
use super::{Value, prose};
use crate::attribute::index::{Form, Index, stands_in};
use crate::attribute::{Source, folded, weight};
use crate::wire::answer::ToolCall;

/// Maximum number of calls examined, from the end of the history.
const MOST: usize = 24;

/// Maximum number of arguments examined per call.
const MOST_LEAVES: usize = 16;

/// Returns the last read in the history that only a third party's text asked for, if this call could carry away its result.
pub(super) fn by(known: &Prepared, effect: Effect, leaves: &[Leaf]) -> Option<Steered> {
    let carries =
        matches!(effect, Effect::Send | Effect::Pay | Effect::Grant | Effect::Execute | Effect::Unknown);
    let last = if carries { MOST } else { 0 };
    known.exchange.calls.iter().rev().take(last).find_map(|call| {
        let leaves_with = |_: &Steered| !says_other_things(known, call, leaves);
        of(known, call, leaves).filter(leaves_with)
    })
}

/// Returns the argument of a read that came from a text, if any.
fn of(known: &Prepared, call: &PastCall, carried: &[Leaf]) -> Option<Steered> {
    let arguments = past(&known.exchange, call);
    let arguments = Arguments::of(&ToolCall { arguments, complete: true, ..ToolCall::default() });
    let keys: Vec<String> = arguments.leaves.iter().map(|leaf| leaf.key.clone()).collect();
    let reads = classify(&call.tool, Hints { description: "", arguments: &keys }) == Effect::Read;
    // Looking up a person whom a text mentions is fine: the address is weighed on its own.
    if !reads || is_directory(&call.tool) {
        return None;
    }
    let values = arguments.leaves.iter().take(MOST_LEAVES).map(|leaf| folded(&leaf.value));
    let foreign = values.filter(|value| weight(value) >= least(value) && !is_said(known, value));
    foreign.map(|text| Value { text, kind: None }).find_map(|value| {
        let asked = prose::asked_before(known, &call.tool, &value, call.arguments.start);
        let told = || {
            prose::told_before(known, &value, call.arguments.start)
                .filter(|_| carries_its_terms(known, call, carried))
        };
        Some(Steered { origin: asked.or_else(told)?, value: value.text })
    })
}

/// Returns the minimum number of letters and digits in a value, to exclude coincidences: fewer for `.env` than for a word.
fn least(value: &str) -> usize {
    if value.contains('.') { 3 } else { 4 }
}

/// Whether a call holds an identifier that occurs in the result of the read and nowhere else in the context: whatever led to the
/// read, only it could have supplied what leaves.
fn carries_its_terms(known: &Prepared, read: &PastCall, leaves: &[Leaf]) -> bool {
    let its = |source: &&Source| matches!(&source.origin, Origin::Tool { call, .. } if *call == read.id);
    let Some(result) = known.context.sources.iter().find(its) else { return false };
    let texts = leaves.iter().map(|leaf| Index::new(&leaf.value, Form::Words));
    let carried = texts.flat_map(|text| text.terms().map(|(term, _)| term.to_owned()).collect::<Vec<_>>());
    let mut telling = carried.filter(|term| weight(term) >= LEAST_OF_A_TERM);
    telling.any(|term| {
        let holds = |source: &Source| source.index.terms().any(|(other, _)| other == term);
        let others =
            known.context.sources.iter().filter(|source| source.role != Role::Assistant && !its(source));
        holds(result) && !others.into_iter().any(holds)
    })
}

/// Minimum number of letters and digits in a telling identifier: a year or a price has fewer.
const LEAST_OF_A_TERM: usize = 7;

/// Whether every word of a call appears in other sources than the result of this read, the model's turns aside: then the call
/// carries nothing away.
fn says_other_things(known: &Prepared, read: &PastCall, leaves: &[Leaf]) -> bool {
    let its = |source: &Source| matches!(&source.origin, Origin::Tool { call, .. } if *call == read.id);
    let others = known.context.sources.iter().filter(|source| source.role != Role::Assistant && !its(source));
    let known: HashSet<u64> =
        others.flat_map(|source| source.index.words.iter().map(|word| word.hash)).collect();
    let texts = leaves.iter().map(|leaf| Index::new(&leaf.value, Form::Words));
    texts.flat_map(|text| text.words).all(|word| known.contains(&word.hash))
}

/// Whether every word of a value appears in what the user or the operator says.
pub(super) fn is_said(known: &Prepared, value: &str) -> bool {
    let own =
        known.context.sources.iter().filter(|source| {
            source.passages.is_empty() && source.origin.trust() > ombud_core::Trust::Derived
        });
    let texts: Vec<&str> = own.map(|source| source.index.folded.as_str()).collect();
    let said = |word: &str| texts.iter().any(|text| stands_in(text, word));
    value.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty()).all(said)
}
