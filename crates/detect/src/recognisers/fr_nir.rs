//! French social security numbers (NIR): sex, year, month, department (2A and 2B for Corsica), commune, serial number,
//! and a key modulo 97 (INSEE), after a label.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::code_behind;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "fr_nir",
    kind: DataType::FrNir,
    trigger: Trigger::Labels,
    labels: &[
        "nir",
        "numéro de sécurité sociale",
        "numero de securite sociale",
        "n° de sécurité sociale",
        "sécurité sociale",
        "securite sociale",
        "n° sécu",
        "numéro insee",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (code, span) = code_behind(text, &label, 15)?;
    let (number, key) = code.split_at_checked(13)?;
    let sex = matches!(code.first(), Some(b'1'..=b'4' | b'7' | b'8'));
    let agrees = remainder(number)? + decimal(key)? == 97;
    (sex && agrees).then(|| Found::validated(span, 0.96))
}

/// The number modulo 97, with 19 for department 2A and 18 for 2B.
fn remainder(number: &[u8]) -> Option<u64> {
    let mut number = number.to_vec();
    let letter = number.get_mut(6)?;
    let corsica = match letter {
        b'A' => Some(b'9'),
        b'B' => Some(b'8'),
        _ => None,
    };
    if let Some(digit) = corsica {
        *letter = digit;
        *number.get_mut(5)? = b'1';
    }
    Some(decimal(&number)? % 97)
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(DataType::FrNir, &["NIR : [[1 85 05 78 006 084 91]]", "nir [[285072B12345642]]"]);
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::FrNir, &["185057800608491", "nir 185057800608492"]);
    }
}
