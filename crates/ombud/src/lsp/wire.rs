//! Frames: a header and a body of the given length. Everything is bounded before memory is allocated.

use std::io::{self, BufRead, Read};

use serde_json::Value;

/// Longer messages are skipped: no editor sends a larger source file.
const LONGEST: u64 = 32 * 1024 * 1024;

/// The longest header line that is read at once.
const LONGEST_LINE: u64 = 4096;

/// An incoming frame.
#[derive(Debug)]
pub(super) enum Frame {
    /// A JSON value.
    Message(Value),
    /// A body that is not JSON.
    Broken,
    /// A body that was skipped.
    TooLong,
}

/// Reads the next frame; `None` at the end of the input.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Frame>> {
    let Some(length) = head(input)? else { return Ok(None) };
    if length > LONGEST {
        io::copy(&mut input.take(length), &mut io::sink())?;
        return Ok(Some(Frame::TooLong));
    }
    let mut body = Vec::new();
    let read = input.take(length).read_to_end(&mut body)?;
    if u64::try_from(read).ok() != Some(length) {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&body).map_or(Frame::Broken, Frame::Message)))
}

/// Reads the length of the body from the header; `None` at the end of the input. Lines that belong to no header are
/// skipped.
fn head(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\r', '\n']);
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok();
            }
            None if line.is_empty() && length.is_some() => return Ok(length),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8]) -> Vec<String> {
        let mut input = input;
        let mut found = Vec::new();
        while let Some(frame) = read(&mut input).unwrap() {
            found.push(match frame {
                Frame::Message(value) => value.to_string(),
                Frame::Broken => "broken".to_owned(),
                Frame::TooLong => "too long".to_owned(),
            });
        }
        found
    }

    #[test]
    fn frames_follow_each_other_and_a_broken_one_ends_nothing() {
        let input = b"Content-Length: 2\r\nContent-Type: x\r\n\r\n{}content-length: 3\r\n\r\n{x}garbage\r\n\r\nContent-Length: 1\n\n7";
        assert_eq!(all(input), ["{}", "broken", "7"]);
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_no_message() {
        assert!(all(b"Content-Length: 10\r\n\r\n{}").is_empty() && all(b"Content-Length: ").is_empty());
        assert_eq!(all(b"Content-Length: 99999999999\r\n\r\n{}"), ["too long"]);
        assert!(
            all(b"Content-Length: -1\r\n\r\n{}").is_empty() && all("x".repeat(20_000).as_bytes()).is_empty()
        );
        let deep = format!("Content-Length: 20000\r\n\r\n{}", "[".repeat(20_000));
        assert_eq!(all(deep.as_bytes()), ["broken"]);
    }
}
