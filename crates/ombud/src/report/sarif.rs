//! SARIF 2.1.0 (OASIS), for code scanning. It works offline: the help of each rule is in the file.

use anyhow::Result;
use ombud_core::finding::{Finding, Place, Severity, Step};
use ombud_core::{Lang, Say, say};
use serde_json::{Value, json};

use super::{View, gap, message};

/// The log.
pub(crate) fn text(view: &View<'_>) -> Result<String> {
    let lang = view.lang;
    let rules: Vec<Value> = ombud_check::rules().iter().map(|rule| descriptor(rule, lang)).collect();
    let report = view.report;
    let open = report.findings.iter().map(|finding| (finding, None));
    let all = open.chain(report.waived.iter().map(|waived| (&waived.finding, Some(waived.reason.as_str()))));
    let results: Vec<Value> = all.map(|(finding, reason)| result(view, finding, reason)).collect();
    let notifications: Vec<Value> = report
        .gaps
        .iter()
        .map(|one| json!({"level": "note", "message": {"text": gap(one, lang)}, "descriptor": {"id": "not-looked-at"}}))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "ombud",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
                "notifications": [{"id": "not-looked-at"}],
            }},
            "columnKind": "unicodeCodePoints",
            "language": lang.tag(),
            "originalUriBaseIds": {"PROJECT": {"description": {"text": say!(lang, en: "the folder that was checked", zh: "被检查的目录")}}},
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notifications}],
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log)?)
}

fn descriptor(rule: &ombud_check::Rule, lang: Lang) -> Value {
    let (harm, fix) = (rule.harm.say(lang), rule.fix.say(lang));
    let help = say!(lang, en: "{harm}\n\n{fix}", zh: "{harm}\n\n{fix}");
    json!({
        "id": rule.id.0,
        "shortDescription": {"text": rule.title.say(lang)},
        "fullDescription": {"text": harm},
        "help": {"text": help},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"tags": rule.risks},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(view: &View<'_>, finding: &Finding, reason: Option<&str>) -> Value {
    let mut value = json!({
        "ruleId": finding.rule.0,
        "level": level(finding.severity),
        "message": {"text": message(finding, view.lang)},
        "locations": [{"physicalLocation": location(view, &finding.place)}],
        "partialFingerprints": {"ombud/v2": finding.fingerprint},
    });
    let index = ombud_check::rules().iter().position(|rule| rule.id == finding.rule);
    if let Some(fields) = value.as_object_mut() {
        if let Some(index) = index {
            fields.insert("ruleIndex".into(), index.into());
        }
        if finding.path.len() > 1 {
            fields.insert(
                "codeFlows".into(),
                json!([{"threadFlows": [{"locations": flow(view, &finding.path)}]}]),
            );
        }
        if let Some(fix) = view.report.fix(finding) {
            fields.insert("fixes".into(), json!([mend(view, fix)]));
        }
        if !view.report.is_new(finding) {
            fields.insert("baselineState".into(), "unchanged".into());
        }
        if let Some(reason) = reason {
            fields.insert("suppressions".into(), json!([{"kind": "inSource", "justification": reason}]));
        }
    }
    value
}

/// The edits that fix a finding.
fn mend(view: &View<'_>, fix: &ombud_check::Fix) -> Value {
    let change = |edit: &ombud_check::Edit| {
        let place = Place { path: edit.path.clone(), line: 0, span: edit.span.clone() };
        let mut location = location(view, &place);
        let file = location["artifactLocation"].take();
        let region = location["region"].take();
        json!({"artifactLocation": file, "replacements": [{"deletedRegion": region, "insertedContent": {"text": edit.text}}]})
    };
    let changes: Vec<Value> = fix.edits.iter().map(change).collect();
    json!({"description": {"text": fix.title.say(view.lang)}, "artifactChanges": changes})
}

fn flow(view: &View<'_>, path: &[Step]) -> Vec<Value> {
    path.iter()
        .map(|step| {
            json!({"location": {"physicalLocation": location(view, &step.place), "message": {"text": step.function}}})
        })
        .collect()
}

fn location(view: &View<'_>, place: &Place) -> Value {
    let mut region = json!({"startLine": place.line});
    if let (Some(text), Some(fields)) = (view.source(&place.path), region.as_object_mut()) {
        let (first, column) = position(text, place.span.start);
        fields.insert("startLine".into(), first.into());
        let (line, end) = position(text, place.span.end);
        fields.insert("startColumn".into(), column.into());
        fields.insert("endLine".into(), line.into());
        fields.insert("endColumn".into(), end.into());
    }
    json!({"artifactLocation": {"uri": uri(&place.path), "uriBaseId": "PROJECT"}, "region": region})
}

/// Line and column of a byte, both from 1, the column in code points.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.rsplit('\n').next().unwrap_or_default().chars().count();
    (line, column)
}

/// A relative path as a URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            const HEX: [char; 16] =
                ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
            out.push('%');
            out.extend([byte >> 4, byte & 15].iter().filter_map(|digit| HEX.get(usize::from(*digit))));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A project with a finding that has a path, a waived one, and a file that was not read.
    fn log() -> (Value, Value) {
        let dir = tempfile::tempdir().unwrap();
        let agent = "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n\ndef run(text):\n    os.system(text)\n\n@app.route('/')\ndef page():\n    eval(request.json)  # ombud: allow untrusted-to-exec only in a sandbox\n    run(request.json)\n";
        std::fs::write(dir.path().join("a b.py"), agent).unwrap();
        std::fs::write(dir.path().join("bad.py"), "def (").unwrap();
        let providers = crate::check::known(&ombud_gateway::providers::Providers::builtin().unwrap());
        let detector = ombud_detect::Detector::new(&ombud_detect::Options::default());
        let look = || {
            let report =
                ombud_check::check(dir.path(), &providers, &detector, &ombud_check::Options::default())
                    .unwrap();
            let view = View { report: &report, lang: Lang::Zh, detector: &detector };
            serde_json::from_str(&text(&view).unwrap()).unwrap()
        };
        let first = look();
        std::fs::write(dir.path().join("a b.py"), format!("# one more line\n{agent}")).unwrap();
        (first, look())
    }

    #[test]
    fn a_log_has_what_sarif_wants() {
        let (log, moved) = log();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 3);
        for result in results {
            let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(!rule["help"]["text"].as_str().unwrap().is_empty());
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "a%20b.py");
            assert!(place["region"]["startColumn"].as_u64().unwrap() >= 1);
        }
        let flow = &results[0]["codeFlows"][0]["threadFlows"][0]["locations"];
        let lines: Vec<u64> = flow
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step["location"]["physicalLocation"]["region"]["startLine"].as_u64().unwrap())
            .collect();
        assert_eq!(lines, [9, 11, 6]);
        let waived = results.iter().filter_map(|result| result["suppressions"][0]["justification"].as_str());
        assert_eq!(waived.collect::<Vec<_>>(), ["only in a sandbox"]);
        let gaps = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(gaps.len(), 1);
        // A line added above does not make it another finding.
        let prints = |log: &Value| log["runs"][0]["results"][0]["partialFingerprints"].clone();
        assert_eq!(prints(&log), prints(&moved));
        assert_ne!(log["runs"][0]["results"][0]["locations"], moved["runs"][0]["results"][0]["locations"]);
    }

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("a b/文.py"), "a%20b/%E6%96%87.py");
    }

    #[test]
    fn columns_count_code_points() {
        assert_eq!(position("a\n汉字x", 8), (2, 3));
    }
}
