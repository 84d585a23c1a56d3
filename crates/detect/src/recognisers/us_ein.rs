//! US employer identification numbers: the two digits of an IRS campus and seven more; there is no check digit, so a
//! label is all there is to go by.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, pair};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "us_ein",
    kind: DataType::UsEin,
    trigger: Trigger::Labels,
    labels: &[
        "ein",
        "fein",
        "ein number",
        "employer identification number",
        "federal tax id",
        "federal tax id number",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 9..=9)?;
    let number = number.as_slice();
    (is_issued(number)).then(|| Found::labelled(span, 0.8))
}

/// Excludes prefixes that no IRS campus issues.
fn is_issued(number: &[u8]) -> bool {
    !matches!(pair(number, 0), 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::UsEin,
            &[
                "ein: [[12-3456789]].",
                "fein [[123456789]]",
                "ein number: [[12-3456789]].",
                "employer identification number [[123456789]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::UsEin, &["order 123456789", "ein 12", "123456789"]);
    }
}
