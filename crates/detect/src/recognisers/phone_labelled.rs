//! Telephone numbers of any country that are recognisable only by a label: 7 to 15 digits (ITU-T E.164) in groups, after
//! words such as `phone` or `call me on`, or before ` office`, ` fax`, ` mobile`.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "phone_labelled",
    kind: DataType::Phone,
    trigger: Trigger::Word(2..=15, Head::Digit),
    labels: &[
        "phone",
        "phone number",
        "phone no",
        "telephone",
        "tel",
        "tel.",
        "mobile",
        "mobile number",
        "cell",
        "cellphone",
        "cell phone",
        "fax",
        "desk",
        "landline",
        "hotline",
        "whatsapp",
        "call",
        "call me",
        "call me on",
        "call me at",
        "ring me",
        "reach me",
        "reached at",
        "contacted at",
        "answering at",
        "messages to",
        "text me",
        "sms",
        "contact number",
        "phone_number",
        "phone-number",
        "phonenumber",
        "tél",
        "tél.",
        "téléphone",
        "telefon",
        "teléfono",
        "telefono",
        "telefone",
        "móvil",
        "movil",
        "celular",
        "mob",
        "mob.",
        "mobil",
        "fon",
        "handy",
        "handynummer",
        "tel.nr.",
        "ph.",
    ],
    find,
};

/// Words after a number that mark it as a telephone number.
const AFTER: &[&str] =
    &["office", "fax", "mobile", "cell", "home", "work", "desk", "phone", "(手机)", "(电话)"];

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    if text.ends_short(&word, 7) {
        return None;
    }
    let before = text.before(word.start);
    let start = match before {
        Some(b'(') if text.before(word.start - 1) == Some(b'+') => word.start - 2,
        Some(b'(' | b'+') => word.start - 1,
        _ => word.start,
    };
    let (digits, end) = number(text, word.start);
    if !(7..=15).contains(&digits) {
        return None;
    }
    let span = start..super::cn_landline::extension(text, end);
    let joined = matches!(text.before(start), Some(b'-' | b'.' | b'/' | b'_' | b'=' | b'#'))
        && text.before(start.saturating_sub(1)).is_some_and(is_word);
    if joined && text.before(start) != Some(b'=') || !text.is_whole_number(&span) || is_date(text, word.start)
    {
        return None;
    }
    let labelled = text.labels(start).announce(DataType::Phone) || is_named_after(text, span.end);
    labelled.then(|| Found::labelled(span, 0.75))
}

/// Number of digits that follow, and where they end: groups joined by single separators, brackets allowed.
fn number(text: &Text<'_>, at: usize) -> (usize, usize) {
    let (mut digits, mut end, mut gap) = (0, at, 0);
    for (i, byte) in text.ahead(at, 24).iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                end = at + i + 1;
                gap = 0;
            }
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' if gap < 2 => gap += 1,
            _ => break,
        }
    }
    (digits, end)
}

/// True for a date such as `2024-01-05` or `05.01.2024`.
fn is_date(text: &Text<'_>, at: usize) -> bool {
    let date = text.ahead(at, 10);
    let shaped = |shape: &[u8; 10]| {
        date.len() == 10
            && date
                .iter()
                .zip(shape)
                .all(|(b, form)| if *form == b'0' { b.is_ascii_digit() } else { b == form })
    };
    let alone = !text.byte(at + 10).is_some_and(|b| b.is_ascii_digit());
    let forms = [b"0000-00-00", b"0000/00/00", b"0000.00.00", b"00.00.0000", b"00/00/0000", b"00-00-0000"];
    alone && forms.into_iter().any(shaped)
}

fn is_named_after(text: &Text<'_>, end: usize) -> bool {
    let at = text.run(end, 2, |b| matches!(b, b' ' | b'-'));
    let rest = text.ahead(at, 10);
    AFTER.iter().any(|word| {
        rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
            && !rest.get(word.len()).is_some_and(u8::is_ascii_alphanumeric)
            && (at > end || word.starts_with('('))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn labelled_numbers_are_found() {
        check(
            DataType::Phone,
            &[
                "Phone: [[0688 843 79 56]]",
                "Can someone call me on [[9472 7916]]? I have",
                "Phone:\n[[358 0594]]\n\nE-mail",
                "Mobile: [[03.93.92.16.85]]\nDesk: [[(72) 754-186]]",
                "[[416 60 039]] office",
                "[[(37) 788-063]]-Office",
                "tel=[[5551234567]]",
                "Tél : [[01.42.68.53.00]]",
                "Móvil: [[612 345 678]]",
                "mob: [[9876543210]]",
                "fon [[030/901820]]",
                "电话 [[6552 9988]]",
            ],
        );
    }

    #[test]
    fn numbers_without_a_label_are_not() {
        check(
            DataType::Phone,
            &[
                "358 0594",
                "call id 1234567abc",
                "phone bought 2024-01-05 ok",
                "Mobile version 10.20.30.4000",
                "order 1234567",
                "phone model 3310",
                "phone: 1234567890123456789",
            ],
        );
    }
}
