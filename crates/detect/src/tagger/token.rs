//! Tokens: what the tagger gives a tag to.

use super::feature::{hash_word, mix};

/// Tokens that are decoded together; a longer stretch without an end of a sentence is cut here.
const LONGEST: usize = 192;

/// Bytes of a word that count; nothing longer is a name.
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
    /// An e-mail address, a link or another run that no name stands in.
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
    /// Byte behind the last.
    pub end: usize,
    /// What it is made of.
    pub kind: Kind,
    /// How it is written.
    pub shape: Shape,
    /// A blank stands before it.
    pub spaced: bool,
    /// Hash of its letters in lower case.
    pub id: u64,
    /// Hashes of the first two and three, the last two, three and four letters of a word; 0 where it is shorter.
    pub affixes: [u64; 5],
}

impl Token {
    /// True if the token may be part of a name by itself.
    pub fn may_name(&self) -> bool {
        matches!(self.kind, Kind::Han | Kind::Word)
    }
}

/// Cuts a text into tokens and hands them over sentence by sentence, at most [`LONGEST`] at a time.
pub fn segments(text: &str, mut each: impl FnMut(&[Token])) {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    let mut spaced = true;
    while let Some(ch) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if ch != '\n' && ch.is_whitespace() {
            spaced = true;
            at += ch.len_utf8();
            continue;
        }
        let (kind, length) = measure(text, at, ch);
        let end = at + length;
        let double = kind == Kind::Line && tokens.last().is_some_and(|last| last.kind == Kind::Line);
        if !double {
            tokens.push(make(text, at, end, kind, spaced));
        }
        spaced = kind == Kind::Line;
        at = end;
        if double || matches!(ch, '。' | '!' | '?') || tokens.len() >= LONGEST {
            each(&tokens);
            tokens.clear();
        }
    }
    if !tokens.is_empty() {
        each(&tokens);
    }
}

fn make(text: &str, start: usize, end: usize, kind: Kind, spaced: bool) -> Token {
    let word = text.get(start..end).unwrap_or_default();
    let token = Token { start, end, kind, spaced, ..Token::default() };
    match kind {
        Kind::Han | Kind::Mark => Token { id: hash_word(word.as_bytes()), ..token },
        Kind::Word => {
            let token = letters(word, token);
            let camel = token.shape == Shape::Mixed && word.starts_with(|c: char| c.is_ascii_lowercase());
            if camel {
                Token { kind: Kind::Code, shape: Shape::None, id: 12, affixes: [0; 5], ..token }
            } else {
                token
            }
        }
        // Numbers differ in length only: a house number is not a year is not an amount.
        Kind::Number => Token { id: mix(11, word.len().min(8) as u64), ..token },
        Kind::Code => Token { id: 12, ..token },
        Kind::Link => Token { id: 13, ..token },
        Kind::Line => Token { id: 14, ..token },
    }
}

fn letters(word: &str, token: Token) -> Token {
    let mut buffer = [0_u8; WORD];
    let mut length = 0;
    for ch in word.chars().flat_map(char::to_lowercase) {
        let mut encoded = [0; 4];
        let encoded = ch.encode_utf8(&mut encoded).as_bytes();
        let Some(place) = buffer.get_mut(length..length + encoded.len()) else { break };
        place.copy_from_slice(encoded);
        length += encoded.len();
    }
    let lower = buffer.get(..length).unwrap_or_default();
    let part = |range: Option<&[u8]>, tag: u64| range.map_or(0, |bytes| mix(tag, hash_word(bytes)));
    let tail = |n: usize| length.checked_sub(n).and_then(|from| lower.get(from..));
    Token {
        id: hash_word(lower),
        shape: shape(word),
        affixes: [
            part(lower.get(..2), 1),
            part(lower.get(..3), 2),
            part(tail(2), 3),
            part(tail(3), 4),
            part(tail(4), 5),
        ],
        ..token
    }
}

fn shape(word: &str) -> Shape {
    let (mut upper, mut lower, mut first) = (0, 0, false);
    for (i, ch) in word.chars().enumerate() {
        if ch.is_uppercase() {
            upper += 1;
            first |= i == 0;
        } else if ch.is_lowercase() {
            lower += 1;
        }
    }
    match (first, upper, lower) {
        (_, 0, _) => Shape::Lower,
        (true, 1, 0) => Shape::Initial,
        (_, _, 0) => Shape::Upper,
        (true, 1, _) => Shape::Title,
        _ => Shape::Mixed,
    }
}

