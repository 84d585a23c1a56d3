//! Calls of the client: decided, asked about, recorded, forwarded.

use std::time::Duration;

use ombud_core::effect::Effect;
use ombud_core::event::{EventKind, ToolCallRecord};
use ombud_core::gate::{CallDecision, Gate};
use ombud_core::say;
use serde_json::{Value, json};

use super::super::ask::{self, Subject, Why};
use super::super::judge::{Called, Judged, judge};
use super::super::message::{self, Id, Message};
use super::{INVALID, MOST_WAITING, Purpose, REFUSED, Session, Side, Step, Waiting, can_ask, refuse};
use crate::calls::released::Counted;
use crate::record;
use crate::wire::json::{Kind, Node};

/// With what the state of a question of ours begins.
const STATE: &str = "ombud:";

/// The key of our question among those of an `input_required` result.
const QUESTION: &str = "ombud";

/// Where a request of the newest revision says what its client can do.
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// A call that waits for the user.
#[derive(Debug)]
pub(super) struct Held {
    /// The client's id of the call.
    pub(super) id: Id,
    pub(super) since: Duration,
    line: Vec<u8>,
    exchange: String,
    record: ToolCallRecord,
    details: Vec<u8>,
    /// What it is for the limits, if it counts.
    counted: Option<Counted>,
    /// The tool whose new definition is accepted with it.
    changed: Option<String>,
}

/// A question that went out as a result.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) since: Duration,
    code: String,
    exchange: String,
}

/// An answer to a question of ours inside a call.
struct Reply {
    state: String,
    allowed: bool,
}

impl Session {
    /// A call of a tool, or a request that reads something.
    pub(super) fn call(&mut self, message: &Message<'_>, id: Id, method: &str, now: Duration) -> Vec<Step> {
        if let Some(reply) = reply(message) {
            let stripped = without_reply(message);
            return match Message::read(&stripped) {
                Ok(message) => self.replied(&message, id, method, &reply, now),
                Err(bad) => self.unreadable(&bad),
            };
        }
        self.judged(message, id, method, None, now)
    }

    /// A call that comes again with the answer to a question.
    fn replied(
        &mut self,
        message: &Message<'_>,
        id: Id,
        method: &str,
        reply: &Reply,
        now: Duration,
    ) -> Vec<Step> {
        let question = self.questions.remove(&reply.state);
        let lang = self.lang();
        if question.is_some() && !reply.allowed {
            let text = say!(lang, en: "the user did not allow this call", zh: "用户没有同意这次调用");
            return refuse(&id, REFUSED, &text, "ombud_declined");
        }
        self.judged(message, id, method, question.as_ref(), now)
    }

    fn judged(
        &mut self,
        message: &Message<'_>,
        id: Id,
        method: &str,
        answered: Option<&Question>,
        now: Duration,
    ) -> Vec<Step> {
        let Some(tool) = tool(message, method) else {
            let lang = self.lang();
            let text = say!(lang, en: "this call names no tool, so it was not sent", zh: "这次调用没有写明工具，因此未发送");
            return refuse(&id, INVALID, &text, "ombud_no_tool");
        };
        let mut steps = self.accepted_elsewhere(&tool);
        let judged = self.decide(message, &id, method, &tool);
        let approved = answered.is_some_and(|question| question.code == judged.code);
        let exchange = match answered {
            Some(question) if approved => question.exchange.clone(),
            _ => record::id(),
        };
        let line = message.with(judged.patches.clone());
        let record = self.call_record(&tool, &judged);
        let changed = self.is_withheld(&tool).then(|| tool.clone());
        let details = judged.details.clone();
        let counted = judged.counted;
        let mut held = Held { id, since: now, line, exchange, record, details, counted, changed };
        let why = self.reasons(&tool, &judged);
        steps.extend(if why.is_empty() {
            self.release(held, now)
        } else if self.is_blocked(&held, &judged) {
            held.record.decision = decided(&judged, &held, "block");
            self.blocked(&held, &judged, &why)
        } else if approved || self.rules.beside.allowed(&judged.code) {
            self.approve(held, now)
        } else {
            held.record.decision = decided(&judged, &held, "ask");
            self.ask(message, held, &judged, &why)
        });
        steps
    }

    /// A new definition that the operator accepted while this session runs counts from now on.
    fn accepted_elsewhere(&mut self, tool: &str) -> Vec<Step> {
        let offered = self.pins.tools.get(tool).and_then(|pin| pin.offered.as_ref());
        let accepted = offered.is_some_and(|offered| self.rules.beside.accepted(tool, offered));
        if accepted && self.pins.accept(tool) { vec![Step::Save] } else { Vec::new() }
    }

