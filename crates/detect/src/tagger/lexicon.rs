//! Lists of names, places and words, as a hash table used directly from the binary, and classes of single characters.

use std::ops::Range;

use super::feature::mix;
use super::token::{Kind, Token};
use super::words::{self, Words};

/// Size of a bucket in bytes: one cache line.
pub const BUCKET: usize = 64;
/// Size of an entry in bytes: two for the check, one for the bits.
const ENTRY: usize = 3;
/// Number of entries in a bucket.
pub const ENTRIES: usize = BUCKET / ENTRY;

/// Lists that a word may be in, one bit each. Chinese and Latin lists share them.
pub mod list {
    /// Given names in Latin letters; Chinese family names, of one or two characters.
    pub const GIVEN: u8 = 1;
    /// Family names in Latin letters; well-known people in Chinese.
    pub const FAMILY: u8 = 2;
    /// Places, of one or more words.
    pub const PLACE: u8 = 4;
    /// Organisations.
    pub const ORG: u8 = 8;
    /// Common words that are not names.
    pub const WORD: u8 = 16;
    /// Forms of address, ranks and jobs that occur next to names.
    pub const TITLE: u8 = 32;
    /// Not a list: the start of something longer.
    pub const BEGINS: u8 = 128;
    /// The lists of names.
    pub const NAMES: u8 = GIVEN | FAMILY | PLACE | ORG;
    /// The lists of words.
    pub const WORDS: u8 = WORD | TITLE;
}

/// What the lexicon says about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// Name lists that contain the token by itself or as the start of something with several tokens.
    alone: u8,
    /// Name lists in which it is the first of several tokens.
    first: u8,
    /// Name lists in which it is a later one of several tokens.
    later: u8,
    /// Name lists in which it is the last of several tokens.
    last: u8,
    /// Whether a common word starts here (1), continues (2), ends (4), is this token (8); the same for titles, times 16.
    word: u8,
    class: u8,
    company: words::Class,
}

impl Mark {
    /// The marks from the name lists, in one number; 0 for none.
    pub fn names(self) -> u64 {
        u64::from(u32::from_le_bytes([self.alone, self.first, self.later, self.last]))
    }

    /// The marks from the word lists.
    pub fn words(self) -> u64 {
        u64::from(self.word)
    }

    /// The class of the character, see [`Classes`].
    pub fn class(self) -> u64 {
        u64::from(self.class)
    }

    /// The distributional class of the word.
    pub fn company(self) -> words::Class {
        self.company
    }

    fn name(&mut self, bits: u8, begins: bool, ends: bool) {
        self.first |= if begins { bits } else { 0 };
        self.later |= if begins { 0 } else { bits };
        self.last |= if ends { bits } else { 0 };
    }

    fn word(&mut self, bits: u8, begins: bool, ends: bool) {
        let place = match (begins, ends) {
            (true, true) => 8,
            (true, false) => 1,
            (false, true) => 4,
            (false, false) => 2,
        };
        self.word |= if bits & list::WORD == 0 { 0 } else { place };
        self.word |= if bits & list::TITLE == 0 { 0 } else { place << 4 };
    }
}

/// The hash table.
#[derive(Debug, Clone, Copy)]
pub struct Lexicon<'m> {
    buckets: &'m [[u8; BUCKET]],
}

impl<'m> Lexicon<'m> {
    /// A view of these buckets.
    pub fn new(buckets: &'m [[u8; BUCKET]]) -> Self {
        Self { buckets }
    }

    /// The list bits of a hash; 0 if it is in no list. One unlisted hash in five thousand is taken for a listed one,
    /// which the model's other features outweigh.
    pub fn bits(&self, hash: u64) -> u8 {
        let Some(bucket) = self.buckets.get(super::model::bucket(hash, self.buckets.len())) else { return 0 };
        let check = super::model::check(hash).to_le_bytes();
        bucket.as_chunks::<ENTRY>().0.iter().find(|[a, b, _]| [*a, *b] == check).map_or(0, |entry| entry[2])
    }

    /// The lists that contain the token by itself.
    pub fn alone(&self, token: &Token) -> u8 {
        self.bits(key([token.id])) & !list::BEGINS
    }
}

/// Classes of single characters: two bits each for how much more often than elsewhere a character occurs as a family
/// name, as the first and as the last character of a given name, and in foreign names.
#[derive(Debug, Clone, Copy)]
pub struct Classes<'m> {
    classes: &'m [u8],
}

impl<'m> Classes<'m> {
    /// The first character that has a class, and the number of characters that have one.
    pub const CHARACTERS: (u32, usize) = (0x4e00, 0x5200);

    /// A view of these classes, one byte per character.
    pub fn new(classes: &'m [u8]) -> Self {
        Self { classes }
    }

    /// The class of a single-character token; 0 for others.
    pub fn of(&self, token: &Token) -> u8 {
        let at = token.head.wrapping_sub(Self::CHARACTERS.0);
        self.classes.get(at as usize).copied().unwrap_or(0)
    }
}

/// Maximum number of tokens in a listed name.
const MOST: usize = 9;

/// The hash under which a name is stored: of its tokens, in order.
pub fn key(ids: impl IntoIterator<Item = u64>) -> u64 {
    ids.into_iter().fold(0x51, mix)
}

/// Marks the tokens of these regions; `marks` is cleared first and receives one mark per token.
pub fn mark(
    lexicon: Lexicon<'_>,
    classes: Classes<'_>,
    words: Words<'_>,
    tokens: &[Token],
    regions: &[Range<usize>],
    marks: &mut Vec<Mark>,
) {
    marks.clear();
    marks.extend(tokens.iter().map(|token| Mark {
        class: classes.of(token),
        company: words.of(token),
        ..Mark::default()
    }));
    for at in regions.iter().cloned().flatten() {
        if tokens.get(at).is_some_and(Token::may_name) {
            mark_from(lexicon, tokens, at, marks);
        }
    }
}

/// Marks what the longest name and the longest word starting at `at` cover.
fn mark_from(lexicon: Lexicon<'_>, tokens: &[Token], at: usize, marks: &mut [Mark]) {
    let Some(first) = tokens.get(at) else { return };
    let mut hash = key([first.id]);
    let alone = lexicon.bits(hash);
    let (mut name, mut word) = ((0, at), (alone & list::WORDS, at));
    if let Some(mark) = marks.get_mut(at) {
        mark.alone |= alone & list::NAMES;
    }
    let (mut begins, mut next) = (alone & list::BEGINS != 0, at + 1);
    while let Some(token) = tokens.get(next).filter(|_| begins && next < at + MOST) {
        // A hyphen may occur inside a name, a line end may not.
        if token.kind != first.kind && token.kind != Kind::Mark {
            break;
        }
        hash = mix(hash, token.id);
        let found = lexicon.bits(hash);
        name = if found & list::NAMES == 0 { name } else { (found & list::NAMES, next) };
        word = if found & list::WORDS == 0 { word } else { (found & list::WORDS, next) };
        begins = found & list::BEGINS != 0;
        next += 1;
    }
    spread(marks, at, name, Mark::name);
    spread(marks, at, word, Mark::word);
}

/// Marks each token of a match from `at` to `end` as part of it.
fn spread(marks: &mut [Mark], at: usize, (bits, end): (u8, usize), tell: fn(&mut Mark, u8, bool, bool)) {
    if bits != 0 {
        for (i, mark) in marks.iter_mut().enumerate().take(end + 1).skip(at) {
            tell(mark, bits, i == at, i == end);
        }
    }
}
