//! The two small files next to the segments: `checkpoint`, the newest signed statement, and `frontier`, which lets a
//! writer continue from there without reading everything. The frontier is derived: without it, opening reads the whole
//! journal.

use std::path::{Path, PathBuf};

use super::walk::Position;
use crate::text::hash_from_base64;
use crate::tlog::Frontier;

pub(super) const TITLE: &str = "ombud-frontier/1";

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

/// A frontier and the position in the journal that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Where the next entry starts.
    pub at: Position,
    /// The tree of all entries before it.
    pub frontier: Frontier,
}

impl Saved {
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
}