    fn is_blocked(&self, held: &Held, judged: &Judged) -> bool {
        matches!(judged.decision, CallDecision::Block(_))
            || (held.changed.is_some() && self.rules.settings.changed == Gate::Block)
    }

    fn decide(&mut self, message: &Message<'_>, id: &Id, method: &str, tool: &str) -> Judged {
        let arguments = match method {
            "tools/call" => message.member("arguments"),
            _ => message.body,
        };
        if let Some(node) = arguments {
            self.learn(message.raw(node));
        }
        let pin = self.pins.tools.get(tool);
        let definitions =
            pin.into_iter().flat_map(|pin| std::iter::once(&*pin.definition).chain(pin.offered.as_deref()));
        let called = Called {
            tool,
            id: Some(id.raw().to_owned()),
            message,
            arguments,
            definitions: definitions.collect(),
            fixed: (method != "tools/call").then_some(Effect::Read),
            least: self.rules.least.get(tool).copied().unwrap_or(Effect::Read),
        };
        judge(&self.rules, &self.minted, &self.released, &mut self.seen, &called)
    }

    fn call_record(&self, tool: &str, judged: &Judged) -> ToolCallRecord {
        ToolCallRecord {
            server: self.rules.server.clone(),
            via: self.rules.via.to_owned(),
            tool: tool.chars().take(128).collect(),
            effect: judged.effect,
            decision: judged.decision.id(),
            vouched: judged.vouched,
            arguments: judged.overlaps.clone(),
            restored: judged.tally.restored,
            found: judged.found.clone(),
        }
    }

    /// Whether the tool's definition has changed and nobody has accepted that.
    pub(super) fn is_withheld(&self, tool: &str) -> bool {
        matches!(self.rules.settings.changed, Gate::Ask | Gate::Block) && self.pins.is_changed(tool)
    }

    /// Why a call is not simply released.
    fn reasons(&self, tool: &str, judged: &Judged) -> Vec<Why> {
        let mut why = Vec::new();
        if let CallDecision::Ask(doubts) | CallDecision::Block(doubts) = &judged.decision {
            why.push(Why::Doubts(doubts.clone()));
        }
        if self.is_withheld(tool) {
            why.push(Why::Changed(self.pins.difference(tool)));
        }
        why
    }

    fn release(&mut self, held: Held, now: Duration) -> Vec<Step> {
        if let Some(counted) = held.counted {
            self.released.add(counted);
        }
        let kind = EventKind::ToolCall(Box::new(held.record.clone()));
        let note = self.note(Some(&held.exchange), kind, vec![held.details], Some(held.id.clone()));
        let purpose = Purpose::Call { exchange: held.exchange, tool: held.record.tool };
        self.waiting.insert(held.id, Waiting::new(purpose, now));
        vec![Step::Note(Box::new(note)), Step::Send(Side::Server, held.line)]
    }

    /// The user allowed it. With the call, a changed definition is accepted, and the client is told to look at it.
    pub(super) fn approve(&mut self, mut held: Held, now: Duration) -> Vec<Step> {
        held.record.decision = CallDecision::Approved.id();
        let changed = held.changed.take().filter(|tool| self.pins.accept(tool));
        let mut steps = self.release(held, now);
        if changed.is_some() {
            let changed = message::request(None, "notifications/tools/list_changed", &json!({}));
            steps.extend([Step::Save, Step::Send(Side::Client, changed)]);
        }
        steps
    }

    fn blocked(&self, held: &Held, judged: &Judged, why: &[Why]) -> Vec<Step> {
        let subject = Subject { server: &self.rules.server, tool: &held.record.tool, judged, why };
        let text = subject.refusal(self.lang());
        let mut steps = vec![self.unforwarded(held)];
        steps.extend(refuse(&held.id, REFUSED, &text, "ombud_call_blocked"));
        steps
    }

    /// The record of a call that is not forwarded, or not yet.
    fn unforwarded(&self, held: &Held) -> Step {
        let kind = EventKind::ToolCall(Box::new(held.record.clone()));
        let about = Some(held.id.clone());
        Step::Note(Box::new(self.note(Some(&held.exchange), kind, vec![held.details.clone()], about)))
    }

