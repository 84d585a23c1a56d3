//! US bank routing numbers: nine digits, weights 3, 7, 1, in the ranges of the American Bankers Association.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, pair, weighted};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "us_routing",
    kind: DataType::UsRouting,
    trigger: Trigger::Labels,
    labels: &[
        "routing",
        "routing number",
        "routing no",
        "aba",
        "aba number",
        "aba routing number",
        "rtn",
        "transit number",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 9..=9)?;
    let number = number.as_slice();
    (is_issued(number) && weighted(number, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10))
        .then(|| Found::validated(span, 0.93))
}

/// The ranges of the Federal Reserve's districts, of thrifts, of electronic payments and of traveller's cheques.
fn is_issued(number: &[u8]) -> bool {
    matches!(pair(number, 0), 0..=12 | 21..=32 | 61..=72 | 80)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::UsRouting,
            &[
                "routing: [[021388853]].",
                "routing number [[021388853]]",
                "routing no: [[021388853]].",
                "aba [[021388853]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::UsRouting, &["routing 021388854", "order 021388853", "routing 12", "021388853"]);
    }
}
