//! Brazilian company numbers (CNPJ): twelve digits and two check digits modulo 11 (Receita Federal), as
//! 00.000.000/0000-00 or after a label.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::weighted;
use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Digits, Text};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "br_cnpj",
    kind: DataType::BrCnpj,
    trigger: Trigger::Word(2..=14, Head::Digit),
    labels: &["cnpj", "cnpj nº"],
    find,
};

const WEIGHTS: [u32; 13] = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let dotted = word.len() == 2 && text.byte(word.end) == Some(b'.');
    if !dotted && word.len() != 14 {
        return None;
    }
    let digits = Digits::read(text, word.start, |b| matches!(b, b'.' | b'-' | b'/'));
    let end = digits.end_of(14)?;
    let formed = dotted && digits.sizes(14).eq([2, 3, 3, 4, 2]);
    let span = word.start..end;
    let believed = is_valid(digits.first(14)) && text.is_whole_number(&span);
    (believed && (formed || text.labels(word.start).announce(DataType::BrCnpj)))
        .then(|| Found::validated(span, 0.96))
}

fn is_valid(number: &[u8]) -> bool {
    let check =
        |weights: &[u32], count: usize| match weighted(number.get(..count).unwrap_or_default(), weights) % 11
        {
            0 | 1 => Some(0),
            rest => u8::try_from(11 - rest).ok(),
        };
    let [_, first @ ..] = &WEIGHTS;
    check(first, 12).as_ref() == number.get(12) && check(&WEIGHTS, 13).as_ref() == number.get(13)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(DataType::BrCnpj, &["CNPJ: [[99.887.813/1055-59]]", "cnpj [[99887813105559]]."]);
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::BrCnpj, &["99.887.813/1055-58", "99887813105559"]);
    }
}
