//! Opens a journal for writing: what is there, is it what was signed, and where does it end?

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::frame::SEGMENT_HEADER;
use super::head::{Saved, checkpoint_path, frontier_path};
use super::walk::{Flaw, Position, Step, Walk, segment_path};
use crate::error::{Error, Problem};
use crate::files::{private, read_if_present, replace, sync_dir};
use crate::tlog::note::{Judgement, Note};
use crate::tlog::{Checkpoint, Frontier, Signer, leaf_hash};

/// A journal that may be appended to.
pub(crate) struct Recovered {
    /// Its end, and the tree up to that point.
    pub(crate) end: Saved,
    /// Number of entries under the newest checkpoint.
    pub(crate) signed: u64,
    /// The newest checkpoint, if there is one.
    pub(crate) note: Option<String>,
    /// Bytes of an unfinished entry that were cut off and set aside.
    pub(crate) torn: u64,
}

/// Finds the end of the journal in `dir`, cuts off an unfinished write, and makes sure that nothing will be signed that
/// contradicts a published checkpoint. Reads a short journal completely; of a long one, only what came after the newest
/// frontier (verification reads everything).
pub(crate) fn recover(dir: &Path, key: &Signer) -> Result<Recovered, Error> {
    let note = read_if_present(&checkpoint_path(dir)).map_err(Error::file("cannot read", dir))?;
    let signed = note.as_deref().map(|note| own_checkpoint(note, key)).transpose()?;
    let saved = Saved::load(dir).map_err(Error::file("cannot read", dir))?;
    if signed.is_none() && frontier_path(dir).exists() {
        return Err(Problem::Checkpoint.into());
    }
    let saved = saved.filter(|_| length(dir).is_none_or(|length| length > SHORT));
    let start = usable(saved, signed.as_ref());
    let (end, torn_at) = scan(dir, start, signed.as_ref())?;
    // The first checkpoint is written before the first entry (`Writer::start`).
    if signed.is_none() && end.at.seq > 0 {
        return Err(Problem::Checkpoint.into());
    }
    if let Some(Checkpoint { size, .. }) = &signed
        && end.at.seq < *size
    {
        return Err(Problem::Shorter { found: end.at.seq, signed: *size }.into());
    }
    let torn = if torn_at { cut(dir, end.at).map_err(Error::file("cannot repair", dir))? } else { 0 };
    let note = note.and_then(|note| String::from_utf8(note).ok());
    Ok(Recovered { end, signed: signed.map_or(0, |checkpoint| checkpoint.size), note, torn })
}

/// A journal of at most this many bytes is read completely within a few milliseconds.
const SHORT: u64 = 4 << 20;

/// Total size of all segments in bytes; `None` if they cannot be listed.
fn length(dir: &Path) -> Option<u64> {
    let files = std::fs::read_dir(dir).ok()?.flatten();
    let segments = files.filter(|file| file.path().extension().is_some_and(|end| end == "seg"));
    Some(segments.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum())
}

fn own_checkpoint(note: &[u8], key: &Signer) -> Result<Checkpoint, Error> {
    let note = std::str::from_utf8(note).ok().and_then(Note::parse).ok_or(Problem::Checkpoint)?;
    let checkpoint = Checkpoint::parse(&note.text).filter(|checkpoint| checkpoint.origin == key.name());
    match (note.judge(&key.verifier()), checkpoint) {
        (Judgement::Signed(_), Some(checkpoint)) => Ok(checkpoint),
        _ => Err(Problem::Checkpoint.into()),
    }
}

/// The saved frontier, if it does not go beyond the checkpoint and, at the checkpoint's size, has the same root. Anything
/// else is not trusted, and then everything is read.
fn usable(saved: Option<Saved>, signed: Option<&Checkpoint>) -> Saved {
    let fits = |saved: &Saved| {
        signed.is_some_and(|checkpoint| {
            saved.at.seq < checkpoint.size
                || (saved.at.seq == checkpoint.size && saved.frontier.root() == checkpoint.root)
        })
    };
    saved.filter(fits).unwrap_or_else(|| Saved { at: Position::START, frontier: Frontier::default() })
}

/// Reads on from `start`. Returns the end and whether unfinished bytes follow it.
fn scan(dir: &Path, start: Saved, signed: Option<&Checkpoint>) -> Result<(Saved, bool), Error> {
    let Saved { at, mut frontier } = start;
    let size = signed.map_or(0, |checkpoint| checkpoint.size);
    let mut walk = Walk::from(dir, at).map_err(Error::file("cannot read", dir))?;
    loop {
        if let Some(checkpoint) = signed
            && frontier.size() == checkpoint.size
            && frontier.root() != checkpoint.root
        {
            return Err(Problem::Forked { signed: checkpoint.size }.into());
        }
        match walk.step().map_err(Error::file("cannot read", dir))? {
            Step::Entry(entry) => frontier.push(leaf_hash(&entry.leaf)),
            Step::End(at) => return Ok((Saved { at, frontier }, false)),
            // A checkpoint is signed only over durable entries, so a flaw below it is not an unfinished write.
            Step::Flaw { at, flaw: Flaw::Short | Flaw::NoFrame | Flaw::Checksum, last: true }
                if at.seq >= size =>
            {
                return Ok((Saved { at, frontier }, true));
            }
            Step::Flaw { at, .. } => {
                return Err(Problem::Segment { segment: at.segment, offset: at.offset }.into());
            }
        }
    }
}

