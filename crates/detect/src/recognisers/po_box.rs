//! Post office boxes: `P.O. Box 123`, with the city that follows.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::address::latin;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "po_box",
    kind: DataType::Location,
    trigger: Trigger::Literals(&[
        "p.o. box ",
        "po box ",
        "p.o.box ",
        "p o box ",
        "post office box ",
        "postfach ",
    ]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, place: Range<usize>) -> Option<Found> {
    let number = latin::word(text.as_str(), place.end)?;
    let known = text.slice(number.clone());
    let alone = !text.before(place.start).is_some_and(|b| b.is_ascii_alphanumeric());
    let numbered = known.len() <= 8 && known.bytes().any(|b| b.is_ascii_digit());
    (alone && numbered).then(|| Found::shape(place.start..latin::tail(text.as_str(), number.end), 0.9))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_addresses;

    #[test]
    fn boxes_are_found() {
        check_addresses(&[
            "write to [[P.O. Box 1142, Denver, CO 80201]].",
            "[[PO Box 77]] is mine",
            "the PO box is full",
            "a shampoo box 12",
        ]);
    }
}
