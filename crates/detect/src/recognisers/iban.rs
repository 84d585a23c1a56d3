//! International bank account numbers (ISO 13616): a country code, two check digits and up to 30 letters and digits; the
//! length depends on the country (SWIFT registry), and the whole is 1 modulo 97. Contiguous or in groups of four.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "iban",
    kind: DataType::Iban,
    trigger: Trigger::Word(4..=34, Head::Letter),
    labels: &["iban", "bank account", "account number"],
    find,
};

/// Length by country.
const LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
];

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let [a, b, c, d, ..] = text.ahead(word.start, 4) else { return None };
    let country = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
    let length = LENGTHS.iter().find(|(code, _)| **code == country).map(|(_, length)| *length)?;
    if !c.is_ascii_digit() || !d.is_ascii_digit() {
        return None;
    }
    let end = end_of(text, word.start, length)?;
    let span = word.start..end;
    let characters = text.ahead(word.start, end - word.start).iter().copied().filter(|byte| is_word(*byte));
    (text.stands_alone(&span) && modulo_97(characters) == 1).then(|| Found::validated(span, 0.97))
}

/// Where `length` characters end, allowing a single space or hyphen after each four.
fn end_of(text: &Text<'_>, start: usize, length: usize) -> Option<usize> {
    if let Some(end) = broken(text, start, length) {
        return Some(end);
    }
    let spaced = text.byte(start + 4).is_some_and(|b| b == b' ' || b == b'-');
    let end = start + length + if spaced { (length - 1) / 4 } else { 0 };
    let written = text.ahead(start, end - start);
    let formed = written.len() == end - start
        && written
            .iter()
            .enumerate()
            .all(|(i, b)| if spaced && i % 5 == 4 { matches!(b, b' ' | b'-') } else { is_word(*b) });
    formed.then_some(end)
}

/// The same for one piece that continues on the next line.
fn broken(text: &Text<'_>, start: usize, length: usize) -> Option<usize> {
    let first = text.run(start, length, is_word);
    let gap = match (text.byte(first)?, text.byte(first + 1)) {
        (b'\n', _) => 1,
        (b'\r', Some(b'\n')) => 2,
        _ => return None,
    };
    let rest = length.checked_sub(first - start)?;
    let end = text.run(first + gap, rest, is_word);
    (rest >= 4 && end == first + gap + rest).then_some(end)
}

/// The ISO 7064 MOD 97-10 check: the first four characters moved to the end, letters as 10 to 35.
fn modulo_97(characters: impl Iterator<Item = u8> + Clone) -> u32 {
    let turned = characters.clone().skip(4).chain(characters.take(4));
    turned.fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte.to_ascii_uppercase().wrapping_sub(b'A')) + 10) % 97,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn accounts_are_found() {
        check(
            DataType::Iban,
            &[
                "My IBAN is [[GB82WEST12345698765432]]",
                "[[GB82 WEST 1234 5698 7654 32]].",
                "iban [[gb82west12345698765432]]",
                "iban [[GB82WEST1234\n5698765432]]",
                "[[DE89370400440532013000]], [[NO9386011117947]]",
            ],
        );
    }

    #[test]
    fn other_codes_are_not() {
        check(
            DataType::Iban,
            &[
                "GB82WEST12345698765433",
                "GB82WEST1234569876543",
                "XX82WEST12345698765432",
                "GB82WEST123456987654321",
            ],
        );
    }

    #[test]
    fn the_table_is_sorted_without_doubles() {
        assert!(LENGTHS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
