//! Text in hexadecimal pairs, contiguous or separated.

use std::ops::Range;

use ombud_core::Hiding;

use super::super::view::View;
use super::text_of;

/// Minimum number of pairs in a run that may contain a sentence.
const PAIRS: usize = 16;

pub(super) fn find(view: &View<'_>, out: &mut Vec<View<'static>>) {
    let bytes = view.text.as_bytes();
    let mut at = 0;
    while let Some(start) = bytes.get(at..).and_then(|rest| rest.iter().position(u8::is_ascii_hexdigit)) {
        let (run, values) = read(bytes, at + start);
        at = run.end;
        if values.len() >= PAIRS
            && let Some(text) = text_of(&values)
        {
            out.push(view.decoded(text.to_owned(), &run, Hiding::Hex));
        }
    }
}

/// Reads pairs from `start` on, across one separator and `0x` or `\x` between them.
fn read(bytes: &[u8], start: usize) -> (Range<usize>, Vec<u8>) {
    let (mut at, mut end, mut values) = (start, start + 1, Vec::new());
    while let Some(value) = pair(bytes, at) {
        values.push(value);
        end = at + 2;
        at = next(bytes, end);
    }
    (start..end, values)
}

fn pair(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    u8::try_from(digit(at)? * 16 + digit(at + 1)?).ok()
}

/// Where the next pair may start.
fn next(bytes: &[u8], at: usize) -> usize {
    let separated = matches!(bytes.get(at), Some(b' ' | b':' | b',' | b'-'));
    let at = at + usize::from(separated);
    let at = at + usize::from(separated && bytes.get(at) == Some(&b' '));
    let prefixed = matches!(bytes.get(at..at + 2), Some([b'0' | b'\\', b'x']));
    at + 2 * usize::from(prefixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<String> {
        super::super::decoded(find, text)
    }

    #[test]
    fn pairs_are_read_in_every_writing() {
        let text = "a sentence in hexadecimal";
        for (between, before) in [("", ""), (" ", ""), (", ", "0x"), ("", "\\x"), (":", "")] {
            let pairs: Vec<String> = text.bytes().map(|b| format!("{before}{b:02x}")).collect();
            let run = pairs.join(between);
            assert_eq!(decoded(&format!("[{run}]")), [text], "{run}");
        }
    }

    #[test]
    fn digests_and_numbers_are_no_text() {
        assert_eq!(decoded("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"), [""; 0]);
        assert_eq!(decoded("12345678901234567890123456789012345678901234567890"), [""; 0]);
    }
}
