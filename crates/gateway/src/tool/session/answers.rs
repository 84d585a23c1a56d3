//! Messages from the server: responses to requests, and its own requests and notifications. Nothing that reaches the client
//! contains secrets.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ombud_core::category::Class;
use ombud_core::effect::{Effect, Part, Shape as Form, part};
use ombud_core::event::{Counts, EventKind, ToolResultRecord};
use ombud_core::{DataType, Edge, Exchange, Origin, Role, say};
use ombud_detect::mask::minted::Meaning;
use ombud_detect::memory::Recalled;

use super::super::message::{self, Id, Message, Shape};
use super::super::{Results, judge, sealed};
use super::{MOST_OF_SERVER, MOST_TOKENS, OURS, Purpose, REFUSED, Session, Side, Step, Waiting, refuse};
use crate::attribute::declared::beginnings;
use crate::inspect::{self, Masked};
use crate::recall::Detections;
use crate::refusal::Refusal;
use crate::wire::collect::Collector;
use crate::wire::json::{Doc, Kind, Node};
use crate::wire::splice::Patch;

/// Texts of earlier results that attribution examines, and bytes of one result.
const MOST_RESULTS: usize = 64;
const LONGEST_RESULT: usize = 1024 * 1024;

/// How much of a result is kept for the log.
const MOST_KEPT: usize = 4 * 1024 * 1024;

/// Protocol fields that the client hands back unchanged, so a secret in them is restored for its server.
const PROTOCOL: &[&str] = &["_meta", "nextCursor", "requestState", "taskId", "sessionId"];

/// Fields whose values were chosen by the client itself and are checked elsewhere.
const OWN: &[&str] = &["progressToken", "requestId"];

/// The progress notification.
const PROGRESS: &str = "notifications/progress";

/// Fields that hold encoded images, audio and files.
const ENCODED: &[&str] = &["data", "blob"];

/// A message that may be passed on, and what was found in it.
pub(super) struct Clean {
    pub(super) line: Vec<u8>,
    found: Counts,
    masked: Counts,
    opaque: u64,
}

impl Session {
    /// Processes a message from the server.
    pub fn server(&mut self, line: &[u8], now: Duration) -> Vec<Step> {
        let line = message::unmarked(line);
        let message = match Message::read(line) {
            Ok(message) => message,
            Err(bad) => {
                let mut steps = self.oddity(bad.code().trim_start_matches("ombud_"));
                let id = bad.id().cloned().or_else(|| message::id_of_broken(line));
                if let Some(id) = id {
                    let lang = self.lang();
                    let text = say!(lang, en: "the server's response cannot be read reliably", zh: "无法可靠地读取服务器的回答");
                    steps.extend(self.give_up(&id, &text, bad.code(), now));
                }
                return steps;
            }
        };
        match message.shape.clone() {
            Shape::Request(id, method) if asks_for_a_secret(&message, &method) => {
                let mut steps = self.oddity("asks_for_a_secret");
                steps.push(to_server(
                    &id,
                    "a form must not ask for passwords or keys",
                    "ombud_asks_for_a_secret",
                ));
                steps
            }
            Shape::Request(id, _) => self.requested(&message, id, now),
            Shape::Notification(method) => self.notified(&message, &method, now),
            Shape::Result(id) | Shape::Error(id) => self.result(&message, &id, now),
        }
    }

