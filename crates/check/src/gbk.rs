//! Source in GB18030, the encoding of older Chinese editors: its code is in ASCII, and what is not stands in texts and comments.
//!
//! Reference: GB 18030-2022, §5: one byte below 0x80; two bytes, 0x81–0xFE and 0x40–0xFE without 0x7F; four bytes, 0x81–0xFE,
//! 0x30–0x39, 0x81–0xFE, 0x30–0x39.

/// What stands for a character of two bytes. It has two bytes, too, so that every place is the same as in the file.
const CHARACTER: char = '·';

/// The text of a file with a sign in the place of each character that is not ASCII; nothing if it is no GB18030. Words in it are
/// not read, which the report has to say.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let (signs, left) = match (first, after) {
            (b'\t' | b'\n' | b'\r' | 0x0c | 0x20..=0x7e, left) => {
                text.push(char::from(*first));
                (0, left)
            }
            (0x81..=0xfe, [0x40..=0x7e | 0x80..=0xfe, left @ ..]) => (1, left),
            (0x81..=0xfe, [0x30..=0x39, 0x81..=0xfe, 0x30..=0x39, left @ ..]) => (2, left),
            _ => return None,
        };
        (0..signs).for_each(|_| text.push(CHARACTER));
        rest = left;
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
        assert_eq!(text, "# ··\nx = '··'\n");
        assert_eq!(text.len(), bytes.len());
    }

    #[test]
    fn what_is_no_text_stays_none() {
        for bytes in [&[0xff, 0xfe, 0x00][..], b"\x89PNG\r\n\x1a\n", b"a\x00b", b"\xce", b"x = \xe9 \n"] {
            assert!(text(bytes).is_none(), "{bytes:?}");
        }
    }
}
