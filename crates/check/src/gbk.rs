//! Source in GB18030, the encoding of older Chinese editors: what is not ASCII stands in texts, comments and names.
//!
//! Reference: GB 18030-2022, §5: one byte below 0x80; two bytes, 0x81–0xFE and 0x40–0xFE without 0x7F; four bytes, 0x81–0xFE,
//! 0x30–0x39, 0x81–0xFE, 0x30–0x39.

use std::sync::LazyLock;

/// What stands for a sign of two bytes that is no letter. It has two bytes, too, so that every place is the same as in the file.
const SIGN: char = '·';

/// Letters of two bytes.
static SMALL: LazyLock<Vec<char>> =
    LazyLock::new(|| ('\u{101}'..='\u{24f}').filter(|ch| ch.is_lowercase()).collect());

/// What stands for a letter of two bytes: one of many letters of two bytes, so that names of the program stay apart.
fn letter(first: u8, second: u8) -> char {
    let at = usize::from(first) * 191 + usize::from(second);
    SMALL.get(at % SMALL.len().max(1)).copied().unwrap_or(SIGN)
}

/// The text of a file with something else in the place of each character that is not ASCII; nothing if it is no GB18030. Words in it are
/// not read, which the report has to say.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = match (first, after) {
            (b'\t' | b'\n' | b'\r' | 0x0c | 0x20..=0x7e, left) => {
                text.push(char::from(*first));
                left
            }
            // Punctuation and what has the width of two letters.
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
        // “# 问候” in GBK, and a character of four bytes.
        let bytes = b"# \xce\xca\xba\xf2\nx = '\x81\x39\xef\x30'\n";
        let text = text(bytes).unwrap();
        assert_eq!(text.len(), bytes.len());
        assert!(text.starts_with("# ") && text.contains("\nx = '") && text.ends_with("'\n"), "{text}");
        // “问，候”: what is no letter begins no name.
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
