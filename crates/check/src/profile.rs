//! What an agent is for, and which findings weigh more then.

use ombud_core::finding::{Finding, Severity};

/// What an agent is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// It talks with people.
    Chat,
    /// It keeps people company and remembers them.
    Companion,
    /// Children use it.
    Kids,
    /// People tell it about their health.
    Health,
    /// It handles money.
    Finance,
    /// It works by itself.
    Automation,
    /// It makes images.
    Image,
}

use Severity::{Error, Warning};

type Row = (&'static str, Severity);

const CHAT: &[Row] =
    &[("no-retention", Warning), ("untrusted-system-prompt", Error), ("endpoint-without-limit", Warning)];
/// What people tell one that keeps them company goes further than what they tell a tool.
const CLOSE: &[Row] = &[
    ("no-retention", Warning),
    ("no-erase-path", Error),
    ("plaintext-chat-store", Error),
    ("provider-trains-by-default", Error),
    ("unknown-relay", Error),
    ("moderation-off", Error),
    ("personal-data-hashed", Error),
    ("personal-data-crosses-border", Error),
];
const HEALTH: &[Row] =
    &[("weak-cipher", Error), ("connection-not-checked", Error), ("endpoint-without-authentication", Error)];
const FINANCE: &[Row] = &[
    ("tool-without-confirmation", Error),
    ("action-without-confirmation", Error),
    ("tool-calls-unlogged", Error),
    ("personal-data-hashed", Error),
    ("plaintext-chat-store", Error),
    ("weak-cipher", Error),
    ("connection-not-checked", Error),
    ("endpoint-without-limit", Warning),
];
const AUTOMATION: &[Row] = &[
    ("tool-without-confirmation", Error),
    ("action-without-confirmation", Error),
    ("tool-calls-unlogged", Warning),
    ("tool-loop-without-limit", Error),
    ("mcp-server-not-pinned", Error),
    ("mcp-server-reaches-too-much", Error),
    ("endpoint-without-authentication", Error),
];
const IMAGE: &[Row] =
    &[("ai-output-unlabelled", Error), ("moderation-off", Error), ("endpoint-without-limit", Warning)];

impl Profile {
    /// Raises what weighs more for such an agent. Nothing is lowered.
    pub(crate) fn raise(self, findings: &mut [Finding]) {
        for finding in findings {
            let raised = self.rows().iter().flat_map(|rows| rows.iter()).find(|row| row.0 == finding.rule.0);
            finding.severity = raised.map_or(finding.severity, |row| row.1.max(finding.severity));
        }
    }

    fn rows(self) -> &'static [&'static [Row]] {
        match self {
            Self::Chat => &[CHAT],
            Self::Companion => &[CLOSE, CHAT],
            Self::Kids => &[CLOSE, CHAT, HEALTH],
            Self::Health => &[CLOSE, HEALTH],
            Self::Finance => &[FINANCE],
            Self::Automation => &[AUTOMATION],
            Self::Image => &[IMAGE],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_rule_and_raises_it() {
        for rows in [CHAT, CLOSE, HEALTH, FINANCE, AUTOMATION, IMAGE] {
            for (id, severity) in rows {
                let rule = crate::rule(id);
                assert!(rule.is_some_and(|rule| rule.severity < *severity), "{id}");
            }
        }
    }
}
