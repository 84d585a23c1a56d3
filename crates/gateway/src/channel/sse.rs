//! Server-sent events as byte ranges.
//!
//! A frame that is not edited must reach the client byte for byte, comments and unknown fields included; libraries that
//! parse events return values, not offsets. Lines end in LF, CR LF or CR: the standard (WHATWG HTML §9.2.5) allows all
//! three, and a frame that a client can read must not pass unread here.

use std::borrow::Cow;

/// A frame larger than this ends the stream: no provider sends one, and memory stays bounded.
pub const MAX_FRAME: usize = 16 * 1024 * 1024;

/// The provider sent a frame larger than [`MAX_FRAME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of the stream is larger than {MAX_FRAME} bytes")]
pub struct FrameTooLarge;

/// Splits a byte stream into frames.
#[derive(Debug, Default)]
pub struct Splitter {
    buffer: Vec<u8>,
    /// Bytes of the buffer already searched for the end of a frame.
    searched: usize,
    /// Bytes of the buffer already returned.
    taken: usize,
}

impl Splitter {
    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), FrameTooLarge> {
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            self.searched = self.searched.saturating_sub(self.taken);
            self.taken = 0;
        }
        if self.buffer.len() + bytes.len() > MAX_FRAME {
            return Err(FrameTooLarge);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// Returns the next complete frame with the blank line that ends it.
    pub fn next_frame(&mut self) -> Option<Vec<u8>> {
        let mut from = self.searched.max(self.taken);
        loop {
            let at = from + memchr::memchr2(b'\n', b'\r', self.buffer.get(from..)?)?;
            let rest = self.buffer.get(at..)?;
            let lone = !rest.starts_with(b"\n") && !rest.starts_with(b"\r\n");
            let after = at + if rest.starts_with(b"\r\n") { 2 } else { 1 };
            let blank = match self.buffer.get(after..) {
                Some([b'\r', b'\n', ..]) if !lone => Some(2),
                // Undecided until the next bytes arrive.
                Some([b'\r']) if !lone => None,
                Some([]) | None => None,
                // Where lines end in a lone CR, the second of two ends the frame, whatever follows.
                Some([b'\n' | b'\r', ..]) => Some(1),
                Some(_) => Some(0),
            };
            let Some(blank) = blank else {
                self.searched = at;
                return None;
            };
            if blank > 0 {
                let frame = self.buffer.get(self.taken..after + blank)?.to_vec();
                self.taken = after + blank;
                self.searched = self.taken;
                return Some(frame);
            }
            from = after;
            self.searched = after;
        }
    }

    /// Returns what is left when the stream ends.
    pub fn rest(&mut self) -> Vec<u8> {
        let rest = self.buffer.split_off(self.taken.min(self.buffer.len()));
        *self = Self::default();
        rest
    }
}

/// The data of a frame: the text after `data:`, with several such lines joined by line feeds. `None` for a frame without
/// data, such as a keep-alive comment.
pub fn data(frame: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut found: Option<Cow<'_, [u8]>> = None;
    for line in lines(frame) {
        let Some(value) = field(line) else { continue };
        found = Some(match found {
            None => Cow::Borrowed(value),
            Some(joined) => {
                let mut joined = joined.into_owned();
                joined.push(b'\n');
                joined.extend_from_slice(value);
                Cow::Owned(joined)
            }
        });
    }
    found
}

/// The same frame with different data.
pub fn with_data(frame: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(frame.len() + data.len());
    let mut written = false;
    for line in lines(frame) {
        if field(line).is_none() {
            out.extend_from_slice(line);
        } else if !written {
            written = true;
            let end = line.get(without_end(line).len()..).filter(|end| !end.is_empty());
            for part in data.split(|&byte| byte == b'\n') {
                out.extend_from_slice(b"data: ");
                out.extend_from_slice(part);
                out.extend_from_slice(end.unwrap_or(b"\n"));
            }
        }
    }
    out
}

/// The lines of a frame, each with its line ending.
fn lines(frame: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = frame;
    std::iter::from_fn(move || {
        let end = match memchr::memchr2(b'\n', b'\r', rest) {
            Some(at) if rest.get(at..)?.starts_with(b"\r\n") => at + 2,
            Some(at) => at + 1,
            None => rest.len(),
        };
        let (line, tail) = rest.split_at_checked(end).filter(|(line, _)| !line.is_empty())?;
        rest = tail;
        Some(line)
    })
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The value of a `data` line. A stream may begin with a byte order mark, which is not part of its first line.
fn field(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let value = line.strip_prefix(b"data:")?;
    Some(without_end(value.strip_prefix(b" ").unwrap_or(value)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut splitter = Splitter::default();
        let mut found = Vec::new();
        for piece in pieces {
            splitter.push(piece).unwrap();
            while let Some(frame) = splitter.next_frame() {
                found.push(frame);
            }
        }
        (found, splitter.rest())
    }

    #[test]
    fn frames_and_data() {
        let (found, rest) = frames(&[b": hi\n\nevent: x\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\ndata: [DO"]);
        assert_eq!(found.len(), 2);
        assert_eq!(data(&found[0]), None);
        assert_eq!(data(&found[1]).as_deref(), Some(&b"{\"a\":\n1}"[..]));
        assert_eq!(rest, b"data: [DO");
        assert_eq!(with_data(&found[1], b"{}"), b"event: x\r\ndata: {}\r\n\r\n");
    }

    #[test]
    fn lines_may_end_in_carriage_returns_alone() {
        let (found, rest) = frames(&[b"data: 1\r", b"\rdata: 2\r\revent: x\rdata: 3\r\r"]);
        let all: Vec<_> = found.iter().map(|frame| data(frame).unwrap().into_owned()).collect();
        assert_eq!((all, rest.len()), (vec![b"1".to_vec(), b"2".to_vec(), b"3".to_vec()], 0));
        assert_eq!(with_data(&found[2], b"{}"), b"event: x\rdata: {}\r\r");
        assert_eq!(data("\u{feff}data: 1\n\n".as_bytes()).as_deref(), Some(&b"1"[..]));
    }

    #[test]
    fn a_frame_without_end_is_bounded() {
        let mut splitter = Splitter::default();
        let chunk = vec![b'x'; 1024 * 1024];
        assert!((0..17).any(|_| splitter.push(&chunk).is_err()));
    }

    proptest! {
        #[test]
        fn no_byte_is_lost_and_cuts_do_not_matter(
            text in "(data: ?|event: a|\n|\r\n|x|:|\r){0,30}",
            cuts in prop::collection::vec(0..60_usize, 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut bounds: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= bytes.len()).chain([0, bytes.len()]).collect();
            bounds.sort_unstable();
            let pieces: Vec<&[u8]> = bounds.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let (cut, cut_rest) = frames(&pieces);
            let (whole, whole_rest) = frames(&[bytes]);
            prop_assert_eq!(&cut, &whole);
            prop_assert_eq!(&cut_rest, &whole_rest);
            let mut all = whole.concat();
            all.extend(whole_rest);
            prop_assert_eq!(all, bytes);
        }
    }
}
