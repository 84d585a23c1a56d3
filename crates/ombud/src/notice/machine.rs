//! The machine-readable block: the same facts, embedded in the notice as a comment.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use ombud_core::DataCategory;
use ombud_core::flow::{Amount, FlowMap, Recipient, RecipientKind};
use ombud_gateway::providers::Trains;
use serde::{Deserialize, Serialize};

use super::facts::{Facts, Form, Receiver};
use crate::document::hidden;
use crate::flowmap::{Input, LOCAL_MODEL};

/// The schema of the block, without its version.
pub(crate) const FAMILY: &str = "ombud.notice";
/// The newest version that can be read.
pub(crate) const VERSION: u32 = 1;

const OPEN: &str = "<!-- ombud:notice ";
const CLOSE: &str = " -->";

/// What a notice states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Block {
    /// `ombud.notice/1`.
    pub schema: String,
    /// Language of the text around it.
    pub lang: String,
    /// The day on which it was written, `YYYY-MM-DD`.
    pub written: String,
    /// Name of the agent.
    pub agent: Option<String>,
    /// The purposes, by id.
    pub purposes: BTreeSet<String>,
    /// Who receives what.
    pub recipients: Vec<Stated>,
    /// SHA-256 of the facts (everything but `lang`, `written` and this), in hexadecimal. Two languages of one notice share
    /// it.
    pub hash: String,
}

/// One recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stated {
    /// Its role for the agent.
    pub kind: RecipientKind,
    /// Its id in flow maps.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Country code, `local` or `unknown`.
    pub country: String,
    /// Whether it trains on what it receives.
    pub trains: Trains,
    /// Days that it keeps the data; absent if unknown.
    pub retention_days: Option<u32>,
    /// What it receives.
    pub categories: Vec<StatedCategory>,
    /// The purposes, by id.
    pub purposes: BTreeSet<String>,
}

/// One category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatedCategory {
    /// Its id.
    pub id: DataCategory,
    /// The form in which it leaves.
    pub form: Form,
}

impl Stated {
    fn of(receiver: &Receiver) -> Self {
        Self {
            kind: receiver.kind,
            id: receiver.id.clone(),
            // The same in every language.
            name: if receiver.id == LOCAL_MODEL {
                receiver.id.clone()
            } else {
                receiver.profile.name.clone()
            },
            country: receiver.profile.country.clone(),
            trains: receiver.profile.trains,
            retention_days: receiver.profile.retention_days,
            categories: receiver.categories.iter().map(|(&id, &form)| StatedCategory { id, form }).collect(),
            purposes: receiver.purposes.clone(),
        }
    }
}

impl Block {
    /// The block of a notice.
    pub(crate) fn of(facts: &Facts) -> Self {
        let all = facts.receivers.iter().chain(facts.tools.iter().map(|(_, tool)| tool));
        let recipients = all.map(Stated::of).collect();
        let mut block = Self {
            schema: format!("{FAMILY}/{VERSION}"),
            lang: facts.lang.tag().to_owned(),
            written: facts.today.to_string(),
            agent: facts.name.clone(),
            purposes: facts.purposes.keys().cloned().collect(),
            recipients,
            hash: String::new(),
        };
        block.hash = block.digest();
        block
    }

    /// The expected value of `hash`.
    pub(crate) fn digest(&self) -> String {
        let facts = (&self.schema, &self.agent, &self.purposes, &self.recipients);
        // Strings, numbers and lists of them always serialise; an empty text would match no hash.
        let text = serde_json::to_vec(&facts).unwrap_or_default();
        hexadecimal(digest(&SHA256, &text).as_ref())
    }

    /// The block as a comment in Markdown and HTML. Nothing in it can close the comment.
    pub(crate) fn embedded(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        // In JSON these characters occur in strings only, where an escape means the same.
        let mut safe = String::with_capacity(text.len());
        for c in text.replace("--", "-\\u002d").chars() {
            if matches!(c, '<' | '>') || hidden(c) {
                let mut units = [0; 2];
                safe.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            } else {
                safe.push(c);
            }
        }
        format!("{OPEN}{safe}{CLOSE}")
    }

    /// Finds the block in a text.
    pub(crate) fn find(text: &str) -> Result<Input<Self>, crate::flowmap::Why> {
        let Some((_, rest)) = text.split_once(OPEN.trim_end()) else { return Ok(Input::Absent) };
        let Some((json, _)) = rest.split_once(CLOSE.trim_start()) else {
            return Err(crate::flowmap::Why::Field("the comment `ombud:notice` has no end".to_owned()));
        };
        crate::flowmap::parse(json, FAMILY, VERSION).map(Input::Read)
    }

    /// What it states, as a flow map. A purpose that the notice states anywhere counts for every recipient.
    pub(crate) fn flow(&self) -> FlowMap {
        let mut map = FlowMap::default();
        for stated in &self.recipients {
            let flow = map.to(Recipient {
                kind: stated.kind,
                name: stated.id.clone(),
                country: stated.country.clone(),
                inspected: true,
            });
            flow.purposes = self.purposes.union(&stated.purposes).cloned().collect();
            for category in &stated.categories {
                let (masked, clear) = match category.form {
                    Form::Masked => (1, 0),
                    Form::Clear => (0, 1),
                };
                flow.data.insert(category.id, Amount { masked, clear });
            }
        }
        map
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
