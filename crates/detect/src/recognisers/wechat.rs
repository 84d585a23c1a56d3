//! WeChat ids: `wxid_` and what the service appended, or, after a label, a letter and 5 to 19 letters, digits, `_`, `-`
//! (the service's own rule). A telephone number used as an id is found as one.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::label::link;
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "wechat",
    kind: DataType::Wechat,
    trigger: Trigger::Labels,
    labels: &[
        "微信",
        "微信号",
        "微信id",
        "微信账号",
        "wechat",
        "wechat id",
        "weixin",
        "vx",
        "wx",
        "v信",
        "薇信",
        "威信",
        "卫星号",
        "加我",
        "加v",
        "+v",
        "加微",
        "加vx",
        "加wx",
        "加微信",
        "wxid",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let is_id = |b: u8| is_word(b) || b == b'_' || b == b'-';
    if text.slice(label.clone()).eq_ignore_ascii_case("wxid") && text.byte(label.end) == Some(b'_') {
        let end = text.run(label.end + 1, 33, is_word);
        return (6..=32).contains(&(end - label.end - 1)).then(|| Found::validated(label.start..end, 0.97));
    }
    let link = link(text, label.end);
    let end = text.run(link.value, 33, is_id);
    let value = text.slice(link.value..end);
    let parted = link.value > label.end || !text.before(label.end).is_some_and(is_word);
    let formed = (6..=20).contains(&value.len()) && value.starts_with(|ch: char| ch.is_ascii_alphabetic());
    let telling = value.bytes().any(|b| b.is_ascii_digit() || b == b'_' || b == b'-');
    let plain_word =
        value.split(['_', '-']).all(|part| part.bytes().all(|b| b.is_ascii_lowercase())) && !link.explicit;
    let followed = matches!(text.byte(end), Some(b'(' | b'.' | b'@' | b'=' | b'/' | b':'))
        && text.byte(end + 1).is_some_and(|b| b.is_ascii_graphic());
    let chinese = !text.slice(label.clone()).is_ascii();
    let believed = telling && !plain_word || chinese && link.explicit && !is_product(value);
    (formed && parted && believed && !followed).then(|| Found::labelled(link.value..end, 0.8))
}

/// What follows the word WeChat in text about the product.
fn is_product(value: &str) -> bool {
    [
        "android", "iphone", "windows", "wechat", "weixin", "tencent", "string", "number", "mini", "openid",
        "unionid",
    ]
    .iter()
    .any(|word| value.to_ascii_lowercase().starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn ids_are_found() {
        check(
            DataType::Wechat,
            &[
                "微信号 [[wxid_odypxo20t6w15p]]，加的时候",
                "微信号 [[Xxu-5122]]，",
                "加我vx:[[he_zhu26]]吧",
                "我的微信，[[minyang696]]",
                "/vx是[[abc-12345]]",
                "微信：[[zhangweiwei]]",
                "WeChat ID: [[jane_doe88]]",
                "[[wxid_a1b2c3d4e5f6g7]]",
            ],
        );
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::Wechat,
            &[
                "微信支付",
                "微信 android 客户端",
                "微信是tencent的产品",
                "wx.request({url})",
                "微信 login.html",
                "wechat open-platform",
                "wx8888abcd8888abcd",
                "import wechat_sdk.client",
            ],
        );
    }

    #[test]
    fn a_telephone_number_stays_one() {
        check(DataType::Phone, &["微信[[13912345678]]"]);
    }
}
