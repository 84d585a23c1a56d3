//! The model file: a header, the weights, the lexicon, the gate, the classes. Nothing is unpacked; a lookup reads one
//! cache line.
//!
//! All numbers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | `OMBTAG02` |
//! | 8..12 | version of the features |
//! | 12..16 | buckets of weights |
//! | 16..20 | buckets of the lexicon |
//! | 20..24 | the value of one weight step (`f32`) |
//! | 24..136 | 8 × 7 transitions (`i16`, in steps): from each tag, then from the start, to each tag |
//! | 136..140 | the bias of the gate (`i32`) |
//! | 140..144 | hash of the word-class table that the model was trained with |
//! | 144..192 | zero |
//! | 192.. | weights: buckets of 64 bytes, 7 checks (`u16`), 7 times 7 weights (`i8`), and one byte of zero |
//! | then | lexicon: buckets of 64 bytes, 21 entries of a check (`u16`) and list bits (`u8`), and one byte of zero |
//! | then | gate: 65,536 entries of 4 weights (`i8`) |
//! | then | classes: one byte for each of the 20,992 characters from U+4E00 on |
//!
//! A feature that is in no bucket has no weight. One in some ten thousand such features is mistaken for another one.

use super::decode::{Tag, Transitions};
use super::feature;
use super::gate::{self, Gate};
use super::lexicon::{BUCKET, Classes, Lexicon};

/// Number of bytes before the weights.
pub const HEADER: usize = 192;
/// Number of entries in a bucket.
pub const ENTRIES: usize = 7;
/// The first bytes of every model file.
pub const MAGIC: [u8; 8] = *b"OMBTAG02";

/// Sizes of the gate and of the classes in bytes.
const FIXED: (usize, usize) = (gate::ENTRIES * gate::REACH, Classes::CHARACTERS.1);

/// The bucket of a hash.
pub fn bucket(hash: u64, buckets: usize) -> usize {
    // The high 32 bits, scaled: fair for any number of buckets, without a division.
    usize::try_from(((hash >> 32) * buckets as u64) >> 32).unwrap_or_default()
}

/// The check of a hash; never 0, which marks a free entry.
pub fn check(hash: u64) -> u16 {
    // The bits that the bucket depends on least.
    (hash & 0xffff).max(1) as u16
}

type Checks = [[u8; 2]; ENTRIES];
type Rows = [[u8; Tag::COUNT]; ENTRIES];

/// The entries of a bucket: their checks, and the same number of rows of weights.
fn entries(bucket: &[u8; BUCKET]) -> (&Checks, &Rows) {
    const EMPTY: (&Checks, &Rows) = (&[[0; 2]; ENTRIES], &[[0; Tag::COUNT]; ENTRIES]);
    let (checks, rest) = bucket.as_chunks::<2>().0.split_first_chunk::<ENTRIES>().unwrap_or((EMPTY.0, &[]));
    let rows = rest.as_flattened().as_chunks::<{ Tag::COUNT }>().0;
    (checks, rows.first_chunk().unwrap_or(EMPTY.1))
}

/// A view of a model file.
#[derive(Debug, Clone, Copy)]
pub struct Model<'m> {
    weights: &'m [[u8; BUCKET]],
    lexicon: Lexicon<'m>,
    gate: Gate<'m>,
    classes: Classes<'m>,
    transitions: Transitions,
    scale: f32,
    words: u32,
}

/// The number at this offset.
fn number(header: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?))
}

impl<'m> Model<'m> {
    /// Reads the header. `None` if this is not a model, is for other features, or does not have the stated length.
    pub fn read(file: &'m [u8]) -> Option<Self> {
        let (header, body) = file.split_at_checked(HEADER)?;
        if header.get(..8)? != MAGIC || number(header, 8)? != feature::VERSION {
            return None;
        }
        let sizes = (number(header, 12)? as usize, number(header, 16)? as usize);
        let (weights, body) = body.split_at_checked(sizes.0.checked_mul(BUCKET)?)?;
        let (lexicon, body) = body.split_at_checked(sizes.1.checked_mul(BUCKET)?)?;
        let (gate, classes) = body.split_at_checked(FIXED.0)?;
        if sizes.0 == 0 || sizes.1 == 0 || classes.len() != FIXED.1 {
            return None;
        }
        Some(Self {
            weights: weights.as_chunks().0,
            lexicon: Lexicon::new(lexicon.as_chunks().0),
            gate: Gate::new(gate.as_chunks().0, number(header, 136)?.cast_signed()),
            classes: Classes::new(classes),
            transitions: transitions(header.get(24..136)?),
            scale: f32::from_bits(number(header, 20)?),
            words: number(header, 140)?,
        })
    }

    /// Adds the weights of a feature, in steps.
    #[inline]
    pub fn add(&self, hash: u64, sums: &mut [i32; Tag::COUNT]) {
        let Some(bucket) = self.weights.get(bucket(hash, self.weights.len())) else { return };
        let (checks, weights) = entries(bucket);
        let wanted = check(hash);
        // Branch-free per entry: the compiler turns it into one comparison of all of them.
        let hits = (0_u32..)
            .zip(checks)
            .fold(0_u32, |hits, (i, check)| hits | u32::from(u16::from_le_bytes(*check) == wanted) << i);
        if let Some(row) = weights.get(hits.trailing_zeros() as usize) {
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += i32::from(weight.cast_signed());
            }
        }
    }

    /// The lists of names.
    pub fn lexicon(&self) -> Lexicon<'m> {
        self.lexicon
    }

    /// The classes of characters.
    pub fn classes(&self) -> Classes<'m> {
        self.classes
    }

    /// The gate, which selects the parts of a sentence worth examining.
    pub fn gate(&self) -> Gate<'m> {
        self.gate
    }

    /// Weights between neighbouring tags, in steps.
    pub fn transitions(&self) -> Transitions {
        self.transitions
    }

    /// The hash of the word-class table that the model was trained with, see [`super::words::Words::mark`].
    pub fn words(&self) -> u32 {
        self.words
    }

    /// The value of one weight step, in units of log-odds.
    pub fn scale(&self) -> f32 {
        self.scale
    }
}

fn transitions(stored: &[u8]) -> Transitions {
    let mut transitions = Transitions::default();
    for (place, pair) in transitions.as_flattened_mut().iter_mut().zip(stored.as_chunks::<2>().0) {
        *place = i32::from(i16::from_le_bytes(*pair));
    }
    transitions
}
