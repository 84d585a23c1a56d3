//! Findings as the editor underlines them, and what it shows on hover.

use std::collections::BTreeMap;

use ombud_check::Report;
use ombud_core::finding::{Finding, Severity, Step};
use ombud_core::{Lang, Say, say};
use serde_json::{Value, json};

use super::project::Project;
use super::text::Lines;
use crate::report::message;

/// The diagnostics of each file with findings, and of files that no longer have any, by URI.
pub(super) fn all(project: &mut Project, lang: Lang) -> Vec<(String, Vec<Value>)> {
    project.look();
    if project.is_being_written() {
        return Vec::new();
    }
    let Some(report) = project.last() else { return Vec::new() };
    let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        by_file.entry(finding.place.path.as_str()).or_default().push(finding);
    }
    let gone = project.shown.iter().filter(|path| !by_file.contains_key(path.as_str()));
    let gone = gone.map(|path| (project.uri(path), Vec::new()));
    let mut found: Vec<(String, Vec<Value>)> = gone.collect();
    for (path, findings) in &by_file {
        let lines = Lines::new(text(report, path));
        let all = findings.iter().map(|finding| one(project, report, &lines, finding, lang)).collect();
        found.push((project.uri(path), all));
    }
    project.shown = by_file.into_keys().map(str::to_owned).collect();
    found
}

/// The text of a file as it was checked.
pub(super) fn text<'r>(report: &'r Report, path: &str) -> &'r str {
    report.files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str())
}

/// The diagnostic of a finding in a file with these lines.
pub(super) fn one(
    project: &Project,
    report: &Report,
    lines: &Lines<'_>,
    finding: &Finding,
    lang: Lang,
) -> Value {
    let harm = ombud_check::advice(finding).map(|known| known.harm.say(lang)).unwrap_or_default();
    let level = match finding.severity {
        Severity::Error => 1,
        Severity::Warning => 2,
        Severity::Info => 3,
    };
    json!({
        "range": lines.range(&finding.place.span),
        "severity": level,
        "code": finding.rule.0,
        "source": "ombud",
        "message": format!("{}\n{harm}", message(finding, lang)),
        "relatedInformation": way(project, report, finding, lang),
    })
}

/// The path to a finding, where it has more than one step.
fn way(project: &Project, report: &Report, finding: &Finding, lang: Lang) -> Vec<Value> {
    let step = |step: &Step| {
        let range = Lines::new(text(report, &step.place.path)).range(&step.place.span);
        let name = &step.function;
        json!({
            "location": {"uri": project.uri(&step.place.path), "range": range},
            "message": say!(lang, en: "via {name}", zh: "经过：{name}"),
        })
    };
    if finding.path.len() > 1 { finding.path.iter().map(step).collect() } else { Vec::new() }
}

/// The documentation of the rules with findings at a byte.
pub(super) fn hover(report: &Report, path: &str, at: usize, lang: Lang) -> Option<Value> {
    let here = |finding: &&Finding| {
        finding.place.path == path && finding.place.span.start <= at && at <= finding.place.span.end
    };
    // The narrowest first.
    let mut found: Vec<&Finding> = report.findings.iter().filter(here).collect();
    found.sort_by_key(|finding| finding.place.span.len());
    let first = found.first()?;
    let mut rules: Vec<&str> = Vec::new();
    for finding in &found {
        if !rules.contains(&finding.rule.0) {
            rules.push(finding.rule.0);
        }
    }
    let shown: Vec<String> =
        rules.iter().filter_map(|id| ombud_check::rule(id)).map(|rule| document(rule, path, lang)).collect();
    let range = Lines::new(text(report, path)).range(&first.place.span);
    Some(json!({"contents": {"kind": "markdown", "value": shown.join("\n\n---\n\n")}, "range": range}))
}

/// What begins a comment in a file, by its ending.
fn comment_mark(path: &str) -> &'static str {
    use ombud_check::Language;
    match Language::of(path.rsplit('/').next().unwrap_or(path)) {
        Some(Language::JavaScript | Language::Swift) => "//",
        _ => "#",
    }
}

fn document(rule: &ombud_check::Rule, path: &str, lang: Lang) -> String {
    let (id, title) = (rule.id.0, rule.title.say(lang));
    let (harm, fix, example) = (rule.harm.say(lang), rule.fix.say(lang), rule.example.trim_end());
    let mark = comment_mark(path);
    say!(lang,
        en: "**{title}** (`{id}`)\n\n{harm}\n\n**Fix:** {fix}\n\n```diff\n{example}\n```\n\nTo accept it: `{mark} ombud: allow {id} REASON` on this line or the one above.",
        zh: "**{title}**（`{id}`）\n\n{harm}\n\n**修复：**{fix}\n\n```diff\n{example}\n```\n\n如需豁免：在本行或上一行写 `{mark} ombud: allow {id} 理由`。")
}
