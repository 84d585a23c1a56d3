//! Dutch citizen service numbers: nine digits, weights 9 to 2 and -1, a multiple of 11.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, weighted};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "nl_bsn",
    kind: DataType::NlBsn,
    trigger: Trigger::Labels,
    labels: &[
        "bsn",
        "bsn-nummer",
        "bsn nummer",
        "burgerservicenummer",
        "sofinummer",
        "citizen service number",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 9..=9)?;
    let number = number.as_slice();
    (weighted(number, &[9, 8, 7, 6, 5, 4, 3, 2, 10]).is_multiple_of(11) && number != [0; 9])
        .then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::NlBsn,
            &[
                "bsn: [[956343909]].",
                "bsn-nummer [[956343909]]",
                "bsn nummer: [[956343909]].",
                "burgerservicenummer [[956343909]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::NlBsn, &["bsn 956343900", "order 956343909", "bsn 12", "956343909"]);
    }
}
