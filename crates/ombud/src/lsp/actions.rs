//! Fixes offered in the editor.

use std::collections::BTreeMap;
use std::ops::Range;

use ombud_check::{Fix, Report, Safety, mend};
use ombud_core::finding::Finding;
use ombud_core::{Lang, Say, say};
use serde_json::{Value, json};

use super::diagnostics::{one, text};
use super::project::Project;
use super::text::Lines;

/// Whether the editor wants fixes at all: `only` lists kinds, and a kind includes those below it.
pub(super) fn wanted(params: &Value) -> bool {
    let only = params.pointer("/context/only").and_then(Value::as_array);
    only.is_none_or(|kinds| {
        kinds.iter().filter_map(Value::as_str).any(|kind| kind.is_empty() || kind == "quickfix")
    })
}

/// Fixes of findings that touch a range of a file.
pub(super) fn all(project: &Project, report: &Report, path: &str, range: &Value, lang: Lang) -> Vec<Value> {
    let lines = Lines::new(text(report, path));
    let at = lines.bytes(range);
    let here = report
        .findings
        .iter()
        .filter(|finding| finding.place.path == path && touch(&finding.place.span, &at));
    here.filter_map(|finding| {
        let fix = report.fix(finding).filter(|_| holds(report, finding))?;
        Some(json!({
            "title": title(fix, lang),
            "kind": "quickfix",
            "isPreferred": fix.safety == Safety::Safe,
            "diagnostics": [one(project, report, &lines, finding, lang)],
            "edit": {"changes": changes(project, report, fix)},
        }))
    })
    .collect()
}

fn touch(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start <= other.end && other.start <= one.end
}

/// Whether the files still parse with the fix.
fn holds(report: &Report, finding: &Finding) -> bool {
    !mend(&report.files, &report.fixes, &[&finding.fingerprint], true).applied.is_empty()
}

fn title(fix: &Fix, lang: Lang) -> String {
    let title = fix.title.say(lang);
    match fix.safety {
        Safety::Safe => say!(lang, en: "Ombud: {title}", zh: "安伴：{title}"),
        Safety::Unsafe => {
            say!(lang, en: "Ombud: {title} (changes what the program does)", zh: "安伴：{title}（会改变程序行为）")
        }
    }
}

/// Edits by URI, in the order of their positions.
fn changes(project: &Project, report: &Report, fix: &Fix) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let range = Lines::new(text(report, &edit.path)).range(&edit.span);
        all.entry(project.uri(&edit.path)).or_default().push(json!({"range": range, "newText": edit.text}));
    }
    all
}
