//! Writing the checkpoint and the frontier.

use std::io;
use std::path::Path;

use super::head::{Saved, TITLE, checkpoint_path, frontier_path};
use super::walk::Position;
use crate::files::{read_if_present, replace, sync_dir};
use crate::text::base64;

impl Saved {
    /// The contents of the file.
    fn encode(&self) -> String {
        let Position { seq, segment, offset } = self.at;
        let nodes: String = self.frontier.nodes().iter().map(|node| base64(node) + "\n").collect();
        let text = format!("{TITLE}\n{seq} {segment} {offset}\n{nodes}");
        format!("{text}{:08x}\n", crc32fast::hash(text.as_bytes()))
    }

    /// Reads the frontier of a journal; `None` if there is none or it is damaged.
    pub(crate) fn load(dir: &Path) -> io::Result<Option<Self>> {
        Ok(read_if_present(&frontier_path(dir))?.and_then(|bytes| Self::decode(&bytes)))
    }
}

/// Publishes a checkpoint. When this returns, both files are durable. The checkpoint is written first, so that a crash
/// between the two leaves a frontier older than the checkpoint, from which opening simply continues.
pub(crate) fn publish(dir: &Path, note: &str, saved: &Saved) -> io::Result<()> {
    replace(&checkpoint_path(dir), note.as_bytes())?;
    replace(&frontier_path(dir), saved.encode().as_bytes())?;
    sync_dir(dir)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tlog::leaf_hash;

    fn saved(size: u64) -> Saved {
        let frontier = (0..size).map(|i| leaf_hash(&i.to_be_bytes())).collect();
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
