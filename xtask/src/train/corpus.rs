//! Reads the labelled sentences.

use std::io::Read as _;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use ombud_core::DataType;
use ombud_detect::tagger::feature;
use serde::Deserialize;

use super::corrections::Corrections;

/// Sources that are used. The others are left out for reasons given in `docs/model-card.md`: text that its publisher took
/// from third parties, labels that mean something else, or the same generator as a development set.
const SOURCES: &[&str] = &[
    "CrossWOZ",
    "KdConv",
    "Tatoeba",
    "Laws",
    "Sanguo",
    "chatterbot",
    "template",
    "wikigold",
    "SEC-filings",
    "GUM-news",
    "GUM-interview",
    "GUM-academic",
    "GUM-court",
    "SLURP",
    "Tatoeba-en",
    "BTC",
    "KdConv-info",
    "DuReader",
    "DuReader-gen",
];

/// Those of the sources whose labels were not made by hand.
const SILVER: &[&str] = &[
    "CrossWOZ",
    "KdConv",
    "KdConv-info",
    "Tatoeba",
    "Tatoeba-en",
    "Laws",
    "Sanguo",
    "chatterbot",
    "DuReader",
    "DuReader-gen",
];

/// Suffix to the source of a sentence whose labels were corrected by hand.
pub(super) const CHECKED: &str = "+checked";

/// A sentence or a short document with its names.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) text: String,
    /// Byte ranges of the text; sorted, without overlaps.
    pub(super) names: Vec<(Range<usize>, DataType)>,
    pub(super) source: String,
}

#[derive(Deserialize)]
struct Row {
    text: String,
    entities: Vec<Span>,
    source: String,
}

/// A span in code points.
#[derive(Deserialize)]
struct Span {
    start: usize,
    end: usize,
    #[serde(rename = "type")]
    kind: String,
}

impl Record {
    pub(super) fn new(text: String, mut names: Vec<(Range<usize>, DataType)>, source: String) -> Self {
        names.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        let mut end = 0;
        names.retain(|(span, _)| {
            let apart = span.start >= end && span.end > span.start;
            if apart {
                end = span.end;
            }
            apart
        });
        Self { text, names, source }
    }

    /// Whether the record is used for measuring and not for training: one in twenty-five. Chosen by its text without the names,
    /// so that copies with other names stay together.
    pub(super) fn held_out(&self) -> bool {
        self.frame() % 25 == 7
    }

    /// The half that the record belongs to when each half's labels are judged by the other half; `None` if people made its
    /// labels or checked them.
    pub(super) fn judged_in(&self) -> Option<u8> {
        let silver = SILVER.contains(&self.origin()) && !self.source.ends_with(CHECKED);
        silver.then_some(u8::from((self.frame() / 25).is_multiple_of(2)))
    }

    /// A hash of the text without the names.
    fn frame(&self) -> u64 {
        let mut hash = 0;
        let mut done = 0;
        for end in self.names.iter().map(|(span, _)| span.start).chain([self.text.len()]) {
            hash = feature::mix(
                hash,
                feature::hash_word(self.text.get(done..end).unwrap_or_default().as_bytes()),
            );
            done = self.names.iter().find(|(span, _)| span.start == end).map_or(end, |(span, _)| span.end);
        }
        hash
    }

    /// The source without the suffix of a copy.
    pub(super) fn origin(&self) -> &str {
        self.source.split('+').next().unwrap_or_default()
    }
}

/// Reads every record of the sources in use, in file order.
pub(super) fn read(folder: &Path) -> Result<Vec<Record>> {
    let corrections = Corrections::read()?;
    let mut records = Vec::new();
    for name in ["train_zh.jsonl.gz", "train_en.jsonl.gz"] {
        for line in unpack(&folder.join(name))?.lines() {
            let row: Row =
                serde_json::from_str(line).with_context(|| format!("{name}: a line is not a record"))?;
            records.extend(record(row, &corrections));
        }
    }
    Ok(records)
}

fn record(row: Row, corrections: &Corrections) -> Option<Record> {
    let origin = row.source.split('+').next()?;
    // Copies of the novel have lost the word after the name.
    if !SOURCES.contains(&origin) || row.source == "Sanguo+swap" {
        return None;
    }
    let bytes: Vec<usize> = row.text.char_indices().map(|(at, _)| at).chain([row.text.len()]).collect();
    if let Some(names) = corrections.of(&row.text) {
        let names = names
            .iter()
            .filter_map(|(kind, span)| Some((*bytes.get(span.start)?..*bytes.get(span.end)?, *kind)));
        return Some(Record::new(row.text.clone(), names.collect(), format!("{origin}{CHECKED}")));
    }
    let names = row.entities.iter().filter_map(|span| {
        let range = *bytes.get(span.start)?..*bytes.get(span.end)?;
        let name = row.text.get(range.clone())?;
        is_name(name).then_some((range, DataType::from_name(&span.kind)?))
    });
    let names: Vec<_> = names.collect();
    let doubtful = names.iter().any(|(span, kind)| {
        let name = row.text.get(span.clone()).unwrap_or_default();
        *kind == DataType::Person && is_cut_wrongly(name, origin) || *kind == DataType::Org && is_list(name)
    });
    (!doubtful).then(|| Record::new(row.text, names, row.source))
}

/// Words for the parties of a contract, which one source labels as if they were names.
const PARTIES: &[&str] =
    &["borrower", "lender", "bank", "company", "president", "seller", "buyer", "agent", "trustee", "god"];

/// True unless the span is such a word.
fn is_name(name: &str) -> bool {
    !PARTIES.iter().any(|party| party.eq_ignore_ascii_case(name))
}

/// True for a company named like a list of two people, `Usher and Lane`: lists of people are far more common.
fn is_list(name: &str) -> bool {
    let lasts = name.split_once(" and ").map(|(_, last)| last);
    lasts.is_some_and(|last| {
        last != "Sons" && !last.contains(' ') && name.split([' ', ',']).all(is_capital_or_and)
    })
}

fn is_capital_or_and(word: &str) -> bool {
    word.is_empty() || word == "and" || word.starts_with(char::is_uppercase)
}

/// Characters of classical Chinese that the labels of one source include in names: `淮曰`, `谭亦悔之`.
const GRAMMAR: &[char] = &['曰', '亦', '乃', '之', '遂', '皆', '即', '也', '矣', '谓', '使'];

/// True if a label certainly has wrong boundaries; such a record does more harm than good.
fn is_cut_wrongly(name: &str, origin: &str) -> bool {
    origin == "Sanguo" && name.contains(GRAMMAR)
}

fn unpack(path: &Path) -> Result<String> {
    let mut gzip = Command::new("gzip")
        .arg("-dc")
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .context("could not start gzip")?;
    let mut text = String::new();
    if let Some(mut out) = gzip.stdout.take() {
        out.read_to_string(&mut text)?;
    }
    if !gzip.wait()?.success() {
        bail!("{} cannot be unpacked; --data takes the folder above `train`", path.display());
    }
    Ok(text)
}
