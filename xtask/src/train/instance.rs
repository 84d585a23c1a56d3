//! Turns records into numbers: tokens with their tags and features.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use ombud_detect::normalise::normalise;
use ombud_detect::tagger::decode::Tag;
use ombud_detect::tagger::feature::{self, Sentence};
use ombud_detect::tagger::gate::Gate;
use ombud_detect::tagger::lexicon::{self, Classes, Lexicon};
use ombud_detect::tagger::token::{self, Kind, Token};
use ombud_detect::tagger::words::Words;

use super::corpus::Record;
use super::random::Random;

/// How often a feature must occur to be learned.
const OFTEN: u32 = 3;
/// Percentage of sentences learned without the lists of names, so that the model does not rely on them.
const WITHOUT_LISTS: usize = 30;
/// Percentage of sentences learned without the word classes: most people's names are in no class.
const WITHOUT_CLASSES: usize = 25;

/// Feature numbers by hash.
type ByHash = HashMap<u64, u32, BuildHasherDefault<AsItIs>>;

/// Identity hasher: hashes of features are well mixed already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = feature::hash_word(bytes);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// Everything the trainer iterates over, packed.
#[derive(Debug, Default)]
pub(super) struct Instances {
    /// Hash of each feature.
    hashes: Vec<u64>,
    counts: Vec<u32>,
    /// Feature numbers, token after token.
    numbers: Vec<u32>,
    /// Where the features of each token end.
    ends: Vec<usize>,
    tags: Vec<u8>,
    /// Where the tokens of each part of a sentence end, and whether the part is inside the sentence.
    sentences: Vec<(usize, bool)>,
    /// Whether a part contains no Chinese characters.
    latin: Vec<bool>,
    /// The half in which a part's labels are judged, if at all.
    judged_in: Vec<Option<u8>>,
}

/// A part of a sentence before its features are numbered.
struct Part<'a> {
    features: &'a [Vec<u64>],
    tags: &'a [u8],
    inside: bool,
    latin: bool,
    /// The number of its record.
    owner: usize,
}

/// What is known before any weights are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) lexicon: Lexicon<'a>,
    pub(super) classes: Classes<'a>,
    pub(super) words: Words<'a>,
}

impl Instances {
    pub(super) fn new(records: &[Record], known: Known<'_>, gate: Gate<'_>) -> Self {
        let mut counts = ByHash::default();
        walk(records, known, gate, |part| {
            for hash in part.features.iter().flatten() {
                *counts.entry(*hash).or_default() += 1;
            }
        });
        let mut often: Vec<(u64, u32)> = counts.into_iter().filter(|(_, count)| *count >= OFTEN).collect();
        often.sort_unstable();
        let numbers: ByHash = (0_u32..).zip(&often).map(|(number, (hash, _))| (*hash, number)).collect();
        let mut all = Self::default();
        walk(records, known, gate, |part| {
            for hashes in part.features {
                all.numbers.extend(hashes.iter().filter_map(|hash| numbers.get(hash)));
                all.ends.push(all.numbers.len());
            }
            all.tags.extend_from_slice(part.tags);
            all.sentences.push((all.tags.len(), part.inside));
            all.latin.push(part.latin);
            all.judged_in.push(records.get(part.owner).and_then(Record::judged_in));
        });
        (all.hashes, all.counts) = often.into_iter().unzip();
        all
    }

    pub(super) fn features(&self) -> usize {
        self.hashes.len()
    }

    pub(super) fn tokens(&self) -> usize {
        self.tags.len()
    }

    pub(super) fn sentences(&self) -> usize {
        self.sentences.len()
    }

    /// Each feature's hash and its number of occurrences.
    pub(super) fn known(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        self.hashes.iter().copied().zip(self.counts.iter().copied())
    }

    /// Whether this part of a sentence is not its beginning.
    pub(super) fn inside(&self, at: usize) -> bool {
        self.sentences.get(at).is_some_and(|(_, inside)| *inside)
    }

