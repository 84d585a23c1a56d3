//! Applies edits to texts: picks a set without overlaps, and keeps each fix only if the files it touches still parse.

use std::collections::BTreeMap;

use super::{Edit, Fix, Fixes, Safety};
use crate::facts::File;
use crate::tree::{json, yaml};
use crate::{python, script};

/// A file before and after its edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Current content.
    pub before: String,
    /// Content with the edits applied.
    pub after: String,
}

/// The result of one round of fixes.
#[derive(Debug, Default)]
pub struct Mended {
    /// Files that change, by path.
    pub changes: Vec<Change>,
    /// Fingerprints of the findings whose fixes are included.
    pub applied: Vec<String>,
    /// Fingerprints of findings whose fixes would have broken a file.
    pub broken: Vec<String>,
    /// Fingerprints of findings whose fixes overlap one that is applied; the next round may apply them.
    pub waiting: Vec<String>,
}

/// Applies fixes in the order of `wanted` (fingerprints); where two overlap, the first wins.
pub fn mend(files: &[File], known: &Fixes, wanted: &[&str], unsafe_too: bool) -> Mended {
    let mut mended = Mended::default();
    let mut taken: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for fingerprint in wanted {
        let Some(fix) = known.get(*fingerprint).filter(|fix| unsafe_too || fix.safety == Safety::Safe) else {
            continue;
        };
        let list = if !fits(&taken, fix) {
            &mut mended.waiting
        } else if keeps(files, &taken, fix) {
            take(&mut taken, fix);
            &mut mended.applied
        } else {
            &mut mended.broken
        };
        list.push((*fingerprint).to_owned());
    }
    let change = |(path, edits): (&str, Vec<&Edit>)| change(files, path, &edits);
    mended.changes = taken.into_iter().filter_map(change).collect();
    mended
}

fn take<'f>(taken: &mut BTreeMap<&'f str, Vec<&'f Edit>>, fix: &'f Fix) {
    for edit in &fix.edits {
        let here = taken.entry(edit.path.as_str()).or_default();
        // Two keys in one file need a single `import os`.
        if !here.contains(&edit) {
            here.push(edit);
        }
    }
}

/// True if no edit overlaps one that was already taken.
fn fits(taken: &BTreeMap<&str, Vec<&Edit>>, fix: &Fix) -> bool {
    fix.edits.iter().all(|edit| {
        let here = taken.get(edit.path.as_str());
        here.into_iter().flatten().all(|other| *other == edit || !touch(other, edit))
    })
}

fn touch(one: &Edit, other: &Edit) -> bool {
    let (a, b) = (&one.span, &other.span);
    a.start == b.start || a.start < b.end && b.start < a.end
}

/// True if every file that a fix touches still parses with it.
fn keeps(files: &[File], taken: &BTreeMap<&str, Vec<&Edit>>, fix: &Fix) -> bool {
    let mut with = taken.clone();
    take(&mut with, fix);
    let paths: std::collections::BTreeSet<&str> = fix.edits.iter().map(|edit| edit.path.as_str()).collect();
    paths.into_iter().all(|path| {
        let edits = with.get(path).cloned().unwrap_or_default();
        change(files, path, &edits).is_some_and(|change| still_reads(&change))
    })
}

fn change(files: &[File], path: &str, edits: &[&Edit]) -> Option<Change> {
    let file = files.iter().find(|file| file.path == path)?;
    let after = apply(&file.text, edits)?;
    Some(Change { path: path.to_owned(), before: file.text.clone(), after })
}

/// Applies non-overlapping edits to a text; `None` if one of them is out of bounds.
fn apply(text: &str, edits: &[&Edit]) -> Option<String> {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end, edit.text.as_str()));
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.span.start)?);
        out.push_str(&edit.text);
        at = edit.span.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// True unless a file that parsed before no longer does.
fn still_reads(change: &Change) -> bool {
    let reads = |text: &str| reads(&change.path, text);
    reads(&change.after) || !reads(&change.before)
}

fn reads(path: &str, text: &str) -> bool {
    match path.rsplit_once('.').map_or("", |parts| parts.1) {
        "py" | "pyw" => python::reads(text),
        "json" => json::parse(text).is_ok(),
        "yaml" | "yml" => yaml::parse(text).is_ok(),
        "js" | "mjs" | "cjs" | "jsx" | "ts" | "tsx" | "mts" | "cts" => script::reads(path, text),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use ombud_core::finding::Bilingual;

    use super::*;

    fn fix(edits: &[(std::ops::Range<usize>, &str)]) -> Fix {
        let edit = |(span, text): &(std::ops::Range<usize>, &str)| Edit {
            path: "a.py".into(),
            span: span.clone(),
            text: (*text).into(),
        };
        Fix::new(Bilingual::default(), Safety::Safe, edits.iter().map(edit).collect())
    }

    fn mended(text: &str, all: Vec<Fix>) -> (String, Mended) {
        let files = [File { path: "a.py".into(), text: text.into() }];
        let names: Vec<String> = (0..all.len()).map(|index| index.to_string()).collect();
        let known: Fixes = names.iter().cloned().zip(all).collect();
        let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
        let done = mend(&files, &known, &wanted, false);
        (done.changes.first().map_or_else(|| text.to_owned(), |change| change.after.clone()), done)
    }

    #[test]
    fn of_two_that_overlap_the_first_counts_and_the_same_edit_is_made_once() {
        let head = (0..0, "import os\n");
        let (text, done) = mended(
            "a = 1\nb = 2\n",
            vec![
                fix(&[head.clone(), (4..5, "os.sep")]),
                fix(&[head, (10..11, "os.name")]),
                fix(&[(0..5, "c = 3")]),
            ],
        );
        assert_eq!(text, "import os\na = os.sep\nb = os.name\n");
        assert_eq!((done.applied.len(), done.waiting), (2, vec!["2".to_owned()]));
    }

    #[test]
    fn what_breaks_a_file_or_lies_outside_of_it_is_not_written() {
        for edits in [vec![(4..5, "(")], vec![(4..99, "2")], vec![(6..7, "2")]] {
            let (text, done) = mended("a = 1\n", vec![fix(&edits)]);
            assert_eq!((text.as_str(), done.broken.len(), done.applied.len()), ("a = 1\n", 1, 0));
        }
        // Not on a character boundary.
        let (text, done) = mended("a = '汉'\n", vec![fix(&[(6..7, "x")])]);
        assert_eq!((text.as_str(), done.broken.len()), ("a = '汉'\n", 1));
    }

    #[test]
    fn what_was_broken_before_may_stay_so() {
        let (text, done) = mended("a = (\n", vec![fix(&[(0..1, "b")])]);
        assert_eq!((text.as_str(), done.applied.len()), ("b = (\n", 1));
    }
}
