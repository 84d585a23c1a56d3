//! The memory edge, `/m/<name>/…`: a vector store behind consent. A user's items are read or written only with a proof that
//! the user agreed, and what comes back belongs to that user.

pub mod answer;
pub mod chroma;
mod closed;
pub mod confine;
pub mod fields;
pub mod inventory;
mod pipeline;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use closed::Closed;
pub use pipeline::handle;

/// The metadata key under which an item carries the pseudonym of its subject.
pub const TAG: &str = "ombud_subject";

/// The path under which stores are served.
pub const ROOT: &str = "/m/";

/// What the gateway knows about memory stores.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// The stores, by the name in their path.
    pub stores: BTreeMap<String, Store>,
    /// Name and contact of the operator, for consent receipts.
    pub controller: (String, String),
}

impl Memory {
    /// Redirects every store to a simulated one.
    pub fn all_at(&mut self, url: &str) {
        self.stores.values_mut().for_each(|store| url.clone_into(&mut store.url));
    }
}

/// The kind of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Chroma's HTTP interface, version 2.
    Chroma,
}

/// Whose data a store holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Data {
    /// Data of the agent's users: needs consent, and each sees their own.
    #[default]
    User,
    /// The operator's own documents: needs no consent.
    Own,
}

/// `[memory.<name>]` in ombud.toml.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Its kind.
    pub kind: Kind,
    /// Its base URL, such as `http://127.0.0.1:8000`.
    pub url: String,
    /// Whose data it holds.
    #[serde(default)]
    pub data: Data,
    /// The purpose that users agree to.
    #[serde(default = "purpose")]
    pub purpose: String,
    /// Names of the collections that may be used; empty for all.
    #[serde(default)]
    pub collections: Vec<String>,
    /// The databases that may be used, each as `tenant/database`.
    #[serde(default = "databases")]
    pub databases: Vec<String>,
    /// Whether collections may be deleted and changed through the gateway.
    #[serde(default)]
    pub manage: bool,
}

impl Store {
    /// Paths of the collection lists of its databases.
    pub fn roots(&self) -> Vec<String> {
        let root = |name: &String| {
            let (tenant, database) = name.split_once('/').unwrap_or(("default_tenant", name));
            format!("/api/v2/tenants/{tenant}/databases/{database}/collections")
        };
        self.databases.iter().map(root).collect()
    }
}

fn databases() -> Vec<String> {
    vec!["default_tenant/default_database".to_owned()]
}

fn purpose() -> String {
    "memory.personalise".to_owned()
}

/// The environment variable that tells a child process where a store is: `OMBUD_MEMORY_<NAME>`.
pub fn variable(name: &str) -> String {
    let letter = |ch: char| if ch.is_ascii_alphanumeric() { ch.to_ascii_uppercase() } else { '_' };
    format!("OMBUD_MEMORY_{}", name.chars().map(letter).collect::<String>())
}
