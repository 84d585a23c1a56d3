//! Social and medical insurance numbers, after a label: 6 to 20 letters and digits, separated by hyphens. In China the
//! number is often that of the identity card, found as such.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::identifier_behind;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "insurance",
    kind: DataType::Insurance,
    trigger: Trigger::Labels,
    labels: &[
        "社保号",
        "社保卡号",
        "社保编号",
        "社会保障号",
        "社会保障号码",
        "个人社保号",
        "医保号",
        "医保卡号",
        "医保编号",
        "参保号",
        "养老保险号",
        "公积金账号",
        "health insurance id",
        "health insurance number",
        "health insurance no",
        "insurance id",
        "insurance number",
        "insurance policy number",
        "policy number",
        "member id",
        "membership number",
        "medical record number",
        "mrn",
        "病历号",
        "住院号",
        "就诊卡号",
        "门诊号",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    identifier_behind(text, &label, 6..=20, 4).map(|span| Found::labelled(span, 0.75))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::Insurance,
            &[
                "社保号：[[A12345678]]",
                "医保卡号是[[330100123456]]，",
                "Member ID: [[XYZ-123456789]]",
                "MRN [[00482913]]",
            ],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(
            DataType::Insurance,
            &[
                "社保号未填写",
                "member id: required",
                "insurance number of claims rose by 12",
                "policy number 2024-01-05",
            ],
        );
    }
}
