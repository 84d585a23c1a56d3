//! Chinese vehicle plates (GA 36): a province character, a letter, and five letters and digits; six on new-energy
//! vehicles (small: a letter such as `D` or `F` first, one more character, then four digits; large: five digits and a
//! letter); four and 警, 学, 挂, 领, 港, 澳, 使, 试, 超; embassies `使` and six digits. No `I` or `O` after the first letter. With
//! fewer than three digits a label is required.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "plate",
    kind: DataType::Plate,
    trigger: Trigger::Literals(&[
        "京", "津", "沪", "渝", "冀", "豫", "云", "辽", "黑", "湘", "皖", "鲁", "新", "苏", "浙", "赣", "鄂",
        "桂", "甘", "晋", "蒙", "陕", "吉", "闽", "贵", "粤", "青", "藏", "川", "宁", "琼", "使",
    ]),
    labels: &[
        "车牌",
        "车牌号",
        "车牌号码",
        "号牌",
        "牌照",
        "车号",
        "车辆",
        "license plate",
        "licence plate",
        "plate number",
        "plate no",
        "plate",
    ],
    find,
};

fn find(text: &Text<'_>, province: Range<usize>) -> Option<Found> {
    let city = text.byte(province.end)?;
    if !is_word(city) {
        return None;
    }
    let (body, end, tail) = if text.slice(province.clone()) == "使" {
        (province.end, text.run(province.end, 7, is_word), false)
    } else {
        let at = province.end + 1;
        let body = at + text.char_at(at).filter(|ch| "·•・. -‧∙".contains(*ch)).map_or(0, char::len_utf8);
        let end = text.run(body, 7, is_word);
        (body, end, text.char_at(end).is_some_and(|ch| "警学挂领港澳使试超".contains(ch)))
    };
    let number = text.ahead(body, end - body);
    let embassy = body == province.end;
    let formed = if embassy {
        number.len() == 6 && number.iter().all(u8::is_ascii_digit)
    } else {
        is_plate(city, number, tail)
    };
    if !formed || text.byte(end).is_some_and(|b| is_word(b) || b == b'_' || b == b'@') {
        return None;
    }
    let span = province.start..end + if tail && number.len() == 4 { '警'.len_utf8() } else { 0 };
    let digits = number.iter().filter(|b| b.is_ascii_digit()).count();
    let capitals = city.is_ascii_uppercase() && !number.iter().any(u8::is_ascii_lowercase);
    if digits >= 3 && (capitals || embassy) {
        return Some(Found::validated(span, 0.92));
    }
    text.labels(province.start).announce(DataType::Plate).then(|| Found::labelled(span, 0.85))
}

fn is_plate(city: u8, number: &[u8], tail: bool) -> bool {
    let allowed = number.iter().all(|b| !matches!(b.to_ascii_uppercase(), b'I' | b'O'));
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let shape = match number {
        [first, _, rest @ ..] if number.len() == 6 => {
            first.is_ascii_alphabetic() && digits(rest)
                || number.split_last().is_some_and(|(last, most)| last.is_ascii_alphabetic() && digits(most))
        }
        _ => number.len() == 5 || number.len() == 4 && tail,
    };
    city.is_ascii_alphabetic() && allowed && shape
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn plates_are_found() {
        check(
            DataType::Plate,
            &[
                "车牌号[[豫AF12855]]，保险",
                "[[蒙G·K3R07]]停在楼下",
                "车牌号[[闽CAZWDD]]。",
                "看到[[京A12345]]超车",
                "[[沪A0023领]]，[[粤Z1234港]]",
                "[[使014578]]",
                "[[京AD12345]] [[京A12345D]]",
                "车牌[[京a88888]]",
            ],
        );
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::Plate,
            &[
                "云A100",
                "京东A12345678",
                "新K8s集群",
                "贵O12345I",
                "川AB",
                "云EC2012345678",
                "青ABCDE",
                "使用A12345",
            ],
        );
    }
}
