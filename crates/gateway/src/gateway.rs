//! The parts of one gateway.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use ombud_core::event::{Event, EventKind};
use ombud_core::flow::{Flow, FlowMap, Recipient, RecipientKind};
use ombud_core::{AnswerPolicy, Lang, Policy, Say, ToolPolicy};
use ombud_detect::Detector;
use ombud_ledger::Ledger;
use tokio::sync::Semaphore;

use crate::approvals::Approvals;
use crate::attribute::Attributor;
use crate::attribute::constant::Prompts;
use crate::attribute::declared::{Declaration, Refused, Sources, Taken};
use crate::caller::{Last, hex};
use crate::calls::approve::Spent;
use crate::calls::recent::Recent;
use crate::consent::Desk;
use crate::daily::Daily;
use crate::inspect::Inspector;
use crate::interceptor::Interceptor;
use crate::lock::locked;
use crate::memory::Memory;
use crate::outward;
use crate::pace::{Limits, Over, Pace};
use crate::providers::{Provider, Providers};
use crate::refusal::Refusal;
use crate::tool::Edge;
use crate::tool::shelf::Shelf;
use crate::upstream::{Patience, Upstream};
use crate::wire::Dialect;
use crate::{names, record, route};

/// Large bodies processed at once: two for the processor, two being received or sent meanwhile.
const HEAVY_AT_ONCE: usize = 4;

/// How a gateway behaves.
pub struct Config {
    /// What may leave.
    pub policy: Policy,
    /// How tool calls are handled.
    pub tools: ToolPolicy,
    /// What responses may point to.
    pub answers: AnswerPolicy,
    /// The language of errors.
    pub lang: Lang,
    /// How a text in this language is rendered: [`as_it_is`], or with its commands as they must be typed to keep that
    /// language.
    pub tell: Tell,
    /// The providers it knows.
    pub providers: Providers,
    /// Provider of `/v1/…` for clients of the OpenAI kind.
    pub openai: String,
    /// Provider of `/v1/…` for clients of the Anthropic kind.
    pub anthropic: String,
    /// Ids of providers that the operator declares to be on their own machine: nothing is masked on the way there.
    pub local: BTreeSet<String>,
    /// Path endings that pass unread because the operator says so.
    pub pass: Vec<String>,
    /// Headers, in lower case, that pass unchanged because the operator says so.
    pub headers: Vec<String>,
    /// Keys that clients must present in `x-ombud-key`; none on loopback.
    pub keys: Vec<String>,
    /// The largest body in bytes.
    pub max_body: usize,
    /// How long to wait for providers.
    pub patience: Patience,
    /// Rate and token limits for clients.
    pub limits: Limits,
    /// Memory stores, and who asks for consent.
    pub memory: Memory,
    /// Changes and watches exchanges, for adversarial tests only.
    pub interceptor: Option<Arc<dyn Interceptor>>,
}

/// Renders one of Ombud's own texts for display.
pub type Tell = fn(String, Lang) -> String;

/// Returns the text unchanged.
pub fn as_it_is(text: String, _: Lang) -> String {
    text
}

impl Config {
    /// The text that reports an error.
    pub fn told(&self, what: &impl Say) -> String {
        (self.tell)(what.say(self.lang), self.lang)
    }
}

/// A running gateway.
pub struct Gateway {
    /// How it behaves.
    pub config: Config,
    /// Detection with a cache.
    pub inspector: Arc<Inspector>,
    /// The caller of the last request.
    pub last: Last,
    /// The route of the last request.
    pub way: route::Last,
    /// Attribution with a cache.
    pub attributor: Arc<Attributor>,
    /// Where texts come from, as declared by agents.
    pub sources: Arc<Sources>,
    /// What stays the same in system prompts from turn to turn.
    pub prompts: Prompts,
    /// The rules by which responses are watched.
    pub outward: Arc<outward::Rules>,
    /// What the model edge shares with the tool edge.
    pub shelf: Arc<Shelf>,
    /// Codes that have already released their call.
    pub spent: Arc<Spent>,
    /// Who may approve calls outside of conversations, if anybody.
    pub approvals: OnceLock<Arc<dyn Approvals>>,
    /// What clients have done today, where it is stored.
    pub daily: OnceLock<Arc<dyn Daily>>,
    /// Calls of the last minute.
    pub recent: Arc<Recent>,
    /// The tool edge, where there is one.
    pub edge: OnceLock<Edge>,
    /// The log.
    pub ledger: Ledger,
    /// Consent.
    pub desk: Desk,
    /// The connection to the providers.
    pub upstream: Upstream,
    /// Permits for bodies so large that only a few are processed at a time.
    pub heavy: Semaphore,
    flow: Mutex<FlowMap>,
    pace: Mutex<Pace>,
    started: Instant,
}

