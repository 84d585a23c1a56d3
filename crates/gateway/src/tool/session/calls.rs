//! Calls by the client: decided on, asked about, recorded, forwarded.

use std::time::Duration;

use ombud_core::effect::Effect;
use ombud_core::event::{EventKind, ToolCallRecord, Voice};
use ombud_core::gate::{CallDecision, Done, Doubt, Gate};
use ombud_core::say;
use serde_json::{Value, json};

use super::super::ask::{self, Subject, Why};
use super::super::judge::{Called, Judged, judge};
use super::super::message::{self, Id, Message};
use super::{ASKING, INVALID, MOST_WAITING, Purpose, REFUSED, Session, Side, Step, Waiting, can_ask, refuse};
use crate::approvals::Pending;
use crate::calls::approve::Codes;
use crate::calls::recent::Whose;
use crate::calls::released::Counted;
use crate::wire::json::{Kind, Node};
use crate::wire::splice::Patch;
use crate::{names, record};

/// Prefix of the state of our questions.
const STATE: &str = "ombud:";

/// The decision recorded for a call that somebody declined.
const DECLINED: &str = "declined";

/// The key of our question in an `input_required` result.
const QUESTION: &str = "ombud";

/// Where a request of the newest revision declares its client's capabilities.
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// A call that waits for approval.
#[derive(Debug)]
pub(super) struct Held {
    /// The client's id of the call.
    pub(super) id: Id,
    pub(super) since: Duration,
    line: Vec<u8>,
    exchange: String,
    record: ToolCallRecord,
    details: Vec<u8>,
    /// How it counts towards the limits, if it does.
    counted: Option<Counted>,
    /// The tool whose new definition is accepted together with the call.
    changed: Option<String>,
    /// The codes by which a person names this call, and the digest that identifies it.
    codes: Codes,
    stands: String,
    /// Who is asked.
    asked: Asked,
}

/// Who is asked about a call that waits.
#[derive(Debug)]
enum Asked {
    /// The user, by a form of the client.
    Form,
    /// Somebody outside, for this long; after that the agent receives this text.
    Outside(Duration, String),
}

/// A question that was sent as a result.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) since: Duration,
    code: String,
    stands: String,
    exchange: String,
}

/// A reply to one of our questions, contained in a call.
struct Reply {
    state: String,
    allowed: bool,
}

impl Session {
    /// Handles a tool call, or a request that reads something.
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

    /// Handles a call that is repeated with the reply to a question.
    fn replied(
        &mut self,
        message: &Message<'_>,
        id: Id,
        method: &str,
        reply: &Reply,
        now: Duration,
    ) -> Vec<Step> {
        let question = self.questions.remove(&reply.state);
        if let Some(question) = &question {
            self.rules.beside.approvals().settled(&question.code);
        }
        let answered = question.as_ref().map(|question| (question, reply.allowed));
        self.judged(message, id, method, answered, now)
    }

    fn judged(
        &mut self,
        message: &Message<'_>,
        id: Id,
        method: &str,
        answered: Option<(&Question, bool)>,
        now: Duration,
    ) -> Vec<Step> {
        let Some(tool) = tool(message, method) else {
            let lang = self.lang();
            let text = say!(lang, en: "this call does not name a tool, so it was not sent", zh: "这次调用没有写明工具，因此未发送");
            return refuse(&id, INVALID, &text, "ombud_no_tool");
        };
        let mut steps = self.accepted_elsewhere(&tool);
        let judged = self.decide(message, &id, method, &tool, now);
        let same = answered.filter(|(question, _)| question.stands == judged.stands);
        let exchange = same.map_or_else(record::id, |(question, _)| question.exchange.clone());
        let (approved, refused) = (same.is_some(), answered.is_some_and(|(_, allowed)| !allowed));
        let line = message.with([judged.patches.clone(), self.handed_back(message, method)].concat());
        let record = self.call_record(&tool, &judged);
        let changed = self.is_withheld(&tool).then(|| tool.clone());
        let details = judged.details.clone();
        let (counted, codes, stands) = (judged.counted, judged.codes.clone(), judged.stands.clone());
        let asked = Asked::Form;
        let mut held =
            Held { id, since: now, line, exchange, record, details, counted, changed, codes, stands, asked };
        let why = self.reasons(&tool, &judged);
        steps.extend(if refused {
            self.declined(held, Voice::Form)
        } else if why.is_empty() {
            self.release(held, now)
        } else if self.is_blocked(&held, &judged) {
            held.record.decision = decided(&judged, &held, "block");
            self.blocked(&held, &judged, &why)
        } else if let Some(said) = self.said(&judged) {
            self.told(held, said, now)
        } else if approved {
            self.approve(held, Voice::Form, now)
        } else {
            held.record.decision = decided(&judged, &held, "ask");
            self.ask(message, held, &judged, &why)
        });
        steps
    }

