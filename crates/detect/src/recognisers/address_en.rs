//! Street addresses as written in the United States (USPS Publication 28), Britain, Canada and Australia: number, name,
//! street word; then flat, city, state, postcode and country where they follow. Both the number and the street word are
//! required, because either alone occurs in any text.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::address::latin;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "address_en",
    kind: DataType::Location,
    trigger: Trigger::Word(1..=6, Head::Digit),
    labels: &[],
    find,
};

/// Maximum number of words in a street name.
const NAME: usize = 4;

/// Words that mean a street and hardly anything else.
const STREETS: &[&str] = &[
    "Street",
    "Avenue",
    "Ave",
    "Road",
    "Rd",
    "Boulevard",
    "Blvd",
    "Lane",
    "Terrace",
    "Parkway",
    "Pkwy",
    "Highway",
    "Hwy",
    "Crescent",
    "Turnpike",
    "Expressway",
    "Causeway",
    "Mews",
    "Esplanade",
];
/// Words that mean a street only if capitalised.
const CAPITAL_STREETS: &[&str] = &[
    "St", "Ln", "Dr", "Drive", "Ct", "Court", "Pl", "Place", "Way", "Circle", "Cir", "Square", "Sq", "Trail",
    "Trl", "Loop", "Row", "Walk", "Close", "Alley", "Plaza", "Grove", "Gardens", "Hill", "Rise", "Broadway",
    "Path", "Run", "Pike", "Crossing", "Point", "Ridge", "Heights", "Green", "Wharf", "Quay", "Bypass",
    "Freeway", "Parade",
];
/// Words that stand between a number and a street word in ordinary sentences.
const PROSE: &[&str] = &[
    "of",
    "on",
    "in",
    "at",
    "to",
    "the",
    "a",
    "an",
    "and",
    "or",
    "down",
    "up",
    "off",
    "from",
    "per",
    "people",
    "miles",
    "mile",
    "km",
    "blocks",
    "block",
    "minutes",
    "minute",
    "min",
    "hours",
    "hour",
    "days",
    "day",
    "weeks",
    "months",
    "years",
    "year",
    "times",
    "feet",
    "ft",
    "percent",
    "cars",
    "houses",
    "more",
    "other",
    "new",
    "different",
    "for",
    "by",
    "is",
    "was",
    "are",
    "were",
    "its",
    "their",
    "his",
    "her",
    "my",
    "our",
    "your",
    "this",
    "that",
    "these",
    "those",
    "with",
    "angry",
    "men",
    "degrees",
    "points",
    "million",
    "billion",
    "thousand",
    "am",
    "pm",
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "wall",
];

fn find(text: &Text<'_>, number: Range<usize>) -> Option<Found> {
    let digits = text.slice(number.clone());
    let letters = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let plain =
        letters.len() <= 1 && text.byte(number.end) == Some(b' ') && starts_freely(text, number.start);
    let end = if plain { street(text.as_str(), number.end + 1) } else { None };
    match end {
        Some(end) => Some(Found::shape(number.start..latin::tail(text.as_str(), end), 0.85)),
        None => zip_line(text, &number),
    }
}

/// True if no letter, digit, point or currency symbol touches the number from the left.
fn starts_freely(text: &Text<'_>, start: usize) -> bool {
    let before = text.slice(0..start).chars().next_back();
    !before.is_some_and(|c| {
        c.is_alphanumeric() || matches!(c, '.' | '$' | '€' | '£' | '¥' | '%' | '_' | '/' | '=')
    })
}

/// The end of the street word, with its direction, that follows one to four words from `first` on.
fn street(text: &str, first: usize) -> Option<usize> {
    let mut at = first;
    let mut capitals = true;
    for count in 0..=NAME {
        let word = latin::word(text, at)?;
        let known = text.get(word.clone())?;
        if known.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let named = count > 0 && (latin::is_any(known, STREETS) || capitals && is_capital_street(known));
        if named && ends_name(text, word.end, known) {
            return Some(direction(text, word.end));
        }
        if latin::is_any(known, PROSE) {
            return None;
        }
        capitals &= latin::is_capital(known) || known.starts_with(|c: char| c.is_ascii_digit());
        at = latin::next(text, word.end)?;
    }
    None
}

