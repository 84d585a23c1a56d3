//! One MCP session between a client and a server, without I/O: a message comes in, steps come out, to be carried out in
//! order. Messages are forwarded as the bytes they came in (design idea 2); unknown methods, fields and revisions pass.
//!
//! Revisions: 2026-07-28 (each request describes the client; a question is an `input_required` result), 2025-11-25 and
//! 2025-06-18 (`initialize`; a question is a request to the client). Neither side can stall the session or make it grow
//! without bound: everything that waits is limited in number and time.

mod answers;
mod calls;
mod lists;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ombud_core::event::{Event, EventKind, ToolNoticeRecord};
use ombud_core::{Lang, say};
use ombud_detect::mask::{Form, Minted, Tally, candidates, restore};

use super::Rules;
use super::gone::Gone;
use super::message::{self, Bad, Id, Message, Shape};
use super::pins::Pins;
use crate::attribute::Context;
use crate::calls::recent::Recent;
use crate::calls::released::Released;
use crate::wire::answer::restore_strings;
use crate::wire::json::Node;
use crate::wire::splice::Patch;
use crate::{names, record};
use calls::{Held, Question};

/// JSON-RPC's own codes, and one for refusals by Ombud.
const PARSE: i32 = -32700;
const INVALID: i32 = -32600;
const REFUSED: i32 = -32001;

/// Requests of one side that may await a response at once.
const MOST_WAITING: usize = 1024;
const MOST_OF_SERVER: usize = 16;

/// How long a response to a cancelled request may still arrive and be recorded.
const CANCELLED: Duration = Duration::from_secs(30);

/// How long a question to the user may stay open.
const ASKING: Duration = Duration::from_mins(10);

/// Prefix of the ids of our own requests.
const OURS: &str = "ombud-";

/// Maximum number of tokens a session remembers.
const MOST_TOKENS: usize = 10_000;

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The side that calls tools.
    Client,
    /// The side that has them.
    Server,
}

/// An action to be carried out.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Send a message to a side.
    Send(Side, Vec<u8>),
    /// Put an event on disk before the next step. If that fails, [`Session::unlogged`] replaces the steps that follow.
    Note(Box<Note>),
    /// Marks that what follows concerns another request and does not depend on earlier steps.
    Other,
    /// Notify the operator.
    Tell(String),
    /// Store the pins, which have changed.
    Save,
}

/// An event for the log.
#[derive(Debug, PartialEq)]
pub struct Note {
    /// The event.
    pub event: Event,
    /// Its content, to be encrypted.
    pub content: Vec<Vec<u8>>,
    /// The request that it belongs to.
    pub about: Option<Id>,
}

/// What a client's request was for.
#[derive(Debug)]
enum Purpose {
    Other,
    List,
    /// A request for what the server says about itself, its prompts and its resources.
    Descriptions,
    Call {
        exchange: String,
        tool: String,
    },
}

/// A request of the client that the server has not responded to yet.
#[derive(Debug)]
struct Waiting {
    purpose: Purpose,
    since: Duration,
    /// When the client cancelled it.
    cancelled: Option<Duration>,
}

impl Waiting {
    fn new(purpose: Purpose, since: Duration) -> Self {
        Self { purpose, since, cancelled: None }
    }
}

