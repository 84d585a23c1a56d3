//! The tool edge: MCP servers (`ombud mcp -- CMD`, `/mcp/<name>`) and HTTP tools (`/t/<name>/…`). A call is decided and
//! logged before it is forwarded; its result is logged before the agent receives it, without secrets.
//!
//! [`session`] is the core: it takes messages and returns steps, without any I/O. [`stdio`] and the HTTP edge carry them
//! out.

pub mod action;
pub mod ask;
pub mod gone;
pub mod hidden;
pub mod http;
pub mod judge;
pub mod lasting;
pub mod lines;
pub mod message;
pub mod pins;
mod sealed;
pub mod session;
pub mod shelf;
pub mod stdio;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ombud_core::event::Event;
use ombud_core::gate::Gate;
use ombud_core::{Effect, Lang, Policy, ToolPolicy};
use ombud_detect::mask::Token;
use serde::Deserialize;

use crate::approvals::{Approvals, Nobody};
use crate::attribute::Attributor;
use crate::caller::{Caller, MintKey, half_hour};
use crate::calls::approve::Approver;
use crate::daily::Daily;
use crate::gateway::Gateway;
use crate::inspect::Inspector;
use crate::record;

/// `[mcp.<name>]` in ombud.toml.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The command of a local server, for `/mcp/<name>`.
    pub command: Vec<String>,
    /// The address of a remote server, for `/mcp/<name>`.
    pub url: Option<String>,
    /// Headers for a remote server; `$NAME` is replaced by an environment variable.
    pub headers: BTreeMap<String, String>,
    /// What is masked in results.
    pub results: Results,
    /// What happens to calls after a definition has changed.
    pub changed: Gate,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            command: Vec::new(),
            url: None,
            headers: BTreeMap::new(),
            results: Results::default(),
            changed: Gate::Ask,
        }
    }
}

/// What is masked in results before the client, and the model behind it, receives them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Results {
    /// Secrets, one way. Personal data is masked at the model edge.
    #[default]
    Secrets,
    /// Secrets, one way, and personal data by tokens that are restored in the arguments of later calls: for clients whose
    /// model does not run through Ombud.
    Mask,
}

/// The tool edge of a gateway.
#[derive(Debug, Default)]
pub struct Edge {
    /// MCP servers.
    pub mcp: http::Hub,
    /// HTTP tools.
    pub actions: action::Actions,
}