impl Gateway {
    /// Assembles a gateway.
    pub fn new(config: Config, detector: Detector, ledger: Ledger) -> Result<Arc<Self>, reqwest::Error> {
        let upstream = Upstream::new(config.patience)?;
        let desk = Desk::new(&ledger, config.memory.controller.clone());
        Ok(Arc::new(Self {
            outward: Arc::new(outward::Rules::of(&config)),
            config,
            desk,
            inspector: Arc::new(Inspector::new(detector)),
            last: Last::default(),
            way: route::Last::default(),
            attributor: Arc::default(),
            sources: Arc::default(),
            prompts: Prompts::default(),
            shelf: Arc::default(),
            spent: Arc::default(),
            approvals: OnceLock::new(),
            daily: OnceLock::new(),
            recent: Arc::default(),
            edge: OnceLock::new(),
            ledger,
            upstream,
            heavy: Semaphore::new(HEAVY_AT_ONCE),
            flow: Mutex::default(),
            pace: Mutex::default(),
            started: Instant::now(),
        }))
    }

    /// The provider of `/v1/…` for a dialect.
    pub fn default_provider(&self, dialect: Dialect) -> Result<&Provider, Refusal> {
        let id = match dialect {
            Dialect::OpenAi => &self.config.openai,
            Dialect::Anthropic => &self.config.anthropic,
        };
        self.config.providers.by_id(id).ok_or_else(|| Refusal::Provider(id.clone()))
    }

    /// Whether a request of this client and conversation may leave now.
    pub fn admits(&self, client: &str, conversation: &str) -> Result<(), Refusal> {
        let now = self.started.elapsed();
        let admitted = locked(&self.pace).admit(&self.config.limits, client, conversation, now);
        admitted.map_err(|over| match over {
            Over::Rate(wait) => Refusal::Rate(wait),
            Over::Tokens(most) => Refusal::Tokens(most),
        })
    }

    /// Counts the tokens of a response, where a token limit is set.
    pub fn spend(&self, conversation: &str, tokens: u64) {
        if self.config.limits.tokens.is_some() {
            locked(&self.pace).spend(conversation, tokens);
        }
    }

    /// Time since the gateway started.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// What has been sent to whom so far.
    pub fn flow(&self) -> FlowMap {
        locked(&self.flow).clone()
    }

    /// Counts a request that leaves for a provider.
    pub fn leaves(&self, provider: &Provider, carried: &Flow) {
        self.toward(provider, |flow| flow.merge(carried));
    }

    /// Takes back a request that reached nobody.
    pub fn lost(&self, provider: &Provider, carried: &Flow) {
        self.toward(provider, |flow| flow.lose(carried));
    }

    fn toward(&self, provider: &Provider, change: impl FnOnce(&mut Flow)) {
        change(locked(&self.flow).to(Recipient {
            kind: RecipientKind::Provider,
            name: provider.id.clone(),
            country: provider.place().to_owned(),
            inspected: true,
        }));
    }

    /// Stores an agent's declarations of where texts come from, and records those that are new.
    pub fn declare(&self, tenant: &str, declarations: &[Declaration]) -> Result<Taken, (usize, Refused)> {
        let taken = self.sources.declare(tenant, declarations)?;
        let key = |text: &str| hex(&self.ledger.derive_key("source", &[tenant.as_bytes(), text.as_bytes()]));
        let sources = taken.records(declarations, key);
        if !sources.is_empty() {
            let event = record::event(names::told(
                self.inspector.detector(),
                None,
                EventKind::SourcesDeclared { sources },
            ));
            // A log that can no longer be written stops the next request.
            let _ = self.ledger.append(Event { client: Some(tenant.to_owned()), ..event }, None);
        }
        Ok(taken)
    }

    /// Counts and records a connection that was passed through unread (`tunnelled`), or was not (`refused`, `failed`).
    pub fn visited(&self, host: &str, port: u16, outcome: &str) {
        if outcome == "tunnelled" {
            let recipient = Recipient {
                kind: RecipientKind::Host,
                name: host.to_owned(),
                country: "unknown".into(),
                inspected: false,
            };
            locked(&self.flow).to(recipient).requests += 1;
        }
        let kind = EventKind::Tunnel { host: format!("{host}:{port}"), outcome: outcome.to_owned() };
        // The connection is over: a log that can no longer be written stops the next request.
        let _ = self.ledger.append(record::event(kind), None);
    }
}