    fn ask(&mut self, message: &Message<'_>, held: Held, judged: &Judged, why: &[Why]) -> Vec<Step> {
        let lang = self.lang();
        let rules = std::sync::Arc::clone(&self.rules);
        let subject = Subject { server: &rules.server, tool: &held.record.tool, judged, why };
        let mut steps = vec![self.unforwarded(&held)];
        let modern = modern(message);
        let room = self.held.len() + self.questions.len() < MOST_WAITING;
        match modern {
            Some(node) if room && can_ask(message, node) => {
                let state = format!("{STATE}{}", record::id());
                let form = json!({ "method": "elicitation/create", "params": ask::form(&subject.question(lang), lang) });
                let result = json!({
                    "resultType": "input_required",
                    "inputRequests": { QUESTION: with_mode(form) },
                    "requestState": state,
                });
                steps.push(Step::Send(Side::Client, message::result(&held.id, &result)));
                let Held { since, exchange, .. } = held;
                self.questions.insert(state, Question { since, code: judged.code.clone(), exchange });
            }
            None if room && self.asks => {
                let ours = self.own_id();
                let form = ask::form(&subject.question(lang), lang);
                steps.push(Step::Send(
                    Side::Client,
                    message::request(Some(&ours), "elicitation/create", &form),
                ));
                self.held.insert(ours, held);
            }
            _ => {
                let text = subject.instruction(lang);
                steps.extend(refuse(&held.id, REFUSED, &text, "ombud_approval_needed"));
            }
        }
        steps
    }

    /// The client answers: a question of ours, or a request of the server.
    pub(super) fn answered(&mut self, message: &Message<'_>, id: &Id, now: Duration) -> Vec<Step> {
        let Some(held) = self.held.remove(id) else {
            // An answer to nothing goes nowhere.
            let known = self.theirs.remove(id);
            return if known {
                vec![Step::Send(Side::Server, self.turned_back(message))]
            } else {
                Vec::new()
            };
        };
        let result = message.body.map(|node| message.raw(node));
        let result: Option<Value> = result.and_then(|text| serde_json::from_str(text).ok());
        if result.is_some_and(|result| ask::allows(&result)) {
            return self.approve(held, now);
        }
        let lang = self.lang();
        let text = say!(lang, en: "the user did not allow this call", zh: "用户没有同意这次调用");
        refuse(&held.id, REFUSED, &text, "ombud_declined")
    }
}

/// What the call is of: for what is read without a tool, the method.
fn tool(message: &Message<'_>, method: &str) -> Option<String> {
    if method != "tools/call" {
        return Some(method.to_owned());
    }
    let unclear = message.blurs(message.body, &["name", "arguments", "inputResponses", "requestState"]);
    message.text("name").filter(|name| !unclear && !name.is_empty())
}

/// The decision in the record, with the changed definition as a reason.
fn decided(judged: &Judged, held: &Held, verb: &str) -> String {
    let doubts = judged.decision.id();
    let doubts = doubts.strip_prefix(&format!("{verb}: ")).unwrap_or_default();
    match (&held.changed, doubts) {
        (Some(_), "") => format!("{verb}: definition_changed"),
        (Some(_), doubts) => format!("{verb}: {doubts}, definition_changed"),
        (None, doubts) => format!("{verb}: {doubts}"),
    }
}

/// What a client of the newest revision says it can do, where this request is of that revision.
fn modern(message: &Message<'_>) -> Option<Node> {
    message.doc.path(message.body?, &["_meta", CAPABILITIES])
}

/// Since the revision of November 2025 a question says that it is a form.
fn with_mode(mut question: Value) -> Value {
    if let Some(params) = question.pointer_mut("/params").and_then(Value::as_object_mut) {
        params.insert("mode".to_owned(), "form".into());
    }
    question
}

/// The answer to a question of ours that a call brings.
fn reply(message: &Message<'_>) -> Option<Reply> {
    let state = message.text("requestState").filter(|state| state.starts_with(STATE))?;
    let given = message.doc.path(message.body?, &["inputResponses", QUESTION]);
    let given: Option<Value> = given.and_then(|node| serde_json::from_str(message.raw(node)).ok());
    Some(Reply { state, allowed: given.is_some_and(|given| ask::allows(&given)) })
}

/// The message without the answer: the server knows nothing of the question.
fn without_reply(message: &Message<'_>) -> Vec<u8> {
    let Some(params) = message.body.filter(|node| message.doc.kind(*node) == Kind::Object) else {
        return message.with(Vec::new());
    };
    let ours = |key: &str| matches!(key, "requestState" | "inputResponses");
    let kept: Vec<String> = message
        .doc
        .members(params)
        .filter(|(key, _)| !ours(key))
        .map(|(key, node)| format!("{}:{}", Value::from(&*key), message.raw(node)))
        .collect();
    let range = message.doc.span(params);
    message.with(vec![crate::wire::splice::Patch { range, with: format!("{{{}}}", kept.join(",")) }])
}
