//! The flow map: which category of data goes to which recipient.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::category::DataCategory;
use crate::event::Counts;

mod compare;
mod rows;
mod way;

pub use compare::{Difference, What, compare};
pub use way::{OnTheWay, reached_nobody};

/// What a recipient is to the agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientKind {
    /// A model provider.
    #[default]
    Provider,
    /// A memory or vector store.
    Store,
    /// A tool, or a service behind one.
    Tool,
    /// A host about which nothing else is known.
    Host,
}

/// Somebody who receives data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Recipient {
    /// What it is to the agent.
    #[serde(default)]
    pub kind: RecipientKind,
    /// Provider id or host name.
    pub name: String,
    /// The country, `unknown` if nobody states it.
    pub country: String,
    /// False if Ombud did not read what it received.
    pub inspected: bool,
}

/// What one recipient received of one category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Values replaced before they left.
    pub masked: u64,
    /// Values that left in the clear.
    pub clear: u64,
}

/// What went where, as one witness saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowMap {
    /// Requests and amounts per recipient. In JSON a list, each row with the fields of [`Recipient`] and of [`Flow`].
    #[serde(default, with = "rows")]
    pub recipients: BTreeMap<Recipient, Flow>,
}

/// What one recipient received, or may have received: a request that left counts until it is known to have reached
/// nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Requests or connections.
    #[serde(default)]
    pub requests: u64,
    /// Requests that reached nobody. They are not included in the other numbers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: u64,
    /// Amounts per category.
    #[serde(default)]
    pub data: BTreeMap<DataCategory, Amount>,
    /// Parts that were not inspected.
    #[serde(default)]
    pub opaque: u64,
    /// What the data is used for, in the operator's words (`ombud.toml`, consent purposes).
    #[serde(default)]
    pub purposes: BTreeSet<String>,
    /// Evidence: `path:line` of the code, or the id of an exchange. At most [`EVIDENCE`] of them.
    #[serde(default)]
    pub evidence: BTreeSet<String>,
    /// Evidence per category, where it is known separately. At most [`EVIDENCE`] each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shown: BTreeMap<DataCategory, BTreeSet<String>>,
}

/// Whether a number is zero, so that it can be omitted.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Pieces of evidence that a flow keeps: enough to look it up, not a second log.
pub const EVIDENCE: usize = 8;

impl Flow {
    /// Adds what a request carried: how many values of each type were found in it, and how many of them were masked.
    pub fn carry(&mut self, found: &Counts, masked: &Counts) {
        for (kind, &count) in found {
            let hidden = masked.get(kind).copied().unwrap_or_default().min(count);
            let amount = self.data.entry(kind.category()).or_default();
            amount.masked = amount.masked.saturating_add(hidden);
            amount.clear = amount.clear.saturating_add(count - hidden);
        }
    }

    /// Adds what another witness of the same recipient saw.
    pub fn merge(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.lost = self.lost.saturating_add(other.lost);
        self.opaque = self.opaque.saturating_add(other.opaque);
        self.purposes.extend(other.purposes.iter().cloned());
        other.evidence.iter().for_each(|evidence| self.shown_by(evidence));
        for (category, amount) in &other.data {
            let sum = self.data.entry(*category).or_default();
            sum.masked = sum.masked.saturating_add(amount.masked);
            sum.clear = sum.clear.saturating_add(amount.clear);
        }
        for (category, evidence) in &other.shown {
            for evidence in evidence {
                self.category_shown_by(*category, evidence);
            }
        }
    }

    /// Takes back what was sent but reached nobody, along with its evidence. Its requests count as lost.
    pub fn lose(&mut self, sent: &Self) {
        self.requests = self.requests.saturating_sub(sent.requests);
        self.lost = self.lost.saturating_add(sent.requests);
        self.opaque = self.opaque.saturating_sub(sent.opaque);
        self.evidence.retain(|evidence| !sent.evidence.contains(evidence));
        for (category, evidence) in &sent.shown {
            self.shown.entry(*category).or_default().retain(|shown| !evidence.contains(shown));
        }
        for (category, amount) in &sent.data {
            let sum = self.data.entry(*category).or_default();
            sum.masked = sum.masked.saturating_sub(amount.masked);
            sum.clear = sum.clear.saturating_sub(amount.clear);
        }
        self.data.retain(|_, sum| *sum != Amount::default());
        let data = &self.data;
        self.shown.retain(|category, shown| !shown.is_empty() && data.contains_key(category));
    }

