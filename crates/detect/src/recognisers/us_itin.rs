//! US individual taxpayer numbers: nine digits starting with 9, the fourth and fifth in the ranges issued by the IRS,
//! after a label.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, pair};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "us_itin",
    kind: DataType::UsItin,
    trigger: Trigger::Labels,
    labels: &["itin", "itin number", "individual taxpayer identification number", "individual taxpayer id"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 9..=9)?;
    let issued = matches!(pair(&number, 3), 50..=65 | 70..=88 | 90..=92 | 94..=99);
    (number.first() == Some(&9) && issued).then(|| Found::validated(span, 0.9))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(DataType::UsItin, &["ITIN: [[912-70-1234]].", "itin [[912701234]]"]);
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::UsItin, &["912-70-1234", "itin 812-70-1234", "itin 912-69-1234"]);
    }
}
