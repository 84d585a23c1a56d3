//! Postal addresses: what their recognisers share, and [`join`], which merges the parts of one address into one entity.

use std::cmp::Reverse;

use ombud_core::DataType;

use crate::resolve::{Candidate, Strength};

pub(crate) mod gazetteer;
pub(crate) mod latin;
pub(crate) mod zh;

/// The recognisers of addresses.
const ADDRESSES: &[&str] =
    &["address_en", "address_germanic", "address_romance", "address_zh", "po_box", "uk_postcode"];

/// Joins what several sources found of one address: places that overlap an address, or follow it as a city does.
pub(crate) fn join(text: &str, candidates: &mut Vec<Candidate>) {
    for found in candidates.iter_mut().filter(|found| found.kind == DataType::Location) {
        found.span.start = with_house_number(text, found).unwrap_or(found.span.start);
    }
    if !candidates.iter().any(is_address) {
        return;
    }
    let place = |found: &Candidate| found.kind == DataType::Location && found.strength != Strength::Declared;
    let (mut places, others): (Vec<_>, Vec<_>) = std::mem::take(candidates).into_iter().partition(place);
    *candidates = others;
    places.sort_by_key(|found| (found.span.start, Reverse(found.span.end)));
    let mut joined: Vec<Candidate> = Vec::new();
    for found in places {
        match joined.last_mut().filter(|last| belongs(text, last, &found)) {
            Some(last) => absorb(last, &found),
            None => joined.push(found),
        }
    }
    candidates.append(&mut joined);
}

/// Start of an address that ends with a street number, if another number opens its line: `4500 Puruntie 82`. Sources that
/// look for names do not see a bare number as part of one.
fn with_house_number(text: &str, found: &Candidate) -> Option<usize> {
    let street = text.get(found.span.clone())?;
    let numbered = street.bytes().any(|b| b.is_ascii_digit()) && street.starts_with(char::is_alphabetic);
    let before = text.get(..found.span.start)?.strip_suffix(' ').filter(|_| numbered)?;
    let rest = before.trim_end_matches(|c: char| c.is_ascii_digit());
    let opens = rest.is_empty() || OPENINGS.iter().any(|opening| rest.ends_with(opening));
    ((1..=6).contains(&(before.len() - rest.len())) && opens).then_some(rest.len())
}

/// What precedes a house number.
const OPENINGS: &[&str] = &["\n", "\n ", "> ", ">", ": ", " at ", "    ", ", "];

fn is_address(found: &Candidate) -> bool {
    ADDRESSES.contains(&found.recogniser)
}

/// True if `next`, which starts later, is part of the same address: the two overlap, or only spaces separate them (after
/// Latin letters, also a comma or a line break).
fn belongs(text: &str, last: &Candidate, next: &Candidate) -> bool {
    if !is_address(last) && !is_address(next) {
        return false;
    }
    let Some(gap) = text.get(last.span.end..next.span.start) else { return true };
    let latin =
        is_address(last) && text.get(..last.span.end).is_some_and(|t| t.ends_with(|c: char| c.is_ascii()));
    let capital = text.get(next.span.start..).is_some_and(|t| t.starts_with(|c: char| !c.is_lowercase()));
    gap.len() <= 2 && gap.bytes().all(|b| b == b' ' || latin && capital && matches!(b, b',' | b'\n'))
}

fn absorb(last: &mut Candidate, next: &Candidate) {
    last.span.end = last.span.end.max(next.span.end);
    if is_address(next) && (!is_address(last) || next.strength > last.strength) {
        (last.strength, last.score, last.recogniser) = (next.strength, next.score, next.recogniser);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_opens_the_line_belongs_to_the_address() {
        let start = |text: &str, name: &str| {
            let at = text.find(name).unwrap();
            let span = at..at + name.len();
            let (kind, strength) = (DataType::Location, Strength::Learned);
            let mut found = vec![Candidate { span, kind, strength, score: 0.9, recogniser: "tagger" }];
            join(text, &mut found);
            found[0].span.start
        };
        assert_eq!(start("4500 Puruntie 82", "Puruntie 82"), 0);
        assert_eq!(start("Ship to:\n> 935 Gordon Terrace 4", "Gordon Terrace 4"), 11);
        assert_eq!(start("we met at 17 Ringvej 144", "Ringvej 144"), 10);
        // A year, a count, and a place without a number of its own.
        assert_eq!(start("in 1990 Ringvej 144 was sold", "Ringvej 144"), 8);
        assert_eq!(start("5 Oslo", "Oslo"), 2);
    }
}
