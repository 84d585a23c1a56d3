//! Finnish personal identity codes: a birth date, a century sign, a serial number, and a check character modulo 31
//! (Digital and Population Data Services Agency).

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::{is_day, pair};
use super::{Found, Recogniser, Trigger};
use crate::label::link;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "fi_hetu",
    kind: DataType::FiHetu,
    trigger: Trigger::Labels,
    labels: &[
        "hetu",
        "henkilötunnus",
        "henkilotunnus",
        "sosiaaliturvatunnus",
        "personbeteckning",
        "personal identity code",
    ],
    find,
};

const CHECK: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let start = link(text, label.end).value;
    let written: &[u8; 11] = text.ahead(start, 11).try_into().ok()?;
    let [date @ .., _, _, _, _, _] = written;
    let [_, _, _, _, _, _, century, serial @ .., check] = written;
    let digits: Vec<u8> = date.iter().chain(serial).map(|byte| byte.wrapping_sub(b'0')).collect();
    let sum = digits
        .iter()
        .try_fold(0_usize, |sum, digit| (*digit < 10).then(|| sum * 10 + usize::from(*digit)))?;
    let formed = b"+-ABCDEFUVWXY".contains(century) && is_day(pair(&digits, 2), pair(&digits, 0));
    let span = start..start + written.len();
    let valid = CHECK.get(sum % 31) == Some(&check.to_ascii_uppercase());
    (formed && valid && text.stands_alone(&span)).then(|| Found::validated(span, 0.96))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(DataType::FiHetu, &["HETU: [[131052-308T]]", "henkilötunnus [[131052-308T]]."]);
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::FiHetu, &["131052-308T", "hetu 131052-308A"]);
    }
}
