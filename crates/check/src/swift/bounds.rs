//! Limits on the cost of parsing.
//!
//! The parser is linear on ordinary code. On broken input its error recovery is not, nor is its scanner on an unterminated
//! comment or raw string: such files are recognised by their text before parsing. A deadline covers the rest, checked whenever
//! the parser reports progress. It shrinks with every file of the project that exceeds it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::ParseState;

/// Time limit per file, plus an allowance per megabyte. An ordinary file takes a few milliseconds.
const FILE: Duration = Duration::from_secs(2);
const MEGABYTE: Duration = Duration::from_secs(10);

/// Maximum number of futile scans for a missing end, weighted by the length of the text: about a second.
const MAX_SCANS: usize = 40_000_000;

/// The time budget for the files of a project.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// How many files were given up.
    given_up: u32,
}

impl Patience {
    /// Returns a callback that stops the parser at the deadline for a text.
    pub(super) fn clock(&self, text: &str) -> impl FnMut(&ParseState) -> ControlFlow<()> {
        let share = u32::try_from(text.len() / 1024).unwrap_or(u32::MAX);
        let whole = FILE + MEGABYTE * share / 1024;
        let end = Instant::now() + whole / (1 << self.given_up.min(8));
        move |_| if Instant::now() > end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Records that a file was given up.
    pub(super) fn give_up(&mut self) {
        self.given_up += 1;
    }
}

/// Whether the scanner would search for the ends of comments and raw strings over and over.
pub(super) fn scans_too_long(text: &str) -> bool {
    let open = open_comments(text.as_bytes());
    let raw = text.matches("#\"").count();
    let weight = |attempts: usize| attempts.saturating_mul(text.len());
    weight(open.saturating_mul(open)) > MAX_SCANS || weight(raw) > MAX_SCANS
}

/// Counts unterminated comments, as seen by a scanner that starts at any of them.
fn open_comments(text: &[u8]) -> usize {
    let mut open: usize = 0;
    for two in text.windows(2) {
        match two {
            b"/*" => open += 1,
            b"*/" => open = open.saturating_sub(1),
            _ => {}
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_is_told_from_what_people_write() {
        assert!(scans_too_long(&"/* ".repeat(5_000)) && scans_too_long(&"#\" ".repeat(50_000)));
        let usual = "/* a /* b */ c */ let a = \"image/*\"; let b = #\"raw\"#\n".repeat(20);
        assert!(!scans_too_long(&usual) && !scans_too_long(""));
    }
}
