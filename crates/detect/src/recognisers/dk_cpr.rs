//! Danish CPR numbers: a birth date and four digits. Numbers since 2007 need not satisfy the modulo 11 check, so besides
//! the date there is only the label to go by.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, is_day, pair};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "dk_cpr",
    kind: DataType::DkCpr,
    trigger: Trigger::Labels,
    labels: &["cpr", "cpr-nummer", "cpr nummer", "cpr-nr", "cpr number", "personnummer"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 10..=10)?;
    let number = number.as_slice();
    (is_day(pair(number, 2), pair(number, 0))).then(|| Found::labelled(span, 0.8))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::DkCpr,
            &[
                "cpr: [[010879-2232]].",
                "cpr-nummer [[0108792232]]",
                "cpr nummer: [[010879-2232]].",
                "cpr-nr [[0108792232]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::DkCpr, &["order 0108792232", "cpr 12", "0108792232"]);
    }
}
