//! IPv6 addresses (RFC 4291), parsed by the standard library. An abbreviated address needs three written groups, so that
//! `a::b1` in a program is not one.

use std::net::Ipv6Addr;
use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "ipv6",
    kind: DataType::Ip,
    trigger: Trigger::Word(1..=4, Head::Any),
    labels: &[],
    find,
};

/// The longest written form: 45 characters with an IPv4 tail.
const LONGEST: usize = 45;

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    if text.byte(word.end) != Some(b':') && text.before(word.start) != Some(b':') {
        return None;
    }
    let part = |b: u8| b.is_ascii_hexdigit() || b == b':';
    let mut start = text.run_back(word.start, LONGEST, part);
    // `ip:240e:…`: a single leading colon does not belong to the address.
    if text.byte(start) == Some(b':') && text.byte(start + 1) != Some(b':') {
        start += 1;
    }
    // An earlier word of the same run has already been tried.
    if text.slice(start..word.start).bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let end = text.run(word.start, LONGEST, |b| part(b) || b == b'.');
    let written = text.slice(start..end).trim_end_matches(['.', ':']);
    if written.bytes().filter(|b| *b == b':').count() < 3 - usize::from(written.starts_with("fe80::"))
        || written.len() > LONGEST
    {
        return None;
    }
    let address: Ipv6Addr = written.parse().ok()?;
    let groups = written.split(':').filter(|group| !group.is_empty()).count();
    let span = start..start + written.len();
    let joined = text.before(start).is_some_and(|b| is_word(b) || b == b'_' || b == b'.');
    let cut = text.byte(span.end).is_some_and(|b| is_word(b) || b == b'_');
    let machine = !address.is_loopback() && !address.is_unspecified();
    // `::ffff:203.0.113.5`; `fe80::1`, which is meaningful only within its network.
    let short = groups == 2 && (written.contains('.') || written.to_ascii_lowercase().starts_with("fe80::"));
    ((groups >= 3 || short) && machine && !joined && !cut).then(|| Found::validated(span, 0.9))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn addresses_are_found() {
        check(
            DataType::Ip,
            &[
                "from [[2001:db8:85a3::8a2e:370:7334]].",
                "([[2400:3200::1]])",
                "[[2001:0db8:0000:0000:0000:ff00:0042:8329]]",
                "ip：[[240e:390:a40:1::5]]",
                "[[::ffff:203.0.113.5]]",
                "[[fe80::1]]%eth0",
            ],
        );
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::Ip,
            &[
                "12:30:45",
                "std::a1::b2",
                "a::b1",
                "::1",
                "10:20:30:40",
                "x2001:db8::1:2:3",
                "1:2:3:4:5:6:7:8:9",
            ],
        );
    }
}
