//! MAC addresses (IEEE 802 EUI-48): six groups of two hexadecimal digits with `:` or `-`. All zeros and all ones identify
//! no device; a longer row of groups is a key fingerprint.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "mac",
    kind: DataType::Mac,
    trigger: Trigger::Word(2..=2, Head::Any),
    labels: &["mac", "mac address", "mac地址", "物理地址"],
    find,
};

const LENGTH: usize = 17;

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let separator = [text.byte(word.end), text.before(word.start)]
        .into_iter()
        .flatten()
        .find(|byte| matches!(byte, b':' | b'-' | b'_'))?;
    let part = |b: u8| b.is_ascii_hexdigit() || b == separator;
    let start = text.run_back(word.start, LENGTH + 1, part);
    let end = text.run(word.start, LENGTH + 1, part);
    let span = start..end;
    let written = text.ahead(start, LENGTH);
    let formed = span.len() == LENGTH
        && written.iter().enumerate().all(|(i, byte)| (i % 3 == 2) == (*byte == separator));
    let device = |digit: u8| written.iter().any(|b| *b != separator && b.to_ascii_lowercase() != digit);
    (formed && device(b'0') && device(b'f') && text.stands_alone(&span)).then(|| Found::validated(span, 0.93))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn addresses_are_found() {
        check(
            DataType::Mac,
            &["mac [[54:79:8c:07:18:e3]])", "[[BB-F4-C0-97-CE-E9]]", "macAddress: \"[[ab:cd:ef:ab:cd:e1]]\""],
        );
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::Mac,
            &[
                "00:00:00:00:00:00",
                "ff:ff:ff:ff:ff:ff",
                "54:79:8c:07:18:e3:11",
                "54:79:8c:07:18",
                "54:79-8c:07:18:e3",
                "12:30:45",
            ],
        );
    }
}
