//! What a conversation has done so far.

use std::collections::BTreeSet;

use ombud_core::PastCall;
use ombud_core::effect::{Effect, Part, Shape, part};
use ombud_core::gate::Done;

use super::super::Prepared;
use super::super::approve::past;
use super::super::arguments::{Arguments, Leaf, canonical};
use crate::wire::answer::ToolCall;

/// What the history has done, and this call with it.
pub(super) fn done(known: &Prepared, effect: Effect, tool: &str, arguments: &Arguments) -> Done {
    let calls = known.exchange.calls.iter();
    let mut paying: BTreeSet<&str> = calls.clone().map(|call| call.tool.as_str()).collect();
    paying.retain(|tool| known.effect_of(tool) == Effect::Pay);
    let same = |call: &&PastCall| {
        call.tool == tool && canonical(&past(&known.exchange, call)) == arguments.canonical
    };
    let paid = calls.clone().filter(|call| paying.contains(call.tool.as_str())).map(|call| {
        let call = ToolCall { arguments: past(&known.exchange, call), complete: true, ..ToolCall::default() };
        amounts(&Arguments::of(&call))
    });
    let own = if effect == Effect::Pay { amounts(arguments) } else { 0 };
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Done {
        equal: count(calls.clone().filter(same).count()).saturating_add(1),
        calls: count(calls.len()).saturating_add(1),
        money: paid.fold(own, u64::saturating_add),
        minute: 0,
    }
}

/// The sum of the amounts in the arguments of a payment, rounded up.
pub(in super::super) fn amounts(arguments: &Arguments) -> u64 {
    let leaves = arguments.leaves.iter();
    let paid = leaves.filter(|leaf| part(Effect::Pay, &leaf.key, Shape::Other) == Some(Part::Amount));
    let whole = |leaf: &Leaf| {
        let number = leaf.value.trim().trim_start_matches(|ch: char| !ch.is_ascii_digit());
        let (units, rest) = number.split_once('.').unwrap_or((number, ""));
        let units: String = units.chars().filter(char::is_ascii_digit).collect();
        let more = u64::from(rest.bytes().any(|byte| (b'1'..=b'9').contains(&byte)));
        units.parse::<u64>().unwrap_or(u64::MAX).saturating_add(more)
    };
    paid.map(whole).fold(0, u64::saturating_add)
}
