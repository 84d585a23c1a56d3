//! Indian Aadhaar numbers: twelve digits, not starting with 0 or 1, the last by Verhoeff's scheme (UIDAI).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, verhoeff};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "in_aadhaar",
    kind: DataType::InAadhaar,
    trigger: Trigger::Labels,
    labels: &["aadhaar", "aadhar", "aadhaar number", "aadhaar no", "aadhaar card", "uidai", "आधार"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 12..=12)?;
    let number = number.as_slice();
    (!matches!(number, [0 | 1, ..]) && verhoeff(number)).then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::InAadhaar,
            &[
                "aadhaar: [[9901 1287 7960]].",
                "aadhar [[990112877960]]",
                "aadhaar number: [[9901 1287 7960]].",
                "aadhaar no [[990112877960]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::InAadhaar,
            &["aadhaar 9901 1287 7961", "order 990112877960", "aadhaar 12", "990112877960"],
        );
    }
}
