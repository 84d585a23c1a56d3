//! The grammar of a token: `TAG_XXXXXXXX`, or `TAG_XXXXXXXXy` for a short form.
//!
//! Capitals, one underscore, eight characters of Crockford's base32 (no I, L, O, U): a form that models copy faithfully,
//! that stands out in Chinese text without brackets, and whose length never changes, so that no token is a prefix of
//! another of its type.
//!
//! A short form of a name (老王 of 王建国) has the token of the full name followed by a lower-case letter, so that a model
//! sees whose name it is. The letter is one of [`ALIASES`]: no vowel, and none with which an English word may continue
//! ('s, 'd, 'll, 'm, 't, y). It is read only if no letter or digit follows, and only if this request minted it; otherwise
//! the token ends before it.

use std::fmt;
use std::ops::Range;

use ombud_core::DataType;

/// Number of characters after the underscore.
pub const BODY: usize = 8;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The letters that distinguish the short forms of one name.
pub const ALIASES: &[u8; 14] = b"bcfghjknpqrvwx";

/// A token: 40 bits under the tag of a type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    /// The type whose tag it has.
    pub kind: DataType,
    /// The eight characters, in capitals.
    pub body: [u8; BODY],
    /// The letter of a short form; 0 for a full value.
    pub alias: u8,
}

impl Token {
    /// Builds a token from 40 bits.
    pub fn new(kind: DataType, bits: [u8; 5]) -> Self {
        let number = bits.iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
        let mut body = [0; BODY];
        for (i, place) in body.iter_mut().enumerate() {
            let digit = (number >> (5 * (BODY - 1 - i)) & 31) as usize;
            *place = ALPHABET.get(digit).copied().unwrap_or(b'0');
        }
        Self { kind, body, alias: 0 }
    }

    /// The token of a short form of the same name.
    #[must_use]
    pub fn alias(self, letter: u8) -> Self {
        Self { alias: letter, ..self }
    }

    /// Length of the written token in bytes.
    pub fn width(&self) -> usize {
        self.kind.tag().len() + 1 + BODY + usize::from(self.alias != 0)
    }

    /// Appends the token to a text.
    pub fn write(&self, out: &mut String) {
        out.push_str(self.kind.tag());
        out.push('_');
        out.extend(self.body.iter().map(|&byte| char::from(byte)));
        if self.alias != 0 {
            out.push(char::from(self.alias));
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(MAX_TAG + 2 + BODY);
        self.write(&mut text);
        f.pad(&text)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The base32 character that a model may have meant: either case, and the look-alikes that Crockford's alphabet leaves
/// out (O for 0, I and L for 1). `None` for any other character.
pub fn body_char(ch: char) -> Option<u8> {
    let upper = u8::try_from(ch).ok()?.to_ascii_uppercase();
    match upper {
        b'O' => Some(b'0'),
        b'I' | b'L' => Some(b'1'),
        b'U' => None,
        b'0'..=b'9' | b'A'..=b'Z' => Some(upper),
        _ => None,
    }
}

/// Parses the exact form of a token (in either case) at the start of `bytes`.
pub fn read(bytes: &[u8]) -> Option<Token> {
    let underscore = bytes.iter().take(MAX_TAG + 1).position(|&b| b == b'_')?;
    let raw = bytes.get(underscore + 1..underscore + 1 + BODY)?;
    let mut body = [0; BODY];
    for (place, &byte) in body.iter_mut().zip(raw) {
        *place = byte.to_ascii_uppercase();
        if !ALPHABET.contains(place) {
            return None;
        }
    }
    // Checked last, because there are many tags to compare with.
    let tag = bytes.get(..underscore)?;
    let kind = DataType::ALL.iter().copied().find(|kind| kind.tag().as_bytes().eq_ignore_ascii_case(tag))?;
    let alias = alias_letter(bytes.get(underscore + 1 + BODY..).unwrap_or_default());
    Some(Token { kind, body, alias: alias.unwrap_or_default() })
}

/// The letter of a short form at the start of what follows a token, if nothing continues it.
fn alias_letter(rest: &[u8]) -> Option<u8> {
    let letter = rest.first()?.to_ascii_lowercase();
    let ends = !rest.get(1).is_some_and(u8::is_ascii_alphanumeric);
    (ends && ALIASES.contains(&letter)).then_some(letter)
}

/// Length of the longest tag.
pub(crate) const MAX_TAG: usize = 8;

/// Every range of `text` that has the exact form of a token, in either case, whether or not anybody minted it. Such a
/// range is never detected as data, so that nothing is masked twice.
pub fn spans(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    for underscore in memchr::memchr_iter(b'_', bytes) {
        let longest = underscore.saturating_sub(MAX_TAG)..underscore;
        let starts = longest.rev().filter(|&start| bytes.get(start).is_some_and(u8::is_ascii_alphabetic));
        for start in starts {
            if let Some(token) = bytes.get(start..).and_then(read) {
                found.push(start..start + token.width());
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_bits_make_eight_characters() {
        assert_eq!(Token::new(DataType::Phone, [0; 5]).to_string(), "PHONE_00000000");
        assert_eq!(Token::new(DataType::Phone, [0xff; 5]).to_string(), "PHONE_ZZZZZZZZ");
        assert_eq!(Token::new(DataType::CnId, [0, 0, 0, 0, 1]).to_string(), "IDCARD_00000001");
    }

    #[test]
    fn a_short_form_has_a_letter_behind_the_token() {
        let token = Token::new(DataType::Person, [0; 5]).alias(b'k');
        assert_eq!(token.to_string(), "PERSON_00000000k");
        assert_eq!(read(b"PERSON_00000000k"), Some(token));
        assert_eq!(read("PERSON_00000000K说".as_bytes()), Some(token));
        for alone in ["PERSON_00000000kind", "PERSON_00000000s", "PERSON_00000000"] {
            assert_eq!(read(alone.as_bytes()), Some(token.alias(0)), "{alone}");
        }
        let text = "PERSON_00000000k和PERSON_00000000";
        assert_eq!(spans(text).into_iter().map(|span| span.len()).collect::<Vec<_>>(), [16, 15]);
    }

    #[test]
    fn the_longest_tag_is_known() {
        assert_eq!(DataType::ALL.iter().map(|kind| kind.tag().len()).max(), Some(MAX_TAG));
    }

    #[test]
    fn spans_find_the_exact_form_only() {
        let text = "请拨打PHONE_7Q2K4M8N，或 xphone_7q2k4m8n; PHONE_7Q2K4M8, PHONE_UUUUUUUU, NOTE_7Q2K4M8N";
        let found: Vec<&str> = spans(text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, ["PHONE_7Q2K4M8N", "phone_7q2k4m8n"]);
    }
}
