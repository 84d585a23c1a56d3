//! The flow map: which category of data goes to which recipient.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::category::DataCategory;

/// Somebody who receives data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Recipient {
    /// Provider id or host name.
    pub name: String,
    /// Where it is, `unknown` where nobody says.
    pub country: String,
    /// False if what it received was not read by Ombud.
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
    /// Requests and amounts per recipient.
    pub recipients: BTreeMap<Recipient, Flow>,
}

/// What one recipient received.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Requests or connections.
    pub requests: u64,
    /// Amounts per category.
    pub data: BTreeMap<DataCategory, Amount>,
    /// Parts that were not inspected.
    pub opaque: u64,
}

impl FlowMap {
    /// The flow to a recipient, made if there is none yet.
    pub fn to(&mut self, recipient: Recipient) -> &mut Flow {
        self.recipients.entry(recipient).or_default()
    }

    /// Adds what another witness of the same kind saw.
    pub fn merge(&mut self, other: &Self) {
        for (recipient, flow) in &other.recipients {
            let mine = self.to(recipient.clone());
            mine.requests += flow.requests;
            mine.opaque += flow.opaque;
            for (category, amount) in &flow.data {
                let sum = mine.data.entry(*category).or_default();
                sum.masked += amount.masked;
                sum.clear += amount.clear;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_adds_up() {
        let recipient = Recipient { name: "openai".into(), country: "unknown".into(), inspected: true };
        let mut one = FlowMap::default();
        let flow = one.to(recipient.clone());
        flow.requests = 1;
        flow.data.insert(DataCategory::ContactPhone, Amount { masked: 2, clear: 0 });
        let mut two = one.clone();
        two.merge(&one);
        let sum = two.to(recipient);
        assert_eq!((sum.requests, sum.data[&DataCategory::ContactPhone].masked), (2, 4));
    }
}
