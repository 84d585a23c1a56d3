//! The baseline: findings that a project has accepted for now, in a file next to it.

use std::collections::BTreeSet;

use ombud_core::finding::Finding;
use serde::{Deserialize, Serialize};

const SCHEMA: &str = "ombud.baseline/1";

/// Accepted findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    schema: String,
    findings: BTreeSet<Known>,
}

/// An accepted finding. The fingerprint already covers rule and path; here they are for readers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Known {
    path: String,
    rule: String,
    fingerprint: String,
}

/// Why a text is not a valid baseline.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// It is not JSON, or not of this form.
    #[error("line {0} is not in the format that `--write-baseline` writes")]
    Form(usize),
    /// It has another schema version.
    #[error("its schema is not ombud.baseline/1")]
    Schema,
}

impl Known {
    fn of(finding: &Finding) -> Self {
        Self {
            path: finding.place.path.clone(),
            rule: finding.rule.0.to_owned(),
            fingerprint: finding.fingerprint.clone(),
        }
    }
}

impl Baseline {
    /// Creates a baseline from findings.
    pub fn of(findings: &[Finding]) -> Self {
        Self { schema: SCHEMA.to_owned(), findings: findings.iter().map(Known::of).collect() }
    }

    /// Parses a baseline.
    pub fn parse(text: &str) -> Result<Self, Unusable> {
        let baseline: Self = serde_json::from_str(text).map_err(|error| Unusable::Form(error.line()))?;
        if baseline.schema == SCHEMA { Ok(baseline) } else { Err(Unusable::Schema) }
    }

    /// Returns it as text, sorted so that version control shows what was added and removed.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// Whether it contains a finding.
    pub fn holds(&self, finding: &Finding) -> bool {
        self.findings.contains(&Known::of(finding))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_baseline_is_told() {
        assert!(matches!(Baseline::parse("{\n nothing"), Err(Unusable::Form(2))));
        assert!(matches!(Baseline::parse("{\"schema\": \"x\", \"findings\": []}"), Err(Unusable::Schema)));
        let empty = Baseline::of(&[]);
        assert_eq!(Baseline::parse(&empty.text()).unwrap(), empty);
    }
}
