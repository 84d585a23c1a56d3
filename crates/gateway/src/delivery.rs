//! The way back: a response is restored, its tool calls are recorded before they are released, and its end is recorded
//! whatever happens, even if the client disconnects.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode};
use ombud_core::effect::Effect;
use ombud_core::event::{AnswerNoticeRecord, Event, EventKind, Party, ResponseRecord};
use ombud_detect::mask::{Minted, Tally};
use ombud_ledger::Payload;

use crate::approvals::Pending;
use crate::caller::Caller;
use crate::calls::arguments::canonical;
use crate::calls::facts::is_given;
use crate::calls::held::{self, Eye};
use crate::calls::{Asked, Judge, Judgement, question};
use crate::gateway::Gateway;
use crate::interceptor::Seen;
use crate::outward::{Guard, Seen as Pointed, aside};
use crate::pace::Used;
use crate::refusal::Refusal;
use crate::route::Route;
use crate::upstream;
use crate::wire::answer::{self, ToolCall};
use crate::wire::json::{Doc, Keys};
use crate::wire::withhold::{self, Withheld};
use crate::wire::{Dialect, Wire};
use crate::{names, record};

mod streaming;

use streaming::stream;

/// Upper bound of a response that arrives whole.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// How much of a response is kept for the log, as the provider sent it: with tokens, not values. Calls are decided and values
/// restored from all of it. The console shows a longer JSON response as it came, cut off here, and says so: `bytes` of its
/// record is the whole length.
const MAX_KEPT: usize = 16 * 1024 * 1024;

/// Maximum length of a tool's name in the log, in characters.
const MAX_NAME: usize = 128;

/// Maximum length of a recorded call id, in characters; providers use about 30.
const MAX_ID: usize = 512;

/// Headers in which providers return their id of the request.
const REQUEST_IDS: &[&str] = &["x-request-id", "request-id", "x-ds-trace-id", "x-trace-id"];

/// One response on its way. Dropping it before its end means that the client disconnected.
pub struct Delivery {
    gateway: Arc<Gateway>,
    wire: Option<Wire>,
    dialect: Dialect,
    url: String,
    exchange: String,
    conversation: String,
    client: String,
    tenant: String,
    subject: Option<String>,
    minted: Arc<Minted>,
    judge: Judge,
    asked: Option<Arc<Asked>>,
    /// Findings about what the response points to.
    pointed: Pointed,
    started: Instant,
    record: ResponseRecord,
    /// The calls that the user was asked about so far, with their codes.
    questions: Vec<(String, String)>,
    /// The digests that identify those calls, with their codes.
    posed: Vec<(String, String)>,
    /// What the provider sent, for the payload.
    kept: Vec<u8>,
    /// What the client received, where an interceptor watches.
    given: Vec<u8>,
    streamed: bool,
    done: bool,
}

impl Delivery {
    /// A delivery that starts waiting for the provider.
    pub fn new(
        gateway: Arc<Gateway>,
        route: &Route<'_>,
        exchange: String,
        conversation: String,
        caller: &Caller,
        minted: Minted,
        (judge, asked): (Judge, Option<Arc<Asked>>),
    ) -> Self {
        let record = ResponseRecord {
            status: 0,
            complete: false,
            bytes: 0,
            restored: 0,
            unknown_tokens: 0,
            tokens: None,
            request_id: None,
            model: None,
            finish: None,
            ms: (0, 0),
            fault: Party::None,
            code: None,
        };
        let (url, minted) = (route.url.clone(), Arc::new(minted));
        gateway.shelf.keep(&caller.tenant, &minted);
        let (wire, dialect) = (route.wire, route.dialect);
        Self {
            gateway,
            wire,
            dialect,
            url,
            exchange,
            conversation,
            client: caller.client.clone(),
            tenant: caller.tenant.clone(),
            subject: caller.subject.clone(),
            minted,
            judge,
            asked,
            pointed: Pointed::default(),
            started: Instant::now(),
            record,
            questions: Vec::new(),
            posed: Vec::new(),
            kept: Vec::new(),
            given: Vec::new(),
            streamed: false,
            done: false,
        }
    }

    /// Records a failure and returns it.
    pub fn fail(&mut self, why: Refusal) -> Refusal {
        self.record.fault = why.party();
        self.record.code = Some(why.code().to_owned());
        self.finish();
        why
    }

