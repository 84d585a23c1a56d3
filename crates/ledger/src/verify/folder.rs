//! Verification of an exported folder: a C2SP tlog-tiles tree with payloads next to it.

use std::path::Path;

use super::judge::{Judge, checkpoint};
use super::report::{Fault, Report};
use super::{Error, Policy, read};
use crate::journal::frame::MAX_BLOB;
use crate::tlog::tile::{MAX_ENTRY, TILE_WIDTH, Tiles, entries, entries_path, hash_path};
use crate::tlog::{Frontier, Hash, leaf_hash};

/// Path of the payload with this ciphertext hash (hexadecimal).
pub(crate) fn payload_path(ct: &str) -> String {
    format!("payload/{}/{ct}", ct.get(..2).unwrap_or("00"))
}

pub(super) fn verify(dir: &Path, policy: &Policy) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut judge = Judge::default();
    match checkpoint(dir, policy, &mut report)? {
        Some(signed) => {
            let mut trees = Trees::default();
            for index in 0..signed.size.div_ceil(TILE_WIDTH) {
                let width = (signed.size - index * TILE_WIDTH).min(TILE_WIDTH);
                if !bundle(dir, (index, width), &mut trees, &mut judge, &mut report)? {
                    break;
                }
            }
            trees.judge(dir, (signed.size, signed.root), &mut report)?;
        }
        None if report.is_whole() => report.add(None, "checkpoint", Fault::Missing),
        None => {}
    }
    judge.finish(&mut report);
    Ok(report)
}

/// The tree computed from the entries, the tree according to the lowest tiles, and where the two differ.
#[derive(Default)]
struct Trees {
    of_entries: Frontier,
    of_tiles: Frontier,
    tiles: Tiles,
    /// Upper tiles that do not match the entries.
    upper: Vec<String>,
    differ: Vec<u64>,
}

/// Reads a bundle and its tile. Returns false if it cannot be read, so that nothing after it can be placed.
fn bundle(
    dir: &Path,
    (index, width): (u64, u64),
    trees: &mut Trees,
    judge: &mut Judge,
    report: &mut Report,
) -> Result<bool, Error> {
    let first = index * TILE_WIDTH;
    let path = entries_path(index, width);
    let Some(bytes) = read(&dir.join(&path), TILE_WIDTH * (MAX_ENTRY as u64 + 2))? else {
        report.add(Some(first), path, Fault::Missing);
        return Ok(false);
    };
    let Some(leaves) = entries(&bytes).filter(|leaves| leaves.len() as u64 == width) else {
        report.add(Some(first), path, Fault::Bundle);
        return Ok(false);
    };
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    lowest_tile(dir, (index, width), &hashes, trees, report)?;
    for (seq, leaf) in (first..).zip(leaves) {
        if let Err((file, fault)) = record(dir, leaf, judge)? {
            report.add(Some(seq), file.unwrap_or_else(|| path.clone()), fault);
        }
    }
    let upper = &mut trees.upper;
    for hash in hashes {
        trees.of_entries.push(hash);
        trees
            .tiles
            .push(hash, &mut |level, index, hashes| compare_upper(dir, level, index, hashes, upper))?;
    }
    Ok(true)
}

fn lowest_tile(
    dir: &Path,
    (index, width): (u64, u64),
    hashes: &[Hash],
    trees: &mut Trees,
    report: &mut Report,
) -> Result<(), Error> {
    let path = hash_path(0, index, width);
    let tile = read(&dir.join(&path), 32 * TILE_WIDTH)?;
    let (chunks, rest) = tile.as_deref().unwrap_or_default().as_chunks::<32>();
    if chunks.len() != hashes.len() || !rest.is_empty() {
        let fault = if tile.is_none() { Fault::Missing } else { Fault::Tile };
        report.add(None, path, fault);
        trees.of_tiles.extend(hashes.iter().copied());
        return Ok(());
    }
    for ((seq, stated), made) in (index * TILE_WIDTH..).zip(chunks).zip(hashes) {
        trees.of_tiles.push(*stated);
        if stated != made {
            trees.differ.push(seq);
        }
    }
    Ok(())
}

type Verdict = Result<(), (Option<String>, Fault)>;

/// Judges a record and its payload. The file is named if it is not the bundle.
fn record(dir: &Path, leaf: &[u8], judge: &mut Judge) -> Result<Verdict, Error> {
    let payload = match judge.record(leaf) {
        Ok(Some(payload)) => payload,
        Ok(None) => return Ok(Ok(())),
        Err(fault) => return Ok(Err((None, fault))),
    };
    // The path is built from what the entry says; only hexadecimal may become a path.
    if payload.ct.len() != 64 || !payload.ct.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Err((None, Fault::Record)));
    }
    let path = payload_path(&payload.ct);
    let Some(blob) = read(&dir.join(&path), MAX_BLOB as u64)? else {
        judge.missing();
        return Ok(Ok(()));
    };
    Ok(judge.payload(Some(&payload), &blob).map_err(|fault| (Some(path), fault)))
}

/// Notes the tiles above the lowest level whose file is missing or differs.
fn compare_upper(
    dir: &Path,
    level: u8,
    index: u64,
    hashes: &[Hash],
    upper: &mut Vec<String>,
) -> Result<(), Error> {
    if level > 0 {
        let path = hash_path(level, index, hashes.len() as u64);
        let same =
            read(&dir.join(&path), 32 * TILE_WIDTH)?.is_some_and(|bytes| bytes == hashes.as_flattened());
        if !same {
            upper.push(path);
        }
    }
    Ok(())
}

impl Trees {
    /// Compares both trees with the signed root. If one of them matches it, the other is at fault where they differ.
    fn judge(mut self, dir: &Path, (size, root): (u64, Hash), report: &mut Report) -> Result<(), Error> {
        let upper = &mut self.upper;
        self.tiles.finish(&mut |level, index, hashes| compare_upper(dir, level, index, hashes, upper))?;
        if self.of_entries.size() != size {
            return Ok(());
        }
        let width = |seq: u64| (size - seq / TILE_WIDTH * TILE_WIDTH).min(TILE_WIDTH);
        let entries_are_right = self.of_entries.root() == root;
        let (fault, tiles_are_right) = match (entries_are_right, self.of_tiles.root() == root) {
            (true, _) => (Fault::Tile, true),
            (false, true) => (Fault::Entry, true),
            (false, false) => (Fault::Root, false),
        };
        for &seq in &self.differ {
            let path = if entries_are_right {
                hash_path(0, seq / TILE_WIDTH, width(seq))
            } else {
                entries_path(seq / TILE_WIDTH, width(seq))
            };
            report.add(Some(seq), path, if tiles_are_right { fault } else { Fault::Entry });
        }
        if entries_are_right {
            report.entries = size;
            // Otherwise the upper tiles were compared with the wrong tree.
            self.upper.into_iter().for_each(|path| report.add(None, path, Fault::Tile));
        } else if !tiles_are_right {
            report.add(None, "checkpoint", Fault::Root);
        }
        Ok(())
    }
}
