//! Australian tax file numbers: nine digits whose weighted sum is a multiple of 11 (Australian Taxation Office).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, weighted};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "au_tfn",
    kind: DataType::AuTfn,
    trigger: Trigger::Labels,
    labels: &["tfn", "tax file number", "tax file no"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 9..=9)?;
    let number = number.as_slice();
    (weighted(number, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)).then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::AuTfn,
            &["tfn: [[920 579 868]].", "tax file number [[920579868]]", "tax file no: [[920 579 868]]."],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::AuTfn, &["tfn 920 579 869", "order 920579868", "tfn 12", "920579868"]);
    }
}
