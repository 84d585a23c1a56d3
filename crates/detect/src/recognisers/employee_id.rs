//! Employee numbers, after a label: 3 to 16 letters and digits with at least three digits.

use std::ops::Range;

use ombud_core::DataType;

use super::numbers::identifier_behind;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "employee_id",
    kind: DataType::EmployeeId,
    trigger: Trigger::Labels,
    labels: &[
        "工号",
        "员工号",
        "员工编号",
        "职工号",
        "employee id",
        "employee id number",
        "employee number",
        "employee no",
        "emp id",
        "staff id",
        "staff number",
        "badge number",
        "employee_id",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    identifier_behind(text, &label, 3..=16, 3).map(|span| Found::labelled(span, 0.75))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn values_are_found() {
        check(DataType::EmployeeId, &["工号：[[A00128]]", "employee ID is [[EMP-20391]]."]);
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::EmployeeId, &["工号牌丢失", "employee number 7", "staff id required"]);
    }
}
