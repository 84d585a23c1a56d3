//! What the console reads: one home's log, and what is known about recipients. It never writes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use ombud_core::flow::RecipientKind;
use ombud_core::{Action, DataType, Policy};
use ombud_detect::Detector;
use ombud_gateway::Gateway;
use ombud_gateway::providers::Providers;
use ombud_ledger::read::{Reader, Record};
use tokio::sync::{Mutex, watch};

use super::flow;
use super::fold::Fold;
use super::view::{EventRow, FlowView, Update};

/// Entries read at a time: each may bring a body of megabytes with it.
const CHUNK: u32 = 16;

/// Entries read in one look at most, so that a long log does not keep a request waiting.
const LOOK: u64 = 20_000;

/// What is known about recipients, and how texts are searched again.
pub(crate) enum Knowledge {
    /// A running gateway's.
    Gateway(Arc<Gateway>),
    /// The configuration's, where no gateway runs in this process.
    Configuration {
        /// The providers.
        providers: Box<Providers>,
        /// Ids of those that are on this machine.
        local: BTreeSet<String>,
        /// What may leave.
        policy: Policy,
        /// Finds what left in the clear.
        detector: Box<Detector>,
    },
}

impl Knowledge {
    fn providers(&self) -> &Providers {
        match self {
            Self::Gateway(gateway) => &gateway.config.providers,
            Self::Configuration { providers, .. } => providers,
        }
    }

    fn policy(&self) -> &Policy {
        match self {
            Self::Gateway(gateway) => &gateway.config.policy,
            Self::Configuration { policy, .. } => policy,
        }
    }

    /// Finds what is personal or secret in a text.
    pub(crate) fn detector(&self) -> &Detector {
        match self {
            Self::Gateway(gateway) => gateway.inspector.detector(),
            Self::Configuration { detector, .. } => detector,
        }
    }

    /// Whether the policy replaces values of a type for good.
    pub(crate) fn is_one_way(&self, kind: DataType) -> bool {
        self.policy().action(kind) == Action::Redact
    }

    /// Scores below this are ignored.
    pub(crate) fn min_score(&self) -> f32 {
        self.policy().min_score
    }

    /// The name of a provider for people.
    pub(crate) fn name(&self, kind: RecipientKind, id: &str) -> String {
        let provider = (kind == RecipientKind::Provider).then(|| self.providers().by_id(id)).flatten();
        provider.map_or_else(|| id.to_owned(), |provider| provider.name.clone())
    }

    /// The country of a recipient: what the operator or the registry says, else `unknown`.
    pub(crate) fn country(&self, kind: RecipientKind, id: &str) -> String {
        let local = match self {
            Self::Gateway(gateway) => &gateway.config.local,
            Self::Configuration { local, .. } => local,
        };
        if kind == RecipientKind::Provider {
            let provider = self.providers().by_id(id);
            if local.contains(id) || provider.is_some_and(|provider| provider.local) {
                return "local".to_owned();
            }
            return provider.map_or_else(|| "unknown".to_owned(), |provider| provider.country.clone());
        }
        let Self::Gateway(gateway) = self else { return "unknown".to_owned() };
        let map = gateway.flow();
        let known = map.recipients.keys().find(|recipient| recipient.kind == kind && recipient.name == id);
        known.map_or_else(|| "unknown".to_owned(), |recipient| recipient.country.clone())
    }
}

/// What one home's console reads.
pub(crate) struct Source {
    home: PathBuf,
    /// What is known besides the log.
    pub(crate) knowledge: Knowledge,
    state: Mutex<Option<State>>,
    open: watch::Sender<bool>,
}

struct State {
    reader: Reader,
    fold: Fold,
}

impl Source {
    /// The home.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// A source over a home. The log is opened on first use.
    pub(crate) fn new(home: &Path, knowledge: Knowledge) -> Arc<Self> {
        let (open, _) = watch::channel(true);
        Arc::new(Self { home: home.to_owned(), knowledge, state: Mutex::new(None), open })
    }

    /// Ends every stream, so that nobody waits for a page that was left open.
    pub(crate) fn close(&self) {
        self.open.send_replace(false);
    }

    /// Becomes false when the streams must end.
    pub(crate) fn opened(&self) -> watch::Receiver<bool> {
        self.open.subscribe()
    }

    /// Size of the journal in bytes: while it is unchanged, there is nothing new.
    pub(crate) fn size(&self) -> u64 {
        let files = std::fs::read_dir(self.home.join("journal")).into_iter().flatten().flatten();
        let lengths = files.filter_map(|file| Some(file.metadata().ok()?.len()));
        lengths.sum()
    }

    /// A separate reader, for what takes longer than a look.
    pub(crate) async fn reader(&self) -> Result<Reader> {
        Ok(Reader::open(&self.home).await?)
    }

    /// Looks at the log as it is now.
    pub(crate) async fn look<T: Send>(&self, at: impl FnOnce(&Fold, u64) -> T + Send) -> Result<T> {
        let mut guard = self.state.lock().await;
        let mut state = match guard.take() {
            Some(state) => state,
            None => State { reader: Reader::open(&self.home).await?, fold: Fold::default() },
        };
        // If reading fails, the state is dropped and the next look starts over.
        let entries = catch_up(&mut state).await?;
        let seen = at(&state.fold, entries);
        *guard = Some(state);
        Ok(seen)
    }

    /// The flow map and the newest entries.
    pub(crate) async fn update(&self) -> Result<Update> {
        self.look(|fold, entries| Update { flow: self.flow(fold, entries), events: newest(fold, 30) }).await
    }

    /// The flow map.
    pub(crate) fn flow(&self, fold: &Fold, entries: u64) -> FlowView {
        FlowView {
            since: fold.since.clone(),
            until: fold.until.clone(),
            read: fold.next,
            entries,
            live: matches!(self.knowledge, Knowledge::Gateway(_)),
            recipients: flow::recipients(fold, &self.knowledge),
        }
    }
}

/// The newest entries, newest first.
pub(crate) fn newest(fold: &Fold, count: usize) -> Vec<EventRow> {
    fold.newest.iter().take(count).cloned().collect()
}

/// Reads what is new; returns how many entries the log has.
async fn catch_up(state: &mut State) -> Result<u64> {
    state.reader.refresh().await?;
    let entries = state.reader.len().await?;
    if entries < state.fold.next {
        // After a crash the journal was cut, or it was replaced by another one.
        state.fold = Fold::default();
    }
    let until = entries.min(state.fold.next.saturating_add(LOOK));
    while state.fold.next < until {
        let page: Vec<Record> = state.reader.page(state.fold.next, CHUNK).await?;
        if page.is_empty() {
            break;
        }
        for record in &page {
            state.fold.take(record);
        }
    }
    Ok(entries)
}
