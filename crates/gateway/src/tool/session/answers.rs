//! What comes from the server: answers to what was asked, requests and notifications of its own. Whatever reaches the client
//! has no secrets in it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ombud_core::category::Class;
use ombud_core::event::{Counts, EventKind, ToolResultRecord};
use ombud_core::{DataType, Edge, Exchange, Origin, Role, say};
use ombud_detect::mask::minted::Meaning;
use ombud_detect::memory::Recalled;

use super::super::Results;
use super::super::message::{self, Id, Message, Shape};
use super::{MOST_OF_SERVER, MOST_TOKENS, OURS, Purpose, REFUSED, Session, Side, Step, Waiting, refuse};
use crate::inspect::{self, Masked};
use crate::recall::Detections;
use crate::refusal::Refusal;
use crate::wire::collect::Collector;
use crate::wire::json::{Doc, Kind, Node};

/// Earlier results that attribution looks at, and bytes of them.
const MOST_RESULTS: usize = 64;
const LONGEST_RESULT: usize = 1024 * 1024;

/// Of a result so much is kept for the log.
const MOST_KEPT: usize = 4 * 1024 * 1024;

/// Fields of the protocol: what stands in them is handed back as it is, or is no text.
const PROTOCOL: &[&str] = &[
    "_meta",
    "nextCursor",
    "requestState",
    "resultType",
    "taskId",
    "progressToken",
    "requestId",
    "sessionId",
    "mimeType",
    "protocolVersion",
];

/// Fields that hold encoded pictures, sound and files.
const ENCODED: &[&str] = &["data", "blob"];

/// What may be passed on.
pub(super) struct Clean {
    pub(super) line: Vec<u8>,
    found: Counts,
    masked: Counts,
    opaque: u64,
}

impl Session {
    /// Takes a message of the server.
    pub fn server(&mut self, line: &[u8], now: Duration) -> Vec<Step> {
        let message = match Message::read(line) {
            Ok(message) => message,
            Err(bad) => {
                let mut steps = self.oddity(bad.code().trim_start_matches("ombud_"));
                if let Some(id) = bad.id() {
                    let lang = self.lang();
                    let text = say!(lang, en: "the server's answer cannot be read reliably", zh: "无法可靠读取服务器的回答");
                    steps.extend(self.give_up(id, &text, bad.code(), now));
                }
                return steps;
            }
        };
        match message.shape.clone() {
            Shape::Request(id, _) => self.requested(&message, id, now),
            Shape::Notification(method) => self.notified(&message, &method, now),
            Shape::Result(id) | Shape::Error(id) => self.result(&message, &id, now),
        }
    }

    /// The server asks the client for something: bounded, and never under an id of ours.
    fn requested(&mut self, message: &Message<'_>, id: Id, now: Duration) -> Vec<Step> {
        let ours = id.raw().trim_start_matches('"').starts_with(OURS);
        if ours || self.theirs.contains(&id) {
            let mut steps = self.oddity("request_id");
            steps.push(to_server(&id, "this id is in use", "ombud_id_in_use"));
            return steps;
        }
        if self.theirs.len() >= MOST_OF_SERVER || !self.requests.take(now) {
            let mut steps = self.oddity("too_many_requests");
            steps.push(to_server(&id, "too many requests to the client", "ombud_too_many_requests"));
            return steps;
        }
        match self.clean(message, message.body, self.rules.settings.results) {
            Ok(clean) => {
                self.theirs.insert(id);
                vec![Step::Send(Side::Client, clean.line)]
            }
            Err(why) => vec![to_server(&id, "the request holds what may not pass", why.code())],
        }
    }

    fn notified(&mut self, message: &Message<'_>, method: &str, now: Duration) -> Vec<Step> {
        if method == message::CANCELLED {
            // It may take back what it asked the client for, and neither a question of ours nor what never reached the client.
            let id = message.member("requestId").and_then(|id| message.id_at(id));
            if !id.is_some_and(|id| self.theirs.remove(&id)) {
                return Vec::new();
            }
        }
        if !self.notices.take(now) {
            return self.oddity("too_many_notifications");
        }
        match self.clean(message, message.body, self.rules.settings.results) {
            Ok(clean) => vec![Step::Send(Side::Client, clean.line)],
            Err(_) => Vec::new(),
        }
    }

