//! Token boundaries.

use super::token::{Kind, Token};

/// Maximum number of bytes of a link that are examined.
const LINK: usize = 256;
/// Maximum number of bytes of an identifier that are examined.
const CODE: usize = 128;

/// Walks over a text. A run that turned out not to be a link or an identifier is not examined again from its middle, so
/// that the work stays linear.
#[derive(Debug)]
pub(super) struct Cutter<'t> {
    text: &'t str,
    at: usize,
    no_link_before: usize,
    no_code_before: usize,
}

impl<'t> Cutter<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, no_link_before: 0, no_code_before: 0 }
    }

    /// The next piece, with only its position and kind set, and its first character. `spaced` tells whether it is
    /// preceded by a space or the start of a line, and is kept up to date.
    pub(super) fn next_piece(&mut self, spaced: &mut bool) -> Option<(Token, char)> {
        let mut ch = self.char()?;
        while ch != '\n' && ch.is_whitespace() {
            *spaced = true;
            self.at += ch.len_utf8();
            ch = self.char()?;
        }
        let start = self.at;
        let (kind, length) = self.measure(ch);
        self.at += length;
        let token = Token { start, end: self.at, kind, spaced: *spaced, ..Token::default() };
        *spaced = kind == Kind::Line;
        Some((token, ch))
    }

    fn char(&self) -> Option<char> {
        let byte = *self.text.as_bytes().get(self.at)?;
        if byte.is_ascii() { Some(char::from(byte)) } else { self.rest().chars().next() }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The kind of the token that starts here with `ch`, and its length in bytes.
    fn measure(&mut self, ch: char) -> (Kind, usize) {
        if ch.is_ascii_alphanumeric() {
            return self.plain().unwrap_or_else(|| self.run());
        }
        if is_han(ch) {
            return (Kind::Han, ch.len_utf8());
        }
        match ch {
            '\n' => (Kind::Line, 1),
            _ if ch == '_' || ch.is_alphanumeric() => word(self.rest()),
            _ => (Kind::Mark, ch.len_utf8()),
        }
    }

    /// A word of ASCII letters with nothing after it that could make it something else; most words are such.
    fn plain(&self) -> Option<(Kind, usize)> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let length = rest.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(rest.len());
        // What ends a link ends a word; a letter of another script may continue it.
        let ends = |b: Option<&u8>| b.is_none_or(|b| b.is_ascii() && stops_link(*b));
        let dot = rest.get(length).is_some_and(|b| matches!(b, b'.' | b'!' | b'?'));
        let next = length + usize::from(dot);
        (length > 0 && ends(rest.get(next))).then_some((Kind::Word, length))
    }

    fn run(&mut self) -> (Kind, usize) {
        self.link()
            .map(|length| (Kind::Link, length))
            .or_else(|| self.code().map(|length| (Kind::Code, length)))
            .unwrap_or_else(|| word(self.rest()))
    }

    /// The length of a link or e-mail address that starts here: a run of printable ASCII that contains `://`, or `@`
    /// between two letters or digits.
    fn link(&mut self) -> Option<usize> {
        if self.at < self.no_link_before {
            return None;
        }
        let rest = self.rest().as_bytes();
        let ahead = rest.get(..LINK).unwrap_or(rest);
        let telling = ahead.iter().position(|b| matches!(b, b'@' | b':') || stops_link(*b));
        self.no_link_before = self.at + telling.map_or(ahead.len(), |at| at + 1);
        let at = telling?;
        let word = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let is_link = match ahead.get(at) {
            Some(b'@') => word(ahead.get(at + 1)) && word(at.checked_sub(1).and_then(|i| ahead.get(i))),
            Some(b':') => ahead.get(at + 1..at + 3) == Some(b"//"),
            _ => false,
        };
        let end = |from: usize| {
            ahead.iter().skip(from).position(|b| stops_link(*b)).map_or(ahead.len(), |i| from + i)
        };
        let run = is_link.then(|| ahead.get(..end(at))).flatten()?;
        Some(run.len() - run.iter().rev().take_while(|b| matches!(b, b'.' | b':' | b'!' | b'?')).count())
    }

    /// The length of an identifier such as `GPT-4o` or `room-7`: letters and digits, joined by hyphens or underscores.
    fn code(&mut self) -> Option<usize> {
        if self.at < self.no_code_before {
            return None;
        }
        let rest = self.rest().as_bytes();
        let ahead = rest.get(..CODE).unwrap_or(rest);
        let inside = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let length = ahead.iter().take_while(inside).count();
        let run = ahead.get(..length)?;
        self.no_code_before = self.at + length;
        let has = |test: fn(&u8) -> bool| run.iter().any(test);
        (has(|b| *b == b'-') && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)).then_some(length)
    }
}

fn stops_link(b: u8) -> bool {
    !b.is_ascii_graphic() || matches!(b, b'"' | b'<' | b'>' | b',' | b';' | b'(' | b')' | b'|')
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

/// True if what follows an apostrophe is the ending of `John's`, or of a contraction such as `I'm` and `we'll`.
fn is_possessive(rest: &str) -> bool {
    let word: usize = rest.bytes().take(3).take_while(u8::is_ascii_alphabetic).count();
    matches!(rest.get(..word), Some("s" | "S" | "m" | "t" | "d" | "ll" | "re" | "ve"))
}

/// Combining marks, which belong to the preceding letter.
fn is_mark(ch: char) -> bool {
    matches!(ch, '\u{300}'..='\u{36f}')
}

/// Characters of scripts written without spaces.
pub(crate) fn is_han(ch: char) -> bool {
    matches!(ch, '\u{4e00}'..='\u{9fff}' | '\u{3005}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{f900}'..='\u{faff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}')
}
