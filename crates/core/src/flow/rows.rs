//! A flow map in JSON: a list of rows, because a JSON object key must be a string and a recipient is not one.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Flow, FlowMap, Recipient};

#[derive(Serialize)]
struct RowRef<'a> {
    #[serde(flatten)]
    recipient: &'a Recipient,
    #[serde(flatten)]
    flow: &'a Flow,
}

#[derive(Deserialize)]
struct Row {
    #[serde(flatten)]
    recipient: Recipient,
    #[serde(flatten)]
    flow: Flow,
}

pub(super) fn serialize<S: Serializer>(
    recipients: &BTreeMap<Recipient, Flow>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(recipients.iter().map(|(recipient, flow)| RowRef { recipient, flow }))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<Recipient, Flow>, D::Error> {
    let mut map = FlowMap::default();
    for Row { recipient, flow } in Vec::<Row>::deserialize(deserializer)? {
        map.merge(&FlowMap { recipients: BTreeMap::from([(recipient, flow)]) });
    }
    Ok(map.recipients)
}
