//! Enrolment links of two-factor authentication: `otpauth://totp/Example:jane@example.com?secret=BASE32&issuer=…`, the
//! text in the QR code that people photograph and paste (the key URI format of authenticator apps). Whoever has the
//! secret can generate the codes. The whole link is reported, because its label names the account.

use std::ops::Range;

use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "otpauth",
    kind: DataType::Secret,
    trigger: Trigger::Literals(&["otpauth://", "otpauth-migration://"]),
    labels: &[],
    find,
};

/// Maximum length of a link: an export of many accounts is a few kilobytes.
const LONGEST: usize = 8 * 1024;

/// Minimum length of the secret in Base32 characters, 80 bits: RFC 4226 §4 requires 128, and many services issue less.
const LEAST: usize = 16;

fn find(text: &Text<'_>, scheme: Range<usize>) -> Option<Found> {
    let end = text.run(scheme.end, LONGEST, |b| b.is_ascii_graphic() && !b"\"'`<>\\|".contains(&b));
    let link =
        text.slice(scheme.start..end).trim_end_matches([',', '.', ';', ':', '!', '?', ')', ']', '}', '*']);
    let (_, query) = link.split_once('?')?;
    let carries = query.split('&').filter_map(|pair| pair.split_once('=')).any(|(name, value)| match name {
        "secret" => is_base32(value),
        // The export of an authenticator app: the accounts in Base64, percent-encoded.
        "data" => value.len() >= LEAST,
        _ => false,
    });
    carries.then(|| Found::validated(scheme.start..scheme.start + link.len(), 0.97))
}

fn is_base32(value: &str) -> bool {
    let value = value.trim_end_matches("%3D").trim_end_matches('=');
    value.len() >= LEAST && value.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'2'..=b'7'))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn links_with_a_secret_are_found() {
        check(
            DataType::Secret,
            &[
                "scan [[otpauth://totp/Example:jane?secret=JBSWY3DPEHPK3PXPJBSWY3DP&issuer=Example]].",
                "二维码内容：[[otpauth://hotp/a?counter=1&secret=jbswy3dpehpk3pxp%3D]]，请保存",
                "[[otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6]]",
            ],
        );
    }

    #[test]
    fn links_without_one_are_not() {
        check(
            DataType::Secret,
            &[
                "otpauth://totp/Example?issuer=Example",
                "otpauth://totp/Example?secret=<SECRET>",
                "otpauth://totp/Example?secret=",
                "see the otpauth:// format",
            ],
        );
    }
}