/// The kind of the token that begins at `at` with `ch`, and its length in bytes.
fn measure(text: &str, at: usize, ch: char) -> (Kind, usize) {
    if ch == '\n' {
        return (Kind::Line, 1);
    }
    if is_han(ch) {
        return (Kind::Han, ch.len_utf8());
    }
    let rest = text.get(at..).unwrap_or_default();
    if ch.is_ascii_alphanumeric()
        && let Some(length) = link(rest.as_bytes())
    {
        return (Kind::Link, length);
    }
    if ch.is_ascii_alphanumeric()
        && let Some(length) = code(rest.as_bytes())
    {
        return (Kind::Code, length);
    }
    if ch.is_alphanumeric() || ch == '_' {
        return word(rest);
    }
    (Kind::Mark, ch.len_utf8())
}

fn word(rest: &str) -> (Kind, usize) {
    let (mut length, mut digits, mut letters, mut scores) = (0, false, false, false);
    let mut chars = rest.char_indices().peekable();
    while let Some((at, ch)) = chars.next() {
        let apostrophe = matches!(ch, '\'' | '’')
            && letters
            && chars.peek().is_some_and(|(_, next)| next.is_alphabetic() && !is_han(*next))
            && !is_possessive(rest.get(at + ch.len_utf8()..).unwrap_or_default());
        if ch.is_numeric() {
            digits = true;
        } else if ch == '_' {
            scores = true;
        } else if ch.is_alphabetic() && !is_han(ch) || is_mark(ch) {
            letters = true;
        } else if !apostrophe {
            break;
        }
        length = at + ch.len_utf8();
    }
    let kind = match (digits, letters, scores) {
        (false, true, false) => Kind::Word,
        (true, false, false) => Kind::Number,
        _ => Kind::Code,
    };
    (kind, length.max(1))
}

/// The length of an identifier such as `GPT-4o` or `room-7`: letters and digits, joined by hyphens or underscores.
fn code(rest: &[u8]) -> Option<usize> {
    const MOST: usize = 128;
    let ahead = rest.get(..MOST).unwrap_or(rest);
    let length = ahead.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
    let run = ahead.get(..length).unwrap_or_default();
    let has = |test: fn(&u8) -> bool| run.iter().any(test);
    (has(|b| *b == b'-') && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)).then_some(length)
}

/// True if an apostrophe's rest is that of `John's`, or a contraction such as `I'm` and `we'll`.
fn is_possessive(rest: &str) -> bool {
    let word: usize = rest.bytes().take(3).take_while(u8::is_ascii_alphabetic).count();
    matches!(rest.get(..word), Some("s" | "S" | "m" | "t" | "d" | "ll" | "re" | "ve"))
}

/// Combining marks belong to the letter before.
fn is_mark(ch: char) -> bool {
    matches!(ch, '\u{300}'..='\u{36f}')
}

/// The length of a link or address that begins here: a run of printable ASCII that holds `://`, or `@` between two letters
/// or digits.
fn link(rest: &[u8]) -> Option<usize> {
    const MOST: usize = 256;
    let ahead = rest.get(..MOST).unwrap_or(rest);
    let stops =
        |b: &u8| !b.is_ascii_graphic() || matches!(b, b'"' | b'<' | b'>' | b',' | b';' | b'(' | b')' | b'|');
    let length = ahead.iter().position(stops).unwrap_or(ahead.len());
    let run = ahead.get(..length)?;
    let at = memchr::memchr2(b'@', b':', run)?;
    let word = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let is_link = match run.get(at) {
        Some(b'@') => word(run.get(at + 1)) && word(at.checked_sub(1).and_then(|i| run.get(i))),
        _ => run.get(at + 1..at + 3) == Some(b"//"),
    };
    is_link.then(|| length - run.iter().rev().take_while(|b| matches!(b, b'.' | b':' | b'!' | b'?')).count())
}

/// Characters of scripts that are written without blanks.
pub(crate) fn is_han(ch: char) -> bool {
    matches!(ch, '\u{3005}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}')
}
