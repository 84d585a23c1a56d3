//! UK NHS numbers: ten digits, the last a check digit modulo 11 (NHS Data Dictionary).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, weighted};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "uk_nhs",
    kind: DataType::UkNhs,
    trigger: Trigger::Labels,
    labels: &["nhs", "nhs number", "nhs no", "英国医保号"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 10..=10)?;
    let number = number.as_slice();
    (weighted(number, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11))
        .then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::UkNhs,
            &[
                "nhs: [[999 712 7684]].",
                "nhs number [[9997127684]]",
                "nhs no: [[999 712 7684]].",
                "英国医保号 [[9997127684]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::UkNhs, &["nhs 999 712 7685", "order 9997127684", "nhs 12", "9997127684"]);
    }
}
