//! The part of HTTP/1.1 that the mock provider and the load need: keep-alive, `content-length` and chunks. A client library
//! would take more time than what is being measured.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Bytes read from the socket at once.
const READ: usize = 64 * 1024;

/// Maximum size of a head.
const MAX_HEAD: usize = 64 * 1024;

/// One end of a connection.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// When the latest bytes arrived.
    read: Instant,
}

/// What precedes a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The first line.
    pub(super) line: String,
    framing: Framing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunks,
}

impl Connection {
    /// Takes over an open connection.
    pub(super) fn new(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new(), read: Instant::now() })
    }

    /// Connects.
    pub(super) async fn open(to: SocketAddr) -> Result<Self> {
        Self::new(TcpStream::connect(to).await?)
    }

    /// Sends bytes immediately.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Returns the next head, or `None` if the other side has closed the connection.
    pub(super) async fn head(&mut self) -> Result<Option<Head>> {
        let mut searched = 0;
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n", searched) {
                let head = parse(&self.buffer.drain(..end + 4).collect::<Vec<u8>>())?;
                return Ok(Some(head));
            }
            searched = self.buffer.len().saturating_sub(3);
            if searched > MAX_HEAD {
                return Err(broken("an endless head"));
            }
            if !self.fill().await? {
                return if self.buffer.is_empty() { Ok(None) } else { Err(broken("half a head")) };
            }
        }
    }

    /// Returns the body that belongs to a head, and when its first byte arrived.
    pub(super) async fn body(&mut self, head: &Head) -> Result<(Vec<u8>, Instant)> {
        if head.framing != Framing::Length(0) && self.buffer.is_empty() {
            self.need(1).await?;
        }
        let first = self.read;
        let body = match head.framing {
            Framing::Length(length) => self.take(length).await?,
            Framing::Chunks => self.chunks().await?,
        };
        Ok((body, first))
    }

    async fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = self.line().await?;
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| broken("a chunk without a size"))?;
            if size == 0 {
                while !self.line().await?.is_empty() {}
                return Ok(body);
            }
            body.extend_from_slice(&self.take(size).await?);
            self.take(2).await?;
        }
    }

    async fn line(&mut self) -> Result<String> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n", 0) {
                let line = String::from_utf8_lossy(self.buffer.get(..end).unwrap_or_default()).into_owned();
                self.buffer.drain(..end + 2);
                return Ok(line);
            }
            self.need(self.buffer.len() + 1).await?;
        }
    }

    async fn take(&mut self, count: usize) -> Result<Vec<u8>> {
        self.need(count).await?;
        let rest = self.buffer.split_off(count);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    async fn need(&mut self, count: usize) -> Result<()> {
        while self.buffer.len() < count {
            if !self.fill().await? {
                return Err(broken("half a body"));
            }
        }
        Ok(())
    }

    async fn fill(&mut self) -> Result<bool> {
        self.buffer.reserve(READ);
        let count = self.stream.read_buf(&mut self.buffer).await?;
        self.read = Instant::now();
        Ok(count > 0)
    }
}

fn broken(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("the other side sent {what}"))
}

fn find(text: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let at = text.get(from..)?.windows(needle.len()).position(|window| window == needle)?;
    Some(from + at)
}

fn parse(bytes: &[u8]) -> Result<Head> {
    let text = std::str::from_utf8(bytes).map_err(|_| broken("a head that is not text"))?;
    let mut lines = text.split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let mut framing = Framing::Length(0);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            framing = Framing::Length(value.parse().map_err(|_| broken("a length that is not a number"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") && value.eq_ignore_ascii_case("chunked") {
            framing = Framing::Chunks;
            break;
        }
    }
    Ok(Head { line, framing })
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// What a peer reads when the other side writes these pieces and closes.
    fn read(pieces: &'static [&'static str]) -> Result<Vec<(String, String)>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut writer = Connection::open(listener.local_addr().unwrap()).await.unwrap();
            let mut reader = Connection::new(listener.accept().await.unwrap().0).unwrap();
            let write = async move {
                for piece in pieces {
                    writer.send(piece.as_bytes()).await.unwrap();
                    tokio::task::yield_now().await;
                }
            };
            let read = async {
                let mut messages = Vec::new();
                while let Some(head) = reader.head().await? {
                    let (body, _) = reader.body(&head).await?;
                    messages.push((head.line, String::from_utf8(body).unwrap()));
                }
                Ok(messages)
            };
            tokio::join!(write, read).1
        })
    }

    #[test]
    fn lengths_and_chunks_are_understood_in_any_pieces() {
        let messages = read(&[
            "POST /a HTTP/1.1\r\nContent-Le",
            "ngth: 5\r\n\r",
            "\nhel",
            "loHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "a;x=y\r\n0123456789\r\n0\r\n",
            "trailer: 1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        ]);
        let expected =
            [("POST /a HTTP/1.1", "hello"), ("HTTP/1.1 200 OK", "abc0123456789"), ("GET / HTTP/1.1", "")];
        let expected: Vec<_> = expected.map(|(line, body)| (line.to_owned(), body.to_owned())).into();
        assert_eq!(messages.unwrap(), expected);
    }

    #[test]
    fn what_is_cut_off_or_wrong_is_an_error() {
        for pieces in [
            &["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"][..],
            &["HTTP/1.1 200 OK\r\n"],
            &["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"],
            &["HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n"],
        ] {
            assert!(read(pieces).is_err(), "{pieces:?}");
        }
    }
}