    /// An answer of the server, if it answers anything.
    fn result(&mut self, message: &Message<'_>, id: &Id, now: Duration) -> Vec<Step> {
        let Some(waiting) = self.waiting.remove(id) else {
            let late = self.given_up.remove(id);
            return if late { Vec::new() } else { self.oddity("unknown_id") };
        };
        match (&waiting.purpose, &message.shape) {
            (Purpose::List, Shape::Result(_)) => return self.listed(message, id),
            (Purpose::Descriptions, Shape::Result(_)) => return self.described(message, id),
            (Purpose::Call { .. }, _) => return self.called(message, id, &waiting, now),
            _ => {}
        }
        match self.clean(message, message.body, self.rules.settings.results) {
            Ok(clean) => vec![Step::Send(Side::Client, clean.line)],
            Err(why) => self.refused(id, &why),
        }
    }

    pub(super) fn refused(&self, id: &Id, why: &Refusal) -> Vec<Step> {
        use ombud_core::Say as _;
        refuse(id, REFUSED, &why.say(self.lang()), why.code())
    }

    /// The answer to a call: recorded, then passed on.
    fn called(&mut self, message: &Message<'_>, id: &Id, waiting: &Waiting, now: Duration) -> Vec<Step> {
        let Purpose::Call { exchange, tool } = &waiting.purpose else { return Vec::new() };
        let whole = message.with(Vec::new());
        let (clean, refused) = match self.clean(message, message.body, self.rules.settings.results) {
            Ok(clean) => (Some(clean), None),
            Err(why) => (None, Some(why)),
        };
        let outcome = refused.as_ref().map_or_else(|| outcome(message), Refusal::code).to_owned();
        let (found, masked, opaque) = clean
            .as_ref()
            .map(|clean| (clean.found.clone(), clean.masked.clone(), clean.opaque))
            .unwrap_or_default();
        let record = ToolResultRecord {
            server: self.rules.server.clone(),
            tool: tool.clone(),
            outcome,
            bytes: whole.len() as u64,
            found,
            masked,
            opaque,
            ms: millis(now.saturating_sub(waiting.since)),
        };
        self.remember(message, tool, id);
        let kept = whole.get(..whole.len().min(MOST_KEPT)).unwrap_or_default().to_vec();
        let kind = EventKind::ToolResult(Box::new(record));
        let note = self.note(Some(exchange), kind, vec![kept], Some(id.clone()));
        let mut steps = vec![Step::Note(Box::new(note))];
        match (clean, refused) {
            (Some(clean), _) => steps.push(Step::Send(Side::Client, clean.line)),
            (None, Some(why)) => steps.extend(self.refused(id, &why)),
            (None, None) => {}
        }
        steps
    }

    /// The record of a call that the server did not answer.
    pub(super) fn ended_call(
        &self,
        waiting: &Waiting,
        id: &Id,
        outcome: &str,
        now: Duration,
    ) -> Option<Step> {
        let Purpose::Call { exchange, tool } = &waiting.purpose else { return None };
        let record = ToolResultRecord {
            server: self.rules.server.clone(),
            tool: tool.clone(),
            outcome: outcome.to_owned(),
            bytes: 0,
            found: Counts::new(),
            masked: Counts::new(),
            opaque: 0,
            ms: millis(now.saturating_sub(waiting.since)),
        };
        let kind = EventKind::ToolResult(Box::new(record));
        Some(Step::Note(Box::new(self.note(Some(exchange), kind, Vec::new(), Some(id.clone())))))
    }

    /// Keeps a result for the attribution of later calls.
    fn remember(&mut self, message: &Message<'_>, tool: &str, id: &Id) {
        let Some(text) = message.body.map(|node| message.raw(node)) else { return };
        if text.len() > LONGEST_RESULT {
            return;
        }
        let origin = Origin::Tool { name: Some(tool.to_owned()), call: Some(id.raw().to_owned()) };
        let exchange = super::super::judge::exchange(text, Role::ToolResult, &origin);
        let texts: Vec<&str> = exchange.slots.iter().map(|slot| &*slot.text).collect();
        self.rules.beside.heard(tool, &texts);
        let mut found = self.rules.attributor.context(&self.rules.client, &exchange).sources;
        for source in &mut found {
            source.slot = self.results;
        }
        self.results += 1;
        self.seen.sources.append(&mut found);
        let more = self.seen.sources.len().saturating_sub(MOST_RESULTS);
        self.seen.sources.drain(..more);
    }

