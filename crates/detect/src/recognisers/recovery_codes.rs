//! Recovery codes that replace the second factor, after their label: `recovery codes: a8f2-99kd k2l9-33mz`.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::label::link;
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "recovery_codes",
    kind: DataType::Secret,
    trigger: Trigger::Labels,
    labels: &[
        "recovery code",
        "recovery codes",
        "backup code",
        "backup codes",
        "recovery key",
        "恢复码",
        "恢复代码",
        "备用码",
        "备份码",
    ],
    find,
};

/// Maximum number of codes in one list.
const MOST: usize = 20;

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let link = link(text, label.end);
    if link.value == label.end {
        return None;
    }
    let (mut at, mut end) = (link.value, link.value);
    for _ in 0..MOST {
        let to = text.run(at, 64, |b| is_word(b) || b == b'-');
        if !is_code(text.slice(at..to)) {
            break;
        }
        end = to;
        at = text.run(to, 3, |b| matches!(b, b' ' | b',' | b'\n'));
        if at == to {
            break;
        }
    }
    (end > link.value).then(|| Found::labelled(link.value..end, 0.8))
}

/// Letters and digits in groups, or eight or more digits; not a date, nor a word with a year.
fn is_code(code: &str) -> bool {
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    let letters = code.bytes().filter(u8::is_ascii_alphabetic).count();
    let groups = code.split('-').all(|group| group.len() >= 4);
    groups && code.len() >= 8 && digits >= 2 && (letters >= 2 || digits >= 8) && digits * 5 >= code.len()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn codes_are_found() {
        check(
            DataType::Secret,
            &[
                "recovery codes: [[b7f3-98kc m2l8-44nz]]",
                "Backup codes:\n[[48213377\n91827364]]\n",
                "恢复码：[[b7f3-98kc]]，收好",
            ],
        );
    }

    #[test]
    fn talk_is_not() {
        check(
            DataType::Secret,
            &["recovery codes expire after 24 hours", "backup code: required", "recovery code: 2024-01-05"],
        );
    }
}
