//! Values that the model used before any third party could speak: what is in a call made before the first third-party text is the
//! model's reading of the user's words, whatever a later text says about it.

use std::collections::BTreeSet;

use super::super::Prepared;
use super::super::approve::past;
use super::super::arguments::Arguments;
use crate::attribute::{folded, weight};
use crate::wire::answer::ToolCall;

/// Maximum number of calls examined.
const MOST: usize = 8;

/// Minimum number of letters and digits in a value that identifies something: the `1` of a page is also the `1` of a mail.
const LEAST: usize = 4;

/// Returns the folded arguments of the calls before the first text of a third party.
pub fn used(known: &Prepared) -> BTreeSet<String> {
    let foreign =
        known.context.sources.iter().filter(|source| source.is_foreign() || !source.passages.is_empty());
    // Without a user's turn before them the history was cut: nobody knows what came before.
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

/// Whether this folded value is one of them.
pub(super) fn is_known(known: &Prepared, value: &str) -> bool {
    known.known_before().contains(value)
}
