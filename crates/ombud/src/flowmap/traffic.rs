//! The witness of traffic: what the log shows. It reads records only, no contents.

use std::collections::BTreeMap;
use std::path::Path;

use ombud_core::event::{Access, Event, EventKind, MemoryRecord, RequestRecord, ToolCallRecord, is_whole};
use ombud_core::flow::{EVIDENCE, Flow, FlowMap, OnTheWay, Recipient, RecipientKind};
use ombud_core::gate::was_released;
use ombud_core::host::is_loopback;
use ombud_core::{DataCategory, Effect, OpaqueKind, Role};
use ombud_gateway::providers::UNKNOWN_COUNTRY;
use ombud_ledger::Reader;

use super::country::LOCAL;
use super::input::{Bilingual, Damage, Input, Why};

/// Entries read at a time.
const PAGE: u32 = 1024;

/// The name for a model on this machine that belongs to no known provider; its port changes from run to run.
pub(crate) const LOCAL_MODEL: &str = "local-model";

/// What the log shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Traffic {
    /// Who received what. Tools that act are recipients of their own.
    pub flow: FlowMap,
    /// Tools that the model asked for, by name.
    pub tools: BTreeMap<String, Use>,
    /// Requests to models.
    pub requests: u64,
    /// Requests that did not leave.
    pub refused: u64,
    /// Subjects' answers to consent questions, by `given`, `refused`, `withdrawn`.
    pub consents: BTreeMap<String, u64>,
    /// Memory accesses that the gate let through, and those without valid consent.
    pub memory: (u64, u64),
    /// Subjects whose erasure was requested, and whether it is complete.
    pub erased: BTreeMap<String, bool>,
    /// Entries of a kind that this version does not know.
    pub unknown: u64,
    /// Time of the first and of the last request, RFC 3339.
    pub span: Option<(String, String)>,
    /// Requests whose responses have not been read yet.
    pub on_the_way: OnTheWay<Recipient>,
}

/// What became of the calls of one tool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Use {
    /// What it does.
    pub effect: Effect,
    /// Calls that reached the agent.
    pub released: u64,
    /// Of these, calls about which the gate had doubts but was set only to observe.
    pub doubtful: u64,
    /// Calls that were held back.
    pub withheld: u64,
    /// Exchanges that show the doubtful ones, at most [`EVIDENCE`].
    pub evidence: Vec<String>,
}

/// Reads the log in `home`.
pub(crate) async fn read(home: &Path) -> Input<Traffic> {
    if !home.join("journal").is_dir() {
        return Input::Absent;
    }
    match follow(home).await {
        Ok(traffic) if traffic == Traffic::default() => Input::Absent,
        Ok(traffic) => Input::Read(traffic),
        Err(error) => Input::Damaged(Damage {
            path: home.to_owned(),
            why: Why::Unreadable(Bilingual::said(&error)),
            command: "ombud log verify",
        }),
    }
}

async fn follow(home: &Path) -> Result<Traffic, ombud_ledger::Error> {
    let mut reader = Reader::open(home).await?;
    let (mut traffic, mut next) = (Traffic::default(), 0);
    loop {
        let page = reader.page(next, PAGE).await?;
        let Some(last) = page.last() else { return Ok(traffic) };
        next = last.seq + 1;
        for record in &page {
            match &record.event {
                Some(event) => traffic.take(event),
                None => traffic.unknown += 1,
            }
        }
    }
}

impl Traffic {
    /// Processes one entry of the log.
    pub(crate) fn take(&mut self, event: &Event) {
        let evidence = event.exchange.as_deref().unwrap_or(&event.id);
        match &event.kind {
            EventKind::Response(answer) => {
                if let Some((who, carried)) = self.on_the_way.answered(evidence, answer) {
                    self.lost(&who, &carried);
                }
            }
            EventKind::Request(request) => {
                self.request(request, evidence);
                let first = self.span.take().map_or_else(|| event.t.clone(), |span| span.0);
                self.span = Some((first, event.t.clone()));
            }
            EventKind::MemoryAccess(access) => self.access(access, evidence),
            EventKind::ToolIntent { tool, decision, effect, .. } => {
                self.call(tool, decision, effect.unwrap_or(Effect::Unknown), evidence);
            }
            EventKind::ToolCall(call) => self.reached(call, evidence),
            EventKind::ToolResult(result) => {
                if let Some((who, carried)) = self.on_the_way.ended(evidence, &result.outcome) {
                    self.lost(&who, &carried);
                }
            }
            EventKind::Tunnel { host, outcome } if outcome == "tunnelled" => {
                let who = recipient(RecipientKind::Host, host, host, false);
                let flow = self.flow.to(who);
                flow.requests += 1;
                flow.shown_by(evidence);
            }
            EventKind::Consent(consent) => *self.consents.entry(consent.state.clone()).or_default() += 1,
            EventKind::SubjectErased { deleted, residue, .. } => {
                let whole = is_whole(residue);
                // An erasure that found nothing to delete does not count, unless one had begun before.
                let some = deleted.values().any(|count| *count > 0);
                let subject = event.subject.clone().unwrap_or_default();
                if some || !whole || self.erased.contains_key(&subject) {
                    self.erased.insert(subject, whole);
                }
            }
            EventKind::Refused { .. } => self.refused += 1,
            _ => {}
        }
    }

