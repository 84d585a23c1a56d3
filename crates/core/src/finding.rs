//! A finding of `ombud check`: it cannot be built without a place in a file.

use std::ops::Range;

use serde::Serialize;

/// The stable id of a rule, such as `hardcoded-provider`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RuleId(pub &'static str);

/// How bad it is for the people who use the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Weakens a protection.
    Warning,
    /// A needed protection is absent.
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

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Bytes of the file.
    pub span: Range<usize>,
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
}
