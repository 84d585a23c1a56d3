//! Brazilian taxpayer numbers (CPF): nine digits and two check digits modulo 11 (Receita Federal), as 000.000.000-00 or
//! after a label.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::weighted;
use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Digits, Text};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "br_cpf",
    kind: DataType::BrCpf,
    trigger: Trigger::Word(3..=11, Head::Digit),
    labels: &["cpf", "cpf nº", "número do cpf"],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let dotted = word.len() == 3 && text.byte(word.end) == Some(b'.');
    if !dotted && word.len() != 11 {
        return None;
    }
    let digits = Digits::read(text, word.start, |b| matches!(b, b'.' | b'-'));
    let end = digits.end_of(11)?;
    let formed = dotted && digits.sizes(11).eq([3, 3, 3, 2]);
    let span = word.start..end;
    let believed = is_valid(digits.first(11)) && text.is_whole_number(&span);
    (believed && (formed || text.labels(word.start).announce(DataType::BrCpf)))
        .then(|| Found::validated(span, 0.96))
}

fn is_valid(number: &[u8]) -> bool {
    let check = |first: u32, count: usize| {
        let weights: Vec<u32> = (2..=first).rev().collect();
        let digits = number.get(..count).unwrap_or_default();
        u8::try_from(weighted(digits, &weights) * 10 % 11 % 10).ok()
    };
    let same = number.windows(2).all(|pair| pair.first() == pair.last());
    !same && check(10, 9).as_ref() == number.get(9) && check(11, 10).as_ref() == number.get(10)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::BrCpf,
            &["CPF: [[931.279.590-28]]", "cpf [[93127959028]].", "cliente [[931.279.590-28]]"],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::BrCpf, &["931.279.590-29", "93127959028", "111.111.111-11", "1.931.279.590-28"]);
    }
}