fn is_capital_street(word: &str) -> bool {
    latin::is_capital(word) && latin::is_any(word, CAPITAL_STREETS)
}

/// False if the name continues: `12 St Mary Street` does not end with `St`, nor `5 Hill Road` with `Hill`.
fn ends_name(text: &str, end: usize, word: &str) -> bool {
    let follower =
        latin::next(text, end).and_then(|at| latin::word(text, at)).and_then(|range| text.get(range));
    !follower.is_some_and(|next| {
        latin::is_any(next, STREETS) || !latin::is_any(word, STREETS) && is_capital_street(next)
    })
}

/// The end of a direction after the street, as in `120 Main St NW`.
fn direction(text: &str, end: usize) -> usize {
    const DIRECTIONS: &[&str] =
        &["N", "S", "E", "W", "NE", "NW", "SE", "SW", "North", "South", "East", "West"];
    let follower = latin::next(text, end).and_then(|at| latin::word(text, at));
    follower
        .filter(|range| text.get(range.clone()).is_some_and(|word| DIRECTIONS.contains(&word)))
        .map_or(end, |range| range.end)
}

/// `Springfield, IL 62704`: the word is the code, preceded by a city, a comma and a state.
fn zip_line(text: &Text<'_>, code: &Range<usize>) -> Option<Found> {
    let known = text.slice(code.clone());
    if known.len() != 5 || !known.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if text.before(code.start) != Some(b' ')
        || !text.before(code.start - 1).is_some_and(|b| b.is_ascii_alphabetic() || b == b'.')
    {
        return None;
    }
    let before = text.slice(code.start.saturating_sub(48)..code.start);
    let (city, state) = before.strip_suffix(' ')?.rsplit_once(", ")?;
    let comma = code.start - 1 - state.len() - 2;
    let is_state = latin::tail(text.as_str(), comma) >= code.end && state.len() <= 20;
    let start =
        city.rfind(|c: char| !(c.is_alphabetic() || matches!(c, ' ' | '.' | '-'))).map_or(0, |at| at + 1);
    let city = city.get(start..)?;
    let words = city.split(' ').rev().take(3).take_while(|word| latin::is_capital(word));
    let length: usize = words.map(|word| word.len() + 1).sum();
    (is_state && length > 1)
        .then(|| Found::shape(comma + 1 - length..latin::tail(text.as_str(), comma), 0.85))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_addresses;

    #[test]
    fn addresses_are_found_whole() {
        check_addresses(&[
            "Send it to [[1600 Pennsylvania Avenue NW, Washington, DC 20500]] please",
            "my address is [[742 Evergreen Terrace, Springfield, IL 62704]].",
            "Ship to [[350 Fifth Ave, Suite 3300, New York, NY 10118, USA]]",
            "We live at [[221B Baker Street]]",
            "[[10 Downing Street, London SW1A 2AA]]",
            "office: [[12 St. Mary's Road, Apt 4B]]",
            "[[55 Hill Rd]]\nthanks",
            "at [[88 N. Main St]], second door",
            "she moved to [[Portland, OR 97201]] last year",
            "i live at [[42 oak tree lane]]",
            "[[301 Front St W, Toronto, ON M5V 2T6, Canada]]",
        ]);
    }

    #[test]
    fn numbers_and_streets_in_prose_are_none() {
        check_addresses(&[
            "12 Angry Men is a film",
            "we walked 10 blocks down the road",
            "3 people on the street",
            "in 2024 the way forward",
            "Chapter 3 The Road to Rome",
            "5 Court cases",
            "she drove 200 miles to the avenue",
            "version 2.0 Street",
            "the top 10 road trips",
        ]);
    }
}
