//! Canadian social insurance numbers: nine digits, not starting with 0 or 8, Luhn (Service Canada).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, luhn};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "ca_sin",
    kind: DataType::CaSin,
    trigger: Trigger::Labels,
    labels: &[
        "sin",
        "sin number",
        "social insurance number",
        "social insurance no",
        "numéro d'assurance sociale",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 9..=9)?;
    let number = number.as_slice();
    (!matches!(number, [0 | 8, ..]) && luhn(number)).then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::CaSin,
            &[
                "sin: [[999 167 745]].",
                "sin number [[999167745]]",
                "social insurance number: [[999 167 745]].",
                "social insurance no [[999167745]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::CaSin, &["sin 999 167 746", "order 999167745", "sin 12", "999167745"]);
    }
}
