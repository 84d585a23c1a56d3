//! Thai identity numbers: thirteen digits starting with 1 to 8, weights 13 to 2, check digit modulo 11.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, weighted};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "th_id",
    kind: DataType::ThId,
    trigger: Trigger::Labels,
    labels: &["thai id", "thai national id", "thai identity card", "เลขบัตรประชาชน", "บัตรประชาชน"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 13..=13)?;
    let number = number.as_slice();
    (matches!(number, [1..=8, ..])
        && (11 - weighted(number, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10
            == number.get(12).copied().map_or(10, u32::from))
    .then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::ThId,
            &[
                "thai id: [[1 1088 40831 60 3]].",
                "thai national id [[1108840831603]]",
                "thai national id: [[1 1088 40831 60 3]].",
                "thai identity card [[1108840831603]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::ThId,
            &["thai id 1 1088 40831 60 4", "order 1108840831603", "thai id 12", "1108840831603"],
        );
    }
}
