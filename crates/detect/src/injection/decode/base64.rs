//! Text in base64, in either alphabet, on one line or wrapped.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use ombud_core::Hiding;

use super::super::view::View;
use super::text_of;

/// Minimum length of a run that may contain a sentence.
const RUN: usize = 20;
/// Number of characters that show whether it is text.
const PROBE: usize = 32;
/// A line of at least this length may continue on the next one (RFC 2045 breaks at 76, PEM at 64).
const WRAPPED: usize = 56;

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

pub(super) fn find(view: &View<'_>, out: &mut Vec<View<'static>>) {
    let bytes = view.text.as_bytes();
    let mut at = 0;
    while let Some(run) = next_run(bytes, at) {
        at = run.end;
        if let Some(text) = decode(bytes.get(run.clone()).unwrap_or_default()) {
            out.push(view.decoded(text, &run, Hiding::Base64));
        }
    }
}

/// The next sufficiently long run of digits from `from` on.
fn next_run(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        let start = at + bytes.get(at..)?.iter().position(|b| is_digit(*b))?;
        let end = run_end(bytes, start);
        if end - start >= RUN {
            return Some(start..end);
        }
        at = end;
    }
}

/// Where the run that starts at `start` ends, continuing across the ends of full lines.
fn run_end(bytes: &[u8], start: usize) -> usize {
    let mut line = start;
    loop {
        let rest = bytes.get(line..).unwrap_or_default();
        let end = line + rest.iter().position(|b| !is_digit(*b)).unwrap_or(rest.len());
        let broken = match bytes.get(end..) {
            Some([b'\r', b'\n', next, ..]) if is_digit(*next) => 2,
            Some([b'\n', next, ..]) if is_digit(*next) => 1,
            _ => 0,
        };
        if broken == 0 || end - line < WRAPPED {
            return end;
        }
        line = end + broken;
    }
}

fn decode(run: &[u8]) -> Option<String> {
    let plain = |part: &[u8]| -> Vec<u8> {
        let standard = |b: u8| match b {
            b'-' => b'+',
            b'_' => b'/',
            b => b,
        };
        part.iter().filter(|b| !b.is_ascii_whitespace()).map(|b| standard(*b)).collect()
    };
    let probe = ENGINE.decode(plain(run.get(..PROBE.min(run.len() / 4 * 4))?)).ok()?;
    is_prefix_of_text(&probe).then_some(())?;
    let mut digits = plain(run);
    // One digit alone encodes no byte: the run ended a character late.
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    Some(text_of(&ENGINE.decode(digits).ok()?)?.to_owned())
}

/// Whether these may be the first bytes of a text; the last character may be cut.
fn is_prefix_of_text(bytes: &[u8]) -> bool {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => return false,
    };
    bytes.iter().take(valid).all(|b| *b >= 0x20 || matches!(b, b'\n' | b'\r' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<String> {
        super::super::decoded(find, text)
    }

    #[test]
    fn text_is_decoded_and_data_is_not() {
        let code = base64::engine::general_purpose::STANDARD.encode("a plain sentence, 也有中文。");
        assert_eq!(decoded(&format!("see {code} there")), ["a plain sentence, 也有中文。"]);
        let url = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode("??>> more of the same ~~~~");
        assert_eq!(decoded(&url), ["??>> more of the same ~~~~"]);
        assert_eq!(
            decoded("/usr/local/lib/python/site-packages/requests 0123456789abcdef0123456789abcdef"),
            [""; 0]
        );
    }

    #[test]
    fn wrapped_lines_are_one_run() {
        let long = "the quick brown fox jumps over the lazy dog and then comes back again to do it once more";
        let code = base64::engine::general_purpose::STANDARD.encode(long);
        let wrapped: Vec<&str> =
            code.as_bytes().chunks(76).map(|c| std::str::from_utf8(c).unwrap()).collect();
        assert_eq!(decoded(&wrapped.join("\r\n")), [long]);
    }
}
