//! Sentences that we wrote and labelled for the tagger: what is missing from collected text that may be shipped, such as
//! today's news, posts and talk.
//!
//! One text per line in `written/*.txt`; names are marked in place: `[P:王建国]` for people, `[L:…]` for places and addresses,
//! `[O:…]` for organisations. The labels follow `crates/detect/tests/real/README.md`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use ombud_core::DataType;

use super::corpus::Record;

/// Their folder in the workspace.
pub(super) const FOLDER: &str = "xtask/src/train/written";

/// Prefix of their sources, followed by the file name.
pub(super) const SOURCE: &str = "written-";

/// Reads every file of the folder, sorted by name.
pub(super) fn read(folder: &Path) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for path in super::files(folder, "txt")? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        for (number, line) in text.lines().enumerate() {
            let record = parse(line, &format!("{SOURCE}{name}"));
            records.push(record.with_context(|| format!("{}, line {}", path.display(), number + 1))?);
        }
    }
    Ok(records)
}

/// Parses a line: its text without the marks, and where its names are.
fn parse(line: &str, source: &str) -> Result<Record> {
    let (mut text, mut names, mut rest) = (String::new(), Vec::new(), line);
    while let Some((at, kind)) = next(rest) {
        let (before, marked) = rest.split_at(at);
        let Some((name, after)) = marked.split_once(']') else { bail!("a mark is not closed") };
        text.push_str(before);
        let start = text.len();
        text.push_str(name.get(3..).unwrap_or_default());
        if text.len() == start || next(name.get(1..).unwrap_or_default()).is_some() {
            bail!("a mark is empty, or contains another one");
        }
        names.push((start..text.len(), kind));
        rest = after;
    }
    text.push_str(rest);
    Ok(Record::new(text, names, source.to_owned()))
}

/// The next mark, and the type of name it marks.
fn next(text: &str) -> Option<(usize, DataType)> {
    let marks = [("[P:", DataType::Person), ("[L:", DataType::Location), ("[O:", DataType::Org)].into_iter();
    marks.filter_map(|(mark, kind)| Some((text.find(mark)?, kind))).min_by_key(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn marks_become_spans() {
        let record = parse("[P:老王]在[L:北京]看[哈哈]，[O:ACME]关门", "written-x").expect("parses");
        assert_eq!(record.text, "老王在北京看[哈哈]，ACME关门");
        let names: Vec<_> =
            record.names.iter().map(|(span, kind)| (&record.text[span.clone()], kind.name())).collect();
        assert_eq!(names, [("老王", "PERSON"), ("北京", "LOCATION"), ("ACME", "ORG")]);
    }

    #[test]
    fn every_line_of_the_tree_is_read_and_none_stands_twice() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/train/written");
        let records = read(&folder).expect("reads");
        assert!(records.len() > 16_000, "{}", records.len());
        let texts: BTreeSet<&str> = records.iter().map(|record| record.text.as_str()).collect();
        assert_eq!(texts.len(), records.len());
        let marked = |text: &str| ["[P:", "[L:", "[O:"].iter().any(|mark| text.contains(mark));
        assert!(!texts.iter().any(|text| marked(text)));
        let named = records.iter().filter(|record| !record.names.is_empty()).count();
        assert!((60..=85).contains(&(named * 100 / records.len())), "{named}");
    }

    #[test]
    fn a_broken_mark_is_an_error() {
        for line in ["[P:王", "[P:]来了", "[P:王[L:北京]]"] {
            parse(line, "written-x").expect_err(line);
        }
    }
}
