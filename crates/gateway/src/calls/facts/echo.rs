//! Messages that a third-party sentence dictates. A model told to say something says it in nearly the same words, and the
//! sentence that dictates it asks for it to be said.

use std::ops::Range;

use ombud_core::effect::Effect;
use ombud_core::intent::urges;
use ombud_core::script::is_han;
use ombud_core::{Origin, Trust};

use super::super::Prepared;
use crate::attribute::Source;
use crate::attribute::index::{Index, Word};

/// Minimum number of distinct telling words in a message.
const LEAST: usize = 4;

/// Maximum number of distinct telling words in a message; longer ones are caught by shared passages.
const MOST: usize = 160;

/// Bytes before a sentence that may contain its request.
const BEFORE: usize = 120;

/// Returns the origin of a sentence that asks for the effect and holds most words of this message, if the user's words do not.
pub(super) fn of(known: &Prepared, effect: Effect, message: &Index) -> Option<Origin> {
    let said = Said::of(message);
    if !(LEAST..=MOST).contains(&said.words.len()) || is_the_users(known, &said) {
        return None;
    }
    let sources = known.context.sources.iter();
    sources.filter(|source| source.is_foreign() && said.may_stand_in(source)).find_map(|source| {
        let sentences = sentences(&source.index, &said).filter(|sentence| {
            let from = source.index.folded.floor_char_boundary(sentence.start.saturating_sub(BEFORE));
            let from = if source.index.structured {
                from + start_of_field(source.index.folded.get(from..sentence.start).unwrap_or_default())
            } else {
                from
            };
            source.index.folded.get(from..sentence.end).is_some_and(|text| urges(text, effect))
        });
        let mut origins = sentences.map(|sentence| source.origin_at(&sentence).0);
        origins.find(|origin| origin.trust() == Trust::Untrusted)
    })
}

/// Returns where the last field begins in this part of a structured text: another field is about something else.
fn start_of_field(before: &str) -> usize {
    const STARTS: &[&str] = &["\": \"", "\":\"", "': '", "': \"", "\", \"", "\",\"", "', '", "\n"];
    STARTS.iter().filter_map(|start| Some(before.rfind(start)? + start.len())).max().unwrap_or_default()
}

/// The telling words of a message, prepared for a search in every sentence of a long context.
struct Said {
    /// Their hashes, ascending.
    words: Vec<u64>,
    /// A bit map over ten bits of each hash, which rules out most words of a text.
    sieve: [u64; 16],
}

impl Said {
    fn of(message: &Index) -> Self {
        let mut words: Vec<u64> = telling(message).collect();
        words.sort_unstable();
        words.dedup();
        let mut sieve = [0; 16];
        for word in &words {
            let (row, bit) = bit(*word);
            sieve[row] |= bit;
        }
        Self { words, sieve }
    }

    fn place(&self, word: u64) -> Option<usize> {
        let (row, bit) = bit(word);
        if self.sieve[row] & bit == 0 { None } else { self.words.binary_search(&word).ok() }
    }

    /// Whether these words include most of the message's.
    fn is_mostly_in<'w>(&self, words: impl Iterator<Item = &'w Word>) -> bool {
        let mut held = [0_u64; MOST.div_ceil(64)];
        for place in words.filter_map(|word| self.place(word.hash)) {
            if let Some(row) = held.get_mut(place / 64) {
                *row |= 1 << (place % 64);
            }
        }
        self.is_most(held.iter().map(|row| row.count_ones() as usize).sum())
    }

    /// Whether a count is most of the words: two thirds.
    fn is_most(&self, some: usize) -> bool {
        some * 3 >= self.words.len() * 2
    }

    fn may_stand_in(&self, source: &Source) -> bool {
        self.is_most(self.words.iter().filter(|word| source.index.sieve.may_have(**word)).count())
    }
}

/// Returns the row and bit of a word in the sieve.
fn bit(word: u64) -> (usize, u64) {
    ((word >> 6) as usize % 16, 1 << (word % 64))
}

/// Returns the telling words: Latin ones of three letters or more, and every Chinese character.
fn telling(text: &Index) -> impl Iterator<Item = u64> {
    let long = |word: &str| word.len() >= 3 || word.chars().any(is_han);
    text.words.iter().filter(move |word| text.folded.get(word.span()).is_some_and(long)).map(|word| word.hash)
}

fn is_the_users(known: &Prepared, said: &Said) -> bool {
    let own = known.context.sources.iter().filter(|source| source.origin == Origin::User);
    said.is_mostly_in(own.flat_map(|source| &source.index.words))
}

/// Returns the sentences of a text that hold most words of a message.
fn sentences<'t>(text: &'t Index, said: &'t Said) -> impl Iterator<Item = Range<usize>> + 't {
    let long = text.sentences().filter(|words| said.is_most(words.len()));
    let holding = long.filter(|words| said.is_mostly_in(words.iter()));
    holding.filter_map(|words| Some(words.first()?.span().start..words.last()?.span().end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::index::Form;

    #[test]
    fn sentences_that_hold_most_words() {
        let text =
            Index::new("We met. Let the team know that version four is withdrawn today! Bye.", Form::Words);
        let found = |message: &str| {
            let said = Said::of(&Index::new(message, Form::Words));
            sentences(&text, &said).map(|at| &text.folded[at]).collect::<Vec<_>>()
        };
        let sentence = "let the team know that version four is withdrawn today";
        assert_eq!(found("Version four was withdrawn today."), [sentence]);
        assert_eq!(found("Version five of the report is ready for us"), Vec::<&str>::new());
    }
}
