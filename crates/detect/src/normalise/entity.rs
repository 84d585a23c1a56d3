//! HTML character references, `&#64;` and `&nbsp;`: pages and mails fetched by a tool use them to write numbers and
//! names, feeds even twice (`&amp;#64;`).
//!
//! Named references end in `;` (`?a=1&copy=2` is an address), except for the space and the soft hyphen; numeric ones need
//! no terminator, as in a browser (HTML Living Standard §13.2.5.72 to 80).

use unicode_normalization::UnicodeNormalization;

/// Maximum length of a name, in letters.
const LONGEST: usize = 16;
/// Maximum length of a number, in digits; leading zeros have no effect.
const DIGITS: usize = 24;
/// How many times `&` itself may be escaped before a reference.
const DEPTH: usize = 3;

/// Names other than letters with a diacritic: what occurs in numbers, addresses and between words.
const NAMES: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
    ("hairsp", ' '),
    ("numsp", ' '),
    ("puncsp", ' '),
    ("emsp13", ' '),
    ("emsp14", ' '),
    ("Tab", ' '),
    ("shy", '\u{ad}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("ZeroWidthSpace", '\u{200b}'),
    ("NoBreak", '\u{2060}'),
    ("ndash", '-'),
    ("minus", '-'),
    ("hyphen", '-'),
    ("dash", '-'),
    ("commat", '@'),
    ("period", '.'),
    ("colon", ':'),
    ("lowbar", '_'),
    ("sol", '/'),
    ("plus", '+'),
    ("num", '#'),
    ("comma", ','),
    ("equals", '='),
    ("lpar", '('),
    ("rpar", ')'),
    ("szlig", 'ß'),
    ("aelig", 'æ'),
    ("AElig", 'Æ'),
    ("oslash", 'ø'),
    ("Oslash", 'Ø'),
    ("middot", '·'),
];

/// Diacritics of a letter, as in `eacute`.
const MARKS: &[(&str, char)] = &[
    ("grave", '\u{300}'),
    ("acute", '\u{301}'),
    ("circ", '\u{302}'),
    ("tilde", '\u{303}'),
    ("uml", '\u{308}'),
    ("ring", '\u{30a}'),
    ("caron", '\u{30c}'),
    ("cedil", '\u{327}'),
];

/// The character of a reference at the start of `bytes`, and its length in bytes.
pub(super) fn reference(bytes: &[u8]) -> Option<(char, usize)> {
    let inside = bytes.strip_prefix(b"&")?;
    let (ch, length) = behind(inside, DEPTH)?;
    Some((ch, length + 1))
}

/// The same for what follows the `&`.
fn behind(inside: &[u8], depth: usize) -> Option<(char, usize)> {
    if let Some(number) = inside.strip_prefix(b"#") {
        let (ch, length) = numbered(number)?;
        return Some((ch, length + 1));
    }
    let length = inside.iter().take(LONGEST + 1).position(|byte| !byte.is_ascii_alphanumeric());
    let Some(length) = length.filter(|length| inside.get(*length) == Some(&b';')) else {
        return unended(inside);
    };
    let name = std::str::from_utf8(inside.get(..length)?).ok()?;
    let rest = inside.get(length + 1..).unwrap_or_default();
    if let Some((ch, more)) = (name == "amp" && depth > 0).then(|| behind(rest, depth - 1)).flatten() {
        return Some((ch, length + 1 + more));
    }
    Some((named(name)?, length + 1))
}

/// A space or a soft hyphen without a terminator, unless `=` follows.
fn unended(inside: &[u8]) -> Option<(char, usize)> {
    let (name, ch) = [("nbsp", ' '), ("shy", '\u{ad}')]
        .into_iter()
        .find(|(name, _)| inside.starts_with(name.as_bytes()))?;
    inside.get(name.len()).is_none_or(|next| *next != b'=').then_some((ch, name.len()))
}

/// Control characters stay as they are written.
fn numbered(number: &[u8]) -> Option<(char, usize)> {
    let (digits, radix) = match number.strip_prefix(b"x").or_else(|| number.strip_prefix(b"X")) {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    let digit = |byte: &u8| char::from(*byte).is_digit(radix);
    let length = digits.iter().take(DIGITS).take_while(|byte| digit(byte)).count();
    let text = std::str::from_utf8(digits.get(..length)?).ok()?;
    let ch = char::from_u32(u32::from_str_radix(text, radix).ok()?).filter(|ch| !ch.is_control())?;
    let ended = usize::from(digits.get(length) == Some(&b';'));
    Some((ch, number.len() - digits.len() + length + ended))
}

fn named(name: &str) -> Option<char> {
    if let Some((_, ch)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*ch);
    }
    let letter = name.chars().next().filter(char::is_ascii_alphabetic)?;
    let (_, mark) = MARKS.iter().find(|(known, _)| name.get(1..) == Some(known))?;
    let mut composed = [letter, *mark].into_iter().nfc();
    composed.next().filter(|_| composed.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_numbers_and_names_that_end() {
        for (text, expected) in [
            ("&#49;3", Some(('1', 5))),
            ("&#x4E2D;", Some(('中', 8))),
            ("&#64mail", Some(('@', 4))),
            ("&#0000000064;", Some(('@', 13))),
            ("&nbsp;x", Some((' ', 6))),
            ("&nbsp1234", Some((' ', 5))),
            ("&amp;#64;b", Some(('@', 9))),
            ("&amp;amp;nbsp;5", Some((' ', 14))),
            ("&amp;c", Some(('&', 5))),
            ("&amp;amp;amp;amp;amp;#64;", Some(('&', 17))),
            ("&eacute;", Some(('é', 8))),
            ("&Scaron;", Some(('Š', 8))),
            ("&ZeroWidthSpace;", Some(('\u{200b}', 16))),
            ("&copy=2", None),
            ("&nbsp=2", None),
            ("&#10;", None),
            ("&#;", None),
            ("&#x110000;", None),
            ("&qacute;", None),
            ("&é;", None),
            ("&", None),
            ("&averylongnameofnothing;", None),
        ] {
            assert_eq!(reference(text.as_bytes()), expected, "{text}");
        }
    }
}
