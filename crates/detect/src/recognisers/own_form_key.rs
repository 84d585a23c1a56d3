//! Keys without a prefix but with a distinctive format: Salesforce sessions (an organisation, `!`, some hundred
//! characters), `MaxMind` licences (40 characters, ending in `_mmk`).

use std::ops::Range;

use ombud_core::DataType;

use super::vendor_key::is_random;
use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "own_form_key",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&["00D", "_mmk"]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, mark: Range<usize>) -> Option<Found> {
    let span = match text.slice(mark.clone()) {
        "00D" => salesforce(text, mark.start)?,
        "_mmk" => maxmind(text, &mark)?,
        _ => return None,
    };
    (text.stands_alone(&span) && is_random(text.slice(span.clone()))).then(|| Found::validated(span, 0.95))
}

fn salesforce(text: &Text<'_>, start: usize) -> Option<Range<usize>> {
    let organisation = text.run(start, 19, is_word);
    let end = text.run(organisation + 1, 256, |b| is_word(b) || b"._".contains(&b));
    let formed = matches!(organisation - start, 15 | 18)
        && text.byte(organisation) == Some(b'!')
        && end - organisation > 80;
    formed.then_some(start..end)
}

fn maxmind(text: &Text<'_>, mark: &Range<usize>) -> Option<Range<usize>> {
    let start = text.run_back(mark.start, 37, |b| is_word(b) || b == b'_');
    (mark.end - start == 40).then_some(start..mark.end)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn keys_are_found() {
        let session =
            "aQ1bW2cE3dR4eT5fY6gU7hI8jO9kP0lA1mS2nD3oF4pG5qH6rJ7sK8tL9uZ0vX1wC2xV3yB4zN5aM6bQ7cW8dE9fR0g";
        check(
            DataType::Secret,
            &[
                &format!("sid=[[00DE0X0A0M0PeLE!{session}]];"),
                "licence [[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]]",
            ],
        );
    }

    #[test]
    fn other_texts_are_not() {
        check(DataType::Secret, &["00DE0X0A0M0PeLE!short", "a_mmk", "00D5 is a number"]);
    }
}
