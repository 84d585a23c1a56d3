//! Turns overlapping candidates into detections without overlaps.

use std::collections::BTreeMap;
use std::ops::Range;

use ombud_core::{Class, DataType};

/// How a candidate was established; decides which of two candidates keeps the text that both claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    /// A trained model's opinion.
    Learned,
    /// The format alone.
    Shape,
    /// The format, plus surrounding words that name it.
    Context,
    /// A check digit, a closed list of numbers, or a vendor-specific format.
    Validated,
    /// Declared by the operator.
    Declared,
}

/// What a recogniser claims.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    /// Bytes of the normalised text.
    pub(crate) span: Range<usize>,
    pub(crate) kind: DataType,
    pub(crate) strength: Strength,
    pub(crate) score: f32,
    pub(crate) recogniser: &'static str,
}

impl Candidate {
    /// The strength used for ranking. A secret named by its label may consist of anything, including what looks like an
    /// e-mail address, and must not lose a part of itself to that.
    fn rank(&self) -> Strength {
        match self.strength {
            Strength::Context if self.is_secret() => Strength::Validated,
            // A key in an address such as `key@host` is not an e-mail address.
            Strength::Validated if self.is_secret() => Strength::Declared,
            other => other,
        }
    }

    fn is_secret(&self) -> bool {
        self.kind.category().class() == Class::Secret
    }
}

/// Keeps the stronger of two overlapping candidates; among equals the longer, then the more certain, then the first.
pub(crate) fn resolve(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.retain(|candidate| !candidate.span.is_empty());
    candidates.sort_by_key(|candidate| candidate.span.start);
    let mut resolved = Vec::with_capacity(candidates.len());
    let mut rivals: Vec<Candidate> = Vec::new();
    let mut reach = 0;
    for candidate in candidates {
        if candidate.span.start >= reach {
            settle(&mut rivals, &mut resolved);
        }
        reach = reach.max(candidate.span.end);
        rivals.push(candidate);
    }
    settle(&mut rivals, &mut resolved);
    resolved
}

/// Chooses among a group of connected candidates, and empties the list.
fn settle(rivals: &mut Vec<Candidate>, resolved: &mut Vec<Candidate>) {
    if rivals.len() < 2 {
        resolved.append(rivals);
        return;
    }
    rivals.sort_by(|a, b| {
        b.rank()
            .cmp(&a.rank())
            .then(b.span.len().cmp(&a.span.len()))
            .then(b.score.total_cmp(&a.score))
            .then(a.span.start.cmp(&b.span.start))
    });
    let mut kept: BTreeMap<usize, Candidate> = BTreeMap::new();
    for candidate in rivals.drain(..) {
        let left = kept.range(..candidate.span.end).next_back();
        if left.is_none_or(|(_, other)| other.span.end <= candidate.span.start) {
            kept.insert(candidate.span.start, candidate);
        }
    }
    resolved.extend(kept.into_values());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(span: Range<usize>, kind: DataType, strength: Strength) -> Candidate {
        Candidate { span, kind, strength, score: 0.9, recogniser: "test" }
    }

    fn kinds(candidates: Vec<Candidate>) -> Vec<(usize, DataType)> {
        resolve(candidates).into_iter().map(|found| (found.span.start, found.kind)).collect()
    }

    #[test]
    fn the_longest_validated_candidate_owns_the_digits() {
        let found = kinds(vec![
            candidate(4..15, DataType::Phone, Strength::Validated),
            candidate(0..19, DataType::Card, Strength::Validated),
            candidate(0..25, DataType::Qq, Strength::Context),
        ]);
        assert_eq!(found, [(0, DataType::Card)]);
    }

    #[test]
    fn a_labelled_secret_keeps_what_looks_like_an_address_inside() {
        let found = kinds(vec![
            candidate(2..11, DataType::Email, Strength::Validated),
            candidate(0..14, DataType::Secret, Strength::Context),
        ]);
        assert_eq!(found, [(0, DataType::Secret)]);
    }

    #[test]
    fn neighbours_both_stay_in_order() {
        let found = kinds(vec![
            candidate(5..9, DataType::Ip, Strength::Validated),
            candidate(0..5, DataType::Qq, Strength::Context),
        ]);
        assert_eq!(found, [(0, DataType::Qq), (5, DataType::Ip)]);
    }
}
