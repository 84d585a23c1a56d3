//! Spanish identity numbers: DNI (eight digits) and NIE (X, Y or Z and seven digits), each with a check letter by the
//! remainder modulo 23 (Ministerio del Interior), after a label.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::code_behind;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "es_nif",
    kind: DataType::EsNif,
    trigger: Trigger::Labels,
    labels: &[
        "dni",
        "nie",
        "nif",
        "dni/nif",
        "dni nº",
        "documento nacional de identidad",
        "número de identidad de extranjero",
    ],
    find,
};

const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (code, span) = code_behind(text, &label, 9)?;
    let (letter, body) = code.split_last()?;
    let mut number = body.to_vec();
    if let Some(first) = number.first_mut().filter(|first| matches!(first, b'X'..=b'Z')) {
        *first = *first - b'X' + b'0';
    }
    let number: usize = std::str::from_utf8(&number).ok()?.parse().ok()?;
    (LETTERS.get(number % 23) == Some(letter)).then(|| Found::validated(span, 0.95))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(DataType::EsNif, &["DNI: [[12345678Z]]", "NIE [[X-1234567-L]]."]);
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::EsNif, &["12345678Z", "dni 12345678S", "nie wieder"]);
    }
}
