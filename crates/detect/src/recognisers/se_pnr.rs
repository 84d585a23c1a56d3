//! Swedish personal and coordination numbers: a birth date (with 60 added to the day for the latter) and four digits,
//! Luhn over the last ten (Skatteverket).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{behind, is_day, luhn, pair};
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "se_pnr",
    kind: DataType::SePersonnummer,
    trigger: Trigger::Labels,
    labels: &[
        "personnummer",
        "personnr",
        "samordningsnummer",
        "swedish personal number",
        "personal identity number",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 10..=12)?;
    let number = number.as_slice();
    (is_valid(number)).then(|| Found::validated(span, 0.93))
}

fn is_valid(number: &[u8]) -> bool {
    let ten = number.get(number.len() - 10..).unwrap_or_default();
    let century = number.len() == 10 || number.len() == 12 && matches!(pair(number, 0), 18..=20);
    century && is_day(pair(ten, 2), pair(ten, 4) % 60) && luhn(ten)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::SePersonnummer,
            &[
                "personnummer: [[901022-7123]].",
                "personnr [[9010227123]]",
                "samordningsnummer: [[901022-7123]].",
                "swedish personal number [[9010227123]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::SePersonnummer,
            &["personnummer 901022-7124", "order 9010227123", "personnummer 12", "9010227123"],
        );
    }
}
