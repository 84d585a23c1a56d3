//! Identity documents of the Chinese military and police: a character for the issuing command, `字第`, six to eight digits,
//! `号` (GJB; 军官证, 士兵证, 文职干部证, 警官证), or such a number after a label.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::label::link;
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "cn_military",
    kind: DataType::CnMilitary,
    trigger: Trigger::Labels,
    labels: &[
        "军官证",
        "军官证号",
        "军官证号码",
        "士兵证",
        "士兵证号",
        "士官证",
        "军人证",
        "军人证号",
        "文职干部证",
        "警官证",
        "警官证号",
        "警号",
        "退役军人优待证",
        "military id",
        "military id number",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let start = link(text, label.end).value;
    let head = written_head(text.as_str().get(start..)?);
    let digits = text.run(start + head, 10, |b| b.is_ascii_digit());
    let count = digits - start - head;
    let tail = if text.as_str().get(digits..)?.starts_with('号') { '号'.len_utf8() } else { 0 };
    let formed = (6..=8).contains(&count)
        && !text.byte(digits).is_some_and(|b| b.is_ascii_alphanumeric() || b == b'-');
    formed.then(|| Found::labelled(start..digits + tail, 0.9))
}

/// The length of `军字第` and the like.
fn written_head(rest: &str) -> usize {
    let mut chars = rest.chars();
    let first = chars.next().filter(|ch| !ch.is_ascii());
    match (first, chars.as_str()) {
        (Some(first), rest) if rest.starts_with("字第") => first.len_utf8() + "字第".len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::CnMilitary,
            &["军官证号：[[南字第01234567号]]。", "士兵证 [[20123456]]", "警官证号码是[[沪字第012345号]]"],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::CnMilitary, &["南字第01234567号令", "军官证 2024-01-05", "军官证办理需要 30 天"]);
    }
}
