//! The witness of code: `.ombud/reports/check.json`.

use std::collections::BTreeSet;
use std::path::Path;

use ombud_core::Lang;
use ombud_core::flow::FlowMap;
use serde::Deserialize;

use super::Bilingual;
use super::input::{Input, json};
use crate::document::one_line;

/// What `ombud check` found.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Code {
    /// What it found.
    pub findings: Vec<Found>,
    /// Which data goes where, as the code shows it.
    #[serde(default)]
    pub flow: FlowMap,
    /// How much was checked, where the report says so.
    #[serde(default)]
    pub summary: Summary,
    /// What was not checked.
    #[serde(default, alias = "not_covered", alias = "unseen")]
    pub not_looked_at: Vec<serde_json::Value>,
}

/// How much was checked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Summary {
    /// Files whose calls and flows were analysed.
    pub followed: Option<u64>,
}

/// One finding.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Found {
    /// Id of the rule.
    pub rule: String,
    /// How bad.
    #[serde(alias = "level")]
    pub severity: Gravity,
    /// Where.
    #[serde(alias = "location")]
    place: Place,
    /// What is wrong there, in one sentence.
    #[serde(default)]
    message: Option<Bilingual>,
    /// Ids of `registry/risks.json`.
    #[serde(default)]
    risks: Vec<String>,
    /// The operator's reason to accept it.
    #[serde(default, alias = "waiver")]
    pub waived: Option<serde_json::Value>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Gravity {
    /// Worth knowing.
    #[serde(alias = "note")]
    Info,
    /// Weakens a protection.
    Warning,
    /// A required protection is missing.
    Error,
}

#[derive(Debug, Clone, Deserialize)]
struct Place {
    path: String,
    line: u32,
}

/// Rules and the risks that they show, for reports that do not say so themselves.
const RISKS: &[(&str, &[&str])] = &[
    ("hardcoded-provider", &["P02", "A01"]),
    ("secret-in-source", &["S09"]),
    ("retrieval-without-consent", &["P03"]),
    ("memory-write-without-consent", &["P03"]),
    ("consent-not-functional", &["P03"]),
    ("personal-data-unmasked", &["P02"]),
    ("untrusted-to-exec", &["S11", "S14"]),
    ("tool-loop-without-limit", &["S15"]),
    ("tool-without-confirmation", &["A04", "S07"]),
    ("plaintext-chat-store", &["P09"]),
    ("provider-trains-by-default", &["P05"]),
    ("no-erase-path", &["P10"]),
];

impl Found {
    /// Ids in `registry/risks.json`; empty for a rule that this version does not know.
    pub(crate) fn risks(&self) -> BTreeSet<&str> {
        if !self.risks.is_empty() {
            return self.risks.iter().map(String::as_str).collect();
        }
        let known = RISKS.iter().find(|row| row.0 == self.rule);
        known.map(|row| row.1.iter().copied().collect()).unwrap_or_default()
    }

    /// What is wrong there, if the report says so.
    pub(crate) fn message(&self, lang: Lang) -> Option<String> {
        self.message.as_ref().map(|message| message.of(lang)).filter(|message| !message.is_empty())
    }

    /// `path:line`.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", one_line(&self.place.path), self.place.line)
    }

    /// Whether it counts: it has not been waived.
    pub(crate) fn stands(&self) -> bool {
        matches!(self.waived, None | Some(serde_json::Value::Null | serde_json::Value::Bool(false)))
    }
}

impl Code {
    /// Whether no file was analysed, so that it can say nothing.
    pub(crate) fn is_blind(&self) -> bool {
        self.summary.followed == Some(0)
    }

    /// Reads the report.
    pub(crate) fn open(path: &Path) -> Input<Self> {
        json(path, "ombud.check", 1, "ombud check")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flowmap::{Why, parse};

    fn why(text: &str) -> String {
        match parse::<Code>(text, "ombud.check", 1) {
            Err(Why::Field(field)) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_report_that_is_not_one_names_the_field() {
        let finding = |severity: &str, line: &str| {
            format!(
                r#"{{"findings":[{{"rule":"r","severity":{severity},"place":{{"path":"a","line":{line}}}}}]}}"#
            )
        };
        assert!(why(&finding("\"fatal\"", "1")).contains("fatal"));
        assert!(why(&finding("\"error\"", "99999999999")).contains("99999999999"));
        assert!(why(r#"{"findings":[],"flow":{"recipients":[{"name":"x"}]}}"#).contains("country"));
        let unknown = r#"{"findings":[],"flow":{"recipients":[{"name":"x","country":"CN","inspected":true,"data":{"soul":{"masked":0,"clear":1}}}]}}"#;
        assert!(why(unknown).contains("soul"));
    }

    #[test]
    fn numbers_at_the_edge_add_up_to_the_edge() {
        let row = r#"{"name":"x","country":"CN","inspected":true,"requests":18446744073709551615}"#;
        let code: Code =
            parse(&format!(r#"{{"findings":[],"flow":{{"recipients":[{row},{row}]}}}}"#), "ombud.check", 1)
                .unwrap();
        assert_eq!(code.flow.recipients.values().map(|flow| flow.requests).collect::<Vec<_>>(), [u64::MAX]);
    }

    #[test]
    fn a_waived_finding_does_not_stand_and_an_unknown_rule_has_no_risk() {
        let text = r#"{"findings":[
            {"rule":"a","severity":"note","location":{"path":"a\u001b[31m","line":1},"waiver":"because"},
            {"rule":"no-erase-path","severity":"warning","place":{"path":"b","line":2}}]}"#;
        let code: Code = parse(text, "ombud.check", 1).unwrap();
        assert!(!code.findings[0].stands() && code.findings[0].risks().is_empty());
        assert_eq!(code.findings[0].place(), "a[31m:1");
        assert!(code.findings[1].stands() && code.findings[1].risks().contains("P10"));
    }
}