/// The rules of a tool edge, for one client of one server.
pub struct Rules {
    /// The server's name.
    pub server: String,
    /// `mcp` or `http`.
    pub via: &'static str,
    /// Its settings.
    pub settings: Server,
    /// Detection.
    pub inspector: Arc<Inspector>,
    /// Attribution.
    pub attributor: Arc<Attributor>,
    /// What may leave.
    pub policy: Policy,
    /// How calls are handled.
    pub tools: ToolPolicy,
    /// The language of messages.
    pub lang: Lang,
    /// Generates tokens.
    pub key: MintKey,
    /// Generates the codes that release calls.
    pub approver: Approver,
    /// Marks what somebody outside has allowed until further notice.
    pub keeper: Approver,
    /// Digest of the client's key, for records.
    pub client: String,
    /// Pseudonym of the subject.
    pub subject: Option<String>,
    /// Groups the records of a session and identifies the key of their contents.
    pub conversation: String,
    /// The gateway's state outside this session.
    pub beside: Arc<dyn Beside>,
    /// Other servers' tools: from the name as reduced by [`hidden::alike`] to server and name.
    pub others: BTreeMap<String, (String, String)>,
    /// How long a server may take to respond to a request.
    pub patience: Duration,
    /// The largest message in bytes.
    pub max_message: usize,
    /// The least effect classes of tools, where the protocol says more than their names.
    pub least: BTreeMap<String, Effect>,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Rules {
    /// Generates the codes that are valid now: a session may last for weeks.
    pub(crate) fn approver(&self) -> Approver {
        self.approver.at(half_hour())
    }

    /// The parts that depend on the caller.
    pub fn keys(caller: &Caller) -> (MintKey, Approver) {
        (caller.mint_key(None), caller.approver())
    }

    /// The rules of a session served by a gateway: those of the gateway, for one caller. Knows nothing of other servers,
    /// and of the tools' effects only what their names suggest.
    pub(crate) fn of(
        gateway: &Gateway,
        (name, via): (&str, &'static str),
        settings: Server,
        caller: &Caller,
        beside: &Arc<dyn Beside>,
    ) -> Self {
        let (key, approver) = Self::keys(caller);
        Self {
            server: name.to_owned(),
            via,
            settings,
            inspector: Arc::clone(&gateway.inspector),
            attributor: Arc::clone(&gateway.attributor),
            policy: gateway.config.policy.clone(),
            tools: gateway.config.tools.at(name),
            lang: gateway.config.lang,
            key,
            approver: approver.counting(&gateway.spent),
            keeper: caller.keeper(),
            client: caller.client.clone(),
            subject: caller.subject.clone(),
            conversation: format!("{via}-{}", record::id()),
            beside: Arc::clone(beside),
            others: BTreeMap::new(),
            patience: gateway.config.patience.read,
            max_message: gateway.config.max_body,
            least: BTreeMap::new(),
        }
    }
}

/// What a session may query outside itself. Must be quick: it is called while a message is being processed.
pub trait Beside: Send + Sync {
    /// Who may approve a call outside the client.
    fn approvals(&self) -> &dyn Approvals;
    /// What the client has done today, where that is stored.
    fn daily(&self) -> Option<&dyn Daily> {
        None
    }
    /// What a token of the model edge stands for, and whether it may be restored.
    fn value(&self, token: &Token) -> Option<(String, bool)>;
    /// Whether the model edge has just released a call of this tool with these canonical arguments. A release counts once.
    fn released(&self, tool: &str, arguments: &str) -> bool;
    /// Notes the texts that a tool returned.
    fn heard(&self, tool: &str, texts: &[&str]);
    /// Whether the operator has accepted this new definition of a tool.
    fn accepted(&self, tool: &str, definition: &str) -> bool;
    /// An Ombud command as it must be typed to reach this home, in this language.
    fn typed(&self, command: &str) -> String {
        command.to_owned()
    }
}

/// A session with nothing outside it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alone;

impl Beside for Alone {
    fn approvals(&self) -> &dyn Approvals {
        &Nobody
    }

    fn value(&self, _: &Token) -> Option<(String, bool)> {
        None
    }

    fn released(&self, _: &str, _: &str) -> bool {
        false
    }

    fn heard(&self, _: &str, _: &[&str]) {}

    fn accepted(&self, _: &str, _: &str) -> bool {
        false
    }
}

/// An event could not be written, so nothing is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log cannot be written")]
pub struct Unwritten;

/// The future of a write.
pub type Writing<'a> = Pin<Box<dyn Future<Output = Result<(), Unwritten>> + Send + 'a>>;

/// Where a tool edge records events: the log of this process, or that of another which has it open.
pub trait Journal: Send + Sync {
    /// Appends an event with its content. Once this completes, the event survives a power cut.
    fn keep(&self, event: Event, content: Vec<Vec<u8>>) -> Writing<'_>;
}

impl Journal for ombud_ledger::Ledger {
    fn keep(&self, event: Event, content: Vec<Vec<u8>>) -> Writing<'_> {
        Box::pin(async move {
            let parts: Vec<&[u8]> = content.iter().map(Vec::as_slice).collect();
            let conversation = event.conversation.clone().unwrap_or_default();
            let payload = (!parts.is_empty())
                .then_some(ombud_ledger::Payload { conversation: &conversation, parts: &parts });
            let ticket = self.append(event, payload).map_err(|_| Unwritten)?;
            self.durable(&ticket).await.map_err(|_| Unwritten)
        })
    }
}
