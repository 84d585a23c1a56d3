//! Streets that start with the street word: French (number before it, AFNOR XP Z 10-011), Spanish, Portuguese, Italian
//! and Polish (number after the name), with the postcode and city that follow.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::address::latin;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "address_romance",
    kind: DataType::Location,
    trigger: Trigger::Literals(&[
        "rue ",
        "avenue ",
        "boulevard ",
        "chemin ",
        "impasse ",
        "allée ",
        "quai ",
        "place ",
        "calle ",
        "avenida ",
        "avda. ",
        "paseo ",
        "plaza ",
        "carrer ",
        "rua ",
        "travessa ",
        "via ",
        "viale ",
        "corso ",
        "piazza ",
        "largo ",
        "ulica ",
        "ul. ",
    ]),
    labels: &[],
    find,
};

/// Uncapitalised words within a name.
const PARTICLES: &[&str] = &[
    "de", "du", "des", "la", "le", "les", "del", "della", "dei", "do", "da", "dos", "das", "los", "las",
    "el", "et", "y", "e",
];
/// What follows `via` and `place` in English.
const OTHERS: &[&str] = &[
    "Email",
    "Route",
    "Zoom",
    "Api",
    "Port",
    "Usb",
    "Http",
    "Https",
    "Bluetooth",
    "Highway",
    "Slack",
    "Teams",
    "Channel",
    "Page",
];

fn find(text: &Text<'_>, place: Range<usize>) -> Option<Found> {
    if text.slice(0..place.start).chars().next_back().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let name = name(text.as_str(), place.end)?;
    let start = number_before(text.as_str(), place.start);
    let end = number_behind(text.as_str(), name);
    let english = matches!(text.slice(place.clone()), "via " | "place " | "plaza " | "corso ");
    match (start, end) {
        (Some(start), _) if french(text.slice(place.clone())) => {
            Some(Found::shape(start..city(text.as_str(), name), 0.8))
        }
        (_, Some(end)) if !english && !french(text.slice(place.clone())) => {
            Some(Found::shape(place.start..city(text.as_str(), end), 0.8))
        }
        _ => None,
    }
}

fn french(word: &str) -> bool {
    const FRENCH: &[&str] = &["rue", "avenue", "boulevard", "chemin", "impasse", "allée", "quai", "place"];
    latin::is_any(word.trim_end(), FRENCH)
}

/// The end of the name that starts at `at`: capitalised words, and particles before them.
fn name(text: &str, mut at: usize) -> Option<usize> {
    let mut end = None;
    for _ in 0..6 {
        let Some(word) = latin::word(text, at) else { break };
        let known = text.get(word.clone())?;
        let elided = known.starts_with("d'")
            || known.starts_with("l'")
            || known.starts_with("d’")
            || known.starts_with("l’");
        if latin::is_capital(known) && !latin::is_any(known, OTHERS) || elided {
            end = Some(word.end);
        } else if !latin::is_any(known, PARTICLES) {
            break;
        }
        let Some(next) = latin::next(text, word.end) else { break };
        at = next;
    }
    end
}

/// The start of `12 `, `12, ` or `12 bis ` before the street word.
fn number_before(text: &str, street: usize) -> Option<usize> {
    let before = text.get(..street)?.strip_suffix(' ')?;
    let before = before.strip_suffix(',').unwrap_or(before);
    let before = before.strip_suffix(" bis").or_else(|| before.strip_suffix(" ter")).unwrap_or(before);
    let stem = before.trim_end_matches(|c: char| c.is_ascii_digit());
    let length = before.len() - stem.len();
    let free = !stem.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '-' | '$'));
    ((1..=4).contains(&length) && free).then_some(stem.len())
}

/// The end of ` 12`, `, 12` or `, nº 12b` after the name.
fn number_behind(text: &str, end: usize) -> Option<usize> {
    let at = latin::part(text, end)?;
    let rest = text.get(at..)?;
    let sign = ["nº ", "no ", "n. ", "n° ", "no. ", "núm. "]
        .iter()
        .find(|sign| rest.starts_with(**sign))
        .map_or(0, |sign| sign.len());
    let number = latin::word(text, at + sign)?;
    let digits = text.get(number.clone())?;
    let letters = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
    let house = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.len() - letters.len() <= 4
        && letters.len() <= 1;
    house.then_some(number.end)
}

/// The end of `, 75002 Paris`; `end` if there is none.
fn city(text: &str, end: usize) -> usize {
    let found = latin::part(text, end).and_then(|at| {
        let code = latin::word(text, at)?;
        let digits = text.get(code.clone())?;
        let numeric =
            digits.len() >= 4 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'-') && digits.len() <= 8;
        let city = latin::word(text, latin::next(text, code.end)?).filter(|_| numeric)?;
        text.get(city.clone()).filter(|word| latin::is_capital(word)).map(|_| city.end)
    });
    let found = found.unwrap_or(end);
    latin::tail(text, found).max(found)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_addresses;

    #[test]
    fn addresses_are_found_whole() {
        check_addresses(&[
            "Livrez au [[12 bis, rue de la Paix, 75002 Paris]].",
            "[[5 avenue Victor Hugo]], deuxième étage",
            "Vivo en [[Calle de Alcalá 48, 28014 Madrid, Spain]]",
            "[[Via Garibaldi, 21]] è chiusa",
            "[[Rua Augusta, nº 1200]] à esquerda",
            "ul. Marszałkowska bez numeru",
            "[[ul. Nowy Świat 15]], Warszawa",
        ]);
    }

    #[test]
    fn prose_is_none() {
        check_addresses(&[
            "via Zoom 5 times",
            "In place of 12 people",
            "rue the day",
            "la rue de Paris est longue",
            "we met via Email 3 times",
            "a place Bob 5 likes",
        ]);
    }
}
