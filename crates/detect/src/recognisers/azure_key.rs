//! Azure keys: 84 characters with the marker `JQQJ99` at the 53rd (Azure DevOps, AI services), 52 with `AzSe` at the 43rd
//! (search). The markers exist so that scanners find the keys.

use std::ops::Range;

use ombud_core::DataType;

use super::vendor_key::is_random;
use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

/// Marker, its offset, total length.
const FORMS: &[(&str, usize, usize)] = &[("JQQJ99", 52, 84), ("AzSe", 42, 52)];

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "azure_key",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&["JQQJ99", "AzSe"]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, mark: Range<usize>) -> Option<Found> {
    let written = text.slice(mark.clone());
    let (_, place, length) = FORMS.iter().find(|(name, ..)| *name == written)?;
    let start = mark.start.checked_sub(*place)?;
    let span = start..text.run(start, length + 1, is_word);
    let whole = span.len() == *length && text.stands_alone(&span) && is_random(text.slice(span.clone()));
    whole.then(|| Found::validated(span, 0.97))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn keys_are_found_by_their_mark() {
        let body = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6";
        let tail = "BAACAAAAALGcqjAAASAZDO3eqU";
        check(
            DataType::Secret,
            &[&format!("钥匙 [[{body}JQQJ99{tail}]]，"), &format!("[[{}AzSeA1b2C3]]", &body[..42])],
        );
    }

    #[test]
    fn other_places_and_lengths_are_not() {
        let body = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6";
        check(
            DataType::Secret,
            &[&format!("{body}xJQQJ99BAACAAAAALGcqjAAASAZDO3eqU"), &format!("{body}JQQJ99"), "AzSe"],
        );
    }
}
