//! Tampers with a copy of a log.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// What the log of a request with one masked phone number contains.
const NEEDLE: &[u8] = b"\"PHONE\":1";

/// Copies the journal of a home and changes one count in the copy. Returns the old and the new text.
pub(super) fn change_a_copy(home: &Path, copy: &Path) -> Result<(String, String)> {
    // Only the journal: the databases beside it have files that vanish when they are closed.
    copy_folder(&home.join("journal"), &copy.join("journal"))?;
    let mut segments: Vec<PathBuf> =
        fs::read_dir(copy.join("journal"))?.flatten().map(|entry| entry.path()).collect();
    segments.retain(|path| path.extension().is_some_and(|ending| ending == "seg"));
    segments.sort();
    for path in segments {
        let mut bytes = fs::read(&path)?;
        if let Some(place) = bytes.windows(NEEDLE.len()).position(|window| window == NEEDLE)
            && let Some(digit) = bytes.get_mut(place + NEEDLE.len() - 1)
        {
            *digit = b'0';
            fs::write(&path, bytes)?;
            return Ok(("\"PHONE\":1".into(), "\"PHONE\":0".into()));
        }
    }
    bail!("the log of the demonstration holds no masked number")
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)?.flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
