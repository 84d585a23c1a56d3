//! Finds the places where a recogniser reads, in one pass per kind of trigger.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::label::is_whole;
use crate::recognisers::{Head, Recogniser, Trigger};
use crate::resolve::Candidate;
use crate::text::{Text, is_word};

/// Words longer than this share one slot of the dispatch table.
const LONG: usize = 64;

/// Which recognisers read where.
pub(crate) struct Scanner {
    recognisers: Vec<&'static Recogniser>,
    /// Per word length (up to [`LONG`]) and whether the word starts with a letter: one bit per recogniser.
    words: [[u128; 2]; LONG + 1],
    literals: Option<AhoCorasick>,
    /// Per literal: the recogniser, and whether the literal must be a whole word.
    owners: Vec<(&'static Recogniser, bool)>,
}

impl Scanner {
    pub(crate) fn new(recognisers: Vec<&'static Recogniser>) -> Self {
        let mut words = [[0_u128; 2]; LONG + 1];
        let (mut literals, mut owners) = (Vec::new(), Vec::new());
        for (i, recogniser) in recognisers.iter().enumerate() {
            match &recogniser.trigger {
                Trigger::Word(lengths, head) => {
                    for (length, slot) in words.iter_mut().enumerate() {
                        if lengths.contains(&length) {
                            let [digit, letter] = slot;
                            *digit |= u128::from(*head != Head::Letter) << i;
                            *letter |= u128::from(*head != Head::Digit) << i;
                        }
                    }
                }
                Trigger::Literals(list) => {
                    literals.extend_from_slice(list);
                    owners.extend(list.iter().map(|_| (*recogniser, false)));
                }
                Trigger::Labels => {
                    literals.extend_from_slice(recogniser.labels);
                    owners.extend(recogniser.labels.iter().map(|_| (*recogniser, true)));
                }
            }
        }
        let literals = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(true)
            .build(literals)
            .ok();
        Self { recognisers, words, literals, owners }
    }

    /// True if a text contains a word at which a recogniser would read.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        self.literals.as_ref().is_some_and(|literals| {
            let whole = |hit: aho_corasick::Match| {
                let whole = self.owners.get(hit.pattern().as_usize()).is_some_and(|owner| owner.1);
                hit.end() - hit.start() > 1 && (!whole || is_whole(text, hit.start(), hit.end()))
            };
            literals.find_overlapping_iter(text).any(whole)
        }) || self.recognisers.iter().any(|recogniser| {
            // Labels of recognisers that are triggered by words with digits.
            recogniser.labels.iter().any(|label| holds(text, label))
        })
    }

    /// Adds all candidates of the recognisers.
    pub(crate) fn scan(&self, text: &Text<'_>, out: &mut Vec<Candidate>) {
        self.scan_words(text, out);
        let Some(literals) = &self.literals else { return };
        for hit in literals.find_overlapping_iter(text.as_str()) {
            let Some((recogniser, whole)) = self.owners.get(hit.pattern().as_usize()) else { continue };
            if !whole || is_whole(text.as_str(), hit.start(), hit.end()) {
                out.extend(recogniser.read(text, hit.start()..hit.end()));
            }
        }
    }

    fn scan_words(&self, text: &Text<'_>, out: &mut Vec<Candidate>) {
        let mut done = 0;
        while let Some(word) = next_word(text.bytes(), done) {
            done = word.end;
            let letter = text.byte(word.start).is_some_and(|b| b.is_ascii_alphabetic());
            let slot = self.words.get(word.len().min(LONG)).map_or(0, |slot| slot[usize::from(letter)]);
            let mut waiting = slot;
            while waiting != 0 {
                let i = waiting.trailing_zeros() as usize;
                waiting &= waiting - 1;
                if let Some(recogniser) = self.recognisers.get(i) {
                    out.extend(recogniser.read(text, word.clone()));
                }
            }
        }
    }
}

/// True if a short text contains a label as a whole word, in either case.
fn holds(text: &str, label: &str) -> bool {
    let at =
        text.as_bytes().windows(label.len()).position(|part| part.eq_ignore_ascii_case(label.as_bytes()));
    at.is_some_and(|at| is_whole(text, at, at + label.len()))
}

/// The next run of ASCII letters and digits from `from` on that contains a digit. `from` must not be inside a run.
fn next_word(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let digit = from + position_of_digit(bytes.get(from..)?)?;
    let before = bytes.get(from..digit).unwrap_or_default();
    let start = digit - before.iter().rev().position(|&b| !is_word(b)).unwrap_or(before.len());
    let after = bytes.get(digit..).unwrap_or_default();
    let end = digit + after.iter().position(|&b| !is_word(b)).unwrap_or(after.len());
    Some(start..end)
}

/// The first ASCII digit. Blocks without one are skipped in a form that the compiler vectorises.
fn position_of_digit(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 32;
    let mut passed = 0;
    for block in bytes.chunks(BLOCK) {
        let found = block.iter().fold(false, |found, &b| found | (b.wrapping_sub(b'0') < 10));
        if found {
            return block.iter().position(u8::is_ascii_digit).map(|i| passed + i);
        }
        passed += block.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_digits_are_found() {
        let text = "no digits here, but a1b and 电话13812345678和x; long-enough-to-fill-a-block 42";
        let (mut words, mut done) = (Vec::new(), 0);
        while let Some(word) = next_word(text.as_bytes(), done) {
            done = word.end;
            words.push(&text[word]);
        }
        assert_eq!(words, ["a1b", "13812345678", "42"]);
    }

    #[test]
    fn the_table_has_a_bit_for_every_recogniser() {
        assert!(crate::recognisers::chosen(None).len() <= 128);
    }
}