    /// A message of the server without secrets and, where that is wanted, with tokens for personal data.
    pub(super) fn clean(
        &mut self,
        message: &Message<'_>,
        body: Option<Node>,
        what: Results,
    ) -> Result<Clean, Refusal> {
        let line = message.with(Vec::new());
        let Some(body) = body else {
            return Ok(Clean { line, found: Counts::new(), masked: Counts::new(), opaque: 0 });
        };
        let mut collector = Collector::new(&message.doc);
        collector.text(body, Role::ToolResult, &Origin::Unknown);
        let exchange = Exchange {
            edge: Edge::Tool,
            wire: "mcp",
            body: Bytes::from(line),
            slots: collector.finish().slots,
            opaque: Vec::new(),
            model: None,
            stream: false,
            tools: Vec::new(),
            calls: Vec::new(),
        };
        let (apart, opaque) = apart(&message.doc, body);
        // One message at a time: a name told in another one is not looked for in this.
        let found = Recalled { detections: self.detections(&exchange, &apart, what), kin: Arc::default() };
        let masked =
            inspect::apply(&self.rules.policy, &exchange, &found, &self.rules.key, &BTreeSet::new())?;
        self.keep_tokens(&masked);
        Ok(Clean { line: masked.body.to_vec(), found: masked.found, masked: masked.masked, opaque })
    }

    /// What is to be replaced: not what stands in fields of the protocol, and personal data only where that is wanted.
    fn detections(
        &self,
        exchange: &Exchange,
        apart: &[std::ops::Range<usize>],
        what: Results,
    ) -> Vec<Detections> {
        let masks = what == Results::Mask;
        let wanted = |kind: DataType| masks || kind.category().class() == Class::Secret;
        let all = self.rules.inspector.detect(&self.rules.client, exchange);
        let slots = exchange.slots.iter().zip(all).map(|(slot, found)| {
            let open = |span: &std::ops::Range<usize>| {
                let place = slot.body_range(span);
                !apart.iter().any(|field| field.start < place.end && place.start < field.end)
            };
            found.iter().filter(|value| wanted(value.kind) && open(&value.span)).cloned().collect()
        });
        slots.collect()
    }

    fn keep_tokens(&mut self, masked: &Masked) {
        for (token, value) in masked.minted.iter() {
            if self.minted.len() < MOST_TOKENS {
                let restorable = matches!(masked.minted.meaning(&token), Some(Meaning::Value(_)));
                self.minted.insert(token, value, restorable);
            }
        }
    }
}

fn to_server(id: &Id, text: &str, reason: &str) -> Step {
    Step::Send(Side::Server, message::error(Some(id), REFUSED, text, reason))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// How a call ended.
fn outcome(message: &Message<'_>) -> &'static str {
    let is = |key, value| message.member(key).is_some_and(|node| message.doc.string(node) == value);
    match message.shape {
        Shape::Error(_) => "error",
        _ if is("isError", "true") => "tool_error",
        _ if is("resultType", "input_required") => "input_required",
        _ => "ok",
    }
}

/// The places of protocol fields and of encoded content in a body, and how many parts cannot be read.
fn apart(doc: &Doc<'_>, body: Node) -> (Vec<std::ops::Range<usize>>, u64) {
    let mut places: Vec<_> = doc
        .members(body)
        .filter(|(key, _)| PROTOCOL.contains(&&**key))
        .map(|(_, node)| doc.span(node))
        .collect();
    let mut opaque = 0;
    let end = doc.after(body);
    for node in doc.nodes().skip_while(|node| *node < body).take_while(|node| *node < end) {
        if doc.kind(node) != Kind::Object || doc.get(node, "mimeType").is_none() {
            continue;
        }
        let encoded = doc.members(node).filter(|(key, _)| ENCODED.contains(&&**key));
        for (_, value) in encoded.filter(|(_, value)| is_encoded(doc, *value)) {
            places.push(doc.span(value));
            opaque += 1;
        }
    }
    (places, opaque)
}

/// Whether a text is base64 and nothing else: words have blanks.
fn is_encoded(doc: &Doc<'_>, node: Node) -> bool {
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    doc.kind(node) == Kind::String && doc.raw(node).len() >= 64 && doc.raw(node).bytes().all(base64)
}
