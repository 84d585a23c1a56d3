//! The two small files beside the segments: `checkpoint`, the newest signed statement, and `frontier`, what a writer needs
//! to go on from there without reading everything. The frontier is derived: without it a start reads the whole journal.

use std::io;
use std::path::{Path, PathBuf};

use super::walk::Position;
use crate::files::{read_if_present, replace, sync_dir};
use crate::text::{base64, hash_from_base64};
use crate::tlog::Frontier;

const TITLE: &str = "ombud-frontier/1";

/// Path of the checkpoint.
pub fn checkpoint_path(dir: &Path) -> PathBuf {
    dir.join("checkpoint")
}

/// Path of the frontier.
pub fn frontier_path(dir: &Path) -> PathBuf {
    dir.join("frontier")
}

/// Path of the log's public key.
pub fn vkey_path(dir: &Path) -> PathBuf {
    dir.join("vkey")
}

/// A frontier and the place in the journal where it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Where the next entry begins.
    pub at: Position,
    /// The tree of all entries before it.
    pub frontier: Frontier,
}

impl Saved {
    /// The bytes of the file.
    pub(crate) fn encode(&self) -> String {
        let Position { seq, segment, offset } = self.at;
        let nodes: String = self.frontier.nodes().iter().map(|node| base64(node) + "\n").collect();
        let text = format!("{TITLE}\n{seq} {segment} {offset}\n{nodes}");
        format!("{text}{:08x}\n", crc32fast::hash(text.as_bytes()))
    }

    /// Reads the file; `None` if it is damaged in any way.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let split = text.rfind('\n')? + 1;
        let (body, checksum) = text.split_at(split);
        if checksum != format!("{:08x}", crc32fast::hash(body.as_bytes())) {
            return None;
        }
        let mut lines = body.lines();
        let mut numbers = lines.by_ref().skip_while(|line| *line == TITLE).take(1).next()?.split(' ');
        let mut number = || numbers.next()?.parse::<u64>().ok();
        let at = Position { seq: number()?, segment: number()?, offset: number()? };
        let nodes: Option<Vec<_>> = lines.map(hash_from_base64).collect();
        Some(Self { at, frontier: Frontier::from_parts(at.seq, nodes?)? })
    }

    /// Reads the frontier of a journal; `None` if there is none or it is damaged.
    pub(crate) fn load(dir: &Path) -> io::Result<Option<Self>> {
        Ok(read_if_present(&frontier_path(dir))?.and_then(|bytes| Self::decode(&bytes)))
    }
}

/// Publishes a checkpoint. When this returns both files are durable. The checkpoint goes first, so that a crash between the
/// two leaves a frontier that is older than the checkpoint, from which a start simply reads on.
pub(crate) fn publish(dir: &Path, note: &str, saved: &Saved) -> io::Result<()> {
    replace(&checkpoint_path(dir), note.as_bytes())?;
    replace(&frontier_path(dir), saved.encode().as_bytes())?;
    sync_dir(dir)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn saved(size: u64) -> Saved {
        let mut frontier = Frontier::default();
        (0..size).for_each(|i| frontier.push(crate::tlog::leaf_hash(&i.to_be_bytes())));
        Saved { at: Position { seq: size, segment: 3, offset: 999 }, frontier }
    }

    proptest! {
        #[test]
        fn a_frontier_comes_back_and_no_flipped_bit_passes(size in 0_u64..200, at: usize, bit in 0_u8..8) {
            let saved = saved(size);
            let mut bytes = saved.encode().into_bytes();
            prop_assert_eq!(Saved::decode(&bytes), Some(saved));
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(Saved::decode(&bytes), None);
        }

        #[test]
        fn hostile_bytes_never_panic(bytes: Vec<u8>) {
            prop_assert_eq!(Saved::decode(&bytes), None);
        }
    }
}
