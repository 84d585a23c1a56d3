//! JSON Web Tokens (RFC 7519): three base64url parts (five if encrypted, RFC 7516), the first of which decodes to a JSON
//! object that names an algorithm or a type.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ombud_core::DataType;

use super::{Found, Recogniser, Trigger};
use crate::text::Text;

pub(super) static RECOGNISER: Recogniser = Recogniser {
    id: "jwt",
    kind: DataType::Secret,
    // The first three letters of `{"` in base64.
    trigger: Trigger::Literals(&["eyJ"]),
    labels: &[],
    find,
};

const LONGEST: usize = 16 * 1024;

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn find(text: &Text<'_>, start: Range<usize>) -> Option<Found> {
    let start = start.start;
    // Only the start of a run is read, so that `eyJeyJeyJ…` and `eyJ.eyJ.eyJ…` stay linear.
    if text.before(start).is_some_and(|b| is_part(b) || b == b'.') || text.ahead(start, 3) != b"eyJ" {
        return None;
    }
    let end = text.run(start, LONGEST, |b| is_part(b) || b == b'.');
    let whole = text.slice(start..end);
    let unsigned = whole.ends_with('.') && whole.matches('.').count() == 2;
    let mut parts = whole.trim_end_matches('.').split('.');
    let named = parts.next().is_some_and(names_algorithm);
    let (payload, signature) = (parts.next()?, parts.next());
    let encrypted = parts.next().and(parts.next());
    if !named || payload.is_empty() && encrypted.is_none() {
        return None;
    }
    let length = header_parts(whole, if encrypted.is_some() { 5 } else { 3 });
    (signature.is_some() || unsigned).then(|| Found::validated(start..start + length, 0.98))
}

/// True for the base64 of a JSON object that names an algorithm or a type.
fn names_algorithm(header: &str) -> bool {
    let header = URL_SAFE_NO_PAD.decode(header).ok().and_then(|header| String::from_utf8(header).ok());
    header.is_some_and(|header| {
        let named = ["\"alg\"", "\"typ\"", "\"enc\"", "\"kid\""].iter().any(|name| header.contains(name));
        named && header.trim_end().ends_with('}')
    })
}

/// The length of the first `parts` parts.
fn header_parts(token: &str, parts: usize) -> usize {
    let end = token.match_indices('.').nth(parts - 1).map_or(token.len(), |(at, _)| at);
    token.get(..end).map_or(token.len(), str::len)
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn tokens_are_found() {
        check(
            DataType::Secret,
            &[
                "t=[[eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLWhlcmU]].",
                "见 [[eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.]]",
            ],
        );
    }

    #[test]
    fn other_text_is_not() {
        check(
            DataType::Secret,
            &[
                "eyJub3QiOiJvbmUifQ.eyJzdWIiOiIxIn0.c2ln",
                "eyJhbGciOiJIUzI1NiJ9",
                "eyJ.eyJ.eyJ",
                "xeyJhbGciOiJub25lIn0.eyJz.c2ln",
            ],
        );
    }
}
