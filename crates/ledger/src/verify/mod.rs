//! Verification without any key of the home and without a database, of a home's journal or of an exported folder.
//!
//! The chain of trust: a public key (given by the reader, or else merely the folder's own) vouches for the checkpoint,
//! the checkpoint for the root, the root for each entry, and each entry for its encrypted payload. What this chain does
//! not reach is listed in [`Report::not_covered`], never silently skipped.

mod folder;
mod journal;
mod judge;
mod report;

use std::io;
use std::path::{Path, PathBuf};

#[cfg(feature = "store")]
pub(crate) use folder::payload_path;
pub use report::{Damage, Fault, NotCovered, Report};

use crate::journal::head::{checkpoint_path, vkey_path};
use crate::tlog::VerifierKey;

/// Whom the reader trusts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// The log's key. Without it the folder's own is used, which only proves that the folder is consistent with itself.
    pub log: Option<VerifierKey>,
    /// Keys of witnesses.
    pub witnesses: Vec<VerifierKey>,
    /// How many of the witnesses must have signed the checkpoint.
    pub quorum: usize,
}

/// Why a source could not be verified at all. Damage is not an error: it is in the [`Report`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is neither a journal nor an exported log.
    #[error("there is no log in {}. Give the .ombud folder or a folder made by `ombud log export`", .0.display())]
    NoLog(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {}: {cause}. Check that it belongs to you (ls -l)", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// The error of the operating system.
        cause: io::Error,
    },
}

impl ombud_core::Say for Error {
    fn say(&self, lang: ombud_core::Lang) -> String {
        match (lang, self) {
            (ombud_core::Lang::En, _) => self.to_string(),
            (ombud_core::Lang::Zh, Self::NoLog(path)) => {
                format!(
                    "{} 中没有日志。请指定 .ombud 目录，或由 `ombud log export` 生成的目录",
                    path.display()
                )
            }
            (ombud_core::Lang::Zh, Self::Read { path, cause }) => {
                let cause = crate::error::system(cause);
                format!("无法读取 {}：{cause}。请确认文件属于你（ls -l）", path.display())
            }
        }
    }
}

/// Verifies a home (`.ombud`) or an exported folder. A gateway may be writing to the home at the same time.
pub fn verify(source: &Path, policy: &Policy) -> Result<Report, Error> {
    let journal = source.join("journal");
    if journal::is_there(&journal) {
        journal::verify(&journal, policy)
    } else if source.join("tile").is_dir() || checkpoint_path(source).exists() || vkey_path(source).exists() {
        folder::verify(source, policy)
    } else {
        // What cannot be read may exist all the same.
        match std::fs::read_dir(&journal) {
            Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
                Err(Error::Read { path: source.to_owned(), cause })
            }
            _ => Err(Error::NoLog(source.to_owned())),
        }
    }
}

/// Reads a file that should not be longer than `limit` bytes; `None` if it does not exist. A longer one is truncated, so
/// that a hostile folder cannot exhaust memory; it then fails the check of its contents.
fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    let failed = |cause| Error::Read { path: path.to_owned(), cause };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, limit.saturating_add(1)), &mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}
