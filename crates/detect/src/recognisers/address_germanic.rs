//! Streets whose name and street word form one word: German, Dutch and the Scandinavian languages, with the number after
//! it, and the postcode and city that follow (DIN 5008, NEN 5825).

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::address::latin;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "address_germanic",
    kind: DataType::Location,
    trigger: Trigger::Literals(&[
        "straße ", "strasse ", "str. ", "weg ", "platz ", "gasse ", "allee ", "damm ", "ufer ", "straat ",
        "laan ", "gracht ", "plein ", "kade ", "singel ", "gatan ", "vägen ", "gade ", "vej ", "gata ",
        "veien ",
    ]),
    labels: &[],
    find,
};

/// Words that precede a street word in prose, at the start of a sentence.
const BEFORE: &[&str] = &[
    "Auf", "Der", "Die", "Das", "Den", "Dem", "Im", "Am", "In", "Ein", "Eine", "Einen", "Vom", "Zum", "Von",
    "Jeder", "Mein", "De", "Het", "Een",
];
/// Words of other languages and of prose that end like a street.
const OTHERS: &[&str] = &[
    "Brigade",
    "Renegade",
    "Norweg",
    "Unterweg",
    "Arbeitsplatz",
    "Parkplatz",
    "Marktplatz",
    "Ausweg",
    "Umweg",
];

fn find(text: &Text<'_>, place: Range<usize>) -> Option<Found> {
    let number = latin::word(text.as_str(), place.end)?;
    let digits = text.slice(number.clone());
    let start = name_start(text.as_str(), place.start)?;
    let name = text.slice(start..place.end);
    let named = latin::is_capital(name) && !OTHERS.iter().any(|other| name.trim_end() == *other);
    (named && is_house_number(digits)).then(|| Found::shape(start..city(text.as_str(), number.end), 0.8))
}

/// `12`, `12a`, `12-14`.
fn is_house_number(digits: &str) -> bool {
    let letters = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.len() - letters.len() <= 7
        && letters.len() <= 1
        && letters.bytes().all(|b| b.is_ascii_lowercase())
}

/// Start of the name: in the same word or, if the street word is separate, one capitalised word before it.
fn name_start(text: &str, suffix: usize) -> Option<usize> {
    let before = text.get(text.floor_char_boundary(suffix.saturating_sub(40))..suffix)?;
    let inner = |c: char| c.is_alphabetic() || matches!(c, '-' | '.' | '\'');
    let joined = before.trim_end_matches(inner);
    let stem = before.len() - joined.len();
    if stem >= 3 {
        return Some(suffix - stem);
    }
    let alone = joined.strip_suffix(' ')?;
    let word = alone.len() - alone.trim_end_matches(inner).len();
    let article = alone.get(alone.len() - word..).is_some_and(|word| BEFORE.contains(&word));
    (stem == 0 && word >= 3 && !article).then(|| suffix - 1 - word)
}

/// The end of `, 10115 Berlin` or `, 1012 AB Amsterdam` after the number; the end of the number if there is none.
fn city(text: &str, end: usize) -> usize {
    let after = latin::part(text, end).and_then(|at| {
        let code = latin::word(text, at)?;
        let digits = text.get(code.clone())?;
        let numeric = (4..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        let mut next = latin::word(text, latin::next(text, code.end)?).filter(|_| numeric)?;
        let letters = text.get(next.clone())?;
        if letters.len() == 2 && letters.bytes().all(|b| b.is_ascii_uppercase()) {
            next = latin::word(text, latin::next(text, next.end)?)?;
        }
        text.get(next.clone()).filter(|word| latin::is_capital(word)).map(|_| next.end)
    });
    let after = after.unwrap_or(end);
    latin::tail(text, after).max(after)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_addresses;

    #[test]
    fn addresses_are_found_whole() {
        check_addresses(&[
            "Ich wohne in der [[Hauptstraße 12a, 10115 Berlin]].",
            "Lieferung an [[Lange Straße 5]], danke",
            "[[Keizersgracht 123, 1015 CJ Amsterdam]]",
            "[[Lindenallee 7, 50968 Köln, Germany]]",
            "an: [[Bahnhofstr. 3]]",
        ]);
    }

    #[test]
    fn words_that_end_alike_are_none() {
        check_addresses(&[
            "the Brigade 7 report",
            "weg 5",
            "Auf Platz 3 landete",
            "Norwegian 12",
            "der kürzeste Weg 3 war",
        ]);
    }
}
