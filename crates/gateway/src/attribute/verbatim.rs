//! Passages that two texts share word for word.

use std::collections::HashMap;
use std::ops::Range;

use super::index::{Index, Word};
use super::sieve::{Sieve, telling_runs};

/// This many words in a row are a copy rather than a coincidence.
pub const RUN: usize = 8;

/// Maximum number of starts tried per run, so that a text of one repeated word stays cheap.
const TRIES: usize = 4;

/// A text whose passages are searched for in others.
pub struct Needle<'w> {
    words: &'w [Word],
    starts: HashMap<u64, Vec<usize>>,
    /// Rules out most runs of another text before `starts` is consulted.
    sieve: Sieve,
    /// Every passage of [`RUN`] words contains one of these runs.
    telling: Vec<u64>,
}

impl<'w> Needle<'w> {
    /// Prepares the words of a text.
    pub fn new(words: &'w [Word]) -> Self {
        let mut starts: HashMap<u64, Vec<usize>> = HashMap::new();
        let mut sieve = Sieve::for_marks(words.len(), 0);
        for (at, run) in words.windows(RUN).enumerate() {
            sieve.mark(key(run));
            let places = starts.entry(key(run)).or_default();
            if places.len() < TRIES {
                places.push(at);
            }
        }
        Self { words, starts, sieve, telling: telling_runs(words) }
    }

    /// Returns the longest passage shared with a text, after a cheap check that there can be one.
    pub fn within(&self, text: &Index) -> Option<(Range<usize>, Range<usize>)> {
        if text.sieve.may_have_any(&self.telling) { self.longest(&text.words) } else { None }
    }

    /// Returns the longest passage shared with `other`, as ranges of the two folded texts; `None` if shorter than [`RUN`] words.
    pub fn longest(&self, other: &[Word]) -> Option<(Range<usize>, Range<usize>)> {
        if self.starts.is_empty() {
            return None;
        }
        let mut best: Option<(usize, usize, usize)> = None;
        let mut at = 0;
        while let Some(run) = other.get(at..at + RUN) {
            let mut longest = 0;
            let run = key(run);
            let starts = if self.sieve.may_have(run) { self.starts.get(&run) } else { None };
            for &start in starts.into_iter().flatten() {
                let own = self.words.get(start..).unwrap_or_default();
                let theirs = other.get(at..).unwrap_or_default();
                let shared = own.iter().zip(theirs).take_while(|(one, two)| one.hash == two.hash).count();
                longest = longest.max(shared);
                if shared >= RUN && best.is_none_or(|found| shared > found.2) {
                    best = Some((start, at, shared));
                }
            }
            // Words that were already compared need not be examined again.
            at += longest.saturating_sub(RUN).max(1);
        }
        let (own, theirs, count) = best?;
        let span = |words: &[Word], at: usize| {
            let (first, last) = (words.get(at)?, words.get(at + count - 1)?);
            Some(first.span().start..last.span().end)
        };
        Some((span(self.words, own)?, span(other, theirs)?))
    }
}

pub(super) fn key(run: &[Word]) -> u64 {
    run.iter().fold(0, |key: u64, word| key.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ word.hash)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::index::{Form, words};
    use super::*;

    fn shared(one: &str, two: &str) -> Option<(String, String)> {
        let (one_words, two_words) = (words(one), words(two));
        let (own, theirs) = Needle::new(&one_words).longest(&two_words)?;
        Some((one[own].to_owned(), two[theirs].to_owned()))
    }

    #[test]
    fn copies_and_coincidences() {
        let page = "intro. the quick brown fox jumps over the lazy dog today. end";
        let copied = "i read: the quick brown fox, jumps over the lazy dog today!";
        assert_eq!(shared(copied, page).unwrap().1, "the quick brown fox jumps over the lazy dog today");
        assert_eq!(shared("the quick brown fox jumps over", page), None);
        assert_eq!(
            shared("他说：明天下午三点在老地方见面", "记得明天下午三点在老地方见面哦").unwrap().0,
            "明天下午三点在老地方见面"
        );
    }

    proptest! {
        #[test]
        fn what_was_inserted_is_found(before in "[a-c ]{0,40}", after in "[a-c ]{0,40}", text in "[a-z]{3}( [a-z]{3}){7,12}") {
            let around = format!("{before} {text} {after}");
            let found = shared(&text, &around);
            prop_assert!(found.clone().is_some_and(|(own, _)| own.len() >= 31));
            // A text that holds a passage is never ruled out.
            let (all, whole) = (words(&text), Index::new(&around, Form::Words));
            let (own, _) = Needle::new(&all).within(&whole).unwrap();
            prop_assert_eq!(found.unwrap().0, text[own].to_owned());
        }
    }
}
