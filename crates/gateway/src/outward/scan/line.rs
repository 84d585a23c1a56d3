//! Starts of lines, fenced code blocks, and where a code span ends.

use super::place;
use super::{LIMIT, Read, Scanner};

/// A fenced code block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fence {
    mark: u8,
    count: usize,
    /// A line indented less ends the block: the list item it belonged to is over.
    indent: usize,
}

/// The line so far.
#[derive(Debug, Default)]
pub(super) struct Line {
    indent: usize,
    /// Whether it has any non-blank byte.
    begun: bool,
    /// The mark (backtick or tilde) it began with, while that run continues.
    mark: u8,
    /// In a code block: fence marks at the start of the line, and whether anything else is in it.
    marks: usize,
    other: bool,
    /// Whether it began with a bracket, as definitions do.
    pub(super) label: bool,
}

impl Scanner {
    /// Handles the first bytes of a line; `None` if the byte has to be read further.
    pub(super) fn begin(&mut self, first: u8) -> Option<Read> {
        if self.line.begun || first == b'\n' {
            return None;
        }
        if matches!(first, b' ' | b'\t' | b'\r') {
            self.line.indent += 1;
            return Some(Read::Plain(1));
        }
        self.line.begun = true;
        if self.fence.is_some_and(|fence| self.line.indent < fence.indent) {
            self.fence = None;
        }
        self.line.label = first == b'[';
        self.line.mark = if matches!(first, b'`' | b'~') { first } else { 0 };
        None
    }

    pub(super) fn next_line(&mut self) -> Read {
        if !self.line.begun {
            (self.ticks, self.loose) = (0, false);
        }
        if let Some(fence) = self.info.take() {
            (self.fence, self.ticks) = (Some(fence), 0);
        }
        self.line = Line::default();
        Read::Plain(1)
    }

    /// Handles text in a code block.
    pub(super) fn code(&mut self, rest: &str, first: u8) -> Option<Read> {
        let fence = self.fence?;
        if first == b'\n' {
            if !self.line.other && self.line.marks >= fence.count {
                self.fence = None;
            }
            self.line = Line::default();
            return Some(Read::Plain(1));
        }
        if !self.line.other && first == fence.mark {
            self.line.marks += 1;
            return Some(Read::Plain(1));
        }
        if matches!(first, b' ' | b'\t' | b'\r') {
            return Some(Read::Plain(1));
        }
        self.line.other = true;
        Some(Read::Plain(rest.find('\n').unwrap_or(rest.len())))
    }

    /// Whether a mark belongs to a meaningful run: tildes only at the start of a line.
    pub(super) fn is_run(&self, first: u8) -> bool {
        first == b'`' || self.line.mark == first
    }

    /// Ends a run if the next byte does not continue it.
    pub(super) fn settle(&mut self, next: u8) {
        let mark = if self.line.mark == b'~' { b'~' } else { b'`' };
        if self.run == 0 {
            if self.line.begun && next != self.line.mark {
                self.line.mark = 0;
            }
            return;
        }
        if next == mark {
            return;
        }
        let run = std::mem::take(&mut self.run);
        let begins = std::mem::take(&mut self.line.mark) == mark;
        if begins && run >= 3 {
            self.info = Some(Fence { mark, count: run, indent: self.line.indent });
            self.ticks = if mark == b'`' { run } else { 0 };
        } else if mark == b'`' {
            // The line of a backtick fence may not contain another backtick: that is a code span.
            self.info = self.info.filter(|info| info.mark != mark);
            self.ticks = match self.ticks {
                0 => run,
                open if open == run => 0,
                open => open,
            };
        }
    }

    /// Handles the rest of a line that may open a fence, as far as the text shows it.
    pub(super) fn in_info(&mut self, rest: &str, last: bool) -> Option<Read> {
        let info = self.info?;
        let ends = |ch: char| ch == '\n' || ch == '`' && info.mark == b'`';
        let end = rest.find(ends);
        let line = end.is_some_and(|at| rest.get(at..).is_some_and(|rest| rest.starts_with('\n')));
        match end {
            Some(at) if line => return Some(Read::Plain(at)),
            None if last => return Some(Read::Plain(rest.len())),
            None if rest.len() < LIMIT => return Some(Read::More(0)),
            _ => self.info = None,
        }
        None
    }
}

fn run(text: &str, mark: u8) -> usize {
    text.bytes().take_while(|byte| *byte == mark).count()
}

/// Whether a paragraph ends in this text, and with it anything still open in it.
pub(super) fn breaks(text: &str, json: bool) -> bool {
    if json {
        return text.contains("\\n\\n") || place::quote(text, 0).is_some();
    }
    text.match_indices('\n').any(|(at, _)| {
        let after = text.get(at + 1..).unwrap_or_default();
        after.trim_start_matches([' ', '\t', '\r']).starts_with('\n')
    })
}

/// The end of a code span opened with `ticks` backticks, if it is one.
pub(super) fn closing(text: &str, ticks: usize, json: bool, last: bool) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find('`') {
        let start = at + found;
        let count = run(text.get(start..)?, b'`');
        at = start + count;
        // A run at the end of the text so far may still continue.
        if count == ticks && (at < text.len() || last) {
            return Some(at).filter(|_| !breaks(text.get(..start).unwrap_or_default(), json));
        }
    }
    None
}