    /// Handles a request from the server to the client: rate-limited, and never under an id of ours.
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
            Err(why) => {
                vec![to_server(&id, "the request contains data that may not be passed on", why.code())]
            }
        }
    }

    fn notified(&mut self, message: &Message<'_>, method: &str, now: Duration) -> Vec<Step> {
        if method == message::CANCELLED {
            // The server may cancel its own requests to the client, but not our questions or requests that never reached
            // the client.
            let id = message.member("requestId").and_then(|id| message.id_at(id));
            if !id.is_some_and(|id| self.theirs.remove(&id)) {
                return Vec::new();
            }
        }
        if !self.notices.take(now) {
            return self.oddity("too_many_notifications");
        }
        let token = message.member("progressToken").and_then(|token| message.id_at(token));
        if method == PROGRESS && !token.is_some_and(|token| self.progress.contains(&token)) {
            return self.oddity("unknown_progress");
        }
        match self.clean(message, message.body, self.rules.settings.results) {
            Ok(clean) => vec![Step::Send(Side::Client, clean.line)],
            Err(_) => Vec::new(),
        }
    }

    /// Handles a response of the server, if it matches a request.
    fn result(&mut self, message: &Message<'_>, id: &Id, now: Duration) -> Vec<Step> {
        let Some(waiting) = self.waiting.remove(id) else {
            let late = self.given_up.iter().position(|given_up| given_up == id);
            let known = late.and_then(|late| self.given_up.remove(late)).is_some();
            return if known { Vec::new() } else { self.oddity("unknown_id") };
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

    /// Handles the response to a call: records it, then passes it on.
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

    /// The record of a call that the server did not respond to.
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
        let origin = Origin::Tool { name: Some(tool.to_owned()), call: Some(id.raw().to_owned()) };
        let mut exchange = judge::exchange(text, Role::ToolResult, &origin);
        self.rules.beside.heard(tool, &beginnings(exchange.slots.iter().map(|slot| &*slot.text)));
        let mut room = LONGEST_RESULT;
        exchange.slots.retain(|slot| {
            let left = room.checked_sub(slot.text.len());
            room = left.unwrap_or(room);
            if left.is_none() {
                self.gone.unread(&slot.text);
            }
            left.is_some()
        });
        let mut found = self.rules.attributor.context(&self.rules.client, &exchange).sources;
        for source in &mut found {
            source.slot = self.results;
        }
        self.results += 1;
        self.seen.sources.append(&mut found);
        let more = self.seen.sources.len().saturating_sub(MOST_RESULTS);
        self.seen.sources.drain(..more).for_each(|source| self.gone.forgotten(&source.index));
    }

    /// A server's message with secrets removed and, if configured, personal data replaced by tokens.
    pub(super) fn clean(
        &mut self,
        message: &Message<'_>,
        body: Option<Node>,
        what: Results,
    ) -> Result<Clean, Refusal> {
        let mut hidden = (Counts::new(), Counts::new());
        let patches = match body {
            Some(body) => self.opened(message, body, what, &mut hidden)?,
            None => Vec::new(),
        };
        let line = message.with(patches);
        let again = Message::read(&line).map_err(|_| Refusal::Frame)?;
        let mut clean = self.cleaned_open(&again, line.clone(), what)?;
        add(&mut clean.found, &hidden.0);
        add(&mut clean.masked, &hidden.1);
        Ok(clean)
    }

    /// The patches that remove secrets from encoded parts of a message. Fails where the policy lets none of it through: what is
    /// encoded passes no further than what is not.
    fn opened(
        &mut self,
        message: &Message<'_>,
        body: Node,
        what: Results,
        (found, masked): &mut (Counts, Counts),
    ) -> Result<Vec<Patch>, Refusal> {
        let mut refused = None;
        let mut look = |text: &str| {
            let exchange = judge::exchange(
                &serde_json::Value::from(text).to_string(),
                Role::ToolResult,
                &Origin::Unknown,
            );
            let detections = self.detections(&exchange, &[], what);
            let recalled = Recalled { detections, kin: Arc::default() };
            let own =
                inspect::apply(&self.rules.policy, &exchange, &recalled, &self.rules.key, &BTreeSet::new());
            let own = own.map_err(|why| refused = Some(why)).ok()?;
            if own.masked.is_empty() {
                return None;
            }
            self.keep_tokens(&own, &BTreeSet::new());
            add(found, &own.found);
            add(masked, &own.masked);
            serde_json::from_slice(&own.body).ok()
        };
        let patches = sealed::opened(&message.doc, body, &mut look);
        refused.map_or(Ok(patches), Err)
    }

    /// Does the same for the unencoded parts.
    fn cleaned_open(
        &mut self,
        message: &Message<'_>,
        line: Vec<u8>,
        what: Results,
    ) -> Result<Clean, Refusal> {
        let mut collector = Collector::new(&message.doc);
        collector.text(message.doc.root(), Role::ToolResult, &Origin::Unknown);
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
        let (mut apart, opaque) = apart(&message.doc);
        let names = message.names();
        let asks = !matches!(message.shape, Shape::Result(_) | Shape::Error(_));
        if asks && self.stands_in(&exchange, &names) {
            // A request or notification is matched by its id or method, so these must not contain a secret.
            return Err(Refusal::Frame);
        }
        apart.extend(names);
        // Each message by itself: a name found in another message is not looked for in this one.
        let detections = self.detections(&exchange, &apart, what);
        let handed = handed_back(&message.doc, &exchange, &detections);
        let found = Recalled { detections, kin: Arc::default() };
        let masked =
            inspect::apply(&self.rules.policy, &exchange, &found, &self.rules.key, &BTreeSet::new())?;
        self.keep_tokens(&masked, &handed);
        Ok(Clean { line: masked.body.to_vec(), found: masked.found, masked: masked.masked, opaque })
    }

    /// The detections to be replaced: none in the spans `apart`, and personal data only if configured.
    fn detections(&self, exchange: &Exchange, apart: &[Range<usize>], what: Results) -> Vec<Detections> {
        let masks = what == Results::Mask;
        let wanted = |kind: DataType| masks || kind.category().class() == Class::Secret;
        let all = self.rules.inspector.detect(&self.rules.client, exchange);
        let slots = exchange.slots.iter().zip(all).map(|(slot, found)| {
            let open = |span: &Range<usize>| !is_within(apart, &slot.body_range(span));
            found.iter().filter(|value| wanted(value.kind) && open(&value.span)).cloned().collect()
        });
        slots.collect()
    }

    /// Whether a secret overlaps one of these spans.
    fn stands_in(&self, exchange: &Exchange, places: &[Range<usize>]) -> bool {
        let found = self.detections(exchange, &[], Results::Secrets);
        let mut all = exchange
            .slots
            .iter()
            .zip(&found)
            .flat_map(|(slot, found)| found.iter().map(|value| slot.body_range(&value.span)));
        all.any(|place| is_within(places, &place))
    }

    /// Remembers what was replaced. `handed` are values that the client must hand back to the server: a secret among them
    /// is restored, unless it also appears elsewhere.
    fn keep_tokens(&mut self, masked: &Masked, handed: &BTreeSet<String>) {
        for (token, value) in masked.minted.iter() {
            if self.minted.len() < MOST_TOKENS {
                let whole = matches!(masked.minted.meaning(&token), Some(Meaning::Value(_)));
                let closed = matches!(self.minted.meaning(&token), Some(Meaning::OneWay));
                self.minted.insert(token, value, whole || handed.contains(value) && !closed);
            }
        }
    }
}

