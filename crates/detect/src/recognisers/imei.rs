//! Mobile device numbers (IMEI, 3GPP TS 23.003): fifteen digits, Luhn, after a label.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, luhn};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "imei",
    kind: DataType::Imei,
    trigger: Trigger::Labels,
    labels: &["imei", "imei number", "imei号", "串号", "手机串号", "设备串号"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 15..=15)?;
    let number = number.as_slice();
    (luhn(number)).then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::Imei,
            &[
                "imei: [[357647897189459]].",
                "imei number [[357647897189459]]",
                "imei号: [[357647897189459]].",
                "串号 [[357647897189459]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::Imei,
            &["imei 357647897189450", "order 357647897189459", "imei 12", "357647897189459"],
        );
    }
}
