//! What is held about a subject.

use std::collections::BTreeMap;

use anyhow::Result;
use ombud_gateway::Gateway;
use ombud_gateway::memory::{Data, inventory};
use ombud_ledger::Reader;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::conversations;

/// What is held about a subject.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Held {
    /// Its pseudonym in the log and the stores.
    pub subject: String,
    /// The latest answer per purpose.
    pub consents: BTreeMap<String, String>,
    /// Items per memory store; null where the store did not respond.
    pub stores: BTreeMap<String, Option<u64>>,
    /// Conversations in the log that can still be decrypted with the keys.
    pub conversations: u64,
    /// Log entries that name the pseudonym; they hold no content and stay.
    pub entries: u64,
    /// Tokens in the vault that stand for values of the subject.
    pub tokens: u64,
}

impl Held {
    /// Whether there is anything to erase, or anything unknown.
    pub(crate) fn is_something(&self) -> bool {
        let stored = self.stores.values().any(|count| *count != Some(0));
        stored || self.tokens > 0 || self.conversations > 0 || !self.consents.is_empty()
    }
}

/// Looks it up. A store that does not respond is unknown, not empty.
pub(crate) async fn held(gateway: &Gateway, subject: &str) -> Result<Held> {
    let consents = gateway.desk.consents();
    let mut stores = BTreeMap::new();
    for (name, store) in &gateway.config.memory.stores {
        if store.data == Data::User {
            stores.insert(name.clone(), inventory::held(&gateway.upstream, store, subject).await.ok());
        }
    }
    let mut reader = Reader::open(gateway.ledger.home()).await?;
    let records = reader.subject(subject).await?;
    let mut readable = std::collections::BTreeSet::new();
    for record in &records {
        let words = reader.contents(record).await?;
        if let (ombud_ledger::Contents::Parts(_), Some(event)) = (words, &record.event) {
            readable.insert(event.conversation.clone());
        }
    }
    let known = conversations(&mut reader, subject).await?;
    readable.retain(|name| name.as_ref().is_some_and(|name| known.contains(name)));
    let answers = consents.of(subject).await?;
    Ok(Held {
        subject: subject.to_owned(),
        consents: answers.into_iter().map(|answer| (answer.purpose, answer.state)).collect(),
        stores,
        conversations: readable.len() as u64,
        entries: records.len() as u64,
        tokens: consents.tokens(subject).await?,
    })
}
