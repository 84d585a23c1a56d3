//! The folding of single characters, and a fast search for characters that may fold at all.

use super::entity;

/// What happens to a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    /// It is kept.
    Keep,
    /// It is invisible and is removed.
    Remove,
    /// It becomes this ASCII character.
    Ascii(char),
    /// It looks like this ASCII letter and becomes it in a Latin word.
    LookAlike(char),
    /// It is a combining mark.
    Mark,
    /// Its compatibility decomposition decides.
    Compatible,
}

/// What happens to `ch`.
pub(super) fn fold(ch: char) -> Fold {
    let code = u32::from(ch);
    match code {
        0xff01..=0xff5e => ascii(code - 0xfee0),
        0xad
        | 0x34f
        | 0x61c
        | 0x115f..=0x1160
        | 0x17b4..=0x17b5
        | 0x180b..=0x180f
        | 0x200b..=0x200f
        | 0x202a..=0x202e
        | 0x2060..=0x206f
        | 0x3164
        | 0xfe00..=0xfe0f
        | 0xfeff
        | 0xffa0
        | 0x1bca0..=0x1bca3
        | 0x1d173..=0x1d17a
        | 0xe0000..=0xe0fff => Fold::Remove,
        0xa0 | 0x1680 | 0x2000..=0x200a | 0x202f | 0x205f | 0x3000 => Fold::Ascii(' '),
        0x2010..=0x2013 | 0x2043 | 0x2212 | 0xfe58 | 0xfe63 => Fold::Ascii('-'),
        0x300..=0x36f
        | 0x483..=0x489
        | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff
        | 0x20d0..=0x20ff
        | 0x302a..=0x302f
        | 0x3099..=0x309a
        | 0xfe20..=0xfe2f => Fold::Mark,
        0x370..=0x52f => look_alike(ch),
        // List marks, notes and signs: not a spelling of a number or an address.
        0..=0x9f
        | 0xa1..=0xa9
        | 0xab..=0xb4
        | 0xb6..=0xb9
        | 0xbb..=0x2ff
        | 0x2014..=0x2027
        | 0x2030..=0x2042
        | 0x2070..=0x209c
        | 0x2100..=0x218f
        | 0x2460..=0x24ff
        | 0x3131..=0x318e
        | 0x1f100..=0x1f1ff => Fold::Keep,
        _ => digit(code).map_or(Fold::Compatible, Fold::Ascii),
    }
}

fn ascii(code: u32) -> Fold {
    char::from_u32(code).map_or(Fold::Keep, Fold::Ascii)
}

/// Zeros of the non-ASCII decimal digits that the Unicode character database lists for scripts in living use.
const ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20,
    0x1040, 0x17e0, 0x1810, 0x19d0, 0x1a80, 0x1b50, 0xa620, 0xa8d0, 0xa9d0, 0xaa50, 0xabf0, 0x1fbf0,
];

fn digit(code: u32) -> Option<char> {
    // Mathematical digits: five styles of ten, side by side.
    if (0x1d7ce..=0x1d7ff).contains(&code) {
        return char::from_digit((code - 0x1d7ce) % 10, 10);
    }
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// Cyrillic and Greek letters that readers take for Latin ones.
const LOOK_ALIKES: &[(&str, &str)] = &[
    ("АВЕЅІЈКМНОРСТУХҮԌԚԜҺЗ", "ABESIJKMHOPCTYXYGQWh3"),
    ("аеорсухіѕјһԁԛԝԍѵ", "aeopcyxisjhdqwgv"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),
    ("αοινρτυκ", "aoivptuk"),
];

fn look_alike(ch: char) -> Fold {
    let folds = |(from, to): &(&str, &str)| {
        from.chars().zip(to.chars()).find(|(look, _)| *look == ch).map(|(_, latin)| Fold::LookAlike(latin))
    };
    LOOK_ALIKES.iter().find_map(folds).unwrap_or(Fold::Keep)
}

/// The next position from `from` on (a character boundary) with a character that may fold. Skips ASCII, Chinese
/// characters and punctuation that stays, Hangul syllables, emoji and Latin letters without decoding them.
pub(super) fn next_suspect(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        let first = rest.first()?;
        match first {
            b'&' if entity::reference(rest).is_some() => return Some(at),
            b'&' => at += 1,
            0..=0x7f => at += ascii_run(rest),
            0xe4..=0xe9 | 0xeb..=0xee => at += 3,
            lead => {
                let second = rest.get(1).copied().unwrap_or(0);
                let third = rest.get(2).copied().unwrap_or(0);
                match (lead, second, third) {
                    (0xc2, 0xa0 | 0xaa | 0xad | 0xb5 | 0xba, _) => return Some(at),
                    (0xc2..=0xcb, _, _) => at += 2,
                    // Quotation marks, dashes and dots of running text; arrows, mathematics, drawing, symbols; Chinese
                    // punctuation, kana, the first ideographs.
                    (0xe2, 0x80, 0x94..=0xa7 | 0xb0..=0xbf)
                    | (0xe2, 0x86 | 0x87 | 0x89..=0x90 | 0x94..=0xb9, _)
                    | (0xe3, 0x80, 0x81..=0xa9 | 0xb0..=0xb5)
                    | (0xe3, 0x81 | 0x83 | 0x90..=0xbf, _)
                    | (0xe3, 0x82, 0x80..=0x98 | 0xa0..=0xbf) => at += 3,
                    (0xf0, 0x9f, 0x80..=0x83 | 0x88..=0xae) | (0xf0, 0xa0..=0xae, _) => at += 4,
                    _ => return Some(at),
                }
            }
        }
    }
}

/// The length of the ASCII run without `&` at the start of a slice.
fn ascii_run(bytes: &[u8]) -> usize {
    const BLOCK: usize = 16;
    let plain = |byte: u8| byte.is_ascii() && byte != b'&';
    // Branch-free per byte, so that the compiler can vectorise it.
    let whole: usize = bytes
        .chunks_exact(BLOCK)
        .take_while(|block| block.iter().fold(true, |all, byte| all & plain(*byte)))
        .count()
        * BLOCK;
    let rest = bytes.get(whole..).unwrap_or_default();
    whole + rest.iter().position(|byte| !plain(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alike_tables_are_aligned() {
        for (from, to) in LOOK_ALIKES {
            assert_eq!(from.chars().count(), to.chars().count(), "{from}");
            assert!(to.is_ascii());
        }
    }

    #[test]
    fn nothing_that_folds_is_passed_over() {
        for code in 0x80..=0x0010_ffff_u32 {
            let Some(ch) = char::from_u32(code) else { continue };
            let mut buffer = [0; 4];
            let bytes = ch.encode_utf8(&mut buffer).as_bytes();
            if next_suspect(bytes, 0).is_none() {
                assert!(
                    matches!(fold(ch), Fold::Keep | Fold::Compatible),
                    "U+{code:04X} folds to {:?} but is not looked at",
                    fold(ch)
                );
            }
        }
    }
}
