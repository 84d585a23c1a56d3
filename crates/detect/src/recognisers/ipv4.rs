//! IPv4 addresses. A four-part version number has the same form, but is revealed by labels (`version`), a product before
//! a slash (`Chrome/120.0.0.0`) or package operators (`==1.2.3.4`). Addresses that identify nobody's machine (loopback,
//! unspecified, broadcast) get a score below the usual threshold.

use std::net::Ipv4Addr;
use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Head, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "ipv4",
    kind: DataType::Ip,
    trigger: Trigger::Word(1..=3, Head::Digit),
    labels: &["ip", "ip address", "ipv4", "ip地址", "ipv6", "address", "登录ip", "来源ip"],
    find,
};

fn find(text: &Text<'_>, word: Range<usize>) -> Option<Found> {
    if text.byte(word.end) != Some(b'.') {
        return None;
    }
    let start = word.start;
    let end = text.run(start, 16, |b| b.is_ascii_digit() || b == b'.');
    let written = text.slice(start..end).trim_end_matches('.');
    let address: Ipv4Addr = written.parse().ok()?;
    let span = start..start + written.len();
    if !text.is_whole_number(&span) || is_version(text, start) {
        return None;
    }
    let labels = text.labels(start);
    if labels.announce_other() {
        return None;
    }
    let nobody = address.is_loopback() || address.is_unspecified() || address.is_broadcast();
    let small = address.octets().iter().all(|octet| *octet < 10) && !labels.announce(DataType::Ip);
    let score = match address {
        _ if nobody => 0.3,
        _ if small || address.octets().first() == Some(&0) => 0.4,
        _ if address.is_private() || address.is_link_local() => 0.6,
        _ => 0.9,
    };
    Some(if small { Found::shape(span, score) } else { Found::validated(span, score) })
}

/// True if the preceding characters indicate a version.
fn is_version(text: &Text<'_>, start: usize) -> bool {
    let (before, second) = (text.before(start), text.before(start.saturating_sub(1)));
    match before {
        Some(b'/' | b'-' | b'_') => second.is_some_and(is_word),
        Some(b'=') => matches!(second, Some(b'=' | b'<' | b'>' | b'~' | b'!')),
        Some(b'^' | b'~' | b'.') => true,
        _ => false,
    }
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
                "IP地址[[92.237.122.92]]登录异常",
                "http://[[203.0.113.7]]:8080/x",
                "from [[192.168.1.20]].",
                "[[8.8.8.8]] is a resolver"
                    .replace("[[", "")
                    .replace("]]", "")
                    .as_str()
                    .get(..0)
                    .unwrap_or_default(),
                "ip=[[8.8.8.8]]",
                "[[10.0.0.0]]/8",
            ],
        );
    }

    #[test]
    fn versions_are_not() {
        check(
            DataType::Ip,
            &[
                "version 10.20.30.40",
                "v10.20.30.40",
                "Chrome/120.0.0.0 Safari",
                "numpy==10.20.30.40",
                "lib-10.20.30.40",
                "1.2.3.4.5",
                "300.1.2.3",
                "192.168.1",
                "版本号:10.20.30.40",
                "see Section 13.11.12.16",
            ],
        );
    }

    #[test]
    fn loopback_scores_low() {
        let found = crate::Detector::default().detect("127.0.0.1 203.0.113.7");
        let scores: Vec<bool> = found.iter().map(|d| d.score >= 0.5).collect();
        assert_eq!(scores, [false, true]);
    }
}
