//! Where each argument of a call appears in the context, for the record.

use std::ops::Range;

use ombud_core::effect::Part;
use ombud_core::event::OverlapRecord;

use super::super::Prepared;
use super::super::arguments::Leaf;
use super::{Value, stands};
use crate::attribute::index::Index;
use crate::attribute::{By, Hit, folded, weight};

/// Maximum number of identifiers looked up per argument.
const MOST_TERMS: usize = 256;

/// Where one argument appears in the context.
pub struct Overlap {
    /// Its path in the arguments.
    pub path: String,
    /// The part it plays.
    pub part: Option<Part>,
    /// Where it appears.
    pub hits: Vec<Stand>,
}

/// One occurrence of it.
#[derive(Clone)]
pub struct Stand {
    /// The occurrence, without content.
    pub record: OverlapRecord,
    /// Bytes of the slot's text.
    pub span: Range<usize>,
    /// The matched value.
    pub value: String,
}

/// Adds the occurrences of values whose tokens the model wrote.
pub(super) fn exact(known: &Prepared, leaf: &Leaf, tokens: &[&str], overlap: &mut Overlap) {
    let whole = weight(&leaf.value);
    for value in tokens.iter().filter(|value| leaf.value.contains(**value)) {
        let hits = known.context.verbatim(&folded(value), By::Token);
        overlap.hits.extend(hits.into_iter().map(|hit| stand(known, hit, value, whole)));
    }
}

/// Adds every overlap of an argument: its identifiers, the argument as a whole, and passages of it.
pub(super) fn overlap_of(
    known: &Prepared,
    leaf: &Leaf,
    index: &Index,
    passages: Vec<(Hit, Range<usize>)>,
    overlap: &mut Overlap,
) {
    let all = weight(&leaf.value);
    let mut terms: Vec<_> = index.terms().collect();
    // A URL before its host: the more specific one represents both.
    terms.sort_by_key(|(text, places)| {
        (places.first().map(|place| place.1.start), std::cmp::Reverse(text.len()), *text)
    });
    for (canonical, places) in terms.into_iter().take(MOST_TERMS) {
        let Some((kind, _)) = places.first() else { continue };
        if weight(canonical) >= 4 {
            let hits = known.context.identifier(*kind, canonical);
            overlap.hits.extend(hits.into_iter().map(|hit| stand(known, hit, canonical, all)));
        }
    }
    let whole = folded(&leaf.value);
    if whole.len() <= 512 {
        let hits = stands(known, &Value { text: whole.clone(), kind: None });
        overlap.hits.extend(hits.into_iter().map(|hit| stand(known, hit, &whole, all)));
    }
    overlap.hits.extend(passages.into_iter().map(|(hit, own)| {
        let value = index.folded.get(own).unwrap_or_default().to_owned();
        stand(known, hit, &value, all)
    }));
}

/// Keeps one hit per slot and origin, preferring the most exact: a coarser one adds nothing.
pub(super) fn settle(hits: &mut Vec<Stand>) {
    hits.sort_by_key(|hit| (hit.record.slot, by_rank(&hit.record.by)));
    hits.dedup_by(|later, first| {
        later.record.slot == first.record.slot && later.record.origin == first.record.origin
    });
    if let Some(first) = hits.first_mut() {
        first.record.first = true;
    }
}

fn by_rank(by: &str) -> usize {
    [By::Token, By::Identifier, By::Text].iter().position(|kind| kind.id() == by).unwrap_or(usize::MAX)
}

/// Creates the occurrence of `value`, a part of an argument of weight `whole`.
fn stand(known: &Prepared, hit: Hit, value: &str, whole: usize) -> Stand {
    let slot = known.context.sources.get(hit.source).map_or(0, |source| source.slot);
    let share = weight(value).saturating_mul(100) / whole.max(1);
    Stand {
        record: OverlapRecord {
            slot: slot as u64,
            origin: hit.origin,
            by: hit.by.id().to_owned(),
            coverage: u8::try_from(share.clamp(1, 100)).unwrap_or(100),
            first: false,
        },
        span: hit.span,
        value: value.chars().take(400).collect(),
    }
}
