//! Names of people, places and organisations, by a linear-chain conditional random field over hashed features.
//!
//! One model serves Chinese and English, even mixed in one sentence. A text goes through six steps, each linear in its
//! length:
//!
//! 1. [`token`] splits it: a Chinese character is a token, and so is a word of letters, a number, a mark.
//! 2. [`gate`] spends a few nanoseconds on each token and keeps the parts of a sentence that may contain a name.
//! 3. [`lexicon`] marks tokens that are in a list of names or words. A mark is a hint to the model, never a decision.
//!    [`words`] gives the class of an English word: words that occur in the same contexts share a class.
//! 4. [`feature`] turns each kept token and its neighbours into some forty hashes, a word into sixty.
//! 5. [`model`] sums the weights of the hashes: eight bits each, used directly from the binary.
//! 6. [`decode`] finds the best sequence of tags, and the model's confidence in each span.
//!
//! The method is that of Lafferty and others (2001), "Conditional Random Fields". `docs/model-card.md` documents what the
//! model was trained on, how, and where it fails; `cargo xtask train --data DIR` rebuilds it.

mod assistant;
mod code;
mod common;
mod cut;
pub mod decode;
pub mod feature;
pub mod gate;
pub mod lexicon;
pub mod model;
mod run;
mod tidy;
pub mod token;
pub mod words;

use std::ops::Range;
use std::sync::OnceLock;

use ombud_core::{DataType, PLACE};

use decode::{Decoder, Tag};
use feature::Sentence;
use lexicon::Mark;
use model::Model;
use token::Token;
use words::Words;

use crate::resolve::{Candidate, Strength};

/// The model of this build.
static MODEL: &[u8] = include_bytes!("../../model/names.bin");

/// Spans below this score are not reported. `docs/model-card.md` has the figures that determined it.
const LEAST: f32 = 0.5;

/// A name of a person, place or organisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// PERSON, LOCATION or ORG.
    pub kind: DataType,
    /// The model's own probability of the span, that of its least certain tag. From 0 to 1.
    pub score: f32,
    /// Whether it is a LOCATION that is not an address: a city, a country, a region.
    pub coarse: bool,
}

/// Buffers reused for each sentence.
#[derive(Debug)]
struct Work {
    decoder: Decoder,
    sums: Vec<i32>,
    regions: Vec<Range<usize>>,
    marks: Vec<Mark>,
}

impl Work {
    fn new(model: &Model<'_>) -> Self {
        let decoder = Decoder::new(model.transitions());
        Self { decoder, sums: Vec::new(), regions: Vec::new(), marks: Vec::new() }
    }
}

/// Tags texts with one model.
#[derive(Debug, Clone, Copy)]
pub struct Tagger<'m> {
    model: Model<'m>,
    words: Words<'static>,
    /// Whether isolated common words are rejected as names.
    vets: bool,
}

impl Tagger<'static> {
    /// The model of this build. `None` only if the embedded file is not a model, which a test rules out.
    pub fn built_in() -> Option<Self> {
        static READ: OnceLock<Option<Model<'static>>> = OnceLock::new();
        READ.get_or_init(|| Model::read(MODEL)).map(Self::new)
    }
}

impl<'m> Tagger<'m> {
    /// A tagger with this model.
    pub fn new(model: Model<'m>) -> Self {
        Self { model, words: Words::built_in(), vets: true }
    }

    /// The same tagger, but also reporting the words that it takes for a name only because they are isolated: the list of
    /// such words is built from these.
    #[must_use]
    pub fn without_common_words(self) -> Self {
        Self { vets: false, ..self }
    }

    /// Everything that is more likely a name than not, sorted, without overlaps. `text` should be in the normal form of
    /// [`normalise`](crate::normalise::normalise), as the training texts were.
    pub fn tag(&self, text: &str) -> Vec<Entity> {
        let mut entities = Vec::new();
        if !text.bytes().any(|b| b.is_ascii_alphabetic() || b >= 0x80) {
            return entities;
        }
        let mut work = Work::new(&self.model);
        token::segments(text, |tokens| {
            if tokens.iter().any(Token::may_name) {
                self.sentence(text, tokens, &mut work, &mut entities);
            }
        });
        entities
    }

    fn sentence(&self, text: &str, tokens: &[Token], work: &mut Work, out: &mut Vec<Entity>) {
        let (lexicon, classes) = (self.model.lexicon(), self.model.classes());
        self.model.gate().regions(tokens, lexicon, classes, &mut work.sums, &mut work.regions);
        if work.regions.is_empty() {
            return;
        }
        lexicon::mark(lexicon, classes, self.words, tokens, &work.regions, &mut work.marks);
        let sentence = Sentence { tokens, marks: &work.marks, mode: feature::mode(tokens) };
        for region in &work.regions {
            self.region(text, &sentence, region, &mut work.decoder, out);
        }
    }

    fn region(
        &self,
        text: &str,
        sentence: &Sentence<'_>,
        region: &Range<usize>,
        decoder: &mut Decoder,
        out: &mut Vec<Entity>,
    ) {
        decoder.clear(region.start > 0);
        for at in region.clone() {
            let mut sums = [0_i32; Tag::COUNT];
            feature::each(sentence, at, |hash| self.model.add(hash, &mut sums));
            decoder.push(sums);
        }
        if !decoder.decode() {
            return;
        }
        let tokens = sentence.tokens.get(region.clone()).unwrap_or_default();
        let (found, lexicon) = (decoder.spans(self.model.scale()), self.model.lexicon());
        let entities = found.iter().filter_map(|found| tidy::tidy(text, tokens, found, lexicon, self.vets));
        for entity in entities.filter(|entity| entity.score >= LEAST) {
            tidy::join(text, entity, out);
        }
    }

    /// Adds what the tagger finds in a normalised text, except in encoded bytes.
    pub(crate) fn find(&self, text: &str, out: &mut Vec<Candidate>) {
        let entities = self.tag(text);
        // Most texts name nobody.
        let encoded = if entities.is_empty() { Vec::new() } else { run::encoded(text) };
        let stands_in = |entity: &Entity| {
            let next = encoded.partition_point(|run| run.end <= entity.span.start);
            encoded.get(next).is_some_and(|run| run.start < entity.span.end)
        };
        let entities = entities.into_iter().filter(|entity| !stands_in(entity));
        out.extend(entities.map(|entity| Candidate {
            span: entity.span,
            kind: entity.kind,
            strength: Strength::Learned,
            score: entity.score,
            recogniser: if entity.coarse { PLACE } else { "tagger" },
        }));
    }
}

pub(crate) use code::is_in_code;

/// The lists that contain a word in Latin letters by itself, in either case.
pub(crate) fn lists_of(word: &str) -> u8 {
    let mut lists = 0;
    if let Some(tagger) = Tagger::built_in() {
        token::segments(word, |tokens| {
            if let [token] = tokens {
                lists = tagger.model.lexicon().alone(token);
            }
        });
    }
    lists
}

#[cfg(test)]
mod tests;