    fn head(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.record.status = status.as_u16();
        self.record.ms.0 = millis(self.started);
        let id = REQUEST_IDS.iter().find_map(|name| headers.get(*name)).and_then(|id| id.to_str().ok());
        self.record.request_id = id.map(|id| id.chars().take(128).collect());
        self.record.fault = blame(status);
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.record.bytes += bytes.len() as u64;
        let room = MAX_KEPT.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or_default());
    }

    /// Keeps what the client receives, if an adversarial test watches.
    fn give(&mut self, bytes: &[u8]) {
        if self.gateway.config.interceptor.is_some() {
            self.given.extend_from_slice(bytes);
        }
    }

    fn saw(&mut self, (tally, used): (Tally, Used), model: Option<String>, finish: Option<String>) {
        self.record.tokens = used.is_known().then_some((used.read, used.written));
        self.record.restored = tally.restored;
        self.record.unknown_tokens = tally.unknown;
        self.record.model = model;
        self.record.finish = finish;
    }

    /// Decides on the calls and records the decisions. When this returns, the records are on disk; calls that are not
    /// released are returned with the text that the user reads instead.
    async fn decide(&mut self, calls: &[ToolCall]) -> Result<Vec<Withheld>, Refusal> {
        let mut last = None;
        let mut withheld = Vec::new();
        let mut asked = Vec::new();
        for call in calls {
            if !call.is_clear(|name| self.asked.as_ref().is_some_and(|asked| asked.offers(name))) {
                // Whatever was decided about one of its names, a client may run another.
                return Err(Refusal::Frame);
            }
            let judged = self.judge(call);
            let decision = judged.decision.id();
            if let Some(interceptor) = &self.gateway.config.interceptor {
                interceptor.call(&self.exchange, &call.tool, call.id.as_deref(), &decision);
            }
            let told = decision.clone();
            let kind = EventKind::ToolIntent {
                tool: call.tool.chars().take(MAX_NAME).collect(),
                call: call.id.as_deref().map(|id| id.chars().take(MAX_ID).collect()),
                complete: call.complete,
                decision,
                effect: Some(judged.effect),
                arguments: judged.arguments,
                weighed: Some(Box::new(judged.weighed)),
            };
            last = Some(self.append(kind, Some(&judged.details))?);
            if judged.text.is_none() {
                self.gateway.shelf.release(&self.tenant, &call.tool, canonical(&call.arguments));
            }
            let room = self.questions.len() + asked.len() < question::MOST_ASKED;
            if let (Some(code), Some(desk), true) = (&judged.waits, self.gateway.approvals.get(), room) {
                desk.wait(&self.waiting(call, judged.effect, (code, &judged.stands), &told), &call.arguments);
            }
            if let Some((_, code)) = judged.asked.as_ref().filter(|_| room) {
                self.posed.push((judged.stands, code.clone()));
            }
            asked.extend(judged.asked.map(|item| (withheld.len(), item, judged.lang)));
            let held = judged.text.map(|text| Withheld { place: call.place, id: call.id.clone(), text });
            withheld.extend(held);
        }
        let first = asked.first().map(|(place, ..)| *place);
        question::once(&mut withheld, &mut self.questions, asked);
        if let Some(question) = first.and_then(|place| withheld.get(place)) {
            self.judge.pose(&question.text, &self.posed);
        }
        if let Some(ticket) = last {
            self.gateway.ledger.durable(&ticket).await.map_err(|_| Refusal::Ledger)?;
        }
        Ok(withheld)
    }

    fn waiting(
        &self,
        call: &ToolCall,
        effect: Effect,
        (code, stands): (&str, &str),
        decision: &str,
    ) -> Pending {
        Pending {
            code: code.to_owned(),
            stands: stands.to_owned(),
            server: None,
            tool: names::plain(self.gateway.inspector.detector(), &call.tool)
                .chars()
                .take(MAX_NAME)
                .collect(),
            effect,
            decision: decision.to_owned(),
            exchange: self.exchange.clone(),
            client: self.client.clone(),
            session: self.conversation.clone(),
            lasting: None,
        }
    }

    fn judge(&self, call: &ToolCall) -> Judgement {
        let gateway = Arc::clone(&self.gateway);
        let (judge, minted, config) = (&self.judge, &self.minted, &gateway.config);
        let looked = config.tools.looks_inside(&call.tool).then(|| self.looked_at(call));
        let call = looked.as_ref().unwrap_or(call);
        aside(judge.weight(), || judge.judge(&gateway.attributor, &config.tools, minted, call, config.lang))
    }

    /// The call with the categories of data that its arguments hold.
    fn looked_at(&self, call: &ToolCall) -> ToolCall {
        let config = &self.gateway.config;
        let least = config.policy.min_score;
        let eye = Eye { inspector: &self.gateway.inspector, client: &self.client, least };
        let mut holds = held::categories(eye, &call.arguments);
        holds.extend(held::by_tokens(&call.written, &self.minted));
        let redact = config.tools.redacted(&call.tool);
        if redact.is_disjoint(&holds) {
            return ToolCall { holds, ..call.clone() };
        }
        let exchange = held::document(&call.arguments);
        let found = self.gateway.inspector.detect(&self.client, &exchange);
        let all = exchange.slots.iter().zip(&found);
        let all = all.flat_map(|(slot, found)| found.iter().map(move |value| (slot, value)));
        let masked = all.filter(|(_, value)| value.score >= least && redact.contains(&value.category()));
        let leaks = masked.filter_map(|(slot, value)| {
            let text = slot.text.get(value.span.clone()).unwrap_or_default();
            // Labels describe what a text is about and have no span: there is nothing to mask.
            (!text.is_empty() && !self.is_given(text)).then(|| value.category())
        });
        ToolCall { holds, leaks: leaks.collect(), ..call.clone() }
    }

    /// Whether the user supplied a value.
    fn is_given(&self, value: &str) -> bool {
        let known = self.asked.as_ref().and_then(|asked| asked.prepared(&self.gateway.attributor));
        known.is_some_and(|known| is_given(known, value))
    }

    /// A guard over what the response points to.
    fn guard(&self) -> Guard {
        let gateway = &self.gateway;
        let (rules, attributor) = (Arc::clone(&gateway.outward), Arc::clone(&gateway.attributor));
        Guard::new(rules, attributor, self.asked.clone(), Arc::clone(&self.minted))
    }

    /// Collects what the guard has found so far.
    fn points(&mut self, seen: Pointed) {
        self.pointed.more += seen.more;
        self.pointed.found.extend(seen.found);
        self.pointed.details.extend(seen.details);
    }

    /// Tokens that the exchange cost. Where the provider reports none, they are estimated at four bytes each; most bytes of
    /// a stream are framing, not text.
    fn spent(&self) -> u64 {
        let asked = self.asked.as_ref().map_or(0, |asked| asked.weight() as u64);
        let share = if self.streamed { 40 } else { 4 };
        match self.record.tokens {
            Some((read, written)) => read.saturating_add(written),
            None if self.record.status == 0 || self.record.status >= 400 => 0,
            None => asked / 4 + self.record.bytes / share,
        }
    }

    /// Records what the guard has found.
    fn record_pointed(&mut self) {
        let Pointed { found, details, more } = std::mem::take(&mut self.pointed);
        if !found.is_empty() {
            let details = serde_json::Value::Array(details).to_string();
            let kind = EventKind::AnswerNotice(Box::new(AnswerNoticeRecord { found, more }));
            // As with the record of the response: a log that cannot be written stops the next request.
            let _ = self.append(kind, Some(details.as_bytes()));
        }
    }

    fn append(&self, kind: EventKind, payload: Option<&[u8]>) -> Result<ombud_ledger::Ticket, Refusal> {
        let kind = names::told(self.gateway.inspector.detector(), Some(&self.minted), kind);
        let event = Event {
            exchange: Some(self.exchange.clone()),
            conversation: Some(self.conversation.clone()),
            client: Some(self.client.clone()),
            subject: self.subject.clone(),
            ..record::event(kind)
        };
        let parts = payload.map(|bytes| [bytes]);
        let payload = parts.as_ref().map(|parts| Payload { conversation: &self.conversation, parts });
        self.gateway.ledger.append(event, payload).map_err(|_| Refusal::Ledger)
    }

    /// Writes the record of the response, once.
    fn finish(&mut self) {
        if std::mem::replace(&mut self.done, true) {
            return;
        }
        self.record.ms.1 = millis(self.started);
        self.record_pointed();
        self.gateway.spend(&self.conversation, self.spent());
        let kept = std::mem::take(&mut self.kept);
        if let Some(interceptor) = &self.gateway.config.interceptor {
            let (status, streamed, given) = (self.record.status, self.streamed, &*self.given);
            interceptor.answer(&self.exchange, &Seen { status, streamed, came: &kept, given });
        }
        let kind = EventKind::Response(Box::new(self.record.clone()));
        // The response is already on its way or lost; a log that cannot be written stops the next request.
        let _ = self.append(kind, (!kept.is_empty()).then_some(&*kept));
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if !self.done {
            self.record.fault = Party::Client;
            self.record.code = Some("client_gone".to_owned());
            self.finish();
        }
    }
}

