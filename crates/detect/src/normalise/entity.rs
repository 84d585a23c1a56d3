//! Character references of HTML, `&#64;` and `&nbsp;`: pages and mails that a tool fetched spell numbers and names with them.
//!
//! Only those that end in `;` count, as a browser in doubt does: `?a=1&copy=2` is an address.

use unicode_normalization::UnicodeNormalization;

/// Letters and digits between `&` and `;` at most.
const LONGEST: usize = 10;

/// Names that are no letter with a mark: what stands in numbers, addresses and between words.
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
    ("shy", '\u{ad}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("ndash", '-'),
    ("hyphen", '-'),
    ("dash", '-'),
    ("commat", '@'),
    ("period", '.'),
    ("colon", ':'),
    ("lowbar", '_'),
    ("sol", '/'),
    ("plus", '+'),
    ("lpar", '('),
    ("rpar", ')'),
    ("szlig", 'ß'),
    ("aelig", 'æ'),
    ("AElig", 'Æ'),
    ("oslash", 'ø'),
    ("Oslash", 'Ø'),
    ("middot", '·'),
];

/// Marks that a letter carries, `eacute`.
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

/// The character of a reference at the start of `bytes`, and how many bytes it takes.
pub(super) fn reference(bytes: &[u8]) -> Option<(char, usize)> {
    let inside = bytes.strip_prefix(b"&")?;
    let length = inside.iter().take(LONGEST + 1).position(|b| *b == b';')?;
    let name = std::str::from_utf8(inside.get(..length)?).ok()?;
    let ch = match name.strip_prefix('#') {
        Some(number) => numbered(number)?,
        None => named(name)?,
    };
    Some((ch, length + 2))
}

/// Control characters stay as they are written.
fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?).filter(|ch| !ch.is_control())
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
            ("&nbsp;x", Some((' ', 6))),
            ("&eacute;", Some(('é', 8))),
            ("&Scaron;", Some(('Š', 8))),
            ("&copy=2", None),
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
