//! The tool edge: MCP servers (`ombud mcp -- CMD`, `/mcp/<name>`) and HTTP tools (`/t/<name>/…`). A call is decided and in
//! the log before it is forwarded; what comes back is in the log before the agent gets it, without secrets.
//!
//! [`session`] is the core: it takes messages and gives steps, without any I/O. [`stdio`] and the HTTP edge carry them out.

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
    /// The command of a server on this machine, for `/mcp/<name>`.
    pub command: Vec<String>,
    /// The address of a server elsewhere, for `/mcp/<name>`.
    pub url: Option<String>,
    /// Headers for a server elsewhere; `$NAME` stands for a variable of the environment.
    pub headers: BTreeMap<String, String>,
    /// What is replaced in results.
    pub results: Results,
    /// What happens when a definition changes.
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

/// What is replaced in results before the client, and the model behind it, gets them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Results {
    /// Secrets, one way. Personal data is masked at the model edge.
    #[default]
    Secrets,
    /// Secrets, one way, and personal data by tokens that the arguments of later calls get back: for clients whose model
    /// does not run through Ombud.
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

/// What a tool edge decides by, for one client of one server.
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
    /// What becomes of calls.
    pub tools: ToolPolicy,
    /// The language of texts.
    pub lang: Lang,
    /// Makes tokens.
    pub key: MintKey,
    /// Makes the codes that release calls.
    pub approver: Approver,
    /// Marks what somebody outside has allowed for good.
    pub keeper: Approver,
    /// Digest of the client's key, for records.
    pub client: String,
    /// Pseudonym of the subject.
    pub subject: Option<String>,
    /// Groups the records of a session, and names the key of their contents.
    pub conversation: String,
    /// What happens beside this session.
    pub beside: Arc<dyn Beside>,
    /// Names of other servers' tools: by [`hidden::alike`], server and name.
    pub others: BTreeMap<String, (String, String)>,
    /// How long a server may take to answer a request.
    pub patience: Duration,
    /// The largest message in bytes.
    pub max_message: usize,
    /// The least effects of tools, where the protocol says more than their names.
    pub least: BTreeMap<String, Effect>,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Rules {
    /// What makes the codes of now: a session may last for weeks.
    pub(crate) fn approver(&self) -> Approver {
        self.approver.at(half_hour())
    }

    /// The parts that depend on who calls.
    pub fn keys(caller: &Caller) -> (MintKey, Approver) {
        (caller.mint_key(None), caller.approver())
    }

    /// The rules of a session that a gateway serves: those of the gateway, for one caller. Nothing is known of other servers, and
    /// of the effects of tools only what their names say.
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

/// What a session may ask of what happens beside it. Quick: it is asked on the way of a message.
pub trait Beside: Send + Sync {
    /// Who may say yes to a call outside of the client.
    fn approvals(&self) -> &dyn Approvals;
    /// What the client has done today, where it is remembered.
    fn daily(&self) -> Option<&dyn Daily> {
        None
    }
    /// What a token of the model edge stands for, and whether it may be turned back.
    fn value(&self, token: &Token) -> Option<(String, bool)>;
    /// Whether the model edge has just released a call of this tool with these canonical arguments. It counts once.
    fn released(&self, tool: &str, arguments: &str) -> bool;
    /// A tool returned these texts.
    fn heard(&self, tool: &str, texts: &[&str]);
    /// Whether the operator accepted this new definition of a tool.
    fn accepted(&self, tool: &str, definition: &str) -> bool;
    /// A command of ours as it has to be typed to reach this home, in this language.
    fn typed(&self, command: &str) -> String {
        command.to_owned()
    }
}

/// Nothing happens beside it.
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

/// Something that was not written down, so nothing is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log cannot be written")]
pub struct Unwritten;

/// The future of a write.
pub type Writing<'a> = Pin<Box<dyn Future<Output = Result<(), Unwritten>> + Send + 'a>>;

/// Where a tool edge keeps what happens: the log of this process, or that of another which has it open.
pub trait Journal: Send + Sync {
    /// Appends an event with its content. When it is done, the event survives a power cut.
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
