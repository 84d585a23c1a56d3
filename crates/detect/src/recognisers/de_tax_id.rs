//! German tax identification numbers: eleven digits; among the first ten, exactly one digit occurs two or three times;
//! the last is a check digit by ISO 7064 MOD 11,10 (§ 139b AO).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::behind;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "de_tax_id",
    kind: DataType::DeTaxId,
    trigger: Trigger::Labels,
    labels: &[
        "steuer-id",
        "steuer id",
        "steueridentifikationsnummer",
        "steuer-identifikationsnummer",
        "identifikationsnummer",
        "steuer-idnr",
        "idnr",
        "tin",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (number, span) = behind(text, &label, 11..=11)?;
    let number = number.as_slice();
    (is_valid(number)).then(|| Found::validated(span, 0.93))
}

fn is_valid(number: &[u8]) -> bool {
    let count = |digit: u8| number.iter().take(10).filter(|other| **other == digit).count();
    let repeated: Vec<usize> = (0..10).map(count).filter(|count| *count > 1).collect();
    let (Some(first), Some(check)) = (number.first(), number.last()) else { return false };
    *first != 0 && matches!(repeated[..], [2 | 3]) && check_digit(number) == u32::from(*check)
}

/// ISO 7064 MOD 11,10 over the first ten digits.
fn check_digit(number: &[u8]) -> u32 {
    let product =
        number.iter().take(10).fold(10, |product, digit| match (u32::from(*digit) + product) % 10 {
            0 => 20 % 11,
            sum => sum * 2 % 11,
        });
    (11 - product) % 10
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::DeTaxId,
            &[
                "steuer-id: [[86 241 209 577]].",
                "steuer id [[86241209577]]",
                "steueridentifikationsnummer: [[86 241 209 577]].",
                "steuer-identifikationsnummer [[86241209577]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::DeTaxId,
            &["steuer-id 86 241 209 578", "order 86241209577", "steuer-id 12", "86241209577"],
        );
    }
}
