//! Chinese mobile numbers in Chinese digits: `一三八一二三四五六七八`, `幺三八…`, `壹叁捌…`.

use std::ops::Range;

use ombud_core::DataType;

use super::cn_mobile::is_mobile;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "cn_mobile_written",
    kind: DataType::Phone,
    trigger: Trigger::Literals(&[
        "一三", "一四", "一五", "一六", "一七", "一八", "一九", "幺三", "幺四", "幺五", "幺六", "幺七",
        "幺八", "幺九", "壹叁", "壹肆", "壹伍", "壹陆", "壹柒", "壹捌", "壹玖",
    ]),
    labels: &[],
    find,
};

fn digit(ch: char) -> Option<u8> {
    const DIGITS: &[&str] =
        &["零〇○0", "一幺壹1", "二贰两2", "三叁3", "四肆4", "五伍5", "六陆6", "七柒7", "八捌8", "九玖9"];
    let at = DIGITS.iter().position(|digits| digits.contains(ch))?;
    u8::try_from(at).ok()
}

fn find(text: &Text<'_>, head: Range<usize>) -> Option<Found> {
    let (mut number, mut end) = (Vec::with_capacity(12), head.start);
    for ch in text.as_str().get(head.start..)?.chars().take(16) {
        match digit(ch) {
            Some(digit) if number.len() < 12 => number.push(digit),
            None if matches!(ch, ' ' | '-') && number.len() < 11 => {}
            _ => break,
        }
        end += ch.len_utf8();
    }
    let before = text.as_str().get(..head.start).and_then(|before| before.chars().next_back());
    let whole = number.len() == 11 && before.and_then(digit).is_none();
    (whole && is_mobile(&number)).then(|| Found::validated(head.start..end, 0.85))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::Phone,
            &[
                "我电话[[一三八一二三四五六七八]]",
                "打[[幺三八幺二三四五六七八]]吧",
                "[[壹叁捌壹贰叁肆伍陆柒捌]]",
            ],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::Phone,
            &["一三五七九", "一八四零年", "一二三四五六七八九十", "一三八一二三四五六七八九"],
        );
    }
}
