//! The gate: which parts of a sentence may contain a name at all. It reads a handful of small weights for each token;
//! most text goes no further, and only the rest pays for the full set of features.
//!
//! It is a logistic regression over single tokens, pairs, forms and lists, trained for recall rather than precision. Each
//! key's entry has four weights: for the previous token, the token itself, and the next two.

use std::ops::Range;

use super::feature::{form, mix};
use super::lexicon::{Classes, Lexicon};
use super::token::{Kind, Token};

/// Entries of the table; a power of two.
pub const ENTRIES: usize = 1 << 16;
/// Number of tokens for which an entry has a weight: from the previous one to the second next.
pub const REACH: usize = 4;
/// Number of neighbours included on each side of a token that may be part of a name.
const AROUND: usize = 1;

/// The weights of a key.
pub type Entry = [u8; REACH];

/// A view of the table.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'m> {
    entries: &'m [Entry],
    /// Initial sum of each token; a token passes if its sum exceeds zero.
    bias: i32,
}

/// Calls `emit` with the table index of each key's entry and the token that it belongs to.
pub fn keys(
    tokens: &[Token],
    lexicon: Lexicon<'_>,
    classes: Classes<'_>,
    mut emit: impl FnMut(usize, usize),
) {
    let (mut id, mut class, mut shape) = (0, 0, 0);
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map_or(0, form);
        let mut key = |template: u64, value: u64| emit(place(mix(template, value)), at);
        let own = form(token);
        if token.kind == Kind::Han {
            let of = u64::from(classes.of(token));
            key(1, token.id);
            key(2, class << 8 | of);
            class = of;
        } else {
            key(3, mix(shape << 24 | own << 12 | next, 0));
            class = 0;
            if token.kind == Kind::Word {
                key(4, mix(token.id, own));
                key(5, own << 8 | u64::from(lexicon.alone(token)));
                key(7, mix(token.affixes[3], own));
            }
        }
        key(6, mix(id, token.id));
        (id, shape) = (token.id, own);
    }
}

fn place(hash: u64) -> usize {
    usize::try_from(hash >> 32).unwrap_or_default() % ENTRIES
}

impl<'m> Gate<'m> {
    /// A view of these entries.
    pub fn new(entries: &'m [Entry], bias: i32) -> Self {
        Self { entries, bias }
    }

    /// Writes the parts of the sentence that may contain names into `regions`, in order and without overlaps.
    pub fn regions(
        &self,
        tokens: &[Token],
        lexicon: Lexicon<'_>,
        classes: Classes<'_>,
        sums: &mut Vec<i32>,
        regions: &mut Vec<Range<usize>>,
    ) {
        sums.clear();
        // One extra position before the first token and two after the last, for weights that reach there.
        sums.resize(tokens.len() + REACH - 1, self.bias);
        keys(tokens, lexicon, classes, |place, at| {
            let (Some(entry), Some(sums)) = (self.entries.get(place), sums.get_mut(at..at + REACH)) else {
                return;
            };
            for (sum, weight) in sums.iter_mut().zip(entry) {
                *sum += i32::from(weight.cast_signed());
            }
        });
        regions.clear();
        for (at, sum) in sums.iter().skip(1).take(tokens.len()).enumerate() {
            if *sum > 0 {
                cover(regions, at.saturating_sub(AROUND)..(at + AROUND + 1).min(tokens.len()));
            }
        }
    }
}

/// Adds a region that starts no earlier than the last one.
fn cover(regions: &mut Vec<Range<usize>>, next: Range<usize>) {
    match regions.last_mut().filter(|last| last.end >= next.start) {
        Some(last) => last.end = next.end,
        None => regions.push(next),
    }
}