    /// Patches that restore what the client hands back to the server beside the arguments of a call.
    fn handed_back(&mut self, message: &Message<'_>, method: &str) -> Vec<Patch> {
        let body = message.body.filter(|_| method == "tools/call");
        let beside = body.into_iter().flat_map(|body| message.doc.members(body));
        let beside: Vec<Node> =
            beside.filter(|(key, _)| !matches!(&**key, "arguments" | "name")).map(|(_, node)| node).collect();
        beside.into_iter().flat_map(|node| self.restorations(message, node).0).collect()
    }

    /// Adopts a new definition that the operator accepted while this session was running.
    fn accepted_elsewhere(&mut self, tool: &str) -> Vec<Step> {
        let offered = self.pins.tools.get(tool).and_then(|pin| pin.offered.as_ref());
        let accepted = offered.is_some_and(|offered| self.rules.beside.accepted(tool, offered));
        if accepted && self.pins.accept(tool) { vec![Step::Save] } else { Vec::new() }
    }

    fn is_blocked(&self, held: &Held, judged: &Judged) -> bool {
        matches!(judged.decision, CallDecision::Block(_))
            || (held.changed.is_some() && self.rules.settings.changed == Gate::Block)
    }

    fn decide(&mut self, message: &Message<'_>, id: &Id, method: &str, tool: &str, now: Duration) -> Judged {
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
            known: self.pins.tools.keys().map(String::as_str).collect(),
            fixed: (method != "tools/call").then_some(Effect::Read),
            least: self.rules.least.get(tool).copied().unwrap_or(Effect::Read),
        };
        let minute = self.recent.beside(&Whose::default(), now, Done::default(), Counted::default()).minute;
        let done = (&self.released, minute);
        judge(&self.rules, &self.minted, done, (&mut self.seen, &self.gone), &called)
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
            headers: self.left_out.clone(),
            found: judged.found.clone(),
            weighed: Some(Box::new(judged.weighed.clone())),
        }
    }

    /// Whether the tool's definition has changed and nobody has accepted the change.
    pub(super) fn is_withheld(&self, tool: &str) -> bool {
        matches!(self.rules.settings.changed, Gate::Ask | Gate::Block) && self.pins.is_changed(tool)
    }

    /// The reasons why a call is not simply released.
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
            self.recent.add(&Whose::default(), now, counted);
            let daily = self.rules.beside.daily().filter(|_| self.rules.tools.limits.has_day());
            // A call released by the model edge was already counted there.
            if let Some(daily) = daily.filter(|_| !held.record.vouched) {
                daily.add(&self.rules.client, counted.readable_money());
            }
        }
        let kind = EventKind::ToolCall(Box::new(held.record.clone()));
        let note = self.note(Some(&held.exchange), kind, vec![held.details], Some(held.id.clone()));
        let purpose = Purpose::Call { exchange: held.exchange, tool: held.record.tool };
        self.waiting.insert(held.id, Waiting::new(purpose, now));
        vec![Step::Note(Box::new(note)), Step::Send(Side::Server, held.line)]
    }

    /// What somebody outside decided about an incoming call; the code of the last half hour may come from an earlier
    /// session.
    fn said(&self, judged: &Judged) -> Option<bool> {
        let mut codes = judged.codes.codes.iter();
        codes.find_map(|code| self.rules.beside.approvals().said(code, &judged.stands))
    }

    /// Applies a decision made outside the client.
    fn told(&mut self, held: Held, allowed: bool, now: Duration) -> Vec<Step> {
        if allowed { self.approve(held, Voice::Outside, now) } else { self.declined(held, Voice::Outside) }
    }

    /// Refuses a call that somebody declined, which is recorded like an approval.
    fn declined(&self, mut held: Held, by: Voice) -> Vec<Step> {
        self.rules.beside.approvals().settled(held.codes.code());
        DECLINED.clone_into(&mut held.record.decision);
        if let Some(weighed) = &mut held.record.weighed {
            "withheld".clone_into(&mut weighed.action);
            weighed.by = Some(by);
        }
        let lang = self.lang();
        let text = say!(lang, en: "the user did not allow this call", zh: "用户没有同意这次调用");
        let mut steps = vec![self.unforwarded(&held)];
        steps.extend(refuse(&held.id, REFUSED, &text, "ombud_declined"));
        steps
    }

    /// Whether a call waits for approval.
    pub fn holds(&self, id: &Id) -> bool {
        self.held.values().any(|held| held.id == *id)
    }

    /// Drops a call that waits for approval when nobody waits for its result any more.
    pub fn gone(&mut self, id: &Id) {
        if let Some((ours, _)) = self.held.iter().find(|(_, held)| held.id == *id) {
            let ours = ours.clone();
            if let Some(held) = self.held.remove(&ours) {
                self.rules.beside.approvals().settled(held.codes.code());
            }
        }
    }

    /// Updates the waiting calls, or one of them: somebody has decided, or nobody did in time.
    pub fn look(&mut self, only: Option<&Id>, now: Duration) -> Vec<Step> {
        let beside = std::sync::Arc::clone(&self.rules.beside);
        let wanted = self.held.iter().filter(|(_, held)| only.is_none_or(|only| *only == held.id));
        let all: Vec<(Id, Option<bool>)> = wanted
            .map(|(ours, held)| (ours.clone(), beside.approvals().said(held.codes.code(), &held.stands)))
            .collect();
        let mut steps = Vec::new();
        for (ours, said) in all {
            let late = self.held.get(&ours).is_some_and(|held| held.is_late(now));
            let Some(held) = (said.is_some() || late).then(|| self.held.remove(&ours)).flatten() else {
                continue;
            };
            if matches!(held.asked, Asked::Form) {
                steps.push(taken_back(&ours));
            }
            steps.extend(match said {
                Some(allowed) => self.told(held, allowed, now),
                None => self.unanswered(&held),
            });
            steps.push(Step::Other);
        }
        steps
    }

    fn unanswered(&self, held: &Held) -> Vec<Step> {
        let lang = self.lang();
        match &held.asked {
            Asked::Outside(_, text) => refuse(&held.id, REFUSED, text, "ombud_approval_needed"),
            Asked::Form => {
                let text = say!(lang, en: "nobody answered the question about this call", zh: "没有人回答关于这次调用的询问");
                refuse(&held.id, REFUSED, &text, "ombud_not_answered")
            }
        }
    }

    /// Withdraws a call that has not reached the server yet; `None` if there is no such call.
    pub(super) fn take_back(&mut self, id: &Id) -> Option<Vec<Step>> {
        let ours = self.held.iter().find(|(_, held)| held.id == *id).map(|(ours, _)| ours.clone())?;
        let held = self.held.remove(&ours)?;
        self.rules.beside.approvals().settled(held.codes.code());
        Some(if matches!(held.asked, Asked::Form) { vec![taken_back(&ours)] } else { Vec::new() })
    }

    /// Releases an approved call. This also accepts a changed definition, and the client is notified to list the tools
    /// again.
    pub(super) fn approve(&mut self, mut held: Held, by: Voice, now: Duration) -> Vec<Step> {
        self.rules.beside.approvals().settled(held.codes.code());
        // A form is answered once; an approval from outside is a file or a message that may be repeated.
        if !self.rules.approver().spend(&held.codes) && by == Voice::Outside {
            let lang = self.lang();
            let text = say!(lang,
                en: "the approval of this call has already been used; make the call again to be asked once more",
                zh: "对这次调用的同意已经用过；请重新调用，届时会再次询问");
            return refuse(&held.id, REFUSED, &text, "ombud_approval_needed");
        }
        held.record.decision = CallDecision::Approved.id();
        if let Some(weighed) = &mut held.record.weighed {
            CallDecision::Approved.action().clone_into(&mut weighed.action);
            weighed.by = Some(by);
        }
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

    /// Records a call that is not forwarded, or not yet.
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
        rules.beside.approvals().wait(&self.waiting(&held, judged), &judged.arguments);
        let modern = modern(message);
        // Without a running timer, calls whose time is up are dropped when the next one arrives.
        let beside = &rules.beside;
        self.held.retain(|_, other| {
            let stays = !other.is_late(held.since);
            if !stays {
                beside.approvals().settled(other.codes.code());
            }
            stays
        });
        let room = self.held.len() + self.questions.len() < MOST_WAITING;
        let approve = rules.beside.typed(&format!("ombud approve {}", held.codes.code()));
        let (instruction, wait) = (subject.instruction(&approve, lang), rules.beside.approvals().hold());
        // The person at the client may be the child.
        let guardian = judged.decision.doubts().contains(&Doubt::Guardian);
        let forms = rules.beside.approvals().forms() && !guardian;
        match modern {
            Some(node) if room && forms && can_ask(message, node) => {
                let state = format!("{STATE}{}", record::id());
                let form = json!({ "method": "elicitation/create", "params": ask::form(&subject.question(lang), lang) });
                let result = json!({
                    "resultType": "input_required",
                    "inputRequests": { QUESTION: with_mode(form) },
                    "requestState": state,
                });
                steps.push(Step::Send(Side::Client, message::result(&held.id, &result)));
                let Held { since, exchange, .. } = held;
                let (code, stands) = (judged.codes.code().to_owned(), judged.stands.clone());
                self.questions.insert(state, Question { since, code, stands, exchange });
            }
            None if room && forms && self.asks => {
                let ours = self.own_id();
                let form = ask::form(&subject.question(lang), lang);
                steps.push(Step::Send(
                    Side::Client,
                    message::request(Some(&ours), "elicitation/create", &form),
                ));
                self.held.insert(ours, held);
            }
            _ if room && !wait.is_zero() => {
                let (ours, asked) = (self.own_id(), Asked::Outside(wait, instruction));
                self.held.insert(ours, Held { asked, ..held });
            }
            _ => steps.extend(refuse(&held.id, REFUSED, &instruction, "ombud_approval_needed")),
        }
        steps
    }

    fn waiting(&self, held: &Held, judged: &Judged) -> Pending {
        Pending {
            code: held.codes.code().to_owned(),
            stands: held.stands.clone(),
            server: Some(self.rules.server.clone()),
            tool: names::plain(self.rules.inspector.detector(), &held.record.tool),
            effect: judged.effect,
            decision: held.record.decision.clone(),
            exchange: held.exchange.clone(),
            client: self.rules.client.clone(),
            session: self.rules.conversation.clone(),
            // A changed definition is accepted only together with its call.
            lasting: judged.lasting.clone().filter(|_| held.changed.is_none()),
        }
    }

    /// Handles a response from the client: to one of our questions, or to a request of the server.
    pub(super) fn answered(&mut self, message: &Message<'_>, id: &Id, now: Duration) -> Vec<Step> {
        let form = self.held.get(id).is_some_and(|held| matches!(held.asked, Asked::Form));
        let Some(held) = form.then(|| self.held.remove(id)).flatten() else {
            // A response to no request is dropped.
            let known = self.theirs.remove(id);
            return if known {
                vec![Step::Send(Side::Server, self.turned_back(message))]
            } else {
                Vec::new()
            };
        };
        let result = message.body.map(|node| message.raw(node));
        let result: Option<Value> = result.and_then(|text| serde_json::from_str(text).ok());
        // A decision made outside meanwhile is used up with it, and a no outweighs a yes.
        if self.rules.beside.approvals().said(held.codes.code(), &held.stands) == Some(false) {
            return self.declined(held, Voice::Outside);
        }
        if result.is_some_and(|result| ask::allows(&result)) {
            return self.approve(held, Voice::Form, now);
        }
        self.declined(held, Voice::Form)
    }
}

