//! Source in GB18030, the encoding of older Chinese editors, where strings, comments and names contain non-ASCII text.
//!
//! Reference: GB 18030-2022, §5: one byte below 0x80; two bytes, 0x81–0xFE and 0x40–0xFE without 0x7F; four bytes, 0x81–0xFE,
//! 0x30–0x39, 0x81–0xFE, 0x30–0x39.

use std::sync::LazyLock;

/// Replaces a two-byte character that is not a letter. Also two bytes long, so that all offsets stay the same.
const SIGN: char = '·';

/// Two-byte letters.
static SMALL: LazyLock<Vec<char>> =
    LazyLock::new(|| ('\u{101}'..='\u{24f}').filter(|ch| ch.is_lowercase()).collect());

/// Returns the replacement for a two-byte letter: one of many letters, so that different names stay different.
fn letter(first: u8, second: u8) -> char {
    let at = usize::from(first) * 191 + usize::from(second);
    SMALL.get(at % SMALL.len().max(1)).copied().unwrap_or(SIGN)
}

/// Decodes a file with each non-ASCII character replaced by another; `None` if it is not GB18030. The actual words are lost,
/// which the report has to mention.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = match (first, after) {
            (b'\t' | b'\n' | b'\r' | 0x0c | 0x20..=0x7e, left) => {
                text.push(char::from(*first));
                left
            }
            // Punctuation and full-width characters.
            (0xa1..=0xa3, [0x40..=0x7e | 0x80..=0xfe, left @ ..]) => {
                text.push(SIGN);
                left
            }
            (0x81..=0xfe, [second @ (0x40..=0x7e | 0x80..=0xfe), left @ ..]) => {
                text.push(letter(*first, *second));
                left
            }
            (0x81..=0xfe, [second @ 0x30..=0x39, third @ 0x81..=0xfe, fourth @ 0x30..=0x39, left @ ..]) => {
                text.push(letter(*first, *second));
                text.push(letter(*third, *fourth));
                left
            }
            _ => return None,
        };
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_the_same() {
        // “# 问候” in GBK, and a four-byte character.
        let bytes = b"# \xce\xca\xba\xf2\nx = '\x81\x39\xef\x30'\n";
        let text = text(bytes).unwrap();
        assert_eq!(text.len(), bytes.len());
        assert!(text.starts_with("# ") && text.contains("\nx = '") && text.ends_with("'\n"), "{text}");
        // “问，候”: a character that is not a letter ends a name.
        let all: Vec<char> = super::text(b"\xce\xca\xa3\xac\xba\xf2").unwrap_or_default().chars().collect();
        assert!(matches!(all.as_slice(), [one, '·', other] if one != other && one.is_lowercase()), "{all:?}");
    }

    #[test]
    fn what_is_no_text_stays_none() {
        for bytes in [&[0xff, 0xfe, 0x00][..], b"\x89PNG\r\n\x1a\n", b"a\x00b", b"\xce", b"x = \xe9 \n"] {
            assert!(text(bytes).is_none(), "{bytes:?}");
        }
    }
}
