//! Partly known text.

use std::net::IpAddr;

use ombud_core::host::is_loopback;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Known text.
    Text(String),
    /// The value of an environment variable, with its default.
    Variable(String, Option<String>),
    /// The parameter with this index.
    Parameter(usize),
    /// Unknown text.
    Hole,
}

/// A partly known text, such as `${BASE}/collections/{…}/query`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    /// Its pieces.
    pub pieces: Vec<Piece>,
}

/// Maximum characters of a text; anything longer is prose, not an address or a name.
const MAX_TEXT: usize = 4096;
const MAX_PIECES: usize = 32;
/// Maximum bytes of all pieces: a text that contains itself twice would otherwise double with each line.
const MAX_LENGTH: usize = 4 * MAX_TEXT;

impl Piece {
    fn length(&self) -> usize {
        match self {
            Self::Text(text) | Self::Variable(_, Some(text)) => text.len(),
            _ => 0,
        }
    }
}

impl Template {
    /// Creates a known text, truncated to the maximum length.
    pub fn text(text: &str) -> Self {
        // A text never has more characters than bytes.
        let end = (text.len() > MAX_TEXT).then(|| text.char_indices().nth(MAX_TEXT)).flatten();
        let kept = end.and_then(|(end, _)| text.get(..end)).unwrap_or(text);
        Self { pieces: vec![Piece::Text(kept.to_owned())] }
    }

    /// Creates a text of one piece.
    pub fn of(piece: Piece) -> Self {
        Self { pieces: vec![piece] }
    }

    /// Appends another text. Whatever exceeds the maximum length becomes a hole.
    pub fn push(&mut self, other: &Self) {
        let mut length: usize = self.pieces.iter().map(Piece::length).sum();
        for piece in &other.pieces {
            length += piece.length();
            let full = self.pieces.len() >= MAX_PIECES || length > MAX_LENGTH && piece.length() > 0;
            match (self.pieces.last_mut(), piece) {
                (Some(Piece::Text(mine)), Piece::Text(more))
                    if !full && mine.len() + more.len() <= MAX_TEXT =>
                {
                    mine.push_str(more);
                }
                (Some(Piece::Hole), _) if full => {}
                _ if full => self.pieces.push(Piece::Hole),
                _ => self.pieces.push(piece.clone()),
            }
        }
    }

    /// Returns the whole text, if all of it is known.
    pub fn known(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Text(text)] => Some(text),
            [] => Some(""),
            _ => None,
        }
    }

    /// Whether the text reached the length or number of pieces that is kept.
    pub fn is_cut(&self) -> bool {
        let full = |piece: &Piece| match piece {
            Piece::Text(text) => text.len() >= MAX_TEXT && text.chars().count() >= MAX_TEXT,
            _ => false,
        };
        self.pieces.len() >= MAX_PIECES || self.pieces.iter().any(full)
    }

    /// Returns the known parts, with `{}` for each of the others; the default of a variable counts as known.
    pub fn shown(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Variable(_, Some(default)) => default.as_str(),
                _ => "{}",
            })
            .collect()
    }

    /// Iterates over the names of its variables.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name, _) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Whether it starts with a variable.
    pub fn starts_with_variable(&self) -> bool {
        matches!(self.pieces.first(), Some(Piece::Variable(..)))
    }

    /// Whether it starts with a parameter.
    pub fn starts_with_parameter(&self) -> bool {
        matches!(self.pieces.first(), Some(Piece::Parameter(_)))
    }

    /// Whether it contains a parameter.
    pub(crate) fn has_parameters(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Parameter(_)))
    }

    /// Replaces parameters with the arguments.
    #[must_use]
    pub fn filled(&self, arguments: &[Option<Self>]) -> Self {
        let mut filled = Self::default();
        for piece in &self.pieces {
            match piece {
                Piece::Parameter(index) => match arguments.get(*index) {
                    Some(Some(argument)) => filled.push(argument),
                    _ => filled.push(&Self::of(Piece::Hole)),
                },
                other => filled.push(&Self::of(other.clone())),
            }
        }
        filled
    }
}

/// Returns the host of an address, with its port if it has one, in lower case.
pub(crate) fn host(address: &str) -> Option<String> {
    let rest = address.split_once("://")?.1;
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit('@').next()?.to_ascii_lowercase();
    let plain = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '.' | '-' | ':' | '[' | ']');
    (!host.is_empty() && host.chars().all(plain)).then_some(host)
}

/// Whether a host is this machine, in the same container network, or in a local network: a name without a dot, a
/// reserved suffix (RFC 6762, RFC 8375, `.internal`), or a private address (RFC 1918, RFC 4193, RFC 4291).
pub(crate) fn is_near(host: &str) -> bool {
    let name = without_port(host);
    if let Ok(address) = name.parse::<IpAddr>() {
        return is_loopback(host) || is_private(address.to_canonical());
    }
    let ending = name.rsplit('.').next().unwrap_or_default();
    is_loopback(host)
        || !name.contains('.')
        || matches!(ending, "local" | "internal" | "lan" | "localhost")
        || name.ends_with(".home.arpa")
}

/// Returns the name or the address of a host. Only an IPv6 address contains more than one colon; next to a port, it is
/// in brackets.
fn without_port(host: &str) -> &str {
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match (bracketed, host.split_once(':')) {
        (Some((address, _)), _) => address,
        (None, Some((name, port))) if !port.contains(':') => name,
        (None, _) => host,
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_put_together_and_filled_in() {
        let mut address = Template::of(Piece::Parameter(0));
        address.push(&Template::text("/v1"));
        address.push(&Template::text("/chat"));
        assert!(address.starts_with_parameter() && address.known().is_none());
        let filled = address.filled(&[Some(Template::text("https://API.example.com"))]);
        assert_eq!(filled.known(), Some("https://API.example.com/v1/chat"));
        assert_eq!(host(&filled.shown()), Some("api.example.com".into()));
        assert_eq!(host("https://{}/x"), None);
        for near in [
            "10.0.0.7:80",
            "192.168.1.2",
            "172.20.0.3",
            "qdrant:6333",
            "host.docker.internal",
            "nas.local",
            "[::1]:80",
            "::1",
            "[fd12:3456::7]:8000",
            "[fe80::1]",
            "[::ffff:10.0.0.7]:80",
        ] {
            assert!(is_near(near), "{near}");
        }
        for far in [
            "127.0.0.1.relay.example",
            "10.0.0.7.relay.example",
            "172.40.0.3",
            "47.98.113.25:8080",
            "10.example.com",
            "local.example.com",
            "[2001:db8::1]",
            "[2001:db8::1]:8000",
            "2001:db8::1",
            "[::ffff:47.98.113.25]:80",
        ] {
            assert!(!is_near(far), "{far}");
        }
    }

    #[test]
    fn what_holds_itself_twice_does_not_double_for_ever() {
        let mut text = Template::text("0123456789");
        for _ in 0..20 {
            let same = text.clone();
            text.push(&same);
        }
        assert!(text.pieces.iter().map(Piece::length).sum::<usize>() <= MAX_LENGTH);
        assert_eq!(text.pieces.last(), Some(&Piece::Hole));
    }
}