/// The party responsible for a status.
fn blame(status: StatusCode) -> Party {
    match status.as_u16() {
        0..400 => Party::None,
        500.. => Party::Provider,
        429 => Party::Unknown,
        _ => Party::Developer,
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Delivers a response to the client.
pub async fn deliver(mut delivery: Delivery, answer: reqwest::Response) -> Result<Response, Refusal> {
    let status = answer.status();
    let mut headers = upstream::response_headers(answer.headers());
    delivery.head(status, answer.headers());
    if let Some(to) = upstream::redirect(status, answer.headers(), &delivery.url) {
        return Err(delivery.fail(Refusal::Redirected(to)));
    }
    let speaks = delivery.wire.is_some_and(Wire::speaks);
    if speaks && status.is_success() && upstream::is_encoded(answer.headers()) {
        return Err(delivery.fail(Refusal::AnswerEncoded));
    }
    let kind = upstream::content_type(answer.headers());
    let body = match delivery.wire {
        None => unread(delivery, answer),
        Some(wire) if kind == "text/event-stream" => stream(delivery, wire, answer),
        Some(wire) => {
            let bytes = collect(&mut delivery, answer).await?;
            Body::from(whole(delivery, wire, &kind, bytes, &mut headers).await?)
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

async fn collect(delivery: &mut Delivery, mut answer: reqwest::Response) -> Result<Bytes, Refusal> {
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(None) => return Ok(body.into()),
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_ANSWER => {
                delivery.keep(&chunk);
                return Err(delivery.fail(Refusal::AnswerTooLarge));
            }
            Ok(Some(chunk)) => {
                delivery.keep(&chunk);
                body.extend_from_slice(&chunk);
            }
            Err(error) => {
                return Err(delivery.fail(upstream::broke(&error, &delivery.url)));
            }
        }
    }
}

/// Handles a response that arrived whole.
async fn whole(
    mut delivery: Delivery,
    wire: Wire,
    kind: &str,
    body: Bytes,
    headers: &mut HeaderMap,
) -> Result<Bytes, Refusal> {
    let encoded = upstream::is_encoded(headers);
    let doc = if encoded { None } else { Doc::parse(&body, Keys::Lenient).ok() };
    let Some(doc) = doc else {
        // An error response in another format (a proxy's page) passes through as it came; a success that is not JSON is a
        // failure.
        if delivery.record.status >= 400 || body.is_empty() || encoded {
            delivery.record.complete = !encoded;
            delivery.record.code = encoded.then(|| "answer_encoded".to_owned());
            delivery.give(&body);
            delivery.finish();
            return Ok(body);
        }
        return Err(delivery.fail(Refusal::Garbage(kind.to_owned())));
    };
    let mut guard = delivery.guard();
    let read = answer::read(wire, &doc, &body, &delivery.minted, wire.speaks().then_some(&mut guard));
    delivery.points(guard.seen);
    delivery.record.complete = true;
    delivery.saw((read.tally, read.used), read.model, read.finish);
    let withheld = match delivery.decide(&read.calls).await {
        Ok(withheld) => withheld,
        Err(why) => return Err(delivery.fail(why)),
    };
    let mut body = read.body.map_or(body, Bytes::from);
    if !withheld.is_empty() {
        body = match Doc::parse(&body, Keys::Lenient) {
            Ok(doc) => withhold::whole(wire, &doc, &body, &withheld, read.calls.len()).into(),
            // What was just parsed and restored is JSON; if it were not, its calls must still not go out.
            Err(_) => return Err(delivery.fail(Refusal::Garbage(kind.to_owned()))),
        };
    }
    delivery.give(&body);
    delivery.finish();
    Ok(body)
}

/// Forwards a response whose path the operator lets pass unread.
fn unread(delivery: Delivery, answer: reqwest::Response) -> Body {
    let state = (delivery, Box::pin(answer.bytes_stream()));
    Body::from_stream(futures_util::stream::unfold(state, |(mut delivery, mut source)| async move {
        match source.next().await {
            Some(Ok(bytes)) => {
                delivery.keep(&bytes);
                Some((Ok(bytes), (delivery, source)))
            }
            Some(Err(error)) => {
                delivery.fail(upstream::broke(&error, &delivery.url.clone()));
                Some((Err(error), (delivery, source)))
            }
            None => {
                delivery.record.complete = true;
                delivery.finish();
                None
            }
        }
    }))
}
