//! UK postcodes (BS 7666): a closed list of areas, a district, and a sector with its unit. Some fifteen households share
//! one, so it is as identifying as an address.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::address::latin;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "uk_postcode",
    kind: DataType::Location,
    trigger: Trigger::Word(2..=4, Head::Letter),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let end = latin::british(text.as_str(), word.start)?;
    text.is_whole_number(&(word.start..end)).then(|| Found::shape(word.start..end, 0.8))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_addresses;

    #[test]
    fn postcodes_are_found() {
        check_addresses(&[
            "it is [[SW1A 1AA]], near the park",
            "Postcode: [[M1 1AE]]",
            "[[EC1A 1BB]]",
            "[[B33 8TH]]",
        ]);
    }

    #[test]
    fn other_codes_are_not() {
        check_addresses(&["QQ1A 1AA", "type A1 2VC", "SW1A 1A", "model B2 500", "M1 1AEX", "sw1a 1aa"]);
    }
}
