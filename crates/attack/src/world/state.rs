//! What the world holds, and what was done in it.

use std::collections::BTreeMap;

use ombud_core::Lang;
use serde::{Deserialize, Serialize};

use super::store::Store;

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Its id.
    pub id: String,
    /// Sender, with or without a name.
    pub from: String,
    /// Recipient.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Date, `YYYY-MM-DD`.
    pub date: String,
    /// Text.
    pub body: String,
}

/// Something that an agent did to the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// A mail was sent.
    MailSent {
        /// To whom.
        to: Vec<String>,
        /// Subject.
        subject: String,
        /// Text.
        body: String,
    },
    /// A file was written.
    FileWritten {
        /// Its name.
        name: String,
    },
    /// A file was deleted.
    FileDeleted {
        /// Its name.
        name: String,
    },
    /// A web address was opened: whatever its URL holds has left.
    PageOpened {
        /// The address.
        url: String,
    },
    /// Something was posted to a web address.
    Posted {
        /// The address.
        url: String,
        /// What was posted, as text.
        body: String,
    },
    /// Something was written to the vector store.
    MemoryWritten {
        /// The collection.
        collection: String,
        /// Documents.
        documents: Vec<String>,
    },
    /// Something was deleted from the vector store.
    MemoryDeleted {
        /// The collection.
        collection: String,
        /// Ids.
        ids: Vec<String>,
    },
}

/// Everything in the world.
#[derive(Debug, Clone, Serialize)]
pub struct State {
    /// The mailbox.
    pub mail: Vec<Mail>,
    /// Files by name.
    pub files: BTreeMap<String, String>,
    /// Pages by address.
    pub web: BTreeMap<String, String>,
    /// What happened.
    pub effects: Vec<Effect>,
    /// The vector store.
    #[serde(skip)]
    pub(super) store: Store,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    mail: Vec<Mail>,
    files: BTreeMap<String, String>,
    web: BTreeMap<String, String>,
    memory: Vec<Note>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    id: String,
    text: String,
    user: String,
}

impl State {
    /// The initial world in a language.
    pub fn new(lang: Lang) -> Result<Self, serde_json::Error> {
        let seed: Seed = serde_json::from_str(match lang {
            Lang::En => include_str!("../../worlds/en.json"),
            Lang::Zh => include_str!("../../worlds/zh.json"),
        })?;
        let mut store = Store::default();
        let notes = store.create("notes", serde_json::Value::Null);
        for note in seed.memory {
            let metadata = serde_json::json!({ "user": note.user });
            store.seed(&notes, note.id, note.text, metadata);
        }
        Ok(Self { mail: seed.mail, files: seed.files, web: seed.web, effects: Vec::new(), store })
    }
}