    /// Whether this part of a sentence contains no Chinese characters.
    pub(super) fn latin(&self, at: usize) -> bool {
        self.latin.get(at).copied().unwrap_or(false)
    }

    /// The half in which the labels of this part are judged, if at all.
    pub(super) fn judged_in(&self, at: usize) -> Option<u8> {
        self.judged_in.get(at).copied().flatten()
    }

    /// The tokens of a part of a sentence, as `(features, tag)`.
    pub(super) fn sentence(&self, at: usize) -> impl Iterator<Item = (&[u32], usize)> {
        let from = at.checked_sub(1).and_then(|i| self.sentences.get(i)).map_or(0, |(end, _)| *end);
        let to = self.sentences.get(at).map_or(from, |(end, _)| *end);
        (from..to).map(|i| {
            let start = i.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
            let end = self.ends.get(i).copied().unwrap_or(start);
            (self.numbers.get(start..end).unwrap_or_default(), self.tags.get(i).copied().unwrap_or(0).into())
        })
    }
}

/// Calls `each` with the tokens and tags of each sentence.
pub(super) fn sentences(records: &[Record], mut each: impl FnMut(&[Token], &[u8])) {
    numbered(records, |_, tokens, tags| each(tokens, tags));
}

/// The same, with the index of the record.
fn numbered(records: &[Record], mut each: impl FnMut(usize, &[Token], &[u8])) {
    for (at, record) in records.iter().enumerate() {
        let normal = normalise(&record.text);
        token::segments(&normal.text, |tokens| {
            let tags = tags(record, tokens, |token| normal.original(&(token.start..token.end)).start);
            each(at, tokens, &tags);
        });
    }
}

/// Calls `each` with every part of a sentence that passes the gate, the same parts each time.
fn walk(records: &[Record], known: Known<'_>, gate: Gate<'_>, mut each: impl FnMut(Part<'_>)) {
    let mut random = Random::new(5);
    let (mut marks, mut sums, mut regions) = (Vec::new(), Vec::new(), Vec::new());
    numbered(records, |owner, tokens, tags| {
        gate.regions(tokens, known.lexicon, known.classes, &mut sums, &mut regions);
        let lists: &[_] = if random.percent(WITHOUT_LISTS) { &[] } else { &regions };
        let words = if random.percent(WITHOUT_CLASSES) { Words::default() } else { known.words };
        lexicon::mark(known.lexicon, known.classes, words, tokens, lists, &mut marks);
        let sentence = Sentence { tokens, marks: &marks, mode: feature::mode(tokens) };
        for region in &regions {
            let features: Vec<Vec<u64>> = region.clone().map(|at| hashes(&sentence, at)).collect();
            let part = tokens.get(region.clone()).unwrap_or_default();
            each(Part {
                features: &features,
                tags: tags.get(region.clone()).unwrap_or_default(),
                inside: region.start > 0,
                latin: part.iter().all(|token| token.kind != Kind::Han),
                owner,
            });
        }
    });
}

fn hashes(sentence: &Sentence<'_>, at: usize) -> Vec<u64> {
    let mut hashes = Vec::with_capacity(70);
    feature::each(sentence, at, |hash| hashes.push(hash));
    hashes
}

/// The tag of each token; a token belongs to a name if it begins inside it.
fn tags(record: &Record, tokens: &[Token], place: impl Fn(&Token) -> usize) -> Vec<u8> {
    let mut last = None;
    tokens
        .iter()
        .map(|token| {
            let at = place(token);
            let name = record.names.iter().position(|(span, _)| span.contains(&at));
            let tag = name
                .and_then(|i| record.names.get(i))
                .map_or(Tag::OUTSIDE, |(_, kind)| Tag::of(*kind, last != name));
            last = name;
            u8::try_from(tag.index()).unwrap_or_default()
        })
        .collect()
}
