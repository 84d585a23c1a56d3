//! For programs: `ombud.check/1`.

use anyhow::Result;
use ombud_check::{Report, Waived};
use ombud_core::finding::{Finding, Severity};
use ombud_core::{Lang, Say};
use serde_json::{Value, json};

use super::{View, gap, message};

/// The report.
pub(crate) fn text(view: &View<'_>) -> Result<String> {
    let report = view.report;
    let open = report.findings.iter().map(|finding| one(report, finding, None, !report.is_new(finding)));
    let waived = report.waived.iter().map(|waived| one(report, &waived.finding, Some(waived), false));
    let findings: Vec<Value> = open.chain(waived).collect();
    let gaps: Vec<Value> = report
        .gaps
        .iter()
        .map(|one| json!({"path": one.path, "line": one.line, "why": one.why, "text": both(|lang| gap(one, lang))}))
        .collect();
    let document = json!({
        "schema": "ombud.check/1",
        "summary": {
            "error": view.count(Severity::Error),
            "warning": view.count(Severity::Warning),
            "info": view.count(Severity::Info),
            "waived": report.waived.len(),
            "known": report.known.len(),
            "files": report.files.len(),
            "followed": report.understood,
        },
        "findings": findings,
        "nodes": report.kinds,
        "not_looked_at": gaps,
        "flow": report.flow,
    });
    Ok(serde_json::to_string_pretty(&document)?)
}

/// The flow map alone.
pub(crate) fn map(view: &View<'_>) -> Result<String> {
    Ok(serde_json::to_string_pretty(&view.report.flow)?)
}

fn one(report: &Report, finding: &Finding, waived: Option<&Waived>, known: bool) -> Value {
    let (rule, advice) = (ombud_check::rule(finding.rule.0), ombud_check::advice(finding));
    json!({
        "rule": finding.rule.0,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "risks": rule.map(|rule| rule.risks).unwrap_or_default(),
        "place": finding.place,
        "subject": finding.subject,
        "message": both(|lang| message(finding, lang)),
        "harm": advice.map(|advice| both(|lang| advice.harm.say(lang))),
        "fix": advice.map(|advice| both(|lang| advice.fix.say(lang))),
        "mend": report.fix(finding),
        "path": finding.path,
        "fingerprint": finding.fingerprint,
        "known": known,
        "waived": waived.map(|waived| &waived.reason),
        "waived_until": waived.and_then(|waived| waived.until.as_ref()),
    })
}

fn both(text: impl Fn(Lang) -> String) -> Value {
    json!({"en": text(Lang::En), "zh": text(Lang::Zh)})
}
