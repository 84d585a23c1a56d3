//! Export: a C2SP tlog-tiles tree that third-party verifiers can read, with the encrypted payloads next to it.
//!
//! `checkpoint` · `vkey` · `tile/<level>/<N>` · `tile/entries/<N>` · `payload/<two digits>/<SHA-256 of the ciphertext>`

use std::path::{Path, PathBuf};

use ombud_core::event::Commitment;
use serde::Deserialize;

use crate::error::{Error, Problem};
use crate::files::{private, private_dir, read_if_present, sync_dir};
use crate::journal::head::{checkpoint_path, vkey_path};
use crate::journal::walk::{Entry, Position, Step, Walk};
use crate::tlog::note::{Judgement, Note};
use crate::tlog::tile::{TILE_WIDTH, Tiles, entries_path, hash_path, push_entry};
use crate::tlog::{Checkpoint, Frontier, Hash, VerifierKey, leaf_hash};
use crate::verify::payload_path;

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Entries: all that the newest checkpoint covers. Later ones are left out.
    pub entries: u64,
    /// Encrypted payloads.
    pub payloads: u64,
}

#[derive(Deserialize)]
struct Record {
    payload: Option<Commitment>,
}

/// Writes everything under the newest checkpoint of `home` to the new directory `out`. Needs no key and blocks until
/// done; a gateway may be running. The checkpoint is written last: a folder without one is incomplete.
pub fn export(home: &Path, out: &Path) -> Result<Exported, Error> {
    let dir = home.join("journal");
    if !dir.is_dir() {
        return Err(Error::no_log(home));
    }
    let note = text(&checkpoint_path(&dir))?;
    let vkey = text(&vkey_path(&dir))?;
    let signed = trusted(&note, &vkey).ok_or(Problem::Checkpoint)?;
    empty_dir(out)?;
    let mut writer = Folder {
        out,
        bundle: Vec::new(),
        tiles: Tiles::default(),
        frontier: Frontier::default(),
        payloads: 0,
    };
    let mut walk = Walk::from(&dir, Position::START).map_err(Error::file("cannot read", &dir))?;
    while writer.frontier.size() < signed.size {
        match walk.step().map_err(Error::file("cannot read", &dir))? {
            Step::Entry(entry) => writer.entry(&entry)?,
            Step::End(at) => return Err(Problem::Shorter { found: at.seq, signed: signed.size }.into()),
            Step::Flaw { at, .. } => {
                return Err(Problem::Segment { segment: at.segment, offset: at.offset }.into());
            }
        }
    }
    if writer.frontier.root() != signed.root {
        return Err(Problem::Forked { signed: signed.size }.into());
    }
    writer.finish()?;
    write(out, "vkey", vkey.as_bytes())?;
    write(out, "checkpoint", note.as_bytes())?;
    sync_dir(out).map_err(Error::file("cannot write", out))?;
    Ok(Exported { entries: signed.size, payloads: writer.payloads })
}

struct Folder<'a> {
    out: &'a Path,
    bundle: Vec<u8>,
    tiles: Tiles,
    frontier: Frontier,
    payloads: u64,
}

impl Folder<'_> {
    fn entry(&mut self, entry: &Entry) -> Result<(), Error> {
        let hash = leaf_hash(&entry.leaf);
        self.frontier.push(hash);
        push_entry(&mut self.bundle, &entry.leaf);
        let out = self.out;
        self.tiles.push(hash, &mut |level, index, hashes| tile(out, level, index, hashes))?;
        if self.frontier.size().is_multiple_of(TILE_WIDTH) {
            self.put_bundle(TILE_WIDTH)?;
        }
        let record: Option<Record> = serde_json::from_slice(&entry.leaf).ok();
        if let Some(commitment) = record.and_then(|record| record.payload)
            && commitment.ct.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            write(out, &payload_path(&commitment.ct), &entry.payload)?;
            self.payloads += 1;
        }
        Ok(())
    }

    fn put_bundle(&mut self, width: u64) -> Result<(), Error> {
        let index = (self.frontier.size() - 1) / TILE_WIDTH;
        write(self.out, &entries_path(index, width), &self.bundle)?;
        self.bundle.clear();
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        if !self.bundle.is_empty() {
            self.put_bundle(self.frontier.size() % TILE_WIDTH)?;
        }
        let out = self.out;
        self.tiles.finish(&mut |level, index, hashes| tile(out, level, index, hashes))
    }
}

fn tile(out: &Path, level: u8, index: u64, hashes: &[Hash]) -> Result<(), Error> {
    write(out, &hash_path(level, index, hashes.len() as u64), hashes.as_flattened())
}

/// The checkpoint, if it is signed by this key.
fn trusted(note: &str, vkey: &str) -> Option<Checkpoint> {
    let key = VerifierKey::parse(vkey.strip_suffix('\n')?)?;
    let note = Note::parse(note)?;
    let checkpoint = Checkpoint::parse(&note.text)?;
    (note.judge(&key) == Judgement::Signed(None)).then_some(checkpoint)
}

fn text(path: &Path) -> Result<String, Error> {
    let bytes = read_if_present(path).map_err(Error::file("cannot read", path))?;
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| Problem::Checkpoint.into())
}

/// Creates the directory; a non-empty one is refused, so that old and new files never mix.
fn empty_dir(out: &Path) -> Result<(), Error> {
    private_dir(out).map_err(Error::file("cannot create", out))?;
    let mut entries = std::fs::read_dir(out).map_err(Error::file("cannot read", out))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(Error::NotEmpty { path: out.to_owned() }),
    }
}

fn write(out: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let path: PathBuf = out.join(name);
    let put = || -> std::io::Result<()> {
        path.parent().map_or(Ok(()), private_dir)?;
        std::io::Write::write_all(&mut private().write(true).create(true).truncate(true).open(&path)?, bytes)
    };
    put().map_err(Error::file("cannot write", &path))
}