    /// Whether requests went to a model on this machine, which may be a simulated one.
    pub(crate) fn may_be_simulated(&self) -> bool {
        self.flow.recipients.keys().any(|who| who.name == LOCAL_MODEL)
    }

    fn request(&mut self, request: &RequestRecord, evidence: &str) {
        self.requests += 1;
        // A base URL that belongs to no known provider has a makeshift id; its host says more.
        let name = match (request.provider.starts_with("upstream"), is_loopback(&request.host)) {
            (true, true) => LOCAL_MODEL,
            (true, false) => &request.host,
            (false, _) => &request.provider,
        };
        let who = recipient(RecipientKind::Provider, name, &request.host, true);
        let mut carried = Flow { requests: 1, ..Flow::default() };
        let flow = &mut carried;
        flow.shown_by(evidence);
        flow.carry(&request.found, &request.masked);
        request.found.keys().for_each(|kind| flow.category_shown_by(kind.category(), evidence));
        if request.slots.get(&Role::User).is_some_and(|&slots| slots > 0) {
            went(flow, DataCategory::CommChat, 1, evidence);
        }
        for (kind, &count) in &request.opaque {
            flow.opaque += count;
            if let Some(category) = content(*kind) {
                went(flow, category, count, evidence);
            }
        }
        self.flow.to(who.clone()).merge(flow);
        self.on_the_way.left(evidence, who, carried);
    }

    /// Takes back a request that reached nobody. Whoever received none at all is no recipient.
    fn lost(&mut self, who: &Recipient, carried: &Flow) {
        let Some(flow) = self.flow.recipients.get_mut(who) else { return };
        flow.lose(carried);
        if flow.requests == 0 {
            self.flow.recipients.remove(who);
        }
    }

    fn access(&mut self, access: &MemoryRecord, evidence: &str) {
        match access.access() {
            Access::Allowed => self.memory.0 += 1,
            Access::Unconsented => {
                self.memory.1 += 1;
                return;
            }
            Access::Intended | Access::Failed => return,
        }
        let flow = self.flow.to(recipient(RecipientKind::Store, &access.store, &access.store, true));
        flow.requests += 1;
        flow.purposes.extend(access.purpose.clone());
        flow.shown_by(evidence);
        if matches!(access.operation.as_str(), "read" | "write") {
            went(flow, DataCategory::MemLongterm, access.items.unwrap_or(1).max(1), evidence);
        }
    }

    /// A call at the tool edge: the recipient is the server.
    fn reached(&mut self, call: &ToolCallRecord, evidence: &str) {
        if !call.vouched {
            self.used(&call.tool, &call.decision, call.effect, evidence);
        }
        if !was_released(&call.decision) {
            return;
        }
        let who = recipient(RecipientKind::Tool, &call.server, &call.server, true);
        let mut carried = Flow { requests: 1, ..Flow::default() };
        carried.shown_by(evidence);
        for (&kind, &count) in &call.found {
            went(&mut carried, kind.category(), count, evidence);
        }
        self.flow.to(who.clone()).merge(&carried);
        self.on_the_way.left(evidence, who, carried);
    }

    fn call(&mut self, tool: &str, decision: &str, effect: Effect, evidence: &str) {
        if self.used(tool, decision, effect, evidence) && effect.acts() {
            let flow = self.flow.to(recipient(RecipientKind::Tool, tool, tool, true));
            flow.requests += 1;
            flow.shown_by(evidence);
        }
    }

    /// Counts the use of a tool; returns whether the call was released.
    fn used(&mut self, tool: &str, decision: &str, effect: Effect, evidence: &str) -> bool {
        let fresh = Use { effect, released: 0, doubtful: 0, withheld: 0, evidence: Vec::new() };
        let used = self.tools.entry(tool.to_owned()).or_insert(fresh);
        // The effect of a tool is the gravest that any of its calls may have.
        used.effect = used.effect.max(effect);
        if !was_released(decision) {
            used.withheld += 1;
            return false;
        }
        used.released += 1;
        if decision.starts_with("would_") {
            used.doubtful += 1;
            if used.evidence.len() < EVIDENCE {
                used.evidence.push(evidence.to_owned());
            }
        }
        true
    }
}

fn recipient(kind: RecipientKind, name: &str, host: &str, inspected: bool) -> Recipient {
    let local = kind != RecipientKind::Tool && is_loopback(host);
    let country = if local { LOCAL } else { UNKNOWN_COUNTRY };
    Recipient { kind, name: name.to_owned(), country: country.to_owned(), inspected }
}

fn went(flow: &mut Flow, category: DataCategory, clear: u64, evidence: &str) {
    let amount = flow.data.entry(category).or_default();
    amount.clear = amount.clear.saturating_add(clear);
    flow.category_shown_by(category, evidence);
}

/// What an unreadable part contains at least. Sealed blocks come from the provider itself.
fn content(kind: OpaqueKind) -> Option<DataCategory> {
    match kind {
        OpaqueKind::Image | OpaqueKind::Audio | OpaqueKind::File => Some(DataCategory::MediaUpload),
        OpaqueKind::Tokens => Some(DataCategory::CommChat),
        OpaqueKind::Sealed => None,
    }
}
