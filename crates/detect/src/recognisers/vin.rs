//! Vehicle identification numbers (ISO 3779, GB 16735): seventeen characters without I, O, Q; the ninth is a check
//! character modulo 11. Europe does not prescribe it, so a label is required there.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "vin",
    kind: DataType::Vin,
    trigger: Trigger::Word(17..=17, Head::Any),
    labels: &[
        "vin",
        "vin no",
        "vin number",
        "vehicle identification number",
        "chassis number",
        "车架号",
        "车辆识别代号",
        "车辆识别代码",
        "车辆识别码",
    ],
    find,
};

const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let code = text.ahead(word.start, word.len());
    let values: Vec<u32> = code.iter().map(|byte| value(*byte)).collect::<Option<_>>()?;
    let letters = code.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let serial = code.iter().rev().take(4).all(u8::is_ascii_digit);
    if !serial || letters < 3 || !text.is_whole_number(&word) {
        return None;
    }
    let rest = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum::<u32>() % 11;
    let check = if rest == 10 { b'X' } else { b'0' + u8::try_from(rest).ok()? };
    if code.get(8) == Some(&check) {
        return Some(Found::validated(word, 0.93));
    }
    text.labels(word.start).announce(DataType::Vin).then(|| Found::labelled(word, 0.8))
}

/// The value of a character; capitals only, because identifiers in programs are in lower case.
fn value(byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'H' => Some(u32::from(byte - b'A') + 1),
        b'J'..=b'N' => Some(u32::from(byte - b'J') + 1),
        b'P' => Some(7),
        b'R' => Some(9),
        b'S'..=b'Z' => Some(u32::from(byte - b'S') + 2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::Vin,
            &[
                "车架号：[[LSVAA49J712047811]]",
                "my car [[LSVAA49J712047811]] is red",
                "VIN [[LSVAA49J112047811]]",
            ],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::Vin, &["LSVAA49J112047811", "lsvaa49j712047811", "12345678901234567"]);
    }
}
