//! Verification of a home's journal.

use std::path::{Path, PathBuf};

use super::judge::{Judge, checkpoint};
use super::report::{Fault, NotCovered, Report};
use super::{Error, Policy, read};
use crate::journal::head::{Saved, checkpoint_path, frontier_path};
use crate::journal::walk::{Entry, Position, Step, Walk, segment_path};
use crate::tlog::{Checkpoint, Frontier, leaf_hash};

/// A frontier has at most one line per bit of the size.
const MAX_FRONTIER: u64 = 8 << 10;

/// Whether there is a log: a segment, or a sign that there was one. A start that was refused or killed leaves an empty
/// folder behind, or one with only the public key.
pub(super) fn is_there(dir: &Path) -> bool {
    let segment = |name: &std::ffi::OsStr| Path::new(name).extension().is_some_and(|end| end == "seg");
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
    checkpoint_path(dir).exists()
        || frontier_path(dir).exists()
        || files.into_iter().any(|file| segment(&file.file_name()))
}

/// Verifies a journal. The checkpoint is read first: a running gateway only adds to what it covers.
pub(super) fn verify(dir: &Path, policy: &Policy) -> Result<Report, Error> {
    let mut report = Report::default();
    let signed = checkpoint(dir, policy, &mut report)?;
    match read(&frontier_path(dir), MAX_FRONTIER)? {
        Some(bytes) if Saved::decode(&bytes).is_none() => {
            report.add(None, "journal/frontier", Fault::Frontier);
        }
        // The first frontier is written just after the first checkpoint, so one without the other means a removed
        // checkpoint.
        Some(_) if signed.is_none() && report.is_whole() => {
            report.add(None, "journal/checkpoint", Fault::Missing);
        }
        _ => {}
    }
    let unsigned = signed.is_none() && report.is_whole();
    let mut judge = Judge::default();
    let count = entries(dir, signed.as_ref(), &mut judge, &mut report)?;
    // A log starts with a checkpoint over zero entries.
    match (unsigned, count) {
        (true, 0) => report.not_covered.push(NotCovered::NoCheckpoint),
        (true, _) => report.add(None, "journal/checkpoint", Fault::Missing),
        (false, _) => {}
    }
    dropped(dir, &mut report)?;
    report.not_covered.push(NotCovered::Databases);
    judge.finish(&mut report);
    Ok(report)
}

/// Reads all entries and returns their number.
fn entries(
    dir: &Path,
    signed: Option<&Checkpoint>,
    judge: &mut Judge,
    report: &mut Report,
) -> Result<u64, Error> {
    let failed = |cause| Error::Read { path: dir.to_owned(), cause };
    let size = signed.map_or(0, |checkpoint| checkpoint.size);
    let mut walk = Walk::from(dir, Position::START).map_err(failed)?;
    let (mut frontier, mut proven) = (Frontier::default(), Frontier::default());
    loop {
        match walk.step().map_err(failed)? {
            Step::Entry(entry) => {
                frontier.push(leaf_hash(&entry.leaf));
                one(&entry, judge, report);
                if frontier.size() == size {
                    proven = frontier.clone();
                }
            }
            Step::End(at) if at.seq < size => {
                report.add(Some(at.seq), name(at), Fault::Ends);
                break;
            }
            Step::End(at) => {
                tail(at.seq - size, 0, report);
                break;
            }
            Step::Flaw { at, flaw, last } => {
                if at.seq < size || !last {
                    report.add(Some(at.seq), name(at), Fault::Frame(flaw));
                }
                let length = std::fs::metadata(segment_path(dir, at.segment)).map_or(0, |file| file.len());
                tail(at.seq.saturating_sub(size), length.saturating_sub(at.offset), report);
                break;
            }
        }
    }
    match signed {
        Some(checkpoint) if proven.size() == size && proven.root() == checkpoint.root => {
            report.entries = size;
        }
        Some(_) if proven.size() == size => report.add(None, "journal", Fault::Root),
        _ => {}
    }
    Ok(frontier.size())
}

fn one(entry: &Entry, judge: &mut Judge, report: &mut Report) {
    let judged =
        judge.record(&entry.leaf).and_then(|payload| judge.payload(payload.as_ref(), &entry.payload));
    if let Err(fault) = judged {
        report.add(Some(entry.at.seq), name(entry.at), fault);
    }
}

fn tail(entries: u64, torn: u64, report: &mut Report) {
    if entries > 0 || torn > 0 {
        report.not_covered.push(NotCovered::Tail { entries, torn });
    }
}

fn name(at: Position) -> PathBuf {
    segment_path(Path::new("journal"), at.segment)
}

fn dropped(dir: &Path, report: &mut Report) -> Result<(), Error> {
    let failed = |cause| Error::Read { path: dir.to_owned(), cause };
    let (mut files, mut bytes) = (0, 0);
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with("dropped-") {
            files += 1;
            bytes += entry.metadata().map_err(failed)?.len();
        }
    }
    if files > 0 {
        report.not_covered.push(NotCovered::Dropped { files, bytes });
    }
    Ok(())
}
