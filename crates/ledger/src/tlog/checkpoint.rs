//! Checkpoints (c2sp.org/tlog-checkpoint): the signed statement of the log's size and contents.

use super::tree::Hash;
use crate::text::{base64, hash_from_base64};

/// The body of a checkpoint. Ombud writes no extension lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log, a URL without its scheme.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree of that size.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed: three lines.
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64(&self.root))
    }

    /// Parses a body. The size must have no leading zeros; extension lines of other logs are accepted.
    pub fn parse(body: &str) -> Option<Self> {
        let mut lines = body.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let number: u64 = size.parse().ok()?;
        if origin.is_empty() || number.to_string() != size || lines.any(str::is_empty) {
            return None;
        }
        Some(Self { origin: origin.to_owned(), size: number, root: hash_from_base64(root)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bodies_round_trip(size: u64, root: Hash) {
            let checkpoint = Checkpoint { origin: "log.example/x".to_owned(), size, root };
            prop_assert_eq!(Checkpoint::parse(&checkpoint.body()), Some(checkpoint));
        }

        #[test]
        fn hostile_bodies_never_panic(body in "\\PC{0,20}\n[0-9+]{0,22}\n[A-Za-z0-9+/=]{0,48}\n?") {
            let _ = Checkpoint::parse(&body);
        }
    }

    #[test]
    fn other_spellings_of_a_size_are_refused() {
        let root = base64(&[7; 32]);
        assert!(Checkpoint::parse(&format!("o\n10\n{root}\n")).is_some());
        for size in ["+10", "010", " 10", "", "-1"] {
            assert!(Checkpoint::parse(&format!("o\n{size}\n{root}\n")).is_none(), "{size}");
        }
    }
}
