//! Lines of plain-text listings that the user named: `#118 Timeout`, `W-2741   Edith PENROSE   contact: Judith`.

use ombud_core::script::is_han;

use super::super::Prepared;
use super::prose::{BARS, is_a_row};
use super::record::{reads, results};
use crate::attribute::weight;

/// Longest title of a line, in bytes.
const LONGEST_TITLE: usize = 200;

/// Longest cell that names its row rather than telling something, in bytes and in words.
const LONGEST_CELL: usize = 64;
const MOST_WORDS: usize = 6;

/// Maximum number of rows and of their cells examined.
const MOST_ROWS: usize = 128;
const MOST_CELLS: usize = 16;

/// Whether the value is at the head of a line that the user named by its title.
pub(super) fn is_of_a_named_line(known: &Prepared, value: &str) -> bool {
    plain(known, value).any(|text| text.lines().any(|line| is_titled(known, line, value)))
}

/// Whether the value is at the head of the only row with a cell that the user named.
pub(super) fn is_the_named_row(known: &Prepared, value: &str) -> bool {
    plain(known, value).any(|text| heads_the_named_row(known, text, value))
}

/// The plain-text results of reading tools that contain the value.
fn plain<'k>(known: &'k Prepared, value: &'k str) -> impl Iterator<Item = &'k str> {
    let plain = results(known).filter(|source| !source.index.structured && reads(known, &source.origin));
    plain.map(|source| source.index.folded.as_str()).filter(move |text| text.contains(value))
}

/// Whether a line opens with the value, followed by a title that the user mentions.
fn is_titled(known: &Prepared, line: &str, value: &str) -> bool {
    let rest =
        bare(line).strip_prefix(value).filter(|rest| rest.starts_with([' ', ':', '.', ')', '\t', '：', ']']));
    let title = rest.and_then(|rest| {
        rest.trim_start_matches([':', '.', ')', '：', ']', ' ', '\t'])
            .split(['(', ':', ';', '\t', '（', '：'])
            .next()
    });
    title.is_some_and(|title| title.len() <= LONGEST_TITLE && known.mentions_thing(title.trim()))
}

/// Whether the user named a cell of the row that opens with the value, and no cell at the same place of another row; nor may their
/// words pick out another row by a cell at another place. Anybody who writes into a listing can add a row, but can only make it
/// doubtful which one is meant.
fn heads_the_named_row(known: &Prepared, text: &str, value: &str) -> bool {
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| is_a_row(line))
        .take(MOST_ROWS)
        .map(|line| cells(line).collect())
        .collect();
    // Few values head a row; only then is it worth looking every cell up in the user's words.
    if !rows.iter().any(|row| row.first().is_some_and(|head| bare(head) == value)) {
        return false;
    }
    let named: Vec<Vec<bool>> =
        rows.iter().map(|row| row.iter().map(|cell| is_named(known, cell)).collect()).collect();
    let picked = (1..MOST_CELLS).filter_map(|place| {
        let mut at =
            named.iter().enumerate().filter(|(_, row)| row.get(place) == Some(&true)).map(|(at, _)| at);
        at.next().filter(|_| at.next().is_none())
    });
    let heads = |at: usize| rows.get(at).and_then(|row| row.first()).map(|head| bare(head));
    let mut picked = picked.map(heads).peekable();
    picked.peek().is_some() && picked.all(|head| head == Some(value))
}

/// A line without its bullet or bracket.
fn bare(line: &str) -> &str {
    line.trim().trim_start_matches(|ch: char| !ch.is_alphanumeric())
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    let line = line.trim().trim_matches('|');
    let bar = BARS.iter().rev().find(|bar| line.contains(**bar)).copied().unwrap_or("\n");
    line.split(bar).map(str::trim).filter(|cell| !cell.is_empty()).take(MOST_CELLS)
}

/// Whether the user says a cell: a code or a short word as a whole, or what it names. “contact: Judith Penrose (daughter)” names
/// Judith Penrose.
fn is_named(known: &Prepared, cell: &str) -> bool {
    let cell = cell.split_once([':', '：']).map_or(cell, |(_, named)| named);
    let cell = cell.split(['(', '（']).next().unwrap_or_default().trim();
    let short = cell.len() <= LONGEST_CELL && cell.split_whitespace().count() <= MOST_WORDS;
    let coded = !cell.contains(' ') && cell.bytes().any(|byte| byte.is_ascii_digit());
    let named = cell.chars().any(char::is_alphabetic);
    if !short || weight(cell) < 2 || !named {
        false
    } else if coded || weight(cell) < 4 && !cell.chars().all(is_han) {
        known.says(cell)
    } else {
        known.mentions_thing(cell) || known.mentions_person(cell)
    }
}
