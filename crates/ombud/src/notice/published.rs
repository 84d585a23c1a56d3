//! The notice that users can currently read.

use std::path::{Path, PathBuf};

use super::machine::Block;
use crate::flowmap::{Damage, Input, read_text};

/// The command that generates it again.
const COMMAND: &str = "ombud notice -o PRIVACY.md";

/// A published notice.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    /// The file.
    pub path: PathBuf,
    /// All of its text.
    pub text: String,
    /// Its machine-readable block, if Ombud wrote it.
    pub block: Option<Block>,
}

impl Published {
    /// Reads the file.
    pub(crate) fn open(path: &Path) -> Input<Self> {
        let text = match read_text(path, COMMAND) {
            Input::Read(text) => text,
            Input::Absent => return Input::Absent,
            Input::Damaged(damage) => return Input::Damaged(damage),
        };
        Self::parse(path, text).map_or_else(Input::Damaged, Input::Read)
    }

    /// Parses a text that was already read.
    pub(crate) fn parse(path: &Path, text: String) -> Result<Self, Damage> {
        match Block::find(&text) {
            Ok(block) => Ok(Self { path: path.to_owned(), block: block.read().cloned(), text }),
            Err(why) => Err(Damage { path: path.to_owned(), why, command: COMMAND }),
        }
    }

    /// Whether the block was changed by hand after Ombud wrote it.
    pub(crate) fn is_edited(&self) -> bool {
        self.block.as_ref().is_some_and(|block| block.hash != block.digest())
    }
}
