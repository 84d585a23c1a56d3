//! Lists of names and places, as a table of hashes that is read where it lies.

use super::feature::mix;
use super::token::{Kind, Token};

/// Bytes of a bucket: one cache line.
pub const BUCKET: usize = 64;
/// Bytes of an entry: two of a check, one of bits.
const ENTRY: usize = 3;
/// Entries of a bucket.
pub const ENTRIES: usize = BUCKET / ENTRY;

/// Lists that a word may stand in, one bit each.
pub mod list {
    /// Given names in Latin letters.
    pub const GIVEN: u8 = 1;
    /// Family names in Latin letters.
    pub const FAMILY: u8 = 2;
    /// Places in Latin letters, of one or more words.
    pub const PLACE: u8 = 4;
    /// Chinese family names, of one or two characters.
    pub const XING: u8 = 8;
    /// Chinese names of places.
    pub const DIMING: u8 = 16;
    /// Chinese names of organisations.
    pub const JIGOU: u8 = 32;
    /// Well-known people in Chinese.
    pub const MINGREN: u8 = 64;
    /// Not a list: the beginning of something longer.
    pub const BEGINS: u8 = 128;
}

/// What the lexicon says about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// Lists in which the token stands by itself, or begins something of several tokens.
    alone: u8,
    /// Lists in which it stands as the first of several tokens.
    first: u8,
    /// Lists in which it stands as a later one of several tokens.
    later: u8,
    /// Lists in which something of several tokens ends with it.
    last: u8,
}

impl Mark {
    /// All of it in one number; 0 for nothing.
    pub fn bits(self) -> u64 {
        u64::from(u32::from_le_bytes([self.alone, self.first, self.later, self.last]))
    }
}

/// The table.
#[derive(Debug, Clone, Copy)]
pub struct Lexicon<'m> {
    buckets: &'m [[u8; BUCKET]],
}

impl<'m> Lexicon<'m> {
    /// A view of these buckets.
    pub fn new(buckets: &'m [[u8; BUCKET]]) -> Self {
        Self { buckets }
    }

    /// The bits of a hash; 0 if it stands in no list. One hash in five thousand that stands in none is taken for one that
    /// does, which the model's other features outweigh.
    pub fn bits(&self, hash: u64) -> u8 {
        let Some(bucket) = self.buckets.get(super::model::bucket(hash, self.buckets.len())) else { return 0 };
        let check = super::model::check(hash).to_le_bytes();
        bucket.as_chunks::<ENTRY>().0.iter().find(|[a, b, _]| [*a, *b] == check).map_or(0, |entry| entry[2])
    }
}

/// Tokens that one name in the lists may have.
const MOST: usize = 9;

/// The hash under which a name stands: of its tokens, in order.
pub fn key(ids: impl IntoIterator<Item = u64>) -> u64 {
    ids.into_iter().fold(0x51, mix)
}

/// Marks each of the tokens; `marks` is emptied first and gets one mark a token.
pub fn mark(lexicon: Lexicon<'_>, tokens: &[Token], marks: &mut Vec<Mark>) {
    marks.clear();
    marks.resize(tokens.len(), Mark::default());
    for at in 0..tokens.len() {
        mark_from(lexicon, tokens, at, marks);
    }
}

/// Marks what the longest name that begins at `at` covers.
fn mark_from(lexicon: Lexicon<'_>, tokens: &[Token], at: usize, marks: &mut [Mark]) {
    let Some(first) = tokens.get(at).filter(|token| token.may_name()) else { return };
    let mut hash = key([first.id]);
    let alone = lexicon.bits(hash);
    if let Some(mark) = marks.get_mut(at) {
        mark.alone |= alone & !list::BEGINS;
    }
    if alone & list::BEGINS == 0 {
        return;
    }
    let (mut bits, mut end) = (0, at);
    for (next, token) in tokens.iter().enumerate().skip(at + 1).take(MOST - 1) {
        // A hyphen may stand inside a name, a line's end may not.
        if token.kind != first.kind && token.kind != Kind::Mark {
            break;
        }
        hash = mix(hash, token.id);
        let found = lexicon.bits(hash);
        if found & !list::BEGINS != 0 {
            (bits, end) = (found & !list::BEGINS, next);
        }
        if found & list::BEGINS == 0 {
            break;
        }
    }
    for (i, mark) in marks.iter_mut().enumerate().take(end + 1).skip(at) {
        if bits == 0 {
            break;
        }
        mark.first |= if i == at { bits } else { 0 };
        mark.later |= if i > at { bits } else { 0 };
        mark.last |= if i == end { bits } else { 0 };
    }
}
