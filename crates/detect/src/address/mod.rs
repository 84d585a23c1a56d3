//! Postal addresses: what their recognisers share, and [`join`], which makes one entity of one address.

use std::cmp::Reverse;

use ombud_core::DataType;

use crate::resolve::{Candidate, Strength};

pub(crate) mod gazetteer;
pub(crate) mod latin;
pub(crate) mod zh;

/// The recognisers of addresses.
const ADDRESSES: &[&str] =
    &["address_en", "address_germanic", "address_romance", "address_zh", "po_box", "uk_postcode"];

/// Joins what several sources say of one address: places that overlap an address or follow it as its city does.
pub(crate) fn join(text: &str, candidates: &mut Vec<Candidate>) {
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

fn is_address(found: &Candidate) -> bool {
    ADDRESSES.contains(&found.recogniser)
}

/// True if `next`, which begins later, is a part of the same address: it overlaps, or no more than blanks, and behind Latin
/// letters a comma or a line break, stand between them.
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
