//! Values that the model used before anybody else could speak: what stands in a call that was made before the first foreign text
//! is the model's reading of the user's words, whatever a later text says about it.

use std::collections::BTreeSet;

use super::super::Prepared;
use super::super::approve::past;
use super::super::arguments::Arguments;
use crate::attribute::{folded, weight};
use crate::wire::answer::ToolCall;

/// Calls that are looked at.
const MOST: usize = 8;

/// Letters and digits of a value that names something: the `1` of a page is the `1` of a mail as well.
const LEAST: usize = 4;

/// The arguments of the calls before every text of a third party, folded.
pub fn used(known: &Prepared) -> BTreeSet<String> {
    let foreign =
        known.context.sources.iter().filter(|source| source.is_foreign() || !source.passages.is_empty());
    // Without a turn of the user before them the history was cut: what stood there before, nobody knows.
    let (Some(first), Some(asked)) = (foreign.map(|source| source.start).min(), known.turns.first()) else {
        return BTreeSet::new();
    };
    let calls = known.exchange.calls.iter().take_while(|call| call.arguments.start < first).take(MOST);
    let calls = calls.filter(|call| asked.0 < call.arguments.start);
    let leaves = calls.map(|call| past(&known.exchange, call)).flat_map(|arguments| {
        Arguments::of(&ToolCall { arguments, complete: true, ..ToolCall::default() }).leaves
    });
    leaves.map(|leaf| folded(&leaf.value)).filter(|value| weight(value) >= LEAST).collect()
}

/// Whether one of them is this folded value.
pub(super) fn is_known(known: &Prepared, value: &str) -> bool {
    known.known_before().contains(value)
}
