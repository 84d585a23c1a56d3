//! Polish PESEL numbers: a birth date with the century encoded in the month, a serial number, a check digit.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, is_day, pair, weighted};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "pl_pesel",
    kind: DataType::PlPesel,
    trigger: Trigger::Labels,
    labels: &["pesel", "nr pesel", "numer pesel"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 11..=11)?;
    let number = number.as_slice();
    (weighted(number, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
        && is_day(pair(number, 2) % 20, pair(number, 4)))
    .then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::PlPesel,
            &["pesel: [[90062678020]].", "nr pesel [[90062678020]]", "numer pesel: [[90062678020]]."],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::PlPesel, &["pesel 90062678021", "order 90062678020", "pesel 12", "90062678020"]);
    }
}
