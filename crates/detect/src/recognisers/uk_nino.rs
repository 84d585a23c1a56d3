//! UK national insurance numbers: two letters, six digits, a letter from A to D (HMRC, NIM39110). There is no check
//! digit, so a label is required.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::code_behind;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "uk_nino",
    kind: DataType::UkNino,
    trigger: Trigger::Labels,
    labels: &["nino", "ni number", "ni no", "national insurance", "national insurance number", "国民保险号"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let (code, span) = code_behind(text, &label, 9)?;
    let ([first, second, digits @ .., last], true) = (&code[..], code.len() == 9) else { return None };
    let letters = !b"DFIQUV".contains(first) && !b"DFIOQUV".contains(second) && first.is_ascii_alphabetic();
    let given = ![b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].contains(&&[*first, *second]);
    let formed =
        second.is_ascii_alphabetic() && digits.iter().all(u8::is_ascii_digit) && matches!(last, b'A'..=b'D');
    (letters && given && formed).then(|| Found::labelled(span, 0.9))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::UkNino,
            &["NINO: [[AB 12 34 56 C]]", "my national insurance number is [[JG103759A]]."],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(
            DataType::UkNino,
            &["JG103759A", "ni number BG123456A", "ni number AB12345", "national insurance is due"],
        );
    }
}
