//! The list of Chinese words that are not names when they appear alone (`crates/detect/src/tagger/common_zh.txt`): words in a
//! dictionary that the model, which sees no sentence there, mistakes for a person.
//!
//! The dictionary is jieba's (Sun Junyi, MIT), from `PyPI`. A word that the dictionary calls a name, or that is somebody's
//! name in the training text, is in the list only if that text uses it as a word far more often.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use ombud_core::DataType;
use ombud_detect::normalise::normalise;
use ombud_detect::tagger::Tagger;
use ombud_detect::tagger::model::Model;

use super::corpus::{self, Record};
use super::{MODEL, gazetteer, written};
use crate::command;
use crate::term;
use crate::workspace::Workspace;

/// Path of the list.
const LIST: &str = "crates/detect/src/tagger/common_zh.txt";
/// The dictionary's version.
const JIEBA: &str = "0.42.1";
/// Minimum count of a word in the dictionary.
const COUNTED: u32 = 30;
/// Characters in a word.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=4;
/// Minimum occurrences as a word of one that is also a name, and the minimum ratio to its occurrences as a name.
const SEEN: (u32, u32) = (5, 10);

/// Minimum occurrences of a word that only the dictionary calls a name, such as 燕麦.
const COMMON: u32 = 2;

/// Contexts in which a word appears alone: as a text, in a value, in a cell, before a colon.
const FRAMES: &[&str] =
    &["{}", "{\"原料\":\"{}\",\"份\":2}", "{\"评价\":\"{}\"}", "| {} |", "- {}\n", "{}：十", "{}的", "{}了"];

/// How often a word occurs as the name of a person and outside such names.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Seen {
    inside: u32,
    outside: u32,
}

/// Builds the list from the model in the tree and the training text.
pub(super) fn run(workspace: &Workspace, train: &Path) -> Result<()> {
    let file = fs::read(workspace.path(MODEL)).with_context(|| format!("{MODEL} cannot be read"))?;
    let tagger = Tagger::new(Model::read(&file).context("the model cannot be read")?).without_common_words();
    let dictionary = dictionary(workspace)?;
    let taken: Vec<(&str, bool)> =
        dictionary.lines().filter_map(entry).filter(|(word, _)| is_taken(&tagger, word)).collect();
    let mut seen: HashMap<&str, Seen> = taken.iter().map(|(word, _)| (*word, Seen::default())).collect();
    let mut records = corpus::read(train)?;
    records.extend(written::read(&workspace.path(written::FOLDER))?);
    for record in &records {
        count(record, &mut seen);
    }
    let mut words: Vec<&str> = taken
        .into_iter()
        .filter(|(word, named)| {
            let Seen { inside, outside } = seen.get(word).copied().unwrap_or_default();
            let least = if inside > 0 { SEEN.0 } else { COMMON };
            let name = inside > 0 || *named;
            !name
                || !gazetteer::is_transliterated(word)
                    && outside >= least
                    && outside >= inside.saturating_mul(SEEN.1)
        })
        .map(|(word, _)| word)
        .collect();
    words.sort_unstable();
    words.dedup();
    let mut list = format!(
        "# Chinese words that look like a name when they stand alone: from the dictionary of jieba {JIEBA} (Sun Junyi, MIT). \
         Made by `cargo xtask train`.\n"
    );
    words.iter().try_for_each(|word| writeln!(list, "{word}"))?;
    fs::write(workspace.path(LIST), &list).with_context(|| format!("{LIST} cannot be written"))?;
    term::line(&format!("written: {LIST}, {} words", words.len()));
    Ok(())
}

/// A dictionary line (`word count kind`): the word, if it is eligible for the list, and whether the dictionary calls it a name.
fn entry(line: &str) -> Option<(&str, bool)> {
    let mut parts = line.split(' ');
    let (word, count, kind) = (parts.next()?, parts.next()?, parts.next()?);
    let counted = count.parse::<u32>().is_ok_and(|count| count >= COUNTED);
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    (counted && LENGTH.contains(&word.chars().count()) && word.chars().all(han))
        .then(|| (word, kind.starts_with("nr")))
}

/// Whether the model mistakes the word for a person when it appears alone.
fn is_taken(tagger: &Tagger<'_>, word: &str) -> bool {
    FRAMES.iter().any(|frame| {
        let text = frame.replace("{}", word);
        let normal = normalise(&text);
        tagger.tag(&normal.text).iter().any(|entity| {
            entity.kind == DataType::Person && normal.text.get(entity.span.clone()) == Some(word)
        })
    })
}

/// Counts where the words occur in a text. An occurrence that merely overlaps a name says nothing.
fn count(record: &Record, words: &mut HashMap<&str, Seen>) {
    let people = || record.names.iter().filter(|(_, kind)| *kind == DataType::Person).map(|(span, _)| span);
    let starts: Vec<usize> = record.text.char_indices().map(|(at, _)| at).collect();
    for (index, start) in starts.iter().enumerate() {
        for length in LENGTH {
            let end = starts.get(index + length).copied().unwrap_or(record.text.len());
            let Some(seen) = record.text.get(*start..end).and_then(|part| words.get_mut(part)) else {
                continue;
            };
            match people().find(|span| span.start < end && *start < span.end) {
                Some(span) if *span == (*start..end) => seen.inside += 1,
                Some(_) => {}
                None => seen.outside += 1,
            }
        }
    }
}

/// The text of the dictionary, downloaded once.
fn dictionary(workspace: &Workspace) -> Result<String> {
    let folder = workspace.target.join("words");
    let file = folder.join(format!("jieba-{JIEBA}/jieba/dict.txt"));
    if !file.exists() {
        fs::create_dir_all(&folder)?;
        let wanted = format!("jieba=={JIEBA}");
        let pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:", "--dest", "."];
        command::run(Command::new("python3").args(pip).arg(&wanted).current_dir(&folder))?;
        let archive = format!("jieba-{JIEBA}.tar.gz");
        command::run(Command::new("tar").args(["xzf", &archive]).current_dir(&folder))?;
    }
    fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_dictionary_is_a_word_its_count_and_its_kind() {
        assert_eq!(entry("高兴 120 v"), Some(("高兴", false)));
        assert_eq!(entry("高兴 120 nr"), Some(("高兴", true)));
        for line in ["高兴 2 v", "高 300 a", "卡拉OK 90 n", "高高兴兴的 90 z", "高兴"] {
            assert_eq!(entry(line), None, "{line}");
        }
    }

    #[test]
    fn a_word_is_seen_inside_and_outside_of_names() {
        let names = vec![(0..6, DataType::Person), (18..27, DataType::Person)];
        let record = Record::new("高兴很高兴，高兴儿".to_owned(), names, "test".to_owned());
        let mut words = HashMap::from([("高兴", Seen::default()), ("没有", Seen::default())]);
        count(&record, &mut words);
        assert_eq!(words["高兴"], Seen { inside: 1, outside: 1 });
        assert_eq!(words["没有"], Seen::default());
    }
}
