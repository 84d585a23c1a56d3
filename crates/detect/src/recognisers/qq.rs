//! QQ numbers: 5 to 11 digits without a leading zero, after a label.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::label::link;
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "qq",
    kind: DataType::Qq,
    trigger: Trigger::Labels,
    labels: &["qq", "qq号", "qq号码", "qq id", "扣扣", "扣扣号", "企鹅号", "加q", "扣q", "球球号"],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let link = link(text, label.end);
    let end = text.run(link.value, 12, |b| b.is_ascii_digit());
    let span = link.value..end;
    let formed = (5..=11).contains(&span.len()) && text.byte(span.start) != Some(b'0');
    let free = !matches!(text.byte(end), Some(b'@' | b'_' | b'%')) && !text.byte(end).is_some_and(is_word);
    (formed && free && text.is_whole_number(&span)).then(|| Found::labelled(span, 0.8))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::Qq,
            &["我的QQ是[[9385770381]]，邮箱", "qq：[[12345678]]", "QQ号 [[10001]]", "扣扣[[44135011]]"],
        );
    }

    #[test]
    fn other_numbers_are_not() {
        check(
            DataType::Qq,
            &[
                "QQ音乐2024",
                "qq 2024",
                "12345678",
                "QQ群共12345678人",
                "661135187@qq.com",
                "QQ 012345678",
                "qq 12345.67",
            ],
        );
    }
}
