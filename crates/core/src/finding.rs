//! A finding of `ombud check`: it cannot be built without a location in a file.

use std::ops::Range;

use serde::Serialize;

use crate::message::{Lang, Say};

/// The stable id of a rule, such as `hardcoded-provider`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RuleId(pub &'static str);

/// How severe it is for the people who use the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Weakens a protection.
    Warning,
    /// A required protection is missing.
    Error,
}

/// How sure the rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// A hint.
    Low,
    /// Probably so.
    Medium,
    /// Certain as far as the source shows.
    High,
}

/// A location in a source file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Bytes of the file.
    pub span: Range<usize>,
}

/// A text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Bilingual {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Bilingual {
    /// A text in both languages.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}

impl Say for Bilingual {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.en.clone(),
            Lang::Zh => self.zh.clone(),
        }
    }
}

/// A step on the path to a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Where.
    pub place: Place,
    /// The function that contains it.
    pub function: String,
}

/// Something a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Where.
    pub place: Place,
    /// What the rule saw, without secrets: a host, a name.
    pub subject: String,
    /// What is wrong here, in one sentence; empty if the rule's own title says it.
    pub message: Bilingual,
    /// The path to it from the entry point; empty if the location says it all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<Step>,
    /// A value that stays the same when lines above it move; empty until the whole project has been looked at.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fingerprint: String,
}
