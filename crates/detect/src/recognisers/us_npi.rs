//! US national provider identifiers: ten digits starting with 1 or 2; Luhn with 80840 prefixed (45 CFR 162.406).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, luhn};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "us_npi",
    kind: DataType::UsNpi,
    trigger: Trigger::Labels,
    labels: &["npi", "npi number", "provider npi", "national provider identifier", "national provider id"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 10..=10)?;
    let number = number.as_slice();
    (matches!(number, [1 | 2, ..]) && luhn(&[&[8, 0, 8, 4, 0], number].concat()))
        .then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::UsNpi,
            &[
                "npi: [[1396245957]].",
                "npi number [[1396245957]]",
                "provider npi: [[1396245957]].",
                "national provider identifier [[1396245957]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::UsNpi, &["npi 1396245958", "order 1396245957", "npi 12", "1396245957"]);
    }
}
