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
    /// Digest of the client's key.
    #[serde(default)]
    pub client: String,
    /// Its conversation, or its session with a server: nobody's calls take the place of everybody's.
    #[serde(default)]
    pub session: String,
    /// What a yes could stand for until it is taken back, where it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting: Option<Lasting>,
}

/// What a yes from outside stands for until it is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lasting {
    /// A keyed digest of the client, the tool and the values, hexadecimal.
    pub mark: String,
    /// The places of those values in the arguments (RFC 6901).
    pub paths: Vec<String>,
}

/// Where questions lie and answers come from. Quick: it is asked on the way of a message.
pub trait Approvals: Send + Sync {
    /// A call waits. `arguments` are as the tool would get them.
    fn wait(&self, call: &Pending, arguments: &str);
    /// What somebody said of the call with this code that this stands for. It counts once.
    fn said(&self, code: &str, stands: &str) -> Option<bool>;
    /// Whether somebody has said yes to all calls with this mark, and has not taken it back.
    fn lasts(&self, _mark: &str) -> bool {
        false
    }
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
