//! [`Text`]: what a recogniser reads.

use std::cell::Cell;
use std::ops::Range;

use crate::label::{LabelIndex, Labels};
use crate::table;

/// A normalised text, with the queries that recognisers make at a position. Nothing here panics on a position outside the
/// text.
pub(crate) struct Text<'t> {
    normal: &'t str,
    index: &'t LabelIndex,
    /// Cells of tables, in order.
    cells: &'t [table::Cell],
    /// The last result of [`labels`](Self::labels), because several recognisers query the same position.
    last: Cell<Option<(usize, Labels)>>,
}

/// True for an ASCII letter or digit, which must not continue a number or an identifier.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

impl<'t> Text<'t> {
    pub(crate) fn new(text: &'t str, index: &'t LabelIndex) -> Self {
        Self::with_cells(text, index, &[])
    }

    /// The same, for a text that contains these tables.
    pub(crate) fn with_cells(text: &'t str, index: &'t LabelIndex, cells: &'t [table::Cell]) -> Self {
        Self { normal: text, index, cells, last: Cell::new(None) }
    }

    pub(crate) fn as_str(&self) -> &'t str {
        self.normal
    }

    pub(crate) fn bytes(&self) -> &'t [u8] {
        self.normal.as_bytes()
    }

    /// The byte at `at`.
    pub(crate) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes().get(at).copied()
    }

    /// The byte just before `at`.
    pub(crate) fn before(&self, at: usize) -> Option<u8> {
        self.byte(at.checked_sub(1)?)
    }

    /// The text of a range; empty if the range is not on character boundaries.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'t str {
        self.normal.get(range).unwrap_or_default()
    }

    /// The bytes from `at` on, at most `most`.
    pub(crate) fn ahead(&self, at: usize, most: usize) -> &'t [u8] {
        let rest = self.bytes().get(at..).unwrap_or_default();
        rest.get(..most).unwrap_or(rest)
    }

    /// The character at `at`.
    pub(crate) fn char_at(&self, at: usize) -> Option<char> {
        self.normal.get(at..)?.chars().next()
    }

    /// The end of the run of bytes from `at` on that satisfy `test`, examining at most `most` bytes.
    pub(crate) fn run(&self, at: usize, most: usize, test: impl Fn(u8) -> bool) -> usize {
        let ahead = self.ahead(at, most);
        at + ahead.iter().position(|&byte| !test(byte)).unwrap_or(ahead.len())
    }

    /// The start of the run of bytes that satisfy `test` and end at `at`, examining at most `most` bytes.
    pub(crate) fn run_back(&self, at: usize, most: usize, test: impl Fn(u8) -> bool) -> usize {
        let behind = self.bytes().get(at.saturating_sub(most)..at).unwrap_or_default();
        at - behind.iter().rev().position(|&byte| !test(byte)).unwrap_or(behind.len())
    }

    /// True if neither a letter nor a digit touches the range.
    pub(crate) fn stands_alone(&self, range: &Range<usize>) -> bool {
        !self.before(range.start).is_some_and(is_word) && !self.byte(range.end).is_some_and(is_word)
    }

    /// True if the range is not part of a longer number, version, date or identifier: it stands alone, and no `-`, `.` or
    /// `_` joins it to a digit (on the left, for `_`: to a letter or digit of a code).
    pub(crate) fn is_whole_number(&self, range: &Range<usize>) -> bool {
        let joins = |byte: Option<u8>| matches!(byte, Some(b'-' | b'.'));
        let digit = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_digit());
        let left = joins(self.before(range.start)) && digit(self.before(range.start.saturating_sub(1)));
        let right = joins(self.byte(range.end)) && digit(self.byte(range.end + 1));
        self.stands_alone(range) && !left && !right
    }

    /// True if a number that starts with this word cannot have `least` digits: the word is shorter, and what follows
    /// joins no other digits to it. A cheap check before all others.
    pub(crate) fn ends_short(&self, word: &Range<usize>, least: usize) -> bool {
        word.len() < least
            && (!matches!(self.byte(word.end), Some(b' ' | b'-' | b'.' | b'(' | b')' | b'/'))
                || !self
                    .ahead(word.end + 1, 2)
                    .iter()
                    .any(|b| b.is_ascii_digit() || matches!(b, b'(' | b'-')))
    }

    /// In a table cell, the label is in the cell itself or at the head of the column.
    fn find_labels(&self, at: usize) -> Labels {
        let before = self.cells.partition_point(|cell| cell.span.start <= at);
        let cell = before.checked_sub(1).and_then(|i| self.cells.get(i)).filter(|cell| at <= cell.span.end);
        let Some(cell) = cell else { return self.index.before(self.normal, at) };
        let own = self.index.between(self.normal, cell.span.start, at);
        if own == Labels::default() {
            self.index.between(self.normal, cell.head.start, cell.head.end)
        } else {
            own
        }
    }

    /// The labels that announce what is at `at`.
    pub(crate) fn labels(&self, at: usize) -> Labels {
        match self.last.get() {
            Some((place, labels)) if place == at => labels,
            _ => {
                let labels = self.find_labels(at);
                self.last.set(Some((at, labels)));
                labels
            }
        }
    }
}

