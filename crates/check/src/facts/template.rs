//! Text that is known in part.

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Known.
    Text(String),
    /// The value of an environment variable, with its default.
    Variable(String, Option<String>),
    /// The parameter with this index.
    Parameter(usize),
    /// Anything.
    Hole,
}

/// A text that is known in part, such as `${BASE}/collections/{…}/query`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    /// Its pieces.
    pub pieces: Vec<Piece>,
}

/// Longer texts are prose, not addresses or names.
const MAX_TEXT: usize = 4096;
const MAX_PIECES: usize = 32;

impl Template {
    /// A known text.
    pub fn text(text: &str) -> Self {
        Self { pieces: vec![Piece::Text(text.chars().take(MAX_TEXT).collect())] }
    }

    /// One piece.
    pub fn of(piece: Piece) -> Self {
        Self { pieces: vec![piece] }
    }

    /// Adds another text at the end.
    pub fn push(&mut self, other: &Self) {
        for piece in &other.pieces {
            let full = self.pieces.len() >= MAX_PIECES;
            match (self.pieces.last_mut(), piece) {
                (Some(Piece::Text(mine)), Piece::Text(more)) if mine.len() + more.len() <= MAX_TEXT => {
                    mine.push_str(more);
                }
                (Some(Piece::Hole), _) if full => {}
                _ if full => self.pieces.push(Piece::Hole),
                _ => self.pieces.push(piece.clone()),
            }
        }
    }

    /// The whole text, if all of it is known.
    pub fn known(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Text(text)] => Some(text),
            [] => Some(""),
            _ => None,
        }
    }

    /// The known parts, with `{}` for every other; the default of a variable counts as known.
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

    /// The variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name, _) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Whether it begins with a variable.
    pub fn starts_with_variable(&self) -> bool {
        matches!(self.pieces.first(), Some(Piece::Variable(..)))
    }

    /// Whether it begins with a parameter.
    pub fn starts_with_parameter(&self) -> bool {
        matches!(self.pieces.first(), Some(Piece::Parameter(_)))
    }

    /// Replaces parameters by what the arguments are.
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

/// The host of an address, with its port if it has one, in small letters.
pub(crate) fn host(address: &str) -> Option<String> {
    let rest = address.split_once("://")?.1;
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit('@').next()?.to_ascii_lowercase();
    let plain = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '.' | '-' | ':' | '[' | ']');
    (!host.is_empty() && host.chars().all(plain)).then_some(host)
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |parts| parts.0);
    name == "localhost" || name.starts_with("127.") || matches!(host, "[::1]" | "0.0.0.0") || name == "[::1]"
}

/// Whether a host can only be one of the operator's own network: a private address, or a name without a public ending.
pub(crate) fn is_inside(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |parts| parts.0).trim_end_matches('.');
    let parts: Vec<u8> = name.split('.').map_while(|part| part.parse().ok()).collect();
    match parts.as_slice() {
        [10, _, _, _] | [192, 168, _, _] | [169, 254, _, _] => true,
        [172, second, _, _] => (16..32).contains(second),
        _ => {
            let ending = name.rsplit('.').next().unwrap_or_default();
            is_loopback(host)
                || !name.contains('.')
                || matches!(ending, "local" | "internal" | "lan" | "localhost" | "svc")
        }
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
        assert!(is_loopback("127.0.0.1:11434") && !is_loopback("api.example.com:443"));
    }
}