fn add(sum: &mut Counts, more: &Counts) {
    for (kind, count) in more {
        *sum.entry(*kind).or_default() += count;
    }
}

fn is_within(places: &[Range<usize>], place: &Range<usize>) -> bool {
    places.iter().any(|known| known.start < place.end && place.start < known.end)
}

/// The values that appear only in fields which the client hands back.
fn handed_back(doc: &Doc<'_>, exchange: &Exchange, found: &[Detections]) -> BTreeSet<String> {
    let fields = fields(doc, PROTOCOL);
    let all = || {
        exchange.slots.iter().zip(found).flat_map(|(slot, found)| {
            found.iter().map(move |value| (slot.body_range(&value.span), slot.text.get(value.span.clone())))
        })
    };
    let of = |inside: bool| {
        let those = all().filter(move |(place, _)| is_within(&fields, place) == inside);
        those.filter_map(|(_, text)| text.map(str::to_owned)).collect::<BTreeSet<String>>()
    };
    let (handed, open) = (of.clone()(true), of(false));
    handed.difference(&open).cloned().collect()
}

/// The spans of the values of these fields of `params` or `result`.
fn fields(doc: &Doc<'_>, names: &[&str]) -> Vec<Range<usize>> {
    let bodies = ["params", "result"].into_iter().filter_map(|key| doc.get(doc.root(), key));
    let members = bodies.flat_map(|body| doc.members(body));
    members.filter(|(key, _)| names.contains(&&**key)).map(|(_, node)| doc.span(node)).collect()
}

/// Whether a form of the server asks the user for a password or a key, which the protocol forbids (2025-06-18,
/// “Elicitation”).
fn asks_for_a_secret(message: &Message<'_>, method: &str) -> bool {
    let secret = |name: &str| part(Effect::Fetch, name, Form::Other) == Some(Part::Credential);
    let properties = message.body.and_then(|body| message.doc.path(body, &["requestedSchema", "properties"]));
    let Some(properties) = properties.filter(|_| method == "elicitation/create") else { return false };
    message.doc.members(properties).any(|(name, node)| {
        let title = message.doc.get_str(node, "title").unwrap_or_default();
        secret(&name) || title.split_whitespace().any(secret)
    })
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

/// The spans of the client's own values and of encoded content, and how many parts cannot be read.
fn apart(doc: &Doc<'_>) -> (Vec<Range<usize>>, u64) {
    let mut places = fields(doc, OWN);
    let mut opaque = 0;
    for node in doc.nodes() {
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

/// Whether a text is nothing but base64; prose would have spaces.
fn is_encoded(doc: &Doc<'_>, node: Node) -> bool {
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    doc.kind(node) == Kind::String && doc.raw(node).len() >= 64 && doc.raw(node).bytes().all(base64)
}
