//! Calls that wait for somebody outside the conversation: at a terminal, in the console, behind a webhook.
//!
//! Each call has a code that identifies exactly that call. Whoever has access to the approval desk says yes or no to a
//! code, once; the edges query the desk when a call that needs approval arrives, and while it waits. A desk must never be
//! within an agent's reach.

use std::time::Duration;

use ombud_core::effect::Effect;
use serde::{Deserialize, Serialize};

/// A call that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The code by which a person names this call: six letters and digits.
    pub code: String,
    /// Identifies exactly this call of this caller: a keyed digest of the tool and its arguments, hexadecimal.
    pub stands: String,
    /// The server or HTTP tool; `None` at the model edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The tool.
    pub tool: String,
    /// Effect class of the tool.
    pub effect: Effect,
    /// The decision, as in `tool.intent`; it holds no content.
    pub decision: String,
    /// The exchange whose record holds the arguments, encrypted.
    pub exchange: String,
    /// Digest of the client's key.
    #[serde(default)]
    pub client: String,
    /// Its conversation, or its session with a server, so that one client's calls cannot take up the room of all others.
    #[serde(default)]
    pub session: String,
    /// What an approval could cover until it is revoked, where that is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasting: Option<Lasting>,
}

/// What an approval from outside covers until it is revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lasting {
    /// A keyed digest of the client, the tool and the values, hexadecimal.
    pub mark: String,
    /// The paths of those values in the arguments (RFC 6901).
    pub paths: Vec<String>,
}

/// Where pending calls are posted and decisions come from. Must be quick: it is called while a message is being processed.
pub trait Approvals: Send + Sync {
    /// Posts a call that waits. `arguments` are as the tool would receive them.
    fn wait(&self, call: &Pending, arguments: &str);
    /// Returns what somebody decided about the call with this code and digest. A decision counts once.
    fn said(&self, code: &str, stands: &str) -> Option<bool>;
    /// Whether somebody has approved all calls with this mark and has not revoked it.
    fn lasts(&self, _mark: &str) -> bool {
        false
    }
    /// Removes a call that no longer waits: it was answered elsewhere, or nobody waits for it.
    fn settled(&self, code: &str);
    /// How long a call may be held for a decision where nobody else can be asked.
    fn hold(&self) -> Duration {
        Duration::ZERO
    }
    /// Whether a form that the client shows may approve a call. The client may be the agent itself.
    fn forms(&self) -> bool {
        true
    }
}

/// A desk with nobody behind it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Approvals for Nobody {
    fn wait(&self, _: &Pending, _: &str) {}

    fn said(&self, _: &str, _: &str) -> Option<bool> {
        None
    }

    fn settled(&self, _: &str) {}
}
