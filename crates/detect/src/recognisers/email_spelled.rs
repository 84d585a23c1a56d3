//! E-mail addresses spelled out to escape harvesters: `jane [at] example [dot] com`, `jane(at)example.com`.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "email_spelled",
    kind: DataType::Email,
    trigger: Trigger::Literals(&["[at]", "(at)", "{at}"]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, at: Range<usize>) -> Option<Found> {
    let name_end = at.start - usize::from(text.before(at.start) == Some(b' '));
    let start = text.run_back(name_end, 64, |b| is_word(b) || b"._+-".contains(&b));
    let from = at.end + usize::from(text.byte(at.end) == Some(b' '));
    let (mut end, mut dots) = (text.run(from, 63, |b| is_word(b) || b == b'-'), 0);
    while let Some(next) = dot(text, end).filter(|_| dots < 4) {
        let label = text.run(next, 63, |b| is_word(b) || b == b'-');
        if label == next {
            break;
        }
        (end, dots) = (label, dots + 1);
    }
    let named = name_end > start && name_end - start < 64 && from < end;
    (named && dots > 0 && text.stands_alone(&(start..end))).then(|| Found::labelled(start..end, 0.8))
}

/// Where a label starts after a dot in one of its spellings.
fn dot(text: &Text<'_>, end: usize) -> Option<usize> {
    let blank = usize::from(text.byte(end) == Some(b' '));
    let rest = text.ahead(end + blank, 6);
    if let Some(word) = ["[dot]", "(dot)", "{dot}"]
        .iter()
        .find(|word| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes())))
    {
        let at = end + blank + word.len();
        return Some(at + usize::from(text.byte(at) == Some(b' ')));
    }
    (rest.first() == Some(&b'.') && blank == 0).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn spelled_addresses_are_found() {
        check(
            DataType::Email,
            &[
                "my email is [[jane (at) example (dot) com]], bye",
                "[[jane[at]example.com]]",
                "写信给[[j.doe [AT] mail [DOT] example [DOT] cn]]。",
            ],
        );
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::Email,
            &["look (at) this", "meet (at) 5 p.m", "x[at]", "[at]example.com", "array[at] = 1"],
        );
    }
}