    /// Adds a piece of evidence if there is room.
    pub fn shown_by(&mut self, evidence: impl Into<String>) {
        if self.evidence.len() < EVIDENCE {
            self.evidence.insert(evidence.into());
        }
    }

    /// Adds a piece of evidence that this category was sent to the recipient, if there is room.
    pub fn category_shown_by(&mut self, category: DataCategory, evidence: impl Into<String>) {
        let kept = self.shown.entry(category).or_default();
        if kept.len() < EVIDENCE {
            kept.insert(evidence.into());
        }
    }
}

impl FlowMap {
    /// The flow to a recipient, created if it does not exist yet.
    pub fn to(&mut self, recipient: Recipient) -> &mut Flow {
        self.recipients.entry(recipient).or_default()
    }

    /// Adds what another witness of the same kind saw.
    pub fn merge(&mut self, other: &Self) {
        for (recipient, flow) in &other.recipients {
            self.to(recipient.clone()).merge(flow);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_adds_up() {
        let recipient = Recipient {
            kind: RecipientKind::Provider,
            name: "openai".into(),
            country: "unknown".into(),
            inspected: true,
        };
        let mut one = FlowMap::default();
        let flow = one.to(recipient.clone());
        flow.requests = 1;
        flow.data.insert(DataCategory::ContactPhone, Amount { masked: 2, clear: 0 });
        let mut two = one.clone();
        two.merge(&one);
        let sum = two.to(recipient);
        assert_eq!((sum.requests, sum.data[&DataCategory::ContactPhone].masked), (2, 4));
    }

    #[test]
    fn what_a_request_carried_is_masked_or_in_the_clear() {
        use crate::DataType;
        let mut flow = Flow::default();
        let found = Counts::from([(DataType::Phone, 3), (DataType::Email, 1)]);
        // More masked than found would be a damaged record.
        flow.carry(&found, &Counts::from([(DataType::Phone, 2), (DataType::Email, 9)]));
        flow.carry(&found, &Counts::new());
        assert_eq!(flow.data[&DataType::Phone.category()], Amount { masked: 2, clear: 4 });
        assert_eq!(flow.data[&DataType::Email.category()], Amount { masked: 1, clear: 1 });
    }

    #[test]
    fn what_reached_nobody_leaves_no_trace_but_its_number() {
        let request = |evidence: &str, clear| {
            let mut flow = Flow { requests: 1, opaque: 1, ..Flow::default() };
            flow.data.insert(DataCategory::ContactPhone, Amount { masked: 1, clear });
            flow.shown_by(evidence);
            flow.category_shown_by(DataCategory::ContactPhone, evidence);
            flow
        };
        let (one, two) = (request("a", 0), request("b", 2));
        let mut both = one.clone();
        both.merge(&two);
        both.lose(&two);
        assert_eq!(both, Flow { lost: 1, ..one.clone() });
        both.lose(&one);
        assert_eq!(both, Flow { lost: 2, ..Flow::default() });
    }

    #[test]
    fn a_map_survives_json() {
        let mut map = FlowMap::default();
        for name in ["openai", "notes"] {
            let who = Recipient {
                kind: RecipientKind::Store,
                name: name.into(),
                country: "CN".into(),
                inspected: true,
            };
            let flow = map.to(who);
            flow.data.insert(DataCategory::CommChat, Amount { masked: 0, clear: 3 });
            flow.category_shown_by(DataCategory::CommChat, "agent.py:7");
            flow.purposes.insert("answer".into());
        }
        let text = serde_json::to_string(&map).unwrap();
        assert_eq!(serde_json::from_str::<FlowMap>(&text).unwrap(), map);
        let bare = r#"{"recipients":[{"name":"x","country":"unknown","inspected":false,"requests":0,"data":{},"opaque":0,"later":1}]}"#;
        assert_eq!(serde_json::from_str::<FlowMap>(bare).unwrap().recipients.len(), 1);
        let twice = r#"{"recipients":[{"name":"x","country":"CN","inspected":true,"requests":2},{"name":"x","country":"CN","inspected":true,"requests":3}]}"#;
        let merged: FlowMap = serde_json::from_str(twice).unwrap();
        assert_eq!(merged.recipients.values().map(|flow| flow.requests).collect::<Vec<_>>(), [5]);
    }
}
