//! No record of a development set, nor the template behind one, may be used for training: what is measured must be new to the
//! model.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use ombud_detect::injection::feature::is_han;
use serde::Deserialize;

use super::corpus::Record;

/// How many consecutive Chinese characters, or words of other text, two texts may not share.
const RUN: (usize, usize) = (14, 8);

/// The contents of the development sets: runs of their texts, and their lines without names and numbers.
#[derive(Debug, Default)]
pub(super) struct Guard {
    runs: HashSet<String>,
    frames: HashSet<String>,
}

#[derive(Deserialize)]
struct Row {
    text: String,
    entities: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    start: usize,
    end: usize,
}

impl Guard {
    /// Reads every development set in these folders.
    pub(super) fn read(folders: &[PathBuf]) -> Result<Self> {
        let mut guard = Self::default();
        for set in folders.iter().map(sets).collect::<Result<Vec<_>>>()?.concat() {
            for line in fs::read_to_string(&set)?.lines() {
                let row = serde_json::from_str(line);
                guard.add(&row.with_context(|| format!("{} holds no records", set.display()))?);
            }
        }
        Ok(guard)
    }

    fn add(&mut self, row: &Row) {
        self.runs.extend(runs(&row.text));
        let chars: Vec<char> = row.text.chars().collect();
        let spans = row.entities.iter().map(|span| (span.start, span.end));
        self.frames.extend(frames(&chars, spans));
    }

    /// Whether the record shares a run, or the frame of a line, with a development set.
    pub(super) fn touches(&self, record: &Record) -> bool {
        if runs(&record.text).any(|run| self.runs.contains(&run)) {
            return true;
        }
        let at = |byte: usize| record.text.get(..byte).map_or(0, |before| before.chars().count());
        let chars: Vec<char> = record.text.chars().collect();
        let spans = record.names.iter().map(|(span, _)| (at(span.start), at(span.end)));
        frames(&chars, spans).iter().any(|frame| self.frames.contains(frame))
    }
}

/// The development sets of a folder.
fn sets(folder: &PathBuf) -> Result<Vec<PathBuf>> {
    let listing = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let paths = listing.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    Ok(paths.filter(|path| path.to_string_lossy().ends_with("_dev.jsonl")).collect())
}

/// Every run of a text. Only letters and digits, in lower case, so that punctuation hides nothing.
fn runs(text: &str) -> impl Iterator<Item = String> {
    let chinese = text.chars().filter(|c| is_han(*c)).count() * 4 > text.chars().count();
    let units: Vec<String> = if chinese {
        text.chars().filter(|c| c.is_alphanumeric()).map(String::from).collect()
    } else {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let length = if chinese { RUN.0 } else { RUN.1 };
    (0..units.len().saturating_sub(length - 1))
        .map(move |at| units.iter().skip(at).take(length).flat_map(|unit| [unit.as_str(), " "]).collect())
}

/// The lines of a text with a mark for each name and without digits, if they contain a name and enough words of their own
/// to be a template: four characters in Chinese, three words in other text.
fn frames(chars: &[char], spans: impl Iterator<Item = (usize, usize)>) -> Vec<String> {
    let mut shown: Vec<char> = chars.to_vec();
    for (start, end) in spans {
        for (i, place) in shown.iter_mut().enumerate().take(end).skip(start) {
            *place = if i == start { '\u{1}' } else { '\u{2}' };
        }
    }
    let line = |part: &[char]| -> Option<String> {
        let frame: String = part
            .iter()
            .filter(|c| **c == '\u{1}' || c.is_alphabetic() || **c == ' ')
            .flat_map(|c| c.to_lowercase())
            .collect();
        let han = frame.chars().filter(|c| is_han(*c)).count();
        let words =
            frame.split_whitespace().filter(|w| w.chars().count() > 1 && !w.contains('\u{1}')).count();
        (frame.contains('\u{1}') && (han >= 4 || words >= 3))
            .then(|| frame.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    shown.split(|c| matches!(c, '\n' | '。')).filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use ombud_core::DataType;

    use super::*;

    fn guard(text: &str, spans: &[(usize, usize)]) -> Guard {
        let mut guard = Guard::default();
        let entities = spans.iter().map(|&(start, end)| Span { start, end }).collect();
        guard.add(&Row { text: text.to_owned(), entities });
        guard
    }

    fn record(text: &str, name: &str) -> Record {
        let start = text.find(name).unwrap();
        Record::new(text.to_owned(), vec![(start..start + name.len(), DataType::Person)], "test".to_owned())
    }

    #[test]
    fn a_copy_with_other_punctuation_is_found() {
        let guard = guard("Please send the signed form back to Jane Roe by Friday.", &[]);
        assert!(guard.touches(&record("please send the signed form back to — Jane, ok", "Jane")));
        assert!(!guard.touches(&record("Please send the form to Jane", "Jane")));
    }

    #[test]
    fn the_template_of_a_record_is_found_with_another_name() {
        let zh = guard("麻烦通知一下李小明来开会", &[(6, 9)]);
        assert!(zh.touches(&record("麻烦通知一下欧阳锋来开会", "欧阳锋")));
        assert!(!zh.touches(&record("麻烦通知欧阳锋来开会", "欧阳锋")));
        let en = guard("Account of Jane Roe was closed on 3 May", &[(11, 19)]);
        assert!(en.touches(&record("account of Li was closed on 12 May", "Li")));
    }

    #[test]
    fn a_frame_without_words_is_no_template() {
        let guard = guard("Jane Roe", &[(0, 8)]);
        assert!(!guard.touches(&record("Ann Lee", "Ann Lee")));
    }
}