/// Sets the bytes from `end` on aside in `dropped-<sequence>` and cuts them off. Returns their number.
fn cut(dir: &Path, end: Position) -> io::Result<u64> {
    let path = segment_path(dir, end.segment);
    let mut file = private().read(true).write(true).open(&path)?;
    // A segment whose own header is torn has no entries yet; it is recreated.
    let keep = if file.metadata()?.len() < SEGMENT_HEADER as u64 || end.offset == SEGMENT_HEADER as u64 {
        header_or_nothing(&mut file, end)?
    } else {
        end.offset
    };
    file.seek(SeekFrom::Start(keep))?;
    let mut rest = Vec::new();
    file.read_to_end(&mut rest)?;
    if !rest.is_empty() {
        replace(&dir.join(format!("dropped-{}", end.seq)), &rest)?;
    }
    file.set_len(keep)?;
    file.sync_all()?;
    sync_dir(dir)?;
    Ok(rest.len() as u64)
}

/// How many bytes of a segment without entries form a valid header: all of it, or none.
fn header_or_nothing(file: &mut File, end: Position) -> io::Result<u64> {
    let mut header = Vec::new();
    file.by_ref().take(SEGMENT_HEADER as u64).read_to_end(&mut header)?;
    let good = header == super::frame::segment_header(end.segment, end.seq);
    Ok(if good { SEGMENT_HEADER as u64 } else { 0 })
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::super::frame::{encode, segment_header};
    use super::*;

    fn signer() -> Signer {
        Signer::from_seed(&Zeroizing::new([9; 32]), |_| "log.example/a".to_owned()).unwrap()
    }

    /// Creates what a new log starts with: a checkpoint over zero entries.
    fn born(dir: &Path) {
        let empty =
            Checkpoint { origin: signer().name().to_owned(), size: 0, root: Frontier::default().root() };
        std::fs::write(checkpoint_path(dir), signer().sign(&empty.body())).unwrap();
    }

    #[test]
    fn entries_without_a_checkpoint_are_not_gone_on_from() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = [segment_header(0, 0), encode(b"first", b"payload")].concat();
        std::fs::write(segment_path(dir.path(), 0), bytes).unwrap();
        assert!(matches!(
            recover(dir.path(), &signer()),
            Err(Error::Inconsistent { problem: Problem::Checkpoint })
        ));
        born(dir.path());
        assert_eq!(recover(dir.path(), &signer()).unwrap().end.at.seq, 1);
    }

    /// Two complete entries and a third, unsigned one: the tail may end anywhere.
    #[test]
    fn a_tail_torn_at_any_byte_is_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        born(dir.path());
        let mut bytes = segment_header(0, 0);
        bytes.extend_from_slice(&encode(b"first", b"payload"));
        let one = bytes.len();
        bytes.extend_from_slice(&encode(b"second", b""));
        let two = bytes.len();
        bytes.extend_from_slice(&encode(b"third", b"another"));
        for length in 0..=bytes.len() {
            std::fs::write(segment_path(dir.path(), 0), &bytes[..length]).unwrap();
            let recovered = recover(dir.path(), &signer()).unwrap();
            let whole = [(bytes.len(), 3), (two, 2), (one, 1), (SEGMENT_HEADER, 0)];
            let (kept, seq) = whole.into_iter().find(|(end, _)| *end <= length).unwrap_or((0, 0));
            assert_eq!((recovered.end.at.seq, recovered.torn), (seq, (length - kept) as u64), "{length}");
            assert_eq!(std::fs::read(segment_path(dir.path(), 0)).unwrap(), bytes[..kept]);
            if length > kept {
                let aside = std::fs::read(dir.path().join(format!("dropped-{seq}"))).unwrap();
                assert_eq!(aside, bytes[kept..length]);
            }
        }
    }

    /// A power cut can leave zeros, or pages of another file, where the last write should be.
    #[test]
    fn a_tail_of_other_bytes_is_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        born(dir.path());
        let good = [segment_header(0, 0), encode(b"first", b"payload")].concat();
        for tail in [vec![0; 5000], b"OMB1".repeat(99), encode(b"x", b"yyy")[..18].to_vec(), vec![0xff; 16]] {
            std::fs::write(segment_path(dir.path(), 0), [good.clone(), tail.clone()].concat()).unwrap();
            let recovered = recover(dir.path(), &signer()).unwrap();
            assert_eq!((recovered.end.at.seq, recovered.torn), (1, tail.len() as u64));
        }
    }
}
