//! Session cookies: `Cookie: PHPSESSID=…`, `Set-Cookie: session=…`. Whoever has one is logged in.

use std::ops::Range;

use ombud_core::DataType;

use super::url::is_placeholder;
use super::{Found, Recogniser, Trigger};
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "cookie",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&["cookie:"]),
    labels: &[],
    find,
};

/// Maximum number of bytes of a header that are read.
const LONGEST: usize = 1024;
/// Substrings of the names of session cookies.
const NAMES: &[&str] = &["sess", "sid", "auth", "token", "jwt", "login", "remember", "identity", "ticket"];
/// Substrings of the names of cookies that protect forms.
const OTHER: &[&str] = &["csrf", "xsrf"];

fn find(text: &Text<'_>, head: Range<usize>) -> Option<Found> {
    let end = text.run(head.end, LONGEST, |b| b.is_ascii_graphic() || b == b' ');
    let mut at = head.end;
    while at < end {
        let name_at = text.run(at, LONGEST, |b| matches!(b, b' ' | b';' | b'"' | b'\''));
        let name_end = text.run(name_at, 64, |b| is_word(b) || matches!(b, b'_' | b'-' | b'.'));
        let value_end =
            text.run(name_end, LONGEST, |b| b.is_ascii_graphic() && !matches!(b, b';' | b'"' | b'\'' | b','));
        if text.byte(name_end) == Some(b'=') {
            let name = text.slice(name_at..name_end).to_ascii_lowercase();
            let is_one = |words: &[&str]| words.iter().any(|word| name.contains(word));
            let value = text.slice(name_end + 1..value_end);
            if is_one(NAMES) && !is_one(OTHER) && is_key(value) {
                return Some(Found::labelled(name_end + 1..value_end, 0.85));
            }
        }
        at = value_end.max(name_at) + 1;
    }
    None
}

/// At least sixteen characters, with both letters and digits.
fn is_key(value: &str) -> bool {
    let has = |test: fn(u8) -> bool| value.bytes().any(test);
    let characters = value.bytes().all(|b| is_word(b) || b"-_.%+/=:~".contains(&b));
    value.len() >= 16
        && characters
        && has(|b| b.is_ascii_digit())
        && has(|b| b.is_ascii_alphabetic())
        && !is_placeholder(value)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn session_cookies_are_found() {
        check(
            DataType::Secret,
            &[
                "Cookie: lang=en; PHPSESSID=[[k3v9q0x7m2c8r5t1w4y6z0b2n8]]",
                "set-cookie: session=[[8f3b21c94ad07e65b1f2c3d4e5a69788]]; Path=/; HttpOnly",
                "Cookie: connect.sid=[[s%3A590vHH2Kq8mlF5zprQ.4MXhEWGPLkei2IbO]]",
            ],
        );
    }

    #[test]
    fn other_cookies_are_not() {
        check(
            DataType::Secret,
            &[
                "Cookie: lang=en; theme=dark",
                "cookie: connect.sid=abc",
                "Set-Cookie: session=<value>; Path=/",
                "A cookie: sweet",
            ],
        );
    }
}
