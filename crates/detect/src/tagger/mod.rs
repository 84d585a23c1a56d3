//! Names of people, places and organisations, by a linear-chain conditional random field over hashed features.
//!
//! One model serves Chinese and English, also mixed in one sentence. A text goes through five steps, each linear in its
//! length:
//!
//! 1. [`token`] cuts it: a Chinese character is a token, so is a word of letters, a number, a mark.
//! 2. [`lexicon`] marks tokens that stand in a list of names or places. A mark is a hint to the model, never a decision.
//! 3. [`feature`] turns each token and its neighbours into some thirty hashes.
//! 4. [`model`] adds up the weights of the hashes: eight bits each, read where they lie in the binary.
//! 5. [`decode`] finds the best sequence of tags, and how sure the model is of each span.
//!
//! The method is that of Lafferty and others (2001), "Conditional Random Fields". `docs/model-card.md` says what
//! the model was trained on, how, and where it fails; `cargo xtask train --data DIR` makes it anew.

pub mod decode;
pub mod feature;
pub mod lexicon;
pub mod model;
mod tidy;
pub mod token;

use std::ops::Range;
use std::sync::OnceLock;

use ombud_core::{DataType, PLACE};

use decode::{Decoder, Tag};
use lexicon::Mark;
use model::Model;
use token::Token;

use crate::resolve::{Candidate, Strength};

/// The model of this build.
static MODEL: &[u8] = include_bytes!("../../model/names.bin");

/// Below this a span is not reported. `docs/model-card.md` has the figures that chose it.
const LEAST: f32 = 0.5;

/// A name of a person, place or organisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// PERSON, LOCATION or ORG.
    pub kind: DataType,
    /// The model's own probability of the span: of its least certain tag. From 0 to 1.
    pub score: f32,
    /// A LOCATION that is no address: a city, a country, a region.
    pub coarse: bool,
}

/// Tags texts with one model.
#[derive(Debug, Clone, Copy)]
pub struct Tagger<'m> {
    model: Model<'m>,
}

impl Tagger<'static> {
    /// The model of this build. `None` only if the file in the binary is no model, which a test rules out.
    pub fn built_in() -> Option<Self> {
        static READ: OnceLock<Option<Model<'static>>> = OnceLock::new();
        READ.get_or_init(|| Model::read(MODEL)).map(Self::new)
    }
}

impl<'m> Tagger<'m> {
    /// A tagger with this model.
    pub fn new(model: Model<'m>) -> Self {
        Self { model }
    }

    /// Everything that is more likely a name than not, sorted, without overlaps. `text` should be in the normal form of
    /// [`normalise`](crate::normalise::normalise), as the training texts were.
    pub fn tag(&self, text: &str) -> Vec<Entity> {
        let mut entities = Vec::new();
        if !text.bytes().any(|b| b.is_ascii_alphabetic() || b >= 0x80) {
            return entities;
        }
        let mut decoder = Decoder::new(self.model.transitions());
        let mut marks: Vec<Mark> = Vec::new();
        token::segments(text, |tokens| {
            if tokens.iter().any(Token::may_name) {
                lexicon::mark(self.model.lexicon(), tokens, &mut marks);
                self.segment(text, tokens, &marks, &mut decoder, &mut entities);
            }
        });
        entities
    }

    fn segment(
        &self,
        text: &str,
        tokens: &[Token],
        marks: &[Mark],
        decoder: &mut Decoder,
        out: &mut Vec<Entity>,
    ) {
        decoder.clear();
        for at in 0..tokens.len() {
            let mut sums = [0_i32; Tag::COUNT];
            feature::each(tokens, marks, at, |hash| self.model.add(hash, &mut sums));
            decoder.push(sums);
        }
        if !decoder.decode() {
            return;
        }
        for found in decoder.spans(self.model.scale()) {
            let Some(entity) = tidy::tidy(text, tokens, &found) else { continue };
            if entity.score >= LEAST {
                out.push(entity);
            }
        }
    }

    /// Adds what the tagger finds in a normalised text.
    pub(crate) fn find(&self, text: &str, out: &mut Vec<Candidate>) {
        out.extend(self.tag(text).into_iter().map(|entity| Candidate {
            span: entity.span,
            kind: entity.kind,
            strength: Strength::Learned,
            score: entity.score,
            recogniser: if entity.coarse { PLACE } else { "tagger" },
        }));
    }
}

#[cfg(test)]
mod tests;
