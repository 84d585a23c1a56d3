//! Indian permanent account numbers: five letters, of which the fourth gives the type of holder, four digits, a letter
//! (Income Tax Department), after a label.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::code_behind;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "in_pan",
    kind: DataType::InPan,
    trigger: Trigger::Labels,
    labels: &["pan", "pan card", "pan no", "pan number", "pan card number", "permanent account number"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (code, span) = code_behind(text, &label, 10)?;
    is_pan(&code).then(|| Found::labelled(span, 0.9))
}

/// Checks the format only.
pub(super) fn is_pan(code: &[u8]) -> bool {
    let [a, b, c, holder, e, digits @ .., last] = code else { return false };
    digits.len() == 4
        && [a, b, c, e, last].iter().all(|byte| byte.is_ascii_uppercase())
        && b"PCHFATBLJG".contains(holder)
        && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(DataType::InPan, &["PAN: [[ABCPE1234F]]", "my pan card number is [[ABCPE1234F]]."]);
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::InPan, &["ABCPE1234F", "pan ABCDE1234F", "a frying pan costs 12"]);
    }
}
