//! What the parser may cost.
//!
//! The parser takes linear time on what people write. On broken input its recovery does not, and neither does its scanner where
//! a comment or a raw text never ends: such files are told by their text before they are parsed. For the rest there is a clock,
//! asked each time the parser reports progress. A project full of such files gets less and less of it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tree_sitter::ParseState;

/// What a file may take, and what each megabyte of it may take more. A usual file takes some milliseconds.
const FILE: Duration = Duration::from_secs(2);
const MEGABYTE: Duration = Duration::from_secs(10);

/// Attempts of the scanner to find an end that is not there, weighed by the length of the text: about a second.
const MAX_SCANS: usize = 40_000_000;

/// What is left for the files of a project.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// Files that were given up.
    given_up: u32,
}

impl Patience {
    /// What says when a text has taken long enough.
    pub(super) fn clock(&self, text: &str) -> impl FnMut(&ParseState) -> ControlFlow<()> {
        let share = u32::try_from(text.len() / 1024).unwrap_or(u32::MAX);
        let whole = FILE + MEGABYTE * share / 1024;
        let end = Instant::now() + whole / (1 << self.given_up.min(8));
        move |_| if Instant::now() > end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// A file was given up.
    pub(super) fn give_up(&mut self) {
        self.given_up += 1;
    }
}

/// Whether the scanner would look for the ends of comments and raw texts over and over.
pub(super) fn scans_too_long(text: &str) -> bool {
    let open = open_comments(text.as_bytes());
    let raw = text.matches("#\"").count();
    let weight = |attempts: usize| attempts.saturating_mul(text.len());
    weight(open.saturating_mul(open)) > MAX_SCANS || weight(raw) > MAX_SCANS
}

/// Comments that never end, as a scanner sees them that starts at any of them.
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
