//! Australian Medicare numbers: ten or eleven digits starting with 2 to 6, the ninth a check digit (Services Australia).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, weighted};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "au_medicare",
    kind: DataType::AuMedicare,
    trigger: Trigger::Labels,
    labels: &["medicare", "medicare card", "medicare no", "medicare number", "medicare card number"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 10..=11)?;
    let number = number.as_slice();
    (matches!(number, [2..=6, ..])
        && weighted(number, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == number.get(8).copied().map_or(10, u32::from))
    .then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::AuMedicare,
            &[
                "medicare: [[2689 17692 6]].",
                "medicare card [[2689176926]]",
                "medicare no: [[2689 17692 6]].",
                "medicare number [[2689176926]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::AuMedicare,
            &["medicare 2689 17693 6", "order 2689176926", "medicare 12", "2689176926"],
        );
    }
}
