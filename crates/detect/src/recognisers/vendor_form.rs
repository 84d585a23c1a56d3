//! Keys with the vendor's marker in the middle or at the end: Mailchimp's data centre (`…-us14`), Azure's `8Q~` in
//! application secrets, Terraform's `.atlasv1.` including what precedes it.

use std::ops::Range;

use ombud_core::DataType;

use super::vendor_key::is_random;
use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "vendor_form",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&["-us", "Q~", ".atlasv1."]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, mark: Range<usize>) -> Option<Found> {
    let span = match text.slice(mark.clone()) {
        "-us" => mailchimp(text, &mark)?,
        "Q~" => azure(text, &mark)?,
        ".atlasv1." => terraform(text, &mark)?,
        _ => return None,
    };
    is_random(text.slice(span.clone())).then(|| Found::validated(span, 0.96))
}

/// 32 hexadecimal digits and the number of a data centre.
fn mailchimp(text: &Text<'_>, mark: &Range<usize>) -> Option<Range<usize>> {
    let start = text.run_back(mark.start, 33, |b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
    let end = text.run(mark.end, 3, |b| b.is_ascii_digit());
    let span = start..end;
    (mark.start - start == 32 && (1..=2).contains(&(end - mark.end)) && text.stands_alone(&span))
        .then_some(span)
}

/// Three characters, a digit, the marker, and 31 to 34 characters.
fn azure(text: &Text<'_>, mark: &Range<usize>) -> Option<Range<usize>> {
    let part = |b: u8| is_word(b) || matches!(b, b'_' | b'~' | b'.' | b'-');
    let start = text.run_back(mark.start, 5, part);
    let end = text.run(mark.end, 36, part);
    let digit = text.before(mark.start).is_some_and(|b| b.is_ascii_digit());
    (digit && mark.start - start == 4 && (31..=34).contains(&(end - mark.end))).then_some(start..end)
}

/// Fourteen letters and digits, the marker, and some sixty characters.
fn terraform(text: &Text<'_>, mark: &Range<usize>) -> Option<Range<usize>> {
    let start = text.run_back(mark.start, 15, is_word);
    let end = text.run(mark.end, 82, |b| is_word(b) || matches!(b, b'_' | b'-'));
    (mark.start - start == 14 && (60..=80).contains(&(end - mark.end))).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn keys_are_found_by_their_mark() {
        let hex = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
        let body = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7";
        check(
            DataType::Secret,
            &[
                &format!("key [[{hex}-us14]],"),
                &format!("这个[[Vs78Q~{body}]]能用吗"),
                &format!("[[aB3dE6gH9jK2mN.atlasv1.{body}{body}]]"),
            ],
        );
    }

    #[test]
    fn other_forms_are_not() {
        check(DataType::Secret, &["0a1b-us14", "a region such as eu-us1", "FAQ~all of it", "x8Q~short"]);
    }
}
