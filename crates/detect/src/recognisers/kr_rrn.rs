//! Korean resident and foreigner registration numbers: a birth date, a digit for century and sex, and six more; the check
//! digit is valid for numbers issued before October 2020.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, is_day, pair};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "kr_rrn",
    kind: DataType::KrRrn,
    trigger: Trigger::Labels,
    labels: &[
        "주민등록번호",
        "주민번호",
        "외국인등록번호",
        "rrn",
        "resident registration number",
        "korean id",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 13..=13)?;
    let number = number.as_slice();
    (is_day(pair(number, 2), pair(number, 4)) && matches!(number.get(6), Some(1..=8)))
        .then(|| Found::labelled(span, 0.88))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::KrRrn,
            &[
                "주민등록번호: [[900817-3226078]].",
                "주민번호 [[9008173226078]]",
                "외국인등록번호: [[900817-3226078]].",
                "rrn [[9008173226078]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(DataType::KrRrn, &["order 9008173226078", "주민등록번호 12", "9008173226078"]);
    }
}