/// The state of a session.
pub struct Session {
    rules: Arc<Rules>,
    pins: Pins,
    /// Whether the client declared at initialisation that it can ask its user.
    asks: bool,
    waiting: BTreeMap<Id, Waiting>,
    /// Requests no longer awaited that may still get a response, the oldest first.
    given_up: VecDeque<Id>,
    /// Calls that wait for approval, by the id of our request.
    held: BTreeMap<Id, Held>,
    /// Questions sent as results, by their state.
    questions: BTreeMap<String, Question>,
    /// Requests of the server that the client has not responded to.
    theirs: BTreeSet<Id>,
    /// Progress tokens of the client.
    progress: VecDeque<Id>,
    seen: Context,
    /// Marks of texts no longer in `seen`.
    gone: Gone,
    minted: Minted,
    released: Released,
    recent: Recent,
    results: usize,
    number: u64,
    notices: Bucket,
    requests: Bucket,
    odd: BTreeSet<&'static str>,
    told: BTreeSet<String>,
    /// Headers withheld from the message being processed.
    left_out: Vec<String>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Session {
    /// A new session.
    pub fn new(rules: Arc<Rules>, pins: Pins) -> Self {
        Self {
            rules,
            pins,
            asks: false,
            waiting: BTreeMap::new(),
            given_up: VecDeque::new(),
            held: BTreeMap::new(),
            questions: BTreeMap::new(),
            theirs: BTreeSet::new(),
            progress: VecDeque::new(),
            seen: Context::default(),
            gone: Gone::default(),
            minted: Minted::default(),
            released: Released::default(),
            recent: Recent::default(),
            results: 0,
            number: 0,
            notices: Bucket::new(200, 50),
            requests: Bucket::new(20, 1),
            odd: BTreeSet::new(),
            told: BTreeSet::new(),
            left_out: Vec::new(),
        }
    }

    /// Sets which headers of the client's next message were withheld, for its record.
    pub fn leaves_out(&mut self, headers: Vec<String>) {
        self.left_out = headers;
    }

    /// What is stored about the server.
    pub fn pins(&self) -> &Pins {
        &self.pins
    }

    /// The rules of the session.
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    fn lang(&self) -> Lang {
        self.rules.lang
    }

    /// Processes a message from the client. `now` is the time since the session began.
    pub fn client(&mut self, line: &[u8], now: Duration) -> Vec<Step> {
        let line = message::unmarked(line);
        let message = match Message::read(line) {
            Ok(message) => message,
            Err(bad) => return self.unreadable(&bad),
        };
        match message.shape.clone() {
            Shape::Request(id, method) => self.request(&message, id, &method, now),
            Shape::Notification(method) => self.notification(&message, &method, now),
            Shape::Result(id) | Shape::Error(id) => self.answered(&message, &id, now),
        }
    }

    /// Refuses an unreadable message, which is not forwarded.
    fn unreadable(&self, bad: &Bad) -> Vec<Step> {
        let lang = self.lang();
        let text = match bad {
            Bad::Batch => say!(lang,
                en: "batches of messages are not forwarded; send each message separately, as the protocol has required since June 2025",
                zh: "不转发批量消息；协议自 2025 年 6 月起要求逐条发送，请照此发送"),
            Bad::Doubled(_) => say!(lang,
                en: "an object in this message has a duplicate key, so two parsers could see two messages; it was not sent",
                zh: "消息中的某个对象有重复的键，不同的解析器可能读出不同的消息，因此未发送"),
            Bad::NotJson | Bad::NotAMessage(_) => say!(lang,
                en: "this is not a JSON-RPC message, so it was not sent", zh: "这不是 JSON-RPC 消息，因此未发送"),
        };
        let code = if *bad == Bad::NotJson { PARSE } else { INVALID };
        vec![Step::Send(Side::Client, message::error(bad.id(), code, &text, bad.code()))]
    }

    fn request(&mut self, message: &Message<'_>, id: Id, method: &str, now: Duration) -> Vec<Step> {
        let lang = self.lang();
        self.progress.extend(message.progress_token());
        if self.progress.len() > MOST_WAITING {
            self.progress.pop_front();
        }
        if self.waiting.contains_key(&id) || self.held.values().any(|held| held.id == id) {
            let text = say!(lang, en: "a request with this id is still open", zh: "此编号的请求尚未结束");
            return refuse(&id, INVALID, &text, "ombud_id_in_use");
        }
        if self.waiting.len() + self.held.len() >= MOST_WAITING {
            let text = say!(lang,
                en: "too many requests are open; wait for some to finish", zh: "未结束的请求过多；请等待其中一些结束");
            return refuse(&id, REFUSED, &text, "ombud_too_many_open");
        }
        match method {
            "tools/call" | "resources/read" | "prompts/get" => self.call(message, id, method, now),
            "initialize" => {
                self.asks = message.member("capabilities").is_some_and(|node| can_ask(message, node));
                self.pass(message, id, Purpose::Descriptions, now)
            }
            "server/discover" | "prompts/list" | "resources/list" | "resources/templates/list" => {
                self.pass(message, id, Purpose::Descriptions, now)
            }
            "tools/list" => self.pass(message, id, Purpose::List, now),
            _ => self.pass(message, id, Purpose::Other, now),
        }
    }

    /// Forwards a request that needs no decision.
    fn pass(&mut self, message: &Message<'_>, id: Id, purpose: Purpose, now: Duration) -> Vec<Step> {
        let line = self.turned_back(message);
        self.waiting.insert(id, Waiting::new(purpose, now));
        vec![Step::Send(Side::Server, line)]
    }

    fn notification(&mut self, message: &Message<'_>, method: &str, now: Duration) -> Vec<Step> {
        if !method.starts_with(message::NOTIFICATIONS) {
            return self.unnumbered();
        }
        if method == message::CANCELLED
            && let Some(id) = message.member("requestId").and_then(|id| message.id_at(id))
        {
            // The server has never seen a call that waits for approval.
            if let Some(steps) = self.take_back(&id) {
                return steps;
            }
            self.cancelled(&id, now);
        }
        vec![Step::Send(Side::Server, self.turned_back(message))]
    }

    /// Refuses a request without an id: many servers would run it anyway, although nobody decided on it.
    fn unnumbered(&mut self) -> Vec<Step> {
        let lang = self.lang();
        let text = say!(lang,
            en: "this is a request without an id, so it was not sent; give every request a unique `id`",
            zh: "此消息是一个请求，却没有编号，因此未发送；请为每个请求写上各自的 `id`");
        let server = &self.rules.server;
        let told = say!(lang,
            en: "ombud: the client of the MCP server `{server}` sent a request without an id; it was not passed on",
            zh: "ombud：MCP 服务器 `{server}` 的客户端发出了没有编号的请求，未转交");
        let mut steps = self.odd_once("request_without_id", told);
        steps.push(Step::Send(Side::Client, message::error(None, INVALID, &text, "ombud_no_id")));
        steps
    }

    /// Marks a request as cancelled by the client; returns whether a response was awaited. A response that still arrives is
    /// recorded.
    pub fn cancelled(&mut self, id: &Id, now: Duration) -> bool {
        let waiting = self.waiting.get_mut(id);
        waiting.map(|waiting| waiting.cancelled = Some(now)).is_some()
    }

    /// Whether a request of the client is waiting for the server or for approval.
    pub fn is_open(&self, id: &Id) -> bool {
        self.waiting.contains_key(id) || self.held.values().any(|held| held.id == *id)
    }

    /// The message with its tokens restored.
    fn turned_back(&mut self, message: &Message<'_>) -> Vec<u8> {
        let Some(body) = message.body else { return message.with(Vec::new()) };
        let (patches, _) = self.restorations(message, body);
        message.with(patches)
    }

    fn restorations(&mut self, message: &Message<'_>, node: Node) -> (Vec<Patch>, Tally) {
        self.learn(message.raw(node));
        let (mut tally, mut patches) = (Tally::default(), Vec::new());
        restore_strings(&message.doc, node, &self.minted, &[], &[], &mut tally, &mut patches);
        (patches, tally)
    }

    /// Looks up the tokens of a text that this session has not created.
    fn learn(&mut self, text: &str) {
        for token in candidates(text) {
            if self.minted.meaning(&token).is_none()
                && self.minted.len() < MOST_TOKENS
                && let Some((value, restorable)) = self.rules.beside.value(&token)
            {
                self.minted.insert(token, &value, restorable);
            }
        }
    }

    /// Steps that are due because time has passed.
    pub fn tick(&mut self, now: Duration) -> Vec<Step> {
        let patience = self.rules.patience;
        let late = |since: Duration, patience: Duration| now.saturating_sub(since) > patience;
        let mut gone: Vec<Id> = Vec::new();
        let mut taken_back: Vec<Id> = Vec::new();
        for (id, wait) in &self.waiting {
            match wait.cancelled {
                Some(when) if late(when, CANCELLED) => taken_back.push(id.clone()),
                None if late(wait.since, patience) => gone.push(id.clone()),
                _ => {}
            }
        }
        self.questions.retain(|_, question| !late(question.since, ASKING));
        let lang = self.lang();
        let mut steps: Vec<Step> = taken_back.iter().flat_map(|id| apart(self.stopped(id, now))).collect();
        for id in gone {
            let text = say!(lang, en: "the server did not respond in time", zh: "服务器没有及时响应");
            steps.extend(self.give_up(&id, &text, "ombud_timeout", now));
            steps.extend([Step::Send(Side::Server, message::cancelled(&id, "timeout")), Step::Other]);
        }
        steps.extend(self.look(None, now));
        steps
    }

    /// Responds to a request in the server's stead, and records it if it was a call.
    fn give_up(&mut self, id: &Id, text: &str, reason: &str, now: Duration) -> Vec<Step> {
        let Some(mut steps) = self.forget(id, reason, now) else { return Vec::new() };
        steps.extend(refuse(id, REFUSED, text, reason));
        steps
    }

    /// Ends the wait for a cancelled request, without a response; records it if it was a call.
    pub fn stopped(&mut self, id: &Id, now: Duration) -> Vec<Step> {
        self.forget(id, "ombud_cancelled", now).unwrap_or_default()
    }

    /// Ends the wait for a response. One that arrives later is no fault of the server and is dropped.
    fn forget(&mut self, id: &Id, reason: &str, now: Duration) -> Option<Vec<Step>> {
        let waiting = self.waiting.remove(id)?;
        if self.given_up.len() >= MOST_WAITING {
            self.given_up.pop_front();
        }
        self.given_up.push_back(id.clone());
        Some(self.ended_call(&waiting, id, reason, now).into_iter().collect())
    }

    /// Ends all waits: the server has ended and will respond to nothing.
    pub fn server_ended(&mut self, now: Duration) -> Vec<Step> {
        let lang = self.lang();
        let text = say!(lang, en: "the server has ended", zh: "服务器已结束");
        let waiting: Vec<Id> = self.waiting.keys().cloned().collect();
        waiting.iter().flat_map(|id| apart(self.give_up(id, &text, "ombud_server_ended", now))).collect()
    }

    /// Ends a request that the server cannot respond to, for this reason.
    pub fn failed(&mut self, id: &Id, reason: &'static str, now: Duration) -> Vec<Step> {
        let lang = self.lang();
        let text = match reason {
            "ombud_redirected" => say!(lang,
                en: "the server redirects this request, which Ombud does not follow; if the address has changed, update ombud.toml",
                zh: "服务器要求把请求转到别处（重定向），Ombud 不会跟随；如地址已变，请更新 ombud.toml"),
            "ombud_answer_cut" => say!(lang,
                en: "the server's response ended before it was complete", zh: "服务器的回答不完整，中途结束"),
            "ombud_answer_not_readable" => say!(lang,
                en: "the server's response is not a JSON-RPC message", zh: "服务器的回答不是 JSON-RPC 消息"),
            "ombud_message_too_large" => {
                let limit = self.rules.max_message / (1024 * 1024);
                say!(lang, en: "the server's response was larger than {limit} MiB", zh: "服务器的回答超过了 {limit} MiB")
            }
            _ => {
                say!(lang, en: "the server did not respond to this request ({reason})", zh: "服务器没有响应此请求（{reason}）")
            }
        };
        self.give_up(id, &text, reason, now)
    }

    /// A text with its tokens restored; `None` if it has none.
    pub fn restored(&self, text: &str) -> Option<String> {
        restore(&self.minted, text, Form::Plain, &mut Tally::default())
    }

    /// Handles a message that is larger than what is held in memory and was not read to the end.
    pub fn oversized(&mut self, side: Side, now: Duration) -> Vec<Step> {
        let lang = self.lang();
        let limit = self.rules.max_message / (1024 * 1024);
        let text = say!(lang, en: "a message was larger than {limit} MiB", zh: "一条消息超过了 {limit} MiB");
        if side == Side::Client {
            return vec![Step::Send(side, message::error(None, INVALID, &text, "ombud_message_too_large"))];
        }
        // Which request it belongs to is unknown, and one that never gets a response would stall the client.
        let mut steps = self.oddity("message_too_large");
        let waiting: Vec<Id> = self.waiting.keys().cloned().collect();
        let given_up = waiting.iter().map(|id| self.give_up(id, &text, "ombud_message_too_large", now));
        steps.extend(given_up.flat_map(apart));
        steps
    }

    /// Handles a note that could not be written: what it announced does not happen, and the remaining steps of its request
    /// are dropped. A note about no request announces nothing.
    pub fn unlogged(&mut self, about: Option<&Id>, left: &mut VecDeque<Step>) {
        let lang = self.lang();
        let Some(id) = about else { return };
        while left.pop_front().is_some_and(|step| step != Step::Other) {}
        self.waiting.remove(id);
        self.gone(id);
        let verify = self.rules.beside.typed("ombud log verify");
        let text = say!(lang,
            en: "the log cannot be written, so nothing is forwarded. Run `{verify}` to see what is wrong",
            zh: "日志无法写入，因此不转发任何内容。请运行 `{verify}` 查看问题");
        for step in refuse(id, REFUSED, &text, "ombud_log_unwritable") {
            left.push_front(step);
        }
    }

    /// Handles a protocol violation by the server. The first of each kind is recorded and reported.
    fn oddity(&mut self, what: &'static str) -> Vec<Step> {
        let (lang, server) = (self.lang(), &self.rules.server);
        let text = say!(lang,
            en: "ombud: the MCP server `{server}` sent something that violates the protocol ({what}); it was not passed on",
            zh: "ombud：MCP 服务器 `{server}` 发出了不合协议的内容（{what}），未转交");
        self.odd_once(what, text)
    }

    fn odd_once(&mut self, what: &'static str, text: String) -> Vec<Step> {
        let first = self.odd.insert(what);
        if first { vec![self.notice(None, what, None), Step::Tell(text)] } else { Vec::new() }
    }

    fn notice(&self, tool: Option<&str>, what: &str, hash: Option<String>) -> Step {
        let kind = EventKind::ToolNotice(Box::new(ToolNoticeRecord {
            server: self.rules.server.clone(),
            tool: tool.map(|tool| tool.chars().take(128).collect()),
            what: what.to_owned(),
            hash,
        }));
        Step::Note(Box::new(self.note(None, kind, Vec::new(), None)))
    }

    fn note(
        &self,
        exchange: Option<&str>,
        kind: EventKind,
        content: Vec<Vec<u8>>,
        about: Option<Id>,
    ) -> Note {
        let kind = names::told(self.rules.inspector.detector(), Some(&self.minted), kind);
        let event = Event {
            exchange: exchange.map(str::to_owned),
            conversation: Some(self.rules.conversation.clone()),
            client: Some(self.rules.client.clone()),
            subject: self.rules.subject.clone(),
            ..record::event(kind)
        };
        Note { event, content, about }
    }

    fn own_id(&mut self) -> Id {
        self.number += 1;
        Id::text(&format!("{OURS}{}", self.number))
    }
}

/// Marks the end of the steps about one of several requests.
fn apart(mut steps: Vec<Step>) -> Vec<Step> {
    steps.push(Step::Other);
    steps
}

/// Sends the client an error instead of a response.
fn refuse(id: &Id, code: i32, text: &str, reason: &str) -> Vec<Step> {
    vec![Step::Send(Side::Client, message::error(Some(id), code, text, reason))]
}

/// Whether the client's capabilities say that it can show its user a form.
fn can_ask(message: &Message<'_>, capabilities: Node) -> bool {
    let Some(node) = message.doc.get(capabilities, "elicitation") else { return false };
    let mut modes = message.doc.members(node).map(|member| member.0).peekable();
    modes.peek().is_none() || modes.any(|mode| mode == "form")
}

/// A token bucket: a maximum at once, refilled at a rate per second.
#[derive(Debug)]
struct Bucket {
    left: u64,
    most: u64,
    a_second: u64,
    filled: Duration,
}

impl Bucket {
    fn new(most: u64, a_second: u64) -> Self {
        Self { left: most, most, a_second, filled: Duration::ZERO }
    }

    fn take(&mut self, now: Duration) -> bool {
        let passed = now.saturating_sub(self.filled).as_secs();
        if passed > 0 {
            self.left = self.most.min(self.left.saturating_add(passed.saturating_mul(self.a_second)));
            self.filled = now;
        }
        let has = self.left > 0;
        self.left = self.left.saturating_sub(1);
        has
    }
}

#[cfg(test)]
mod tests;
