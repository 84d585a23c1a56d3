//! Student numbers, after a label: 5 to 18 letters and digits.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::identifier_behind;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "student_id",
    kind: DataType::StudentId,
    trigger: Trigger::Labels,
    labels: &[
        "学号",
        "学生号",
        "学籍号",
        "学生证号",
        "考生号",
        "准考证号",
        "student id",
        "student id number",
        "student number",
        "student no",
        "student_id",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    identifier_behind(text, &label, 5..=18, 4).map(|span| Found::labelled(span, 0.75))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(
            DataType::StudentId,
            &["学号：[[2021210456]]，", "Student ID: [[S2021-0456]]", "我的准考证号是[[110105200123]]"],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::StudentId, &["学号格式见下", "student number 12", "student id: null"]);
    }
}
