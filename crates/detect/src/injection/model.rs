//! The model file: a header and three tables of weights, used directly from the binary.
//!
//! All numbers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | `OMBSIG01` |
//! | 8..12 | version of the features |
//! | 12..28 | `f32`: the bias; the value of one weight step of a class, of a word and of a passage word |
//! | 28..32 | zero |
//! | 32.. | weights of classes (`i8`), then of words, then of passage words |

use super::feature::{CLASS_BITS, Features, PASSAGE_BITS, VERSION, WORD_BITS};

/// Bytes before the weights.
pub const HEADER: usize = 32;
/// The first bytes of every model file.
pub const MAGIC: [u8; 8] = *b"OMBSIG01";
/// Up to this many words count in full; beyond that, each counts less, by the square root of their number.
pub const WORDS: f32 = 6.0;

/// A view of a model file.
#[derive(Debug, Clone, Copy)]
pub struct Model<'m> {
    bias: f32,
    steps: [f32; 3],
    classes: &'m [u8],
    words: &'m [u8],
    passages: &'m [u8],
}

impl<'m> Model<'m> {
    /// Reads the header. `None` if this is not a model, is for other features, or has the wrong length.
    pub fn read(file: &'m [u8]) -> Option<Self> {
        let (header, body) = file.split_at_checked(HEADER)?;
        let number = |at: usize| Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?));
        if header.get(..8)? != MAGIC || number(8)? != VERSION {
            return None;
        }
        let (classes, rest) = body.split_at_checked(1 << CLASS_BITS)?;
        let (words, passages) = rest.split_at_checked(1 << WORD_BITS)?;
        let float = |at: usize| number(at).map(f32::from_bits);
        let steps = [float(16)?, float(20)?, float(24)?];
        let whole = passages.len() == 1 << PASSAGE_BITS;
        whole.then_some(Self { bias: float(12)?, steps, classes, words, passages })
    }

    /// The log-odds that a sentence with these features is a sign.
    pub fn score(&self, features: &Features) -> f32 {
        let [class, word, _] = self.steps;
        let classes = sum(self.classes, &features.classes);
        let words = sum(self.words, &features.words);
        self.bias + class * classes + word * words * word_share(features.words.len())
    }

    /// The contribution of the passage around a sentence to its log-odds.
    pub fn passage(&self, places: &[u32]) -> f32 {
        let [_, _, step] = self.steps;
        step * sum(self.passages, places) * word_share(places.len())
    }
}

/// The share with which each of `count` words counts.
#[expect(clippy::cast_precision_loss, reason = "a sentence has few words")]
pub fn word_share(count: usize) -> f32 {
    (WORDS / (count as f32).max(WORDS)).sqrt()
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred weights of eight bits")]
fn sum(table: &[u8], places: &[u32]) -> f32 {
    let weights = places.iter().filter_map(|place| table.get(*place as usize));
    weights.map(|weight| i32::from(weight.cast_signed())).sum::<i32>() as f32
}
