//! The totals of what a conversation has done so far.

use std::collections::BTreeSet;

use ombud_core::PastCall;
use ombud_core::effect::{Effect, Part, Shape, part};
use ombud_core::gate::Done;

use super::super::Prepared;
use super::super::approve::past;
use super::super::arguments::{Arguments, canonical};
use crate::wire::answer::ToolCall;

/// Returns the totals of the history including this call.
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
        // An unreadable amount is asked about on its own; afterwards it adds nothing.
        money: paid.filter(|sum| *sum != u64::MAX).fold(own, u64::saturating_add),
        ..Done::default()
    }
}

/// Returns the sum of the amounts in the arguments of a payment, each rounded up.
pub(in super::super) fn amounts(arguments: &Arguments) -> u64 {
    let leaves = arguments.leaves.iter();
    let paid = leaves.filter(|leaf| part(Effect::Pay, &leaf.key, Shape::Other) == Some(Part::Amount));
    paid.map(|leaf| sum(&leaf.value)).fold(0, u64::saturating_add)
}

/// Parses an amount of money, rounded up. Anything but a plain number with a currency may be any amount and yields `u64::MAX`:
/// `5万`, `20 thousand`, `1.000.000,00`.
fn sum(text: &str) -> u64 {
    let text = text.trim();
    let number = text.trim_matches(|ch: char| {
        ch.is_whitespace()
            || matches!(ch, '$' | '€' | '£' | '¥' | '￥' | '+' | '元' | '圆')
            || ch.is_ascii_alphabetic()
    });
    let currency = text.replace(number, "");
    let words = currency.split(|ch: char| !ch.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let plain = |word: &str| CURRENCIES.contains(&word.to_ascii_lowercase().as_str());
    let groups: Vec<&str> = number.split(',').collect();
    let grouped =
        groups.iter().skip(1).all(|group| group.split('.').next().is_some_and(|whole| whole.len() == 3));
    let digits = |ch: char| ch.is_ascii_digit() || matches!(ch, '.' | ',' | 'e' | 'E' | '-' | '+');
    if !words.clone().all(plain) || !grouped || !number.chars().all(digits) {
        return u64::MAX;
    }
    let value: f64 = number.replace(',', "").parse().unwrap_or(f64::INFINITY);
    // Beyond the range of exact integers it exceeds any limit.
    if value.is_finite() && value.abs() < 9e15 { whole(value.abs()) } else { u64::MAX }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 9e15")]
fn whole(value: f64) -> u64 {
    value.ceil() as u64
}

/// Words that only name the currency of an amount.
const CURRENCIES: &[&str] = &[
    "usd", "eur", "gbp", "cny", "rmb", "jpy", "krw", "hkd", "twd", "sgd", "chf", "cad", "aud", "inr", "sek",
    "dkk", "nok", "pln", "dollar", "dollars", "euro", "euros", "pounds", "yuan", "yen",
];

#[cfg(test)]
mod tests {
    use super::sum;

    #[test]
    fn sums_are_read_or_count_as_any() {
        for (text, value) in [
            ("20", 20),
            ("20.01", 21),
            ("$1,234.50", 1235),
            ("EUR 9", 9),
            ("9 元", 9),
            ("1e3", 1000),
            ("1000000.0", 1_000_000),
            ("-5", 5),
            ("0", 0),
        ] {
            assert_eq!(sum(text), value, "{text}");
        }
        for text in [
            "5万",
            "20 thousand",
            "1.000.000,00",
            "0.5k",
            "1e300",
            "",
            "ten",
            "1,2,3",
            "0x10",
            "五百",
            "NaN",
            "inf",
        ] {
            assert_eq!(sum(text), u64::MAX, "{text}");
        }
    }
}
