//! The second half of a credential pair: `login kunde / Birne7!x`, `ak/sk: LTAI… / …`, `账号密码：kunde/Birne7!x`.

use std::ops::Range;

use ombud_core::DataType;

use super::vendor_key::is_random;
use super::{Found, Recogniser, Trigger};
use crate::label::link;
use crate::text::{Text, is_word};

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "secret_pair",
    kind: DataType::Secret,
    trigger: Trigger::Labels,
    labels: &[
        "login",
        "log in as",
        "creds",
        "credentials",
        "ak/sk",
        "账号密码",
        "账号/密码",
        "账密",
        "帐号密码",
    ],
    find,
};

fn find(text: &Text<'_>, label: Range<usize>) -> Option<Found> {
    let first = link(text, label.end);
    if first.value == label.end && text.slice(label.clone()).is_ascii() {
        return None;
    }
    let name = text.run(first.value, 64, |b| is_word(b) || matches!(b, b'_' | b'@' | b'.' | b'-'));
    let mark = text.run(name, 2, |b| b == b' ');
    if name < first.value + 2 || text.byte(mark) != Some(b'/') || text.byte(mark + 1) == Some(b'/') {
        return None;
    }
    let start = text.run(mark + 1, 2, |b| b == b' ');
    let end = text.run(start, 128, |b| {
        b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'`' | b',' | b';' | b')' | b'<')
    });
    let value = text.slice(start..end).trim_end_matches('.');
    let span = start..start + value.len();
    let has = |test: fn(u8) -> bool| value.bytes().any(test);
    let letters = has(|b| b.is_ascii_alphabetic());
    let digit = has(|b| b.is_ascii_digit());
    let sign = has(|b| b"!@#$%^&*+~?".contains(&b));
    let keys = text.slice(label.clone()).eq_ignore_ascii_case("ak/sk");
    let chosen =
        value.len() >= 6 && letters && digit && (sign || has(|b| b.is_ascii_uppercase()) || mark > name);
    let made = value.len() >= 20
        && letters
        && digit
        && value.bytes().all(|b| is_word(b) || b"-_+/=".contains(&b))
        && is_random(value);
    // `login home/index2` is a path.
    let path = value.contains('/') && !keys;
    (!path && if keys { made } else { chosen }).then(|| Found::labelled(span, 0.78))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn second_halves_are_found() {
        check(
            DataType::Secret,
            &[
                "use login kunde / [[Birne7!x]]",
                "creds: kunde@shop / [[birne77x]]",
                "账号密码：kunde / [[birne@77]]",
            ],
        );
    }

    #[test]
    fn paths_and_choices_are_not() {
        check(
            DataType::Secret,
            &["login page / signup", "login home/index2", "credentials in src/auth1", "login and / or 2fa1"],
        );
    }
}
