//! Driving licence numbers, after a label: 5 to 20 letters and digits, separated by hyphens and spaces (each state has
//! its own format, and none can be verified everywhere). In China the number is that of the identity card, found as such;
//! the archive number (档案编号) has 12 digits.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::label::link;
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "driver_licence",
    kind: DataType::DriverLicense,
    trigger: Trigger::Labels,
    labels: &[
        "driver license",
        "driver licence",
        "driver's license",
        "driver's licence",
        "driver’s license",
        "drivers license",
        "drivers licence",
        "driving license",
        "driving licence",
        "driver license number",
        "driver's license number",
        "driver’s license number",
        "driver licence number",
        "driving licence number",
        "driver license no",
        "driving licence no",
        "dl number",
        "dl no",
        "dl#",
        "dl",
        "führerschein",
        "führerscheinnummer",
        "führerschein nr.",
        "permis de conduire",
        "driver_license",
        "drivers_license",
        "驾驶证",
        "驾驶证号",
        "驾照",
        "驾照号",
        "驾驶证档案编号",
        "档案编号",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let mut link = link(text, label.end);
    // `NY 123 456 789`: the state before the number.
    let state = text.ahead(link.value, 3);
    if matches!(state, [a, b, b' '] if a.is_ascii_uppercase() && b.is_ascii_uppercase()) {
        link.value += 3;
    }
    let short = text.slice(label.clone()).eq_ignore_ascii_case("dl");
    if let Some(span) = in_groups(text, link.value) {
        return Some(Found::labelled(span, 0.78));
    }
    let end = text.run(link.value, 24, |b| is_word(b) || b == b'-');
    let value = text.slice(link.value..end).trim_end_matches('-');
    let span = link.value..link.value + value.len();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let length = value.bytes().filter(|b| is_word(*b)).count();
    let formed = (5 + 2 * usize::from(short)..=20).contains(&length)
        && digits >= 4
        && !value.bytes().any(|b| b.is_ascii_lowercase());
    (formed && !is_date(value) && text.is_whole_number(&span)).then(|| Found::labelled(span, 0.8))
}

/// `123 456 789`
fn in_groups(text: &Text<'_>, at: usize) -> Option<Range<usize>> {
    let written = text.ahead(at, 11);
    let formed = written.len() == 11
        && written.iter().enumerate().all(|(i, b)| if i % 4 == 3 { *b == b' ' } else { b.is_ascii_digit() });
    let span = at..at + 11;
    (formed && text.is_whole_number(&span)).then_some(span)
}

fn is_date(value: &str) -> bool {
    let parts: Vec<usize> = value.split('-').map(str::len).collect();
    matches!(parts[..], [4, 1..=2, 1..=2] | [1..=2, 1..=2, 4])
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn numbers_are_found() {
        check(
            DataType::DriverLicense,
            &[
                "my driver's license number is [[6940579]]",
                "Driver License: [[D123-4567-8901]].",
                "驾驶证号：[[320102197901]]",
                "driving licence [[MORGA753116SM9IJ]]",
                "driver license NY [[123 456 789]]",
                "TX DL: [[12345679]]",
                "Führerschein Nr. [[B072RRE2I55]]",
            ],
        );
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::DriverLicense,
            &[
                "driver's license expires 2027-01-05",
                "driver license 2027-01-05",
                "license VN-791588",
                "driving licence lost",
                "dl 2024 report",
            ],
        );
    }
}
