//! Manually corrected labels of collected sentences: `corrections.tsv`, one sentence per line, with the hash of its text
//! (FNV-1a, 64 bits) and its names as `P:3-5`, in code points. The text itself stays outside the repository.

use std::collections::HashMap;
use std::ops::Range;

use anyhow::{Context as _, Result};
use ombud_core::DataType;

/// Type and code points of each name.
type Names = Vec<(DataType, Range<usize>)>;

/// The correct names of sentences, by hash.
#[derive(Debug)]
pub(super) struct Corrections(HashMap<u64, Names>);

impl Corrections {
    /// Reads the file in the tree.
    pub(super) fn read() -> Result<Self> {
        let lines = include_str!("corrections.tsv").lines();
        let read = lines.map(|line| entry(line).with_context(|| format!("corrections.tsv: {line}")));
        Ok(Self(read.collect::<Result<_>>()?))
    }

    /// The names of a sentence, if its labels were corrected.
    pub(super) fn of(&self, text: &str) -> Option<&[(DataType, Range<usize>)]> {
        self.0.get(&fnv(text.as_bytes())).map(Vec::as_slice)
    }
}

fn entry(line: &str) -> Option<(u64, Names)> {
    let (hash, names) = line.split_once('\t')?;
    let names = names.split_whitespace().map(name).collect::<Option<Names>>()?;
    Some((u64::from_str_radix(hash, 16).ok()?, names))
}

fn name(mark: &str) -> Option<(DataType, Range<usize>)> {
    let (kind, span) = mark.split_once(':')?;
    let kind = match kind {
        "P" => DataType::Person,
        "L" => DataType::Location,
        "O" => DataType::Org,
        _ => return None,
    };
    let (start, end) = span.split_once('-')?;
    Some((kind, start.parse().ok()?..end.parse().ok()?))
}

/// FNV-1a, so that stored hashes do not depend on the standard library's hasher.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_whole() {
        let all = Corrections::read().expect("reads");
        assert_eq!(all.0.len(), include_str!("corrections.tsv").lines().count());
        assert!(all.of("no such sentence").is_none());
    }

    #[test]
    fn an_entry_is_a_hash_and_its_names() {
        let (hash, names) = entry("00000000000000ff\tP:0-2 L:4-6").expect("reads");
        assert_eq!((hash, names), (255, vec![(DataType::Person, 0..2), (DataType::Location, 4..6)]));
        assert!(entry("ff\tX:0-2").is_none() && entry("zz\t").is_none() && entry("ff\tP:0").is_none());
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c, "FNV-1a of its authors' tables");
    }
}
