//! Chinese unified social credit codes (GB 32100-2015): a character for the registering department, one for the kind of
//! organisation, six digits for the area, nine characters of the organisation code, and a check character: powers of 3
//! modulo 31, over digits and letters without I, O, S, V, Z.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "uscc",
    kind: DataType::Uscc,
    trigger: Trigger::Word(18..=18, Head::Any),
    labels: &[
        "统一社会信用代码",
        "社会信用代码",
        "信用代码",
        "税号",
        "纳税人识别号",
        "营业执照",
        "营业执照号",
        "uscc",
        "social credit code",
        "unified social credit code",
    ],
    find,
};

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let code: &[u8; 18] = text.ahead(word.start, 18).try_into().ok()?;
    let [department, kind, rest @ ..] = code;
    let formed = matches!(department, b'1'..=b'9' | b'A' | b'N' | b'Y')
        && matches!(kind, b'1'..=b'9' | b'A'..=b'G')
        && rest.iter().take(6).all(u8::is_ascii_digit)
        && matches!(rest.first(), Some(b'1'..=b'8'));
    if !formed || !text.is_whole_number(&word) {
        return None;
    }
    if is_valid(code)? {
        return Some(Found::validated(word, 0.96));
    }
    text.labels(word.start).announce(DataType::Uscc).then(|| Found::labelled(word, 0.75))
}

fn is_valid(code: &[u8; 18]) -> Option<bool> {
    let (mut sum, mut weight, mut last) = (0, 1, 0);
    for (i, byte) in code.iter().enumerate() {
        last = ALPHABET.iter().position(|character| character == byte)?;
        if i < 17 {
            sum += last * weight;
            weight = weight * 3 % 31;
        }
    }
    Some((31 - sum % 31) % 31 == last)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn codes_are_found() {
        check(
            DataType::Uscc,
            &[
                "信用代码：[[91350100M000100Y43]]，法人",
                "[[91350100M000100Y43]]",
                "税号[[91350100M000100Y44]]",
            ],
        );
    }

    #[test]
    fn other_codes_are_not() {
        check(
            DataType::Uscc,
            &[
                "91350100M000100Y44",
                "信用代码91350100O000100Y43",
                "a91350100M000100Y43",
                "订单91350100M000100Y43X",
            ],
        );
    }
}
