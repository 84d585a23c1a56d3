//! Tokens: the units to which the tagger assigns tags.

use super::cut::Cutter;
use super::feature::{hash_word, mix};

/// Maximum number of tokens decoded together; a longer stretch without a sentence end is cut here.
const LONGEST: usize = 192;

/// Number of bytes of a word that count; nothing longer is a name.
const WORD: usize = 64;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// One Chinese, Japanese or Korean character.
    Han,
    /// A word of letters.
    Word,
    /// Digits.
    Number,
    /// Letters with digits, underscores or humps (`userName`): an identifier.
    Code,
    /// An e-mail address, a link or another run that contains no name.
    Link,
    /// The end of a line.
    Line,
    /// Any other single character.
    #[default]
    Mark,
}

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Not a word.
    #[default]
    None,
    /// `word`
    Lower,
    /// `Word`
    Title,
    /// `W`
    Initial,
    /// `WORD`
    Upper,
    /// `McWord`
    Mixed,
}

/// A piece of the text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Token {
    /// First byte.
    pub start: usize,
    /// Byte after the last one.
    pub end: usize,
    /// What it is made of.
    pub kind: Kind,
    /// How it is written.
    pub shape: Shape,
    /// Whether a space precedes it.
    pub spaced: bool,
    /// The code point of the first letter of the word, or of the character.
    pub head: u32,
    /// Hash of its letters in lower case.
    pub id: u64,
    /// Hashes of the first two and three, and of the last two, three and four letters of a word; 0 if it is shorter.
    pub affixes: [u64; 5],
}

impl Token {
    /// True if the token may be part of a name by itself.
    pub fn may_name(&self) -> bool {
        matches!(self.kind, Kind::Han | Kind::Word)
    }
}

/// Splits a text into tokens and passes them on sentence by sentence, at most [`LONGEST`] at a time.
pub fn segments(text: &str, mut each: impl FnMut(&[Token])) {
    let mut tokens: Vec<Token> = Vec::with_capacity((text.len() / 4).clamp(4, LONGEST));
    let mut cutter = Cutter::new(text);
    let mut spaced = true;
    while let Some((piece, ch)) = cutter.next_piece(&mut spaced) {
        let double = piece.kind == Kind::Line && tokens.last().is_some_and(|last| last.kind == Kind::Line);
        if !double {
            tokens.push(make(text, piece, ch));
        }
        if double || matches!(ch, '。' | '!' | '?') || tokens.len() >= LONGEST {
            each(&tokens);
            tokens.clear();
        }
    }
    if !tokens.is_empty() {
        each(&tokens);
    }
}

/// Adds hashes and shape to a piece that starts with `ch`.
fn make(text: &str, token: Token, ch: char) -> Token {
    let length = token.end - token.start;
    let id = match token.kind {
        Kind::Han | Kind::Mark => mix(0x61, u64::from(u32::from(ch))),
        Kind::Word => return word(text.get(token.start..token.end).unwrap_or_default(), token),
        // Numbers differ only in length, so that a house number, a year and an amount can be told apart.
        Kind::Number => mix(11, length.min(8) as u64),
        Kind::Code => 12,
        Kind::Link => 13,
        Kind::Line => 14,
    };
    Token { id, head: u32::from(ch), ..token }
}

/// A word with its hashes, or a piece of code if it is written like one (`userName`).
fn word(word: &str, token: Token) -> Token {
    let mut buffer = [0_u8; WORD];
    let (length, shape) =
        if word.is_ascii() { lower_ascii(word, &mut buffer) } else { lower(word, &mut buffer) };
    if shape == Shape::Mixed && word.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Token { kind: Kind::Code, id: 12, ..token };
    }
    let lower = buffer.get(..length).unwrap_or_default();
    let head = lower.first().map_or(0, |b| u32::from(*b));
    Token { id: hash_word(lower), shape, head, affixes: affixes(lower), ..token }
}

fn affixes(lower: &[u8]) -> [u64; 5] {
    let part = |bytes: Option<&[u8]>, tag: u64| bytes.map_or(0, |bytes| mix(tag, small(bytes)));
    let tail = |n: usize| lower.len().checked_sub(n).and_then(|from| lower.get(from..));
    [part(lower.get(..2), 1), part(lower.get(..3), 2), part(tail(2), 3), part(tail(3), 4), part(tail(4), 5)]
}

/// Up to eight bytes as a number.
fn small(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Writes the word in lower case; returns its length and shape.
fn lower_ascii(word: &str, buffer: &mut [u8; WORD]) -> (usize, Shape) {
    let bytes = word.as_bytes();
    let mut upper = 0;
    for (place, byte) in buffer.iter_mut().zip(bytes) {
        upper += usize::from(byte.is_ascii_uppercase());
        *place = byte.to_ascii_lowercase();
    }
    let length = bytes.len().min(WORD);
    let marks = bytes.iter().take(WORD).filter(|b| **b == b'\'').count();
    let first = bytes.first().is_some_and(u8::is_ascii_uppercase);
    (length, shape(first, upper, length - upper - marks))
}

fn lower(word: &str, buffer: &mut [u8; WORD]) -> (usize, Shape) {
    let mut length = 0;
    for ch in word.chars().flat_map(char::to_lowercase) {
        let mut encoded = [0; 4];
        let encoded = ch.encode_utf8(&mut encoded).as_bytes();
        let Some(place) = buffer.get_mut(length..length + encoded.len()) else { break };
        place.copy_from_slice(encoded);
        length += encoded.len();
    }
    let first = word.chars().next().is_some_and(char::is_uppercase);
    let count = |test: fn(char) -> bool| word.chars().filter(|c| test(*c)).count();
    (length, shape(first, count(char::is_uppercase), count(char::is_lowercase)))
}

/// The shape of a word with this many capitals and lower-case letters; `first` says that it starts with a capital.
fn shape(first: bool, upper: usize, lower: usize) -> Shape {
    match (first, upper, lower) {
        (_, 0, _) => Shape::Lower,
        (true, 1, 0) => Shape::Initial,
        (_, _, 0) => Shape::Upper,
        (true, 1, _) => Shape::Title,
        _ => Shape::Mixed,
    }
}
