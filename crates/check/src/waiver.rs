//! Waivers in the source: `# ombud: allow RULE reason`, on the line of the finding or the one above it.

use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity};
use serde::Serialize;

use crate::facts::File;
use crate::rules;

/// A waiver without a reason, or for a rule that does not exist.
pub(crate) const ID: RuleId = RuleId("waiver-without-reason");

/// A finding that was accepted.
#[derive(Debug, Clone, Serialize)]
pub struct Waived {
    /// The finding.
    pub finding: Finding,
    /// Why, in the developer's words.
    pub reason: String,
}

const MARK: &str = "ombud: allow ";

struct Waiver<'a> {
    line: u32,
    rule: &'a str,
    reason: &'a str,
    span: std::ops::Range<usize>,
}

/// Takes out what is waived, and reports waivers that are none.
pub(crate) fn apply(findings: Vec<Finding>, files: &[File]) -> (Vec<Finding>, Vec<Waived>) {
    let mut kept = Vec::new();
    let mut waived = Vec::new();
    let all: Vec<(&str, Vec<Waiver<'_>>)> = files
        .iter()
        .map(|file| (file.path.as_str(), waivers(&file.text)))
        .filter(|(_, all)| !all.is_empty())
        .collect();
    for finding in findings {
        let here =
            all.iter().find(|(path, _)| *path == finding.place.path).into_iter().flat_map(|(_, all)| all);
        let line = finding.place.line;
        let found = here
            .filter(|waiver| waiver.rule == finding.rule.0 && !waiver.reason.is_empty())
            .find(|waiver| waiver.line == line || waiver.line + 1 == line);
        match found {
            Some(found) => waived.push(Waived { finding, reason: found.reason.to_owned() }),
            None => kept.push(finding),
        }
    }
    for (path, waivers) in all {
        kept.extend(waivers.iter().filter_map(|waiver| complaint(path, waiver)));
    }
    (kept, waived)
}

fn complaint(path: &str, waiver: &Waiver<'_>) -> Option<Finding> {
    let rule = waiver.rule;
    let message = if rules::ALL.iter().all(|known| known.id.0 != rule) {
        Bilingual::new(
            format!("this waiver names the rule `{rule}`, which does not exist"),
            format!("此豁免所指的规则 `{rule}` 并不存在"),
        )
    } else if waiver.reason.is_empty() {
        Bilingual::new(
            format!("this waiver of `{rule}` gives no reason, so it has no effect"),
            format!("对 `{rule}` 的豁免没有写明理由，因此不生效"),
        )
    } else {
        return None;
    };
    Some(Finding {
        rule: ID,
        severity: Severity::Warning,
        confidence: Confidence::High,
        place: Place { path: path.to_owned(), line: waiver.line, span: waiver.span.clone() },
        subject: String::new(),
        message,
        path: Vec::new(),
    })
}

/// Only in comments: the mark after `#` or `//`.
fn waivers(text: &str) -> Vec<Waiver<'_>> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let mut start = 0;
    let mut found = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        if let Some(at) = line.find(MARK)
            && line.get(..at).is_some_and(|before| before.trim_end().ends_with(['#', '/']))
        {
            let rest = line.get(at + MARK.len()..).unwrap_or_default().trim();
            let (rule, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let span = start + at..start + line.trim_end().len();
            found.push(Waiver { line: number, rule, reason: reason.trim(), span });
        }
        start += line.len() + 1;
    }
    found
}
