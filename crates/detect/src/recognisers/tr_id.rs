//! Turkish identity numbers: eleven digits, two of them check digits (Nüfus ve Vatandaşlık İşleri).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, weighted};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "tr_id",
    kind: DataType::TrId,
    trigger: Trigger::Labels,
    labels: &["tckn", "tc kimlik", "tc kimlik no", "t.c. kimlik no", "kimlik no", "tc no", "turkish id"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 11..=11)?;
    let number = number.as_slice();
    (is_valid(number)).then(|| Found::validated(span, 0.93))
}

fn is_valid(number: &[u8]) -> bool {
    let odd = weighted(number, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let even = weighted(number, &[0, 1, 0, 1, 0, 1, 0, 1]);
    let digit = |at: usize| number.get(at).copied().map(u32::from);
    let tenth = (odd * 7 + 100 - even) % 10;
    number.first() != Some(&0) && digit(9) == Some(tenth) && digit(10) == Some((odd + even + tenth) % 10)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::TrId,
            &[
                "tckn: [[30550496428]].",
                "tc kimlik [[30550496428]]",
                "tc kimlik no: [[30550496428]].",
                "t.c. kimlik no [[30550496428]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::TrId, &["tckn 30550496429", "order 30550496428", "tckn 12", "30550496428"]);
    }
}
