//! Lines of a stream, bounded: a side that never ends its line cannot exhaust memory.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes requested per read.
const CHUNK: usize = 64 * 1024;

/// What a stream yields.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line without its line ending.
    Whole(Vec<u8>),
    /// A line longer than the limit; it was discarded.
    TooLong,
    /// Nothing more.
    End,
}

/// A line reader. [`Lines::next`] is cancel-safe: what was read is kept.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Bytes of the buffer known to contain no line ending.
    searched: usize,
    limit: usize,
    /// Whether the rest of an overlong line is being discarded.
    skipping: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// A reader of lines of at most `limit` bytes.
    pub fn new(reader: R, limit: usize) -> Self {
        Self { reader, buffer: Vec::new(), searched: 0, limit, skipping: false }
    }

    /// The next line.
    pub async fn next(&mut self) -> io::Result<Line> {
        loop {
            if let Some(line) = self.take() {
                return Ok(line);
            }
            self.buffer.reserve(CHUNK);
            if self.reader.read_buf(&mut self.buffer).await? == 0 {
                return Ok(self.rest());
            }
        }
    }

    /// A complete line from the buffer.
    fn take(&mut self) -> Option<Line> {
        while let Some(at) = memchr::memchr(b'\n', self.buffer.get(self.searched..)?) {
            let end = self.searched + at;
            let rest = self.buffer.split_off(end + 1);
            let mut line = std::mem::replace(&mut self.buffer, rest);
            self.searched = 0;
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            line.truncate(end);
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            if line.len() > self.limit {
                return Some(Line::TooLong);
            }
            if !line.trim_ascii().is_empty() {
                return Some(Line::Whole(line));
            }
        }
        self.searched = self.buffer.len();
        self.outgrown()
    }

    fn outgrown(&mut self) -> Option<Line> {
        if self.skipping {
            self.buffer.clear();
            self.searched = 0;
            return None;
        }
        if self.buffer.len() <= self.limit {
            return None;
        }
        self.buffer = Vec::new();
        self.searched = 0;
        self.skipping = true;
        Some(Line::TooLong)
    }

    /// What follows the last line ending.
    fn rest(&mut self) -> Line {
        let rest = std::mem::take(&mut self.buffer);
        self.searched = 0;
        let wanted = !std::mem::take(&mut self.skipping) && !rest.trim_ascii().is_empty();
        if wanted { Line::Whole(rest) } else { Line::End }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(bytes: &[u8], limit: usize) -> Vec<Line> {
        let mut lines = Lines::new(bytes, limit);
        let mut found = Vec::new();
        loop {
            match lines.next().await.unwrap() {
                Line::End => return found,
                line => found.push(line),
            }
        }
    }

    #[tokio::test]
    async fn lines_and_their_ends() {
        let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
        assert_eq!(all(b"a\r\n\n  \nb\nc", 10).await, [whole("a"), whole("b"), whole("c")]);
        assert_eq!(all(b"", 10).await, []);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_let_go_and_the_next_is_read() {
        let long = [&vec![b'x'; 300_000][..], b"\nok\n"].concat();
        assert_eq!(all(&long, 1000).await, [Line::TooLong, Line::Whole(b"ok".to_vec())]);
        let endless = vec![b'x'; 300_000];
        assert_eq!(all(&endless, 1000).await, [Line::TooLong]);
    }
}
