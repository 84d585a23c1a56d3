//! What the last `ombud attack` showed: `.ombud/reports/attack.json`.

use std::path::Path;

use ombud_core::Lang;
use serde::Deserialize;

use super::input::{Bilingual, Input, json};
use crate::document::one_line;

/// What the last attack showed.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Attacked {
    /// Each case that was run.
    pub cases: Vec<Case>,
    /// What was not tried.
    #[serde(default)]
    pub not_tested: Vec<serde_json::Value>,
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Case {
    /// Id of the template.
    pub template: String,
    /// Its title.
    title: Bilingual,
    /// Which wording.
    #[serde(default, rename = "case")]
    wording: serde_json::Value,
    /// How it ended.
    pub verdict: Outcome,
    /// The risks that it demonstrates.
    #[serde(default)]
    risk: OneOrMore,
    /// The replay, a file.
    #[serde(default)]
    pub replay: Option<String>,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It reached its goal.
    Breached,
    /// The model did not obey.
    Resisted,
    /// The model obeyed and the gate held it back.
    Blocked,
    /// The planted content did not reach the model, or could not succeed: nothing is known.
    NotExposed,
    /// It could not be run: nothing is known.
    #[serde(other)]
    Error,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    #[default]
    None,
    One(String),
    More(Vec<String>),
}

impl Case {
    /// Ids in `registry/risks.json`.
    pub(crate) fn risks(&self) -> Vec<&str> {
        match &self.risk {
            OneOrMore::None => Vec::new(),
            OneOrMore::One(risk) => vec![risk],
            OneOrMore::More(risks) => risks.iter().map(String::as_str).collect(),
        }
    }

    /// Template and wording, such as `mail-forward/zh-1`.
    pub(crate) fn id(&self) -> String {
        let template = one_line(&self.template);
        match &self.wording {
            serde_json::Value::String(case) if case.starts_with(&self.template) => one_line(case),
            serde_json::Value::String(case) => format!("{template}/{}", one_line(case)),
            serde_json::Value::Number(case) => format!("{template}/{case}"),
            _ => template,
        }
    }

    /// Its title.
    pub(crate) fn title(&self, lang: Lang) -> String {
        self.title.of(lang)
    }
}

impl Attacked {
    /// Reads the report.
    pub(crate) fn open(path: &Path) -> Input<Self> {
        json(path, "ombud.attack", 1, "ombud attack -- <CMD>")
    }

    /// The cases with this verdict.
    pub(crate) fn ended(&self, verdict: Outcome) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(move |case| case.verdict == verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flowmap::parse;

    #[test]
    fn a_verdict_that_this_version_does_not_know_is_no_verdict() {
        let case = |verdict: &str, risk: &str| {
            format!(
                r#"{{"cases":[{{"template":"t","title":{{"en":"e","zh":"z"}},"case":"t/zh-1","verdict":"{verdict}","risk":{risk}}}]}}"#
            )
        };
        let read = |text: &str| parse::<Attacked>(text, "ombud.attack", 1);
        let later = read(&case("half_breached", "null")).unwrap();
        assert_eq!((later.cases[0].verdict, later.cases[0].risks().len()), (Outcome::Error, 0));
        let now = read(&case("breached", r#"["S02","S08"]"#)).unwrap();
        assert_eq!((now.cases[0].verdict, now.cases[0].risks()), (Outcome::Breached, vec!["S02", "S08"]));
        assert_eq!(now.cases[0].id(), "t/zh-1");
        for broken in [r#"{"cases":[{}]}"#, r#"{"cases":{}}"#, r#"{"cases":[{"template":1}]}"#] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
