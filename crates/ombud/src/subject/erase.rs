//! Erases a subject: intent, stores, vault, keys, a probe for what is left, and a receipt. Every step can be repeated, so
//! the next start or the next call completes an interrupted erasure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use ombud_core::event::{Event, EventKind};
use ombud_core::{Lang, say};
use ombud_gateway::consent::proof::Use;
use ombud_gateway::consent::sha256;
use ombud_gateway::memory::{Data, inventory};
use ombud_gateway::{Gateway, names, record};
use ombud_ledger::{Contents, Reader};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::conversations;

/// What an erasure did and found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Receipt {
    /// `ombud.erasure-receipt/1`
    pub schema: String,
    /// Its id.
    pub id: String,
    /// The subject's pseudonym.
    pub subject: String,
    /// When it was made.
    pub at: String,
    /// Whether every store was reached and nothing was found afterwards.
    pub complete: bool,
    /// What was deleted: items per store, `vault` tokens, `keys` of the log.
    pub deleted: BTreeMap<String, u64>,
    /// What a probe found afterwards: per store, in the `vault`, in the `log` and in the `journal`, whose entries cannot be
    /// erased; null where it could not look.
    pub residue: BTreeMap<String, Option<u64>>,
    /// What was not checked, in words.
    pub not_looked_at: Vec<String>,
    /// Public key of the signature.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Ed25519 signature over `ombud/receipt/1`, a zero byte and the receipt without `key` and `sig` as compact JSON.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sig: String,
}

/// Erases a subject. `id` is the operator's id for it, if known; it is searched for in metadata and not kept. The receipt
/// is in the language of whoever asks.
pub(crate) async fn erase(
    gateway: &Gateway,
    tenant: &str,
    subject: &str,
    id: Option<&str>,
    lang: Lang,
) -> Result<Receipt> {
    gateway.desk.begin_erasure(subject, tenant).await.context("the erasure could not be started")?;
    let mut deleted = BTreeMap::new();
    let mut reached = true;
    for (name, store) in users(gateway) {
        match inventory::remove(&gateway.upstream, store, subject).await {
            Ok(count) => {
                deleted.insert(name.clone(), count);
            }
            Err(_) => reached = false,
        }
    }
    let consents = gateway.desk.consents();
    let scopes = consents.scopes(subject).await?;
    deleted.insert("vault".to_owned(), consents.tokens(subject).await?);
    for scope in &scopes {
        gateway.ledger.vault().erase(scope).await?;
    }
    let mut reader = Reader::open(gateway.ledger.home()).await?;
    let mut named = conversations(&mut reader, subject).await?;
    if !named.iter().any(|name| name == subject) {
        named.push(subject.to_owned());
    }
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    deleted.insert("keys".to_owned(), gateway.ledger.erase(&named).await?.keys);
    let residue = probe(gateway, subject, id).await?;
    let clean = reached && residue.values().all(|left| *left == Some(0));
    let receipt = written(gateway, subject, clean, deleted, residue, (id.is_some(), lang)).await?;
    if reached {
        consents.end_erasure(subject).await?;
    }
    Ok(receipt)
}

/// Completes interrupted erasures.
pub(crate) async fn resume(gateway: Arc<Gateway>) {
    let Ok(unfinished) = gateway.desk.consents().unfinished().await else { return };
    for (subject, tenant) in unfinished {
        // What cannot be completed now, because a store does not respond, stays pending.
        let lang = gateway.config.lang;
        let _ = erase(&gateway, &tenant, &subject, None, lang).await;
    }
}

/// The stores that hold users' data.
fn users(gateway: &Gateway) -> impl Iterator<Item = (&String, &ombud_gateway::memory::Store)> {
    gateway.config.memory.stores.iter().filter(|(_, store)| store.data == Data::User)
}

