//! Values that the model used before anybody else could speak: what stands in a call that was made before the first foreign text
//! is the model's reading of the user's words, whatever a later text says about it.

use super::super::Prepared;
use super::super::approve::past;
use super::super::arguments::Arguments;
use crate::attribute::folded;
use crate::wire::answer::ToolCall;

/// Calls that are looked at.
const MOST: usize = 8;

/// Whether an argument of a call before every text of a third party is this folded value.
pub(super) fn is_known(known: &Prepared, value: &str) -> bool {
    let foreign =
        known.context.sources.iter().filter(|source| source.is_foreign() || !source.passages.is_empty());
    let Some(first) = foreign.map(|source| source.start).min() else { return false };
    // Without a turn of the user before it the history was cut: what stood there before, nobody knows.
    let Some(asked) = known.turns.first().map(|turn| turn.0) else { return false };
    let calls = known.exchange.calls.iter().take_while(|call| call.arguments.start < first).take(MOST);
    let calls = calls.filter(|call| asked < call.arguments.start);
    calls.map(|call| past(&known.exchange, call)).any(|arguments| {
        let arguments = Arguments::of(&ToolCall { arguments, complete: true, ..ToolCall::default() });
        arguments.leaves.iter().any(|leaf| folded(&leaf.value) == value)
    })
}
