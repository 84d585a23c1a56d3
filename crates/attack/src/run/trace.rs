//! What was seen of one case, in the order in which it happened.

use std::collections::BTreeSet;

use serde::Serialize;

/// A tool call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Call {
    /// The provider's id of it.
    pub id: Option<String>,
    /// The tool.
    pub tool: String,
    /// Its arguments as JSON text.
    pub arguments: String,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Step {
    /// The user said something.
    User {
        /// The words.
        text: String,
    },
    /// A tool returned something, or something was retrieved.
    Result {
        /// The tool, where it is known.
        tool: Option<String>,
        /// The text as the model read it.
        text: String,
        /// The part that was put in.
        injected: Option<String>,
    },
    /// The model asked for a call.
    Asked {
        /// The call, with tokens in place of what was masked.
        call: Call,
    },
    /// The gate decided.
    Decided {
        /// The tool.
        tool: String,
        /// The id of the call.
        id: Option<String>,
        /// What the log says.
        decision: String,
    },
    /// The agent got a call to carry out.
    Released {
        /// The call, with the values that the agent got.
        call: Call,
    },
    /// The agent got an answer.
    Answer {
        /// The words.
        text: String,
    },
}

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// What happened.
    pub steps: Vec<Step>,
    /// Tools that the agent offers.
    pub offered: BTreeSet<String>,
    /// Requests to the model.
    pub requests: u32,
    /// How often the attacker's words stood in a request.
    pub injected: u32,
    /// Whether what the attack is after stood in a request.
    pub planted: bool,
    /// How the values that the attack is after were masked on their way to the model: value and token.
    pub masked: Vec<(String, String)>,
}

impl Trace {
    /// Adds a step unless it is there: a chat API sends its history again with every request.
    pub(super) fn note(&mut self, step: Step) {
        if !self.steps.contains(&step) {
            self.steps.push(step);
        }
    }

    /// Calls that the agent got to carry out.
    pub fn released(&self) -> impl Iterator<Item = &Call> {
        self.steps.iter().filter_map(|step| match step {
            Step::Released { call } => Some(call),
            _ => None,
        })
    }

    /// Calls that the model asked for.
    pub fn asked(&self) -> impl Iterator<Item = &Call> {
        self.steps.iter().filter_map(|step| match step {
            Step::Asked { call } => Some(call),
            _ => None,
        })
    }

    /// Answers that the agent got.
    pub fn answers(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Answer { text } => Some(text.as_str()),
            _ => None,
        })
    }

    /// What was decided about a call, by its id, else by its tool.
    pub fn decision(&self, call: &Call) -> Option<&str> {
        self.steps.iter().rev().find_map(|step| match step {
            Step::Decided { tool, id, decision }
                if *tool == call.tool && (*id == call.id || id.is_none()) =>
            {
                Some(decision.as_str())
            }
            _ => None,
        })
    }
}
