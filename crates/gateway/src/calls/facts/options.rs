//! The options that a tool's description offers: “Open or close the dome”, “action: 进水/排水/关”. A user who names one of these wants
//! none of the others, whatever a text says.

use ombud_core::Origin;

use super::super::Prepared;
use super::super::arguments::Leaf;
use super::{Value, prose};
use crate::attribute::folded;
use ombud_core::script::is_han;

/// Bytes of a description read.
const MOST_READ: usize = 2_000;

/// Longest option, in bytes.
const LONGEST: usize = 32;

/// Maximum number of occurrences of one value examined.
const MOST_PLACES: usize = 8;

/// Returns the origin of a text that states this value, if the user states another of the tool's options instead.
pub(super) fn told_against(known: &Prepared, description: &str, leaf: &Leaf) -> Option<Origin> {
    let value = folded(&leaf.value);
    let word = value.len() <= LONGEST && !value.is_empty() && value.chars().all(is_of_a_word);
    if !word || known.says(&value) {
        return None;
    }
    let description =
        folded(description.get(..description.floor_char_boundary(MOST_READ)).unwrap_or_default());
    let others = beside(&description, &value);
    if !others.iter().any(|other| known.says(other)) {
        return None;
    }
    prose::told_before(known, &Value { text: value, kind: None }, usize::MAX)
}

fn is_of_a_word(ch: char) -> bool {
    ch.is_alphanumeric() || matches!(ch, '_' | '-')
}

/// Returns the words before and after an option that only “or”, a slash or a bar separates from it.
fn beside<'d>(description: &'d str, option: &str) -> Vec<&'d str> {
    let places = description.match_indices(option).take(MOST_PLACES);
    let whole = places.filter_map(|(at, _)| {
        let (before, after) = (description.get(..at)?, description.get(at + option.len()..)?);
        (!before.ends_with(is_of_a_word) && !after.starts_with(is_of_a_word)).then_some((before, after))
    });
    whole.flat_map(|(before, after)| [last(before), first(after)]).flatten().collect()
}

/// Returns the option at the end of the text before another.
fn last(before: &str) -> Option<&str> {
    let rest = before.trim_end_matches(is_between);
    let rest = ["or", "或", "或者"].iter().find_map(|or| rest.strip_suffix(or)).map_or_else(
        || before.trim_end_matches(' ').ends_with(PARTS).then_some(rest),
        |rest| Some(rest.trim_end_matches(is_between)),
    )?;
    let start = rest.char_indices().rev().take_while(|(_, ch)| is_of_a_word(*ch)).last()?.0;
    rest.get(start..).filter(|word| is_an_option(word))
}

/// Returns the option at the start of the text after another.
fn first(after: &str) -> Option<&str> {
    let rest = after.trim_start_matches(is_between);
    let rest = ["or ", "或者", "或"].iter().find_map(|or| rest.strip_prefix(or)).map_or_else(
        || after.trim_start_matches(' ').starts_with(PARTS).then_some(rest),
        |rest| Some(rest.trim_start_matches(is_between)),
    )?;
    let end = rest.find(|ch| !is_of_a_word(ch)).unwrap_or(rest.len());
    rest.get(..end).filter(|word| is_an_option(word))
}

/// Characters that separate options without a conjunction.
const PARTS: [char; 3] = ['/', '|', '、'];

fn is_between(ch: char) -> bool {
    PARTS.contains(&ch) || matches!(ch, ' ' | ',' | '\'' | '"' | '`')
}

/// Whether a word is short enough for an option: in Chinese a few characters, not the sentence around it.
fn is_an_option(word: &str) -> bool {
    !word.is_empty() && word.len() <= LONGEST && (!word.contains(is_han) || word.chars().count() <= 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_a_description() {
        for (description, option, others) in [
            ("open or close the dome", "close", vec!["open"]),
            ("open or close the dome", "open", vec!["close"]),
            ("action: 进水/排水/关；厘米", "排水", vec!["进水", "关"]),
            ("one of 'low', 'high' or 'off'", "high", vec!["off"]),
            ("mode: heat|cool", "cool", vec!["heat"]),
            ("close the dome for good", "close", vec![]),
            ("disclose or not", "close", vec![]),
        ] {
            assert_eq!(beside(description, option), others, "{description}");
        }
    }
}
