//! Private keys in PEM blocks (RFC 7468, OpenSSH, PGP): from `-----BEGIN … PRIVATE KEY…-----` to its end. A truncated
//! block is reported as far as it looks like one. Line ends may be escaped (`\n` in JSON). Public keys and certificates
//! are not reported.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "pem",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&["-----BEGIN ", "---- BEGIN "]),
    labels: &[],
    find,
};

/// Maximum length of a key; an RSA key of 16384 bits has 13 KB.
const LONGEST: usize = 64 * 1024;

fn find(text: &Text<'_>, begin: Range<usize>) -> Option<Found> {
    let title_end = text.run(begin.end, 64, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
    let title = text.slice(begin.end..title_end);
    let open = text.run(title_end, 6, |b| b == b'-');
    if !(title.contains("PRIVATE KEY") || title.contains("ENCRYPTED PRIVATE")) || open - title_end < 4 {
        return None;
    }
    // The next row of hyphens ends the block, or starts another: either way this text is not read twice.
    let body = text.ahead(open, LONGEST);
    let next = memchr::memmem::find(body, b"----");
    let ends = next.filter(|at| {
        let after = body.get(at + 4..at + 10).unwrap_or_default();
        after.starts_with(b"-END ") || after.starts_with(b" END ")
    });
    if ends.is_some_and(|at| is_placeholder(body.get(..at).unwrap_or_default())) {
        return None;
    }
    let end = match ends {
        Some(at) => {
            let title = text.run(open + at + 5, 72, |b| b != b'-' && b != b'\n');
            text.run(title, 5, |b| b == b'-')
        }
        None => key_end(text, open, next.unwrap_or(body.len())),
    };
    // A title alone is merely talk about keys.
    if ends.is_none() && end < open + 16 {
        return None;
    }
    Some(Found::validated(begin.start..end, 0.99))
}

/// Whether a placeholder takes the place of the key: `<YOUR KEY>`, `${KEY}`, `…`.
fn is_placeholder(body: &[u8]) -> bool {
    body.iter().any(|byte| b"<{$*".contains(byte)) || memchr::memmem::find(body, b"...").is_some()
}

/// The end of a key without an end line: lines of base64, with headers of old PEM files in between.
fn key_end(text: &Text<'_>, from: usize, most: usize) -> usize {
    let end = text.run(from, most, |b| b.is_ascii_alphanumeric() || b"+/=\n\r\\ :,\"-".contains(&b));
    from + text.slice(from..end).trim_end_matches(|ch: char| !ch.is_ascii_alphanumeric() && ch != '=').len()
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn keys_are_found_whole() {
        check(
            DataType::Secret,
            &[
                "key:\n[[-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n-----END RSA PRIVATE KEY-----]]\nend",
                r#"{"k":"[[-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----]]\n"}"#,
                "[[-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA]]。",
                "[[-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----]]",
            ],
        );
    }

    #[test]
    fn public_parts_are_not() {
        check(
            DataType::Secret,
            &[
                "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----",
                "-----BEGIN CERTIFICATE-----",
                "-----BEGIN",
                "-----BEGIN PRIVATE KEY-----",
            ],
        );
    }

    #[test]
    fn templates_are_not() {
        check(
            DataType::Secret,
            &[
                "-----BEGIN RSA PRIVATE KEY-----\n<GITHUB PRIVATE KEY>\n-----END RSA PRIVATE KEY-----",
                "-----BEGIN PRIVATE KEY-----\n${KEY}\n-----END PRIVATE KEY-----",
                "-----BEGIN PRIVATE KEY-----\nMIIE...\n-----END PRIVATE KEY-----",
            ],
        );
    }
}
