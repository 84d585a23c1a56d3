//! From records to numbers: tokens with their tags and features.

use std::collections::HashMap;

use ombud_detect::normalise::normalise;
use ombud_detect::tagger::decode::Tag;
use ombud_detect::tagger::feature;
use ombud_detect::tagger::lexicon::{self, BUCKET, Lexicon};
use ombud_detect::tagger::token::{self, Token};

use super::corpus::Record;
use super::random::Random;

/// How often a feature must occur to be learned.
const OFTEN: u32 = 3;
/// Sentences, in a hundred, that are learned without the lists of names, so that the model does not lean on them.
const WITHOUT_LISTS: usize = 30;

/// Everything the trainer walks over, packed.
#[derive(Debug, Default)]
pub(super) struct Instances {
    /// Hash of each feature.
    hashes: Vec<u64>,
    counts: Vec<u32>,
    /// Numbers of features, token after token.
    numbers: Vec<u32>,
    /// Where the features of each token end.
    ends: Vec<usize>,
    tags: Vec<u8>,
    /// Where the tokens of each sentence end.
    sentences: Vec<usize>,
}

impl Instances {
    pub(super) fn new(records: &[Record], lexicon: &[[u8; BUCKET]]) -> Self {
        let mut counts: HashMap<u64, u32> = HashMap::new();
        walk(records, lexicon, |features, _| {
            for hash in features.iter().flatten() {
                *counts.entry(*hash).or_default() += 1;
            }
        });
        let mut known: Vec<(u64, u32)> = counts.into_iter().filter(|(_, count)| *count >= OFTEN).collect();
        known.sort_unstable();
        let numbers: HashMap<u64, u32> =
            (0_u32..).zip(&known).map(|(number, (hash, _))| (*hash, number)).collect();
        let mut all = Self::default();
        walk(records, lexicon, |features, tags| {
            for hashes in features {
                all.numbers.extend(hashes.iter().filter_map(|hash| numbers.get(hash)));
                all.ends.push(all.numbers.len());
            }
            all.tags.extend_from_slice(tags);
            all.sentences.push(all.tags.len());
        });
        (all.hashes, all.counts) = known.into_iter().unzip();
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

    /// Each feature's hash and how often it occurs.
    pub(super) fn known(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        self.hashes.iter().copied().zip(self.counts.iter().copied())
    }

    /// The tokens of a sentence, as `(features, tag)`.
    pub(super) fn sentence(&self, at: usize) -> impl Iterator<Item = (&[u32], usize)> {
        let from = at.checked_sub(1).and_then(|i| self.sentences.get(i)).copied().unwrap_or(0);
        let to = self.sentences.get(at).copied().unwrap_or(from);
        (from..to).map(|i| {
            let start = i.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
            let end = self.ends.get(i).copied().unwrap_or(start);
            (self.numbers.get(start..end).unwrap_or_default(), self.tags.get(i).copied().unwrap_or(0).into())
        })
    }
}

/// Hands over the features and tags of each sentence, the same ones each time.
fn walk(records: &[Record], lexicon: &[[u8; BUCKET]], mut each: impl FnMut(&[Vec<u64>], &[u8])) {
    let mut random = Random::new(5);
    let mut marks = Vec::new();
    for record in records {
        let normal = normalise(&record.text);
        token::segments(&normal.text, |tokens| {
            let tags = tags(record, tokens, |token| normal.original(&(token.start..token.end)).start);
            lexicon::mark(Lexicon::new(lexicon), tokens, &mut marks);
            if random.percent(WITHOUT_LISTS) {
                marks.clear();
            }
            let features: Vec<Vec<u64>> = (0..tokens.len())
                .map(|at| {
                    let mut hashes = Vec::with_capacity(40);
                    feature::each(tokens, &marks, at, |hash| hashes.push(hash));
                    hashes
                })
                .collect();
            each(&features, &tags);
        });
    }
}

/// The tag of each token: it belongs to a name if it begins inside it.
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
