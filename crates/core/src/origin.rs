//! Where a piece of content came from.

use serde::{Deserialize, Serialize};

/// The origin of a slot, as far as the exchange itself shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// Written by the operator: system and developer prompts, tool definitions, parameters.
    Operator,
    /// Written by the subject, or by code in their name: a user turn.
    User,
    /// Written by the model: an earlier answer or tool call in the history.
    Model,
    /// Returned by a tool.
    Tool {
        /// The tool's name where the history shows it.
        name: Option<String>,
        /// The id of the call it answers.
        call: Option<String>,
    },
    /// Not attributed. Treated as untrusted.
    Unknown,
}

/// Whether content may carry instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Third-party content: data, never instructions.
    Untrusted,
    /// The model's own words: as trustworthy as what it read.
    Derived,
    /// The subject's own words.
    Subject,
    /// The operator's own words.
    Operator,
}

impl Origin {
    /// How far content of this origin is trusted.
    pub fn trust(&self) -> Trust {
        match self {
            Self::Operator => Trust::Operator,
            Self::User => Trust::Subject,
            Self::Model => Trust::Derived,
            Self::Tool { .. } | Self::Unknown => Trust::Untrusted,
        }
    }
}
