//! South African identity numbers: a birth date, a serial number, citizenship, Luhn (Department of Home Affairs).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, is_day, luhn, pair};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "za_id",
    kind: DataType::ZaId,
    trigger: Trigger::Labels,
    labels: &["south african id", "sa id", "sa id number", "rsa id", "id number", "identity number"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 13..=13)?;
    let number = number.as_slice();
    (is_day(pair(number, 2), pair(number, 4)) && matches!(number.get(10), Some(0..=2)) && luhn(number))
        .then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::ZaId,
            &[
                "south african id: [[9012038676173]].",
                "sa id [[9012038676173]]",
                "sa id number: [[9012038676173]].",
                "rsa id [[9012038676173]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::ZaId,
            &[
                "south african id 9012038676174",
                "order 9012038676173",
                "south african id 12",
                "9012038676173",
            ],
        );
    }
}