/// Looks for what is left.
async fn probe(gateway: &Gateway, subject: &str, id: Option<&str>) -> Result<BTreeMap<String, Option<u64>>> {
    let mut residue = BTreeMap::new();
    for (name, store) in users(gateway) {
        let found = inventory::residue(&gateway.upstream, store, subject, id).await.ok();
        // More items than the probe scans, and no match among them: unknown.
        let found = found.and_then(|found| (found.complete || found.items > 0).then_some(found.items));
        residue.insert(name.clone(), found);
    }
    residue.insert("vault".to_owned(), Some(gateway.desk.consents().tokens(subject).await?));
    let mut reader = Reader::open(gateway.ledger.home()).await?;
    let (mut readable, mut open) = (0, 0);
    for record in reader.subject(subject).await? {
        let named = |event: &Event| names::gives_away(gateway.inspector.detector(), &event.kind);
        open += u64::from(record.event.as_ref().is_some_and(named));
        if matches!(reader.contents(&record).await, Ok(Contents::Parts(_))) {
            readable += 1;
        }
    }
    residue.insert("log".to_owned(), Some(readable));
    // Earlier versions recorded the names of arguments and tools in the clear.
    residue.insert("journal".to_owned(), Some(open));
    Ok(residue)
}

/// Signs the receipt and records its digest in the log.
async fn written(
    gateway: &Gateway,
    subject: &str,
    complete: bool,
    deleted: BTreeMap<String, u64>,
    residue: BTreeMap<String, Option<u64>>,
    (knew_id, lang): (bool, Lang),
) -> Result<Receipt> {
    let event = record::event(EventKind::RunEnd { exit: None });
    let mut receipt = Receipt {
        schema: "ombud.erasure-receipt/1".to_owned(),
        id: record::id(),
        subject: subject.to_owned(),
        at: event.t,
        complete,
        deleted: deleted.clone(),
        residue: residue.clone(),
        not_looked_at: not_looked_at(gateway, subject, knew_id, lang).await?,
        key: String::new(),
        sig: String::new(),
    };
    let text = serde_json::to_string(&receipt)?;
    let notary = gateway.desk.notary().map_err(|trouble| anyhow!(trouble))?;
    receipt.sig = format!("ed25519:{}", notary.signature(text.as_bytes(), Use::Receipt));
    receipt.key = format!("ed25519:{}", notary.public_key());
    let digest = sha256(serde_json::to_string(&receipt)?.as_bytes());
    let kind = EventKind::SubjectErased { receipt: digest, deleted, residue };
    let event = Event { subject: Some(subject.to_owned()), ..record::event(kind) };
    let ticket = gateway.ledger.append(event, None)?;
    gateway.ledger.durable(&ticket).await?;
    Ok(receipt)
}

/// What was not checked, and what is known about it.
async fn not_looked_at(gateway: &Gateway, subject: &str, knew_id: bool, lang: Lang) -> Result<Vec<String>> {
    let mut places = vec![
        say!(lang, en: "backups of the memory stores and of this machine", zh: "记忆库和本机的备份"),
        say!(lang, en: "files and databases of the agent itself", zh: "智能体自己的文件和数据库"),
        say!(lang,
            en: "texts of other users' items that mention this user",
            zh: "其他用户的数据中提及该用户的文字"),
    ];
    if !knew_id {
        places.push(say!(lang,
            en: "items that carry the user's id itself: the erasure was resumed, and the id is not kept",
            zh: "直接带有用户编号的条目：本次是续做此前的删除，而编号没有保存"));
    }
    let mut reader = Reader::open(gateway.ledger.home()).await?;
    let events = reader.subject(subject).await?.into_iter().filter_map(|record| record.event);
    let asked: BTreeSet<String> = events
        .filter_map(|event| match event.kind {
            EventKind::Request(request) => Some(request.provider),
            _ => None,
        })
        .collect();
    for id in asked {
        places.push(at_provider(gateway, &id, lang));
    }
    Ok(places)
}

fn at_provider(gateway: &Gateway, id: &str, lang: Lang) -> String {
    let providers = &gateway.config.providers;
    let days = providers.by_id(id).and_then(|provider| {
        providers.facts_of(provider).iter().filter_map(|fact| fact.retention_days).max()
    });
    match days {
        Some(days) => say!(lang,
            en: "what the provider {id} received (it states that it keeps requests for {days} days)",
            zh: "服务商 {id} 收到的内容（其声明保留 {days} 天）"),
        None => say!(lang,
            en: "what the provider {id} received (how long it keeps requests is unknown)",
            zh: "服务商 {id} 收到的内容（保留多久不明）"),
    }
}

impl Receipt {
    /// The receipt as a file's text.
    pub(crate) fn text(&self) -> Result<String> {
        let value: Value = serde_json::to_value(self)?;
        Ok(serde_json::to_string_pretty(&value)? + "\n")
    }
}
