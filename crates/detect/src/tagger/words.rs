//! Distributional classes of English words: words of one class occur next to the same words.
//!
//! The table is used directly from the binary. It is built by `cargo xtask words` from word vectors (see
//! `docs/model-card.md`) by clustering twice: the first clusters are the coarse classes, those within them the fine ones.
//! A word never seen in training has the weights of its class, so a model knows more words than its training text.
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | `OMBWRD01` |
//! | 8.. | buckets of 64 bytes: 21 entries of 24 bits, a check above the class, and one zero byte |

use super::feature::{hash_word, mix};
use super::lexicon::BUCKET;
use super::model;
use super::token::{Kind, Token};

/// The first bytes of the file.
pub const MAGIC: [u8; 8] = *b"OMBWRD01";
/// Bits of a class; the upper ones are the coarse class.
pub const CLASS_BITS: u32 = 10;
/// Number of bits that distinguish the fine classes within one coarse class.
pub const FINE_BITS: u32 = 4;
/// Size of an entry in bytes.
pub const ENTRY: usize = 3;

/// The table of this build.
static TABLE: &[u8] = include_bytes!("../../model/words.bin");

/// The class of a word; 0 for one that is not in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Class(u16);

impl Class {
    /// The fine class. 0 for a word without one.
    pub fn fine(self) -> u64 {
        u64::from(self.0)
    }

    /// The coarse class. 0 for a word without one.
    pub fn coarse(self) -> u64 {
        u64::from(self.0 >> FINE_BITS)
    }
}

/// A view of a table. The default is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Words<'m> {
    buckets: &'m [[u8; BUCKET]],
}

impl Words<'static> {
    /// The table of this build. Empty only if the embedded file is invalid, which a test rules out.
    pub fn built_in() -> Self {
        Self::read(TABLE).unwrap_or_default()
    }
}

impl<'m> Words<'m> {
    /// A view of a file; `None` if it is not a table.
    pub fn read(file: &'m [u8]) -> Option<Self> {
        let (magic, body) = file.split_first_chunk()?;
        let (buckets, rest) = body.as_chunks();
        (*magic == MAGIC && rest.is_empty()).then_some(Self { buckets })
    }

    /// A hash of the table: class weights fit only the table that they were learned with.
    pub fn mark(&self) -> u32 {
        (hash_word(self.buckets.as_flattened()) >> 32) as u32
    }

    /// The class of a token, if it is a word.
    pub fn of(&self, token: &Token) -> Class {
        if token.kind == Kind::Word { self.class(token.id) } else { Class::default() }
    }

    /// The class of the word whose lower-case form has this hash ([`hash_word`]). One word in some eight hundred that is
    /// not in the table is taken for one that is.
    pub fn class(&self, word: u64) -> Class {
        let hash = mix(word, 0x77);
        let Some(bucket) = self.buckets.get(model::bucket(hash, self.buckets.len())) else {
            return Class::default();
        };
        let check = check(hash);
        let entries =
            bucket.as_chunks::<ENTRY>().0.iter().map(|[a, b, c]| u32::from_le_bytes([*a, *b, *c, 0]));
        let found = entries.fold(0, |found, entry| if entry >> CLASS_BITS == check { entry } else { found });
        Class((found & ((1 << CLASS_BITS) - 1)) as u16)
    }
}

/// The check of a word's hash, as wide as an entry allows; never 0, which marks a free entry.
fn check(hash: u64) -> u32 {
    (hash & 0x3fff).max(1) as u32
}

/// Builds a file from word hashes and their classes, most important words first; those that do not fit are left out.
pub fn table(words: &[(u64, u16)], buckets: usize) -> Vec<u8> {
    let mut table = vec![[0_u8; BUCKET]; buckets];
    for (word, class) in words {
        let hash = mix(*word, 0x77);
        let [a, b, c, _] = (check(hash) << CLASS_BITS | u32::from(*class)).to_le_bytes();
        let entries =
            table.get_mut(model::bucket(hash, buckets)).map(|bucket| bucket.as_chunks_mut::<ENTRY>().0);
        if let Some(free) = entries.and_then(|entries| entries.iter_mut().find(|entry| **entry == [0; ENTRY]))
        {
            *free = [a, b, c];
        }
    }
    [MAGIC.as_slice(), table.as_flattened()].concat()
}
