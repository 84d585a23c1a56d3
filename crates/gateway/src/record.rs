//! From what happened to what the log records.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ombud_core::event::{Event, EventKind, RequestRecord};
use ombud_core::{DataType, Exchange, SignRecord};
use ombud_detect::mask::Minted;
pub use ombud_ledger::id;
use serde::Serialize;

use crate::inspect::Masked;
use crate::wire::splice::Patch;

/// Version of the records written here.
const VERSION: u32 = 1;

/// Time in UTC, RFC 3339 with milliseconds.
pub fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

/// An event with the current time.
pub fn event(kind: EventKind) -> Event {
    Event {
        v: VERSION,
        id: id(),
        t: now(),
        exchange: None,
        conversation: None,
        client: None,
        subject: None,
        kind,
        payload: None,
    }
}

/// The record of a request that is about to leave.
pub fn request(
    provider: &str,
    host: &str,
    exchange: &Exchange,
    masked: &Masked,
    signs: Vec<SignRecord>,
    headers: Vec<String>,
) -> EventKind {
    let mut slots = BTreeMap::new();
    for slot in exchange.slots.iter().filter(|slot| slot.is_text()) {
        *slots.entry(slot.role).or_default() += 1;
    }
    let mut opaque = BTreeMap::new();
    for part in &exchange.opaque {
        *opaque.entry(part.kind).or_default() += 1;
    }
    EventKind::Request(Box::new(RequestRecord {
        provider: provider.to_owned(),
        host: host.to_owned(),
        wire: exchange.wire.to_owned(),
        model: exchange.model.clone(),
        stream: exchange.stream,
        bytes: (exchange.body.len() as u64, masked.body.len() as u64),
        slots,
        found: masked.found.clone(),
        masked: masked.masked.clone(),
        opaque,
        signs,
        headers,
    }))
}

/// The replacements of a request as JSON, `[[start, end, "TOKEN"], …]` in byte offsets of the original body: the second
/// part of its payload. Together with the original, which is the first part, it gives what the provider received. A
/// surrogate does not show its type, so that is added as a fourth item.
pub fn patches<'p>(patches: &'p [Patch], minted: &Minted) -> Vec<u8> {
    let row = |patch: &'p Patch| {
        let Patch { range, with } = patch;
        match minted.surrogate_kind(with) {
            Some(kind) => Row::Surrogate(range.start, range.end, with, kind),
            None => Row::Token(range.start, range.end, with),
        }
    };
    serde_json::to_vec(&patches.iter().map(row).collect::<Vec<_>>()).unwrap_or_default()
}

/// One replacement.
#[derive(Serialize)]
#[serde(untagged)]
enum Row<'p> {
    Token(usize, usize, &'p str),
    Surrogate(usize, usize, &'p str, DataType),
}
