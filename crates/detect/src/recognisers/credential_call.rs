//! Logins as arguments in code: `NetworkCredential("name", "password")`, `auth=("name", "password")`. The last of two or
//! three strings is reported.

use std::ops::Range;

use ombud_core::DataType;

use super::made::stands_for_a_value;
use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "credential_call",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&[
        "NetworkCredential(",
        "DirectoryEntry(",
        "UsernamePasswordCredential(",
        "HTTPBasicAuth(",
        "basic_auth(",
        "auth=(",
        "auth = (",
        "PasswordAuthentication(",
        ".login(",
        "BasicAWSCredentials(",
    ]),
    labels: &[],
    find,
};

fn find(text: &Text<'_>, call: Range<usize>) -> Option<Found> {
    let first = string(text, call.end)?;
    let second = string(text, comma(text, first.end + 1)?)?;
    let last = comma(text, second.end + 1).and_then(|at| string(text, at)).unwrap_or(second);
    let password = text.slice(last.clone());
    let meant = stands_for_a_value(password) || password.to_ascii_lowercase().contains("password");
    (password.len() >= 5 && !meant).then(|| Found::labelled(last, 0.8))
}

/// The content of the string literal at `at`.
fn string(text: &Text<'_>, at: usize) -> Option<Range<usize>> {
    let start = text.run(at, 8, |b| matches!(b, b' ' | b'\n' | b'@' | b'u'));
    let quote = text.byte(start).filter(|b| matches!(b, b'"' | b'\''))?;
    let end = text.run(start + 1, 128, |b| b != quote && b != b'\n');
    (text.byte(end) == Some(quote) && end > start + 1).then_some(start + 1..end)
}

fn comma(text: &Text<'_>, at: usize) -> Option<usize> {
    (text.byte(at) == Some(b',')).then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn passwords_are_found() {
        check(
            DataType::Secret,
            &[
                "new NetworkCredential(\"jane@example.com\", \"[[vzihlaquknriqlht]]\");",
                "requests.get(url, auth=('jane', '[[s3cr3tx]]'))",
                "DirectoryEntry(\"LDAP://10.10.10.1\",\"domain\\\\user\", \"[[secret]]\")",
            ],
        );
    }

    #[test]
    fn other_calls_are_not() {
        check(
            DataType::Secret,
            &[
                "auth=(user, password)",
                "auth=('user', 'your-password')",
                ".login(\"name\", password)",
                "NetworkCredential(\"a\", \"\")",
            ],
        );
    }
}
