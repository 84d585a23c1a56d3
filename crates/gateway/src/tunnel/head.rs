//! The head of a proxy request: read within bounds and parsed strictly.

use tokio::io::{AsyncRead, AsyncReadExt};

/// Largest head of a request or of a parent proxy's response, in bytes. Node's limit for all headers is also 16 KiB.
pub(super) const MAX_HEAD: usize = 16 * 1024;

/// Why there is no head.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeadFault {
    /// The peer hung up before the end of the head.
    Closed,
    /// The head is larger than [`MAX_HEAD`].
    TooLarge,
    /// It is not HTTP/1.
    Malformed,
}

/// What was read: the head without its empty line, and the bytes that followed it.
#[derive(Debug)]
pub(super) struct RawHead {
    pub(super) head: Vec<u8>,
    pub(super) early: Vec<u8>,
}

/// Reads until the empty line that ends a head. Each byte is examined once.
pub(super) async fn read_head<R: AsyncRead + Unpin>(peer: &mut R) -> Result<RawHead, HeadFault> {
    let mut head = Vec::with_capacity(1024);
    let mut seen = 0;
    loop {
        if let Some(end) = memchr::memmem::find(head.get(seen..).unwrap_or_default(), b"\r\n\r\n") {
            let early = head.split_off(seen + end + 4);
            head.truncate(seen + end);
            return Ok(RawHead { head, early });
        }
        seen = head.len().saturating_sub(3);
        if head.len() >= MAX_HEAD {
            return Err(HeadFault::TooLarge);
        }
        let left = MAX_HEAD - head.len();
        match (&mut *peer).take(left as u64).read_buf(&mut head).await {
            Ok(0) | Err(_) => return Err(HeadFault::Closed),
            Ok(_) => {}
        }
    }
}

/// A request to a proxy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    /// Names as written, values without surrounding whitespace.
    pub(super) headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Request<'a> {
    /// Parses a head. Anything that two parties could read differently is refused: folded lines, a bare CR or LF,
    /// whitespace before a colon, a name that is not a token.
    pub(super) fn parse(head: &'a [u8]) -> Result<Self, HeadFault> {
        let text = std::str::from_utf8(head).map_err(|_| HeadFault::Malformed)?;
        let mut lines = text.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(HeadFault::Malformed);
        };
        let sound = is_token(method)
            && !target.is_empty()
            && target.bytes().all(|byte| byte.is_ascii_graphic())
            && matches!(version, "HTTP/1.1" | "HTTP/1.0");
        if !sound {
            return Err(HeadFault::Malformed);
        }
        let headers = lines.map(header).collect::<Option<_>>().ok_or(HeadFault::Malformed)?;
        Ok(Self { method, target, headers })
    }

    /// The values of a header, in order.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let name = name.to_owned();
        self.headers
            .iter()
            .filter(move |(given, _)| given.eq_ignore_ascii_case(&name))
            .map(|&(_, value)| value)
    }
}

fn header(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let value = value.trim_matches([' ', '\t']);
    let clean = value.chars().all(|letter| letter == '\t' || !letter.is_control());
    (is_token(name) && clean).then_some((name, value))
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// The status code in the head of a response.
pub(super) fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|&byte| byte == b'\r').next()?;
    let code = line.strip_prefix(b"HTTP/1.1 ").or_else(|| line.strip_prefix(b"HTTP/1.0 "))?.get(..3)?;
    std::str::from_utf8(code).ok()?.parse().ok()
}

/// Host (lower case, without brackets or a trailing dot) and port of `host:port`; `default` if the port may be omitted.
pub(super) fn authority(text: &str, default: Option<u16>) -> Option<(String, u16)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (text, default?),
    };
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host = inner.unwrap_or(host).trim_end_matches('.').to_ascii_lowercase();
    let sound = match inner {
        Some(_) => host.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.len() <= 253
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        }
    };
    (sound && port != 0).then_some((host, port))
}

/// `host:port` as written in a request, with brackets around an IPv6 address.
pub(super) fn spelled(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
