//! From candidates that overlap to detections that do not.

use std::collections::BTreeMap;
use std::ops::Range;

use ombud_core::{Class, DataType};

/// How a candidate was established; decides who owns the text that two candidates claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    /// The form alone.
    Shape,
    /// The form, and words around it that name it.
    Context,
    /// A check digit, a closed list of numbers, or a vendor's own format.
    Validated,
    /// The operator said so.
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
    /// A secret that its label names may be made of anything, also of what looks like an e-mail address: it must not
    /// lose a part of itself to that.
    fn rank(&self) -> Strength {
        match self.strength {
            Strength::Context if self.kind.category().class() == Class::Secret => Strength::Validated,
            other => other,
        }
    }
}

/// Keeps the stronger of two candidates that overlap; between equals the longer, then the surer, then the first. What
/// touches one of `tokens` (sorted spans of text that has the form of our own tokens) is dropped.
pub(crate) fn resolve(mut candidates: Vec<Candidate>, tokens: &[Range<usize>]) -> Vec<Candidate> {
    candidates.retain(|candidate| !candidate.span.is_empty() && !touches(tokens, &candidate.span));
    candidates.sort_by(|a, b| {
        b.rank()
            .cmp(&a.rank())
            .then(b.span.len().cmp(&a.span.len()))
            .then(b.score.total_cmp(&a.score))
            .then(a.span.start.cmp(&b.span.start))
    });
    let mut kept: BTreeMap<usize, Candidate> = BTreeMap::new();
    for candidate in candidates {
        let left = kept.range(..candidate.span.end).next_back();
        if left.is_none_or(|(_, other)| other.span.end <= candidate.span.start) {
            kept.insert(candidate.span.start, candidate);
        }
    }
    kept.into_values().collect()
}

fn touches(tokens: &[Range<usize>], span: &Range<usize>) -> bool {
    let first = tokens.partition_point(|token| token.end <= span.start);
    tokens.get(first).is_some_and(|token| token.start < span.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(span: Range<usize>, kind: DataType, strength: Strength) -> Candidate {
        Candidate { span, kind, strength, score: 0.9, recogniser: "test" }
    }

    fn kinds(candidates: Vec<Candidate>, tokens: &[Range<usize>]) -> Vec<(usize, DataType)> {
        resolve(candidates, tokens).into_iter().map(|found| (found.span.start, found.kind)).collect()
    }

    #[test]
    fn the_longest_validated_candidate_owns_the_digits() {
        let found = kinds(
            vec![
                candidate(4..15, DataType::Phone, Strength::Validated),
                candidate(0..19, DataType::Card, Strength::Validated),
                candidate(0..25, DataType::Qq, Strength::Context),
            ],
            &[],
        );
        assert_eq!(found, [(0, DataType::Card)]);
    }

    #[test]
    fn a_labelled_secret_keeps_what_looks_like_an_address_inside() {
        let found = kinds(
            vec![
                candidate(2..11, DataType::Email, Strength::Validated),
                candidate(0..14, DataType::Secret, Strength::Context),
            ],
            &[],
        );
        assert_eq!(found, [(0, DataType::Secret)]);
    }

    #[test]
    fn neighbours_both_stay_in_order() {
        let found = kinds(
            vec![
                candidate(5..9, DataType::Ip, Strength::Validated),
                candidate(0..5, DataType::Qq, Strength::Context),
            ],
            &[],
        );
        assert_eq!(found, [(0, DataType::Qq), (5, DataType::Ip)]);
    }

    #[test]
    fn own_tokens_are_left_alone() {
        let tokens = [3..7, 20..34];
        let all = vec![
            candidate(0..3, DataType::Qq, Strength::Context),
            candidate(6..9, DataType::Qq, Strength::Context),
            candidate(26..34, DataType::Phone, Strength::Validated),
        ];
        assert_eq!(kinds(all, &tokens), [(0, DataType::Qq)]);
    }
}
