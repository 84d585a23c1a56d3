//! Calls that wait for somebody who is not in the conversation: at a terminal, in the console, behind a webhook.
//!
//! A call is named by the code that stands for exactly it. Whoever holds the question desk says yes or no to a code, once; the edges
//! ask the desk when a call that needs a yes comes, or while it waits. Nothing that an agent can reach is a desk.

use std::time::Duration;

use ombud_core::effect::Effect;
use serde::{Deserialize, Serialize};

/// A call that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// What a person names this call by: six letters and digits.
    pub code: String,
    /// What stands for exactly this call of this caller: a keyed digest of the tool and its arguments, hexadecimal.
    pub stands: String,
    /// The server or HTTP tool; nothing at the model edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The tool.
    pub tool: String,
    /// What it does.
    pub effect: Effect,
    /// What was decided, as in `tool.intent`: it holds no content.
    pub decision: String,
    /// The exchange whose record holds the arguments, encrypted.
    pub exchange: String,
}

/// Where questions lie and answers come from. Quick: it is asked on the way of a message.
pub trait Approvals: Send + Sync {
    /// A call waits. `arguments` are as the tool would get them.
    fn wait(&self, call: &Pending, arguments: &str);
    /// What somebody said of the call with this code that this stands for. It counts once.
    fn said(&self, code: &str, stands: &str) -> Option<bool>;
    /// A call waits no more: it was answered otherwise, or nobody waits for it.
    fn settled(&self, code: &str);
    /// How long a call may be held for an answer where nobody else can be asked.
    fn hold(&self) -> Duration {
        Duration::ZERO
    }
    /// Whether a form that the client shows may say yes. The client may be the agent itself.
    fn forms(&self) -> bool {
        true
    }
}

/// Nobody is there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Approvals for Nobody {
    fn wait(&self, _: &Pending, _: &str) {}

    fn said(&self, _: &str, _: &str) -> Option<bool> {
        None
    }

    fn settled(&self, _: &str) {}
}
