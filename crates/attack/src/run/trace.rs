//! What was observed during a case, in order.

use std::collections::BTreeSet;

use serde::Serialize;

/// A tool call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Call {
    /// The provider's id of the call.
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
        /// The tool, if known.
        tool: Option<String>,
        /// The text as the model read it.
        text: String,
        /// The injected part.
        injected: Option<String>,
    },
    /// The model asked for a call.
    Asked {
        /// The call, with tokens in place of masked values.
        call: Call,
    },
    /// The gate decided.
    Decided {
        /// The tool.
        tool: String,
        /// The id of the call.
        id: Option<String>,
        /// The decision as logged.
        decision: String,
    },
    /// The agent received a call to carry out.
    Released {
        /// The call, with the values that the agent received.
        call: Call,
    },
    /// The agent received a response.
    Answer {
        /// The words.
        text: String,
    },
}

/// Everything observed during a case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// Tools that the agent offers.
    pub offered: BTreeSet<String>,
    /// Requests to the model.
    pub requests: u32,
    /// How often the attacker's words were in a request.
    pub injected: u32,
    /// Whether what the attack is after was in a request.
    pub planted: bool,
    /// How the values the attack is after were masked on their way to the model: value and token.
    pub masked: Vec<(String, String)>,
}

impl Trace {
    /// Adds a step unless it is already there: a chat API resends its history with every request.
    pub(super) fn note(&mut self, step: Step) {
        if !self.steps.contains(&step) {
            self.steps.push(step);
        }
    }

    /// Calls that the agent received to carry out.
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

    /// Responses that the agent received.
    pub fn answers(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Answer { text } => Some(text.as_str()),
            _ => None,
        })
    }

    /// The decision on a call, matched by its tool and, where recorded, its id.
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
