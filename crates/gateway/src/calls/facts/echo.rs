//! Messages that a third party's sentence dictates. Whoever is told to say something says it in nearly the same words, and the
//! sentence that dictates it asks for it to be said.

use std::collections::HashSet;
use std::ops::Range;

use ombud_core::effect::Effect;
use ombud_core::intent::urges;
use ombud_core::{Origin, Trust};

use super::super::Prepared;
use crate::attribute::Source;
use crate::attribute::index::{Index, is_ideograph};

/// Words of a message that says something.
const LEAST: usize = 4;

/// Words of a longest message that is looked at: longer ones share passages.
const MOST: usize = 160;

/// Bytes before a sentence in which its wish may stand.
const BEFORE: usize = 120;

/// The origin of a sentence that asks for the effect and holds most words of this message, where the user says few of them.
pub(super) fn of(known: &Prepared, effect: Effect, message: &Index) -> Option<Origin> {
    let words: HashSet<u64> = telling(message).collect();
    if !(LEAST..=MOST).contains(&words.len()) || is_the_users(known, message) {
        return None;
    }
    let sources = known.context.sources.iter();
    sources.filter(|source| source.is_foreign() && may_hold(source, &words)).find_map(|source| {
        let sentences = sentences(&source.index, &words).into_iter();
        let mut origins = sentences.filter(|sentence| {
            let from = source.index.folded.floor_char_boundary(sentence.start.saturating_sub(BEFORE));
            let from = if source.index.structured {
                from + start_of_field(source.index.folded.get(from..sentence.start).unwrap_or_default())
            } else {
                from
            };
            source.index.folded.get(from..sentence.end).is_some_and(|text| urges(text, effect))
        });
        let origins = origins.by_ref().map(|sentence| source.origin_at(&sentence).0);
        origins.filter(|origin| origin.trust() == Trust::Untrusted).take(1).next()
    })
}

/// Where the field begins that goes on behind this part of a structured text: what stands in another field is said of something else.
fn start_of_field(before: &str) -> usize {
    const STARTS: &[&str] = &["\": \"", "\":\"", "': '", "': \"", "\", \"", "\",\"", "', '", "\n"];
    STARTS.iter().filter_map(|start| Some(before.rfind(start)? + start.len())).max().unwrap_or_default()
}

/// Words that are more than a joint: of Latin letters from three on, every Chinese character.
fn telling(text: &Index) -> impl Iterator<Item = u64> {
    let long = |word: &str| word.len() >= 3 || word.chars().any(is_ideograph);
    text.words.iter().filter(move |word| text.folded.get(word.span()).is_some_and(long)).map(|word| word.hash)
}

/// Most: two thirds.
fn is_most(some: usize, all: usize) -> bool {
    some * 3 >= all * 2
}

fn is_the_users(known: &Prepared, message: &Index) -> bool {
    let own = known.context.sources.iter().filter(|source| source.origin == Origin::User);
    let said: HashSet<u64> = own.flat_map(|source| source.index.words.iter().map(|word| word.hash)).collect();
    let words: HashSet<u64> = telling(message).collect();
    is_most(words.intersection(&said).count(), words.len())
}

fn may_hold(source: &Source, words: &HashSet<u64>) -> bool {
    is_most(words.iter().filter(|word| source.index.sieve.may_have(**word)).count(), words.len())
}

/// The sentences of a text that hold most of these words.
fn sentences(text: &Index, words: &HashSet<u64>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut held: HashSet<u64> = HashSet::new();
    let mut span = 0..0;
    for word in &text.words {
        let at = word.span();
        let between = text.folded.get(span.end..at.start).unwrap_or_default();
        if is_end(between) {
            keep(&mut found, &held, words, &span);
            held.clear();
            span.start = at.start;
        }
        span.end = at.end;
        held.extend(words.get(&word.hash));
    }
    keep(&mut found, &held, words, &span);
    found
}

/// The end of a sentence, or of a field: JSON and Python put it in quotes.
fn is_end(between: &str) -> bool {
    let quoted = || ["',", "':", "'}", "']"].iter().any(|end| between.contains(end));
    between.contains(['\n', '!', '?', '。', '！', '？', '；', ';', '"']) || between.contains(". ") || quoted()
}

fn keep(found: &mut Vec<Range<usize>>, held: &HashSet<u64>, words: &HashSet<u64>, span: &Range<usize>) {
    if is_most(held.len(), words.len()) {
        found.push(span.clone());
    }
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
            let words: HashSet<u64> = telling(&Index::new(message, Form::Words)).collect();
            sentences(&text, &words).into_iter().map(|at| &text.folded[at]).collect::<Vec<_>>()
        };
        let sentence = "let the team know that version four is withdrawn today";
        assert_eq!(found("Version four was withdrawn today."), [sentence]);
        assert_eq!(found("Version five of the report is ready for us"), Vec::<&str>::new());
    }
}
