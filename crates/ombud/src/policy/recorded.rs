//! The calls in the log, with what is needed to decide them again.

use anyhow::Result;
use bytes::Bytes;
use ombud_core::effect::Effect;
use ombud_core::event::{Event, EventKind, LaidRecord};
use ombud_core::gate::CallFacts;
use ombud_gateway::calls::Asked;
use ombud_gateway::wire::Wire;
use ombud_ledger::read::{Contents, Reader, Record};
use serde_json::Value;

/// Log entries read at once.
const PAGE: u32 = 500;

/// A call as it was recorded.
pub(super) struct Recorded {
    /// The exchange, or the position in a file.
    pub(super) exchange: String,
    /// The provider's id of the call.
    pub(super) id: Option<String>,
    pub(super) tool: String,
    pub(super) effect: Option<Effect>,
    /// The decision as logged.
    pub(super) then: String,
    /// The server at whose edge it was decided, where the user's words are not seen.
    pub(super) server: Option<String>,
    /// Whether the model edge had released it already.
    pub(super) vouched: bool,
    /// False if the stream ended inside the arguments.
    pub(super) complete: bool,
    /// The facts at the time; absent in logs of earlier versions, and after an erasure.
    pub(super) facts: Option<CallFacts>,
    /// The arguments; absent after an erasure.
    pub(super) arguments: Option<String>,
    /// The request that it answered, if it is still held.
    pub(super) request: Option<Asked>,
}

impl Recorded {
    /// The name by which it is referred to.
    pub(super) fn name(&self) -> String {
        match &self.id {
            Some(id) => format!("{}/{id}", self.exchange),
            None => self.exchange.clone(),
        }
    }
}

/// Every call of the log, in order.
pub(super) async fn all(reader: &mut Reader) -> Result<Vec<Recorded>> {
    let mut calls = Vec::new();
    let mut seq = 0;
    loop {
        let records = reader.page(seq, PAGE).await?;
        let Some(last) = records.last() else { return Ok(calls) };
        seq = last.seq + 1;
        for record in &records {
            calls.extend(call(reader, record).await?);
        }
    }
}

/// The calls of an exchange.
pub(super) async fn of(reader: &mut Reader, exchange: &str) -> Result<Vec<Recorded>> {
    let mut calls = Vec::new();
    for record in reader.exchange(exchange).await? {
        calls.extend(call(reader, &record).await?);
    }
    Ok(calls)
}

/// The call of an entry, if it is one.
async fn call(reader: &mut Reader, record: &Record) -> Result<Option<Recorded>> {
    let Some(mut found) = record.event.as_ref().and_then(bare) else { return Ok(None) };
    let details = parts(reader, record).await?.into_iter().next();
    let details: Option<Value> = details.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let Some(details) = &details {
        found.arguments = details.get("arguments").and_then(Value::as_str).map(str::to_owned);
        found.facts = details.get("facts").and_then(|facts| serde_json::from_value(facts.clone()).ok());
    }
    if found.server.is_none() {
        let laid = details.as_ref().map(laid).unwrap_or_default();
        found.request = request(reader, &found.exchange).await?.map(|request| request.laid(laid));
    }
    Ok(Some(found))
}

/// The passages that a call was judged by: declared ones are not in the request.
fn laid(details: &Value) -> Vec<LaidRecord> {
    let laid = details.get("laid").cloned();
    laid.and_then(|laid| serde_json::from_value(laid).ok()).unwrap_or_default()
}

/// What the entry itself says.
fn bare(event: &Event) -> Option<Recorded> {
    let (id, tool, effect, then, complete) = match &event.kind {
        EventKind::ToolIntent { tool, call, complete, decision, effect, .. } => {
            (call.clone(), tool, *effect, decision, *complete)
        }
        EventKind::ToolCall(call) => (None, &call.tool, Some(call.effect), &call.decision, true),
        _ => return None,
    };
    let at_edge = match &event.kind {
        EventKind::ToolCall(call) => Some(call),
        _ => None,
    };
    Some(Recorded {
        exchange: event.exchange.clone().unwrap_or_default(),
        id,
        tool: tool.clone(),
        effect,
        then: then.clone(),
        server: at_edge.map(|call| call.server.clone()),
        vouched: at_edge.is_some_and(|call| call.vouched),
        complete,
        facts: None,
        arguments: None,
        request: None,
    })
}

/// The request of an exchange, as the agent sent it.
async fn request(reader: &mut Reader, exchange: &str) -> Result<Option<Asked>> {
    for record in reader.exchange(exchange).await? {
        let Some(EventKind::Request(request)) = record.event.as_ref().map(|event| &event.kind) else {
            continue;
        };
        let body = parts(reader, &record).await?.into_iter().next();
        let wire = Wire::by_id(&request.wire);
        return Ok(wire.zip(body).map(|(wire, body)| Asked::new(wire, Bytes::from(body), "")));
    }
    Ok(None)
}

/// The parts of a payload; none if it was erased.
async fn parts(reader: &Reader, record: &Record) -> Result<Vec<Vec<u8>>> {
    Ok(match reader.contents(record).await? {
        Contents::None | Contents::Erased => Vec::new(),
        Contents::Parts(parts) => parts.iter().map(|part| part.to_vec()).collect(),
    })
}
