//! Australian business numbers: eleven digits; with one subtracted from the first, the weighted sum is a multiple of 89
//! (Australian Business Register).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, weighted};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "au_abn",
    kind: DataType::AuAbn,
    trigger: Trigger::Labels,
    labels: &["abn", "australian business number", "abn number"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 11..=11)?;
    let number = number.as_slice();
    (is_valid(number)).then(|| Found::validated(span, 0.93))
}

fn is_valid(number: &[u8]) -> bool {
    let sum = weighted(number, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    // One is subtracted from the first digit, which has the weight ten.
    sum >= 10 && (sum - 10).is_multiple_of(89)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::AuAbn,
            &[
                "abn: [[59 841 798 271]].",
                "australian business number [[59841798271]]",
                "abn number: [[59 841 798 271]].",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::AuAbn, &["abn 59 841 798 272", "order 59841798271", "abn 12", "59841798271"]);
    }
}