impl Held {
    fn is_late(&self, now: Duration) -> bool {
        let patience = match self.asked {
            Asked::Form => ASKING,
            Asked::Outside(hold, _) => hold,
        };
        now.saturating_sub(self.since) > patience
    }
}

/// Withdraws one of our questions.
fn taken_back(ours: &Id) -> Step {
    Step::Send(Side::Client, message::cancelled(ours, "no response is needed any more"))
}

/// The tool that is called; for reads without a tool, the method.
fn tool(message: &Message<'_>, method: &str) -> Option<String> {
    if method != "tools/call" {
        return Some(method.to_owned());
    }
    let unclear = message.blurs(message.body, &["name", "arguments", "inputResponses", "requestState"]);
    message.text("name").filter(|name| !unclear && !name.is_empty())
}

/// The decision as recorded, with a changed definition as an additional reason.
fn decided(judged: &Judged, held: &Held, verb: &str) -> String {
    let doubts = judged.decision.id();
    let doubts = doubts.strip_prefix(&format!("{verb}: ")).unwrap_or_default();
    match (&held.changed, doubts) {
        (Some(_), "") => format!("{verb}: definition_changed"),
        (Some(_), doubts) => format!("{verb}: {doubts}, definition_changed"),
        (None, doubts) => format!("{verb}: {doubts}"),
    }
}

/// The declared capabilities of a client of the newest revision, if this request is of that revision.
fn modern(message: &Message<'_>) -> Option<Node> {
    message.doc.path(message.body?, &["_meta", CAPABILITIES])
}

/// Since the revision of November 2025 a question declares that it is a form.
fn with_mode(mut question: Value) -> Value {
    if let Some(params) = question.pointer_mut("/params").and_then(Value::as_object_mut) {
        params.insert("mode".to_owned(), "form".into());
    }
    question
}

/// The reply to one of our questions that a call carries.
fn reply(message: &Message<'_>) -> Option<Reply> {
    let state = message.text("requestState").filter(|state| state.starts_with(STATE))?;
    let given = message.doc.path(message.body?, &["inputResponses", QUESTION]);
    let given: Option<Value> = given.and_then(|node| serde_json::from_str(message.raw(node)).ok());
    Some(Reply { state, allowed: given.is_some_and(|given| ask::allows(&given)) })
}

/// The message without the reply: the server knows nothing of the question.
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
    message.with(vec![Patch { range, with: format!("{{{}}}", kept.join(",")) }])
}
