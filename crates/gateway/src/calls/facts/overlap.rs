//! Where each argument of a call stands in the context, for the record.

use std::ops::Range;

use ombud_core::effect::Part;
use ombud_core::event::OverlapRecord;

use super::super::Prepared;
use super::super::arguments::Leaf;
use super::{Value, stands};
use crate::attribute::index::Index;
use crate::attribute::{By, Hit, folded, weight};

/// Identifiers of one argument that are looked up.
const MOST_TERMS: usize = 256;

/// Where one argument stands in the context.
pub struct Overlap {
    /// Its place in the arguments.
    pub path: String,
    /// The part it plays.
    pub part: Option<Part>,
    /// Where it stands.
    pub hits: Vec<Stand>,
}

/// One place where it stands.
#[derive(Clone)]
pub struct Stand {
    /// The place, without content.
    pub record: OverlapRecord,
    /// Bytes of the slot's text.
    pub span: Range<usize>,
    /// What stands there.
    pub value: String,
}

/// Values whose tokens the model wrote, where they stand.
pub(super) fn exact(known: &Prepared, leaf: &Leaf, tokens: &[&str], overlap: &mut Overlap) {
    for value in tokens.iter().filter(|value| leaf.value.contains(**value)) {
        let hits = known.context.verbatim(&folded(value), By::Token);
        overlap.hits.extend(hits.into_iter().map(|hit| stand(known, hit, value)));
    }
}

/// Every overlap of an argument: its identifiers, itself, and passages of it.
pub(super) fn overlap_of(
    known: &Prepared,
    leaf: &Leaf,
    index: &Index,
    passages: Vec<(Hit, Range<usize>)>,
    overlap: &mut Overlap,
) {
    let mut terms: Vec<_> = index.terms().collect();
    // A URL before its host: what says more stands for both.
    terms.sort_by_key(|(text, places)| {
        (places.first().map(|place| place.1.start), std::cmp::Reverse(text.len()), *text)
    });
    for (canonical, places) in terms.into_iter().take(MOST_TERMS) {
        let Some((kind, _)) = places.first() else { continue };
        if weight(canonical) >= 4 {
            let hits = known.context.identifier(*kind, canonical);
            overlap.hits.extend(hits.into_iter().map(|hit| stand(known, hit, canonical)));
        }
    }
    let whole = folded(&leaf.value);
    if whole.len() <= 512 {
        let hits = stands(known, &Value { text: whole.clone(), kind: None });
        overlap.hits.extend(hits.into_iter().map(|hit| stand(known, hit, &whole)));
    }
    overlap.hits.extend(passages.into_iter().map(|(hit, own)| {
        let value = index.folded.get(own).unwrap_or_default().to_owned();
        stand(known, hit, &value)
    }));
}

/// The exact match speaks for a slot; a coarser one for the same slot and origin adds nothing.
pub(super) fn settle(hits: &mut Vec<Stand>) {
    hits.sort_by_key(|hit| (hit.record.slot, by_rank(&hit.record.by)));
    hits.dedup_by(|later, first| {
        later.record.slot == first.record.slot && later.record.origin == first.record.origin
    });
}

fn by_rank(by: &str) -> usize {
    [By::Token, By::Identifier, By::Text].iter().position(|kind| kind.id() == by).unwrap_or(usize::MAX)
}

fn stand(known: &Prepared, hit: Hit, value: &str) -> Stand {
    let slot = known.context.sources.get(hit.source).map_or(0, |source| source.slot);
    Stand {
        record: OverlapRecord { slot: slot as u64, origin: hit.origin, by: hit.by.id().to_owned() },
        span: hit.span,
        value: value.chars().take(400).collect(),
    }
}
