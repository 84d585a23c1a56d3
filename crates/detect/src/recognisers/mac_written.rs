//! MAC addresses as written by switches and operating systems: `001a.2b3c.4d5f`, `001a-2b3c-4d5f`, `hwaddr=001a2b3c4d5f`.
//! Only the dotted form is distinctive; the others need a word next to them.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "mac_written",
    kind: DataType::Mac,
    trigger: Trigger::Word(4..=12, Head::Any),
    labels: &["hwaddr", "bssid", "ether", "mac addr", "macaddress", "mac_address", "arp"],
    find,
};

/// What switches print after an address in their tables.
const BEHIND: &[&str] = &["dynamic", "static", "learned", "vlan", "gigabit", "ge0", "eth"];

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    let hex = |b: &u8| b.is_ascii_hexdigit();
    let (span, mark) = match (word.len(), text.byte(word.end), text.before(word.start)) {
        (12, _, before) if before != Some(b'-') => (word.clone(), None),
        (4, Some(mark @ (b'.' | b'-')), before) if before != Some(mark) => {
            (word.start..word.start + 14, Some(mark))
        }
        // The first group may contain no digit, and then does not trigger.
        (4, _, Some(mark @ (b'.' | b'-'))) => {
            let start = word.start.checked_sub(5)?;
            (start..start + 14, Some(mark))
        }
        _ => return None,
    };
    let written = text.bytes().get(span.clone())?;
    let formed = match mark {
        None => written.iter().all(hex),
        Some(mark) => written.iter().enumerate().all(|(i, b)| if i % 5 == 4 { *b == mark } else { hex(b) }),
    };
    let telling = written.iter().any(u8::is_ascii_alphabetic) && written.iter().any(u8::is_ascii_digit);
    if !formed || !telling || !text.is_whole_number(&span) {
        return None;
    }
    // A longer row of groups is a different number.
    let joined = mark.is_some() && (text.byte(span.end) == mark || text.before(span.start) == mark);
    if joined {
        return None;
    }
    let labelled = text.labels(span.start).announce(DataType::Mac);
    let behind = text.ahead(text.run(span.end, 4, |b| b == b' '), 8).to_ascii_lowercase();
    let named = mark.is_some() && BEHIND.iter().any(|word| behind.starts_with(word.as_bytes()));
    (labelled || named || mark == Some(b'.')).then(|| Found::labelled(span, 0.85))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn addresses_are_found() {
        check(
            DataType::Mac,
            &[
                "[[001a.2b3c.4d5f]]",
                "[[001a-2b3c-4d5f]] dynamic",
                "mac [[001a-2b3c-4d5f]]",
                "hwaddr=[[001a2b3c4d5f]]",
                "[[AC_BC_32_9A_11_4F]]",
            ],
        );
    }

    #[test]
    fn other_codes_are_not() {
        check(
            DataType::Mac,
            &[
                "001a-2b3c-4d5f",
                "001a2b3c4d5f",
                "1234.5678.9012",
                "commit 001a2b3c4d5f",
                "12ab.34cd.56ef.78ab",
            ],
        );
    }
}