/// Digits in groups, as people write them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Digits {
    values: [u8; Self::MOST],
    /// `(digits so far, end)` after each group.
    groups: [(usize, usize); Self::GROUPS],
    group_count: usize,
}

impl Digits {
    /// Maximum number of digits read: more than any known number has.
    const MOST: usize = 24;
    const GROUPS: usize = 8;

    /// Reads digits from `at` on, continuing across single separators that satisfy `separates`.
    pub(crate) fn read(text: &Text<'_>, at: usize, separates: impl Fn(u8) -> bool) -> Self {
        Self::read_over(text, at, |ahead| usize::from(ahead.first().copied().is_some_and(&separates)))
    }

    /// The same across gaps whose length `gap` returns for the following four bytes, 0 for none.
    pub(crate) fn read_over(text: &Text<'_>, at: usize, gap: impl Fn(&[u8]) -> usize) -> Self {
        let mut digits = Self::default();
        let (mut count, mut at) = (0, at);
        while digits.group_count < Self::GROUPS {
            let end = text.run(at, Self::MOST - count, |b| b.is_ascii_digit());
            if end == at {
                break;
            }
            for (place, byte) in digits.values.iter_mut().skip(count).zip(text.ahead(at, end - at)) {
                *place = byte - b'0';
            }
            count += end - at;
            if let Some(group) = digits.groups.get_mut(digits.group_count) {
                *group = (count, end);
            }
            digits.group_count += 1;
            let length = gap(text.ahead(end, 4));
            let goes_on = length > 0 && text.byte(end + length).is_some_and(|b| b.is_ascii_digit());
            if !goes_on {
                break;
            }
            at = end + length;
        }
        digits
    }

    /// `(digits so far, end in the text)` after each group.
    pub(crate) fn groups(&self) -> &[(usize, usize)] {
        self.groups.get(..self.group_count).unwrap_or_default()
    }

    /// The first `count` digits, as numbers 0 to 9.
    pub(crate) fn first(&self, count: usize) -> &[u8] {
        self.values.get(..count).unwrap_or_default()
    }

    /// Total number of digits in all groups.
    pub(crate) fn count(&self) -> usize {
        self.groups().last().map_or(0, |group| group.0)
    }

    /// Where `count` digits end, if a group ends there.
    pub(crate) fn end_of(&self, count: usize) -> Option<usize> {
        self.groups().iter().find(|group| group.0 == count).map(|group| group.1)
    }

    /// The sizes of the groups, up to `count` digits.
    pub(crate) fn sizes(&self, count: usize) -> impl Iterator<Item = usize> + '_ {
        let starts = std::iter::once(0).chain(self.groups().iter().map(|group| group.0));
        self.groups().iter().zip(starts).map(|(group, start)| group.0 - start).scan(0, move |sum, size| {
            *sum += size;
            (*sum <= count).then_some(size)
        })
    }
}
