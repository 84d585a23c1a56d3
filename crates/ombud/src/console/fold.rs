//! The log, read once from its beginning and then as it grows, folded into what the first screens show. It keeps sums and
//! ids, never texts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ombud_core::event::{Access, Counts, Event, EventKind, MemoryRecord, RequestRecord};
use ombud_core::flow::{Flow, OnTheWay, RecipientKind};
use ombud_core::gate::was_released;
use ombud_ledger::Record;

use super::view::{ConversationRow, EventRow};

/// Length of the list of newest entries.
const NEWEST: usize = 100;

/// What the log says so far.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    /// Number of the next entry.
    pub next: u64,
    /// Time of the first entry.
    pub since: Option<String>,
    /// Time of the newest entry.
    pub until: Option<String>,
    /// Who received what.
    pub recipients: BTreeMap<(RecipientKind, String), Received>,
    on_the_way: OnTheWay<(RecipientKind, String)>,
    /// The newest entries, newest first.
    pub newest: VecDeque<EventRow>,
    conversations: BTreeMap<String, ConversationRow>,
    /// Conversations by their newest entry.
    by_seq: BTreeMap<u64, String>,
}

/// What one recipient received, and when.
#[derive(Debug, Default)]
pub(crate) struct Received {
    /// Amounts.
    pub flow: Flow,
    /// Requests that were refused.
    pub refused: u64,
    /// Tool calls whose arguments were not traced to their origins.
    pub unexamined: u64,
    /// First seen.
    pub first: String,
    /// Last seen.
    pub last: String,
}

impl Fold {
    /// Adds the next entry.
    pub(crate) fn take(&mut self, record: &Record) {
        self.add(record.seq, record.event.as_ref());
    }

    fn add(&mut self, seq: u64, event: Option<&Event>) {
        self.next = seq + 1;
        let Some(event) = event else {
            let t = self.until.clone().unwrap_or_default();
            self.list(EventRow { kind: "later".to_owned(), ..row(seq, &t) });
            return;
        };
        self.since.get_or_insert_with(|| event.t.clone());
        self.until = Some(event.t.clone());
        self.count(event);
        self.converse(seq, event);
        self.list(told(seq, event));
    }

    /// At most `count` conversations whose newest entry is before `before`, the last active first.
    pub(crate) fn conversations(&self, before: Option<u64>, count: usize) -> Vec<&ConversationRow> {
        let range = self.by_seq.range(..before.unwrap_or(u64::MAX)).rev();
        range.filter_map(|(_, id)| self.conversations.get(id)).take(count).collect()
    }

    fn list(&mut self, row: EventRow) {
        self.newest.push_front(row);
        self.newest.truncate(NEWEST);
    }

    fn recipient(&mut self, kind: RecipientKind, name: &str, t: &str) -> &mut Received {
        let received = self.recipients.entry((kind, name.to_owned())).or_default();
        if received.first.is_empty() {
            t.clone_into(&mut received.first);
        }
        t.clone_into(&mut received.last);
        received
    }

    /// Adds what the event says about recipients.
    fn count(&mut self, event: &Event) {
        let t = &event.t;
        let exchange = event.exchange.as_deref().unwrap_or_default();
        match &event.kind {
            EventKind::Request(request) => {
                let mut carried = Flow { requests: 1, opaque: unread(request), ..Flow::default() };
                carried.carry(&request.found, &request.masked);
                self.recipient(RecipientKind::Provider, &request.provider, t).flow.merge(&carried);
                let who = (RecipientKind::Provider, request.provider.clone());
                self.on_the_way.left(exchange, who, carried);
            }
            EventKind::Response(answer) => {
                if let Some(((kind, name), carried)) = self.on_the_way.answered(exchange, answer) {
                    self.recipient(kind, &name, t).flow.lose(&carried);
                }
            }
            EventKind::ToolResult(result) => {
                if let Some(((kind, name), carried)) = self.on_the_way.ended(exchange, &result.outcome) {
                    self.recipient(kind, &name, t).flow.lose(&carried);
                }
            }
            EventKind::Refused { provider: Some(provider), .. } => {
                self.recipient(RecipientKind::Provider, provider, t).refused += 1;
            }
            EventKind::ToolIntent { tool, decision, effect, arguments, .. } => {
                let received = self.recipient(RecipientKind::Tool, tool, t);
                received.unexamined += u64::from(effect.is_none() && arguments.is_empty());
                if was_released(decision) {
                    received.flow.requests += 1;
                } else {
                    received.refused += 1;
                }
            }
            EventKind::ToolCall(call) => {
                let received = self.recipient(RecipientKind::Tool, &call.server, t);
                if was_released(&call.decision) {
                    let mut carried = Flow { requests: 1, ..Flow::default() };
                    carried.carry(&call.found, &Counts::new());
                    received.flow.merge(&carried);
                    self.on_the_way.left(exchange, (RecipientKind::Tool, call.server.clone()), carried);
                } else {
                    received.refused += 1;
                }
            }
            EventKind::MemoryAccess(access) => {
                let received = self.recipient(RecipientKind::Store, &access.store, t);
                match access.access() {
                    Access::Allowed => received.flow.requests += 1,
                    Access::Unconsented | Access::Failed => received.refused += 1,
                    // Its outcome comes as another entry.
                    Access::Intended => {}
                }
                received.flow.purposes.extend(access.purpose.clone());
            }
            EventKind::Tunnel { host, outcome } if outcome == "tunnelled" => {
                self.recipient(RecipientKind::Host, host, t).flow.requests += 1;
            }
            _ => {}
        }
    }

    /// Adds what the event says about its conversation.
    fn converse(&mut self, seq: u64, event: &Event) {
        let Some(id) = &event.conversation else { return };
        let row = self.conversations.entry(id.clone()).or_insert_with(|| begun(id, &event.t));
        self.by_seq.remove(&row.seq);
        self.by_seq.insert(seq, id.clone());
        row.seq = seq;
        row.last.clone_from(&event.t);
        match &event.kind {
            EventKind::Request(request) => {
                row.exchanges += 1;
                row.masked += sum(&request.masked);
                row.clear += left_clear(request);
                row.opaque += unread(request);
                row.erased = false;
                let known: BTreeSet<&String> = row.providers.iter().collect();
                if !known.contains(&request.provider) {
                    row.providers.push(request.provider.clone());
                }
            }
            EventKind::Response(answer) => {
                row.failed += u64::from(answer.fault != ombud_core::event::Party::None);
            }
            EventKind::ToolIntent { .. } => row.tools += 1,
            EventKind::Refused { .. } => row.refused += 1,
            EventKind::Erased { .. } => row.erased = true,
            _ => {}
        }
    }
}

fn begun(id: &str, t: &str) -> ConversationRow {
    ConversationRow {
        id: id.to_owned(),
        first: t.to_owned(),
        last: t.to_owned(),
        // A number that no entry has.
        seq: u64::MAX,
        exchanges: 0,
        tools: 0,
        refused: 0,
        failed: 0,
        masked: 0,
        clear: 0,
        opaque: 0,
        providers: Vec::new(),
        erased: false,
    }
}

/// Parts of a request that were not inspected; a body that passed unread is one.
pub(crate) fn unread(request: &RequestRecord) -> u64 {
    request.opaque.values().sum::<u64>() + u64::from(request.wire == "unread")
}

/// The sum of some counts.
pub(crate) fn sum(counts: &Counts) -> u64 {
    counts.values().sum()
}

/// Values of a request that left in the clear.
pub(crate) fn left_clear(request: &RequestRecord) -> u64 {
    sum(&request.found).saturating_sub(sum(&request.masked))
}

fn row(seq: u64, t: &str) -> EventRow {
    EventRow {
        seq,
        t: t.to_owned(),
        kind: String::new(),
        exchange: None,
        conversation: None,
        about: None,
        code: None,
        masked: 0,
        clear: 0,
        count: None,
    }
}

/// An entry in short.
fn told(seq: u64, event: &Event) -> EventRow {
    let base = EventRow {
        exchange: event.exchange.clone(),
        conversation: event.conversation.clone(),
        ..row(seq, &event.t)
    };
    let about = |kind: &str, about: &str, code: &str| EventRow {
        kind: kind.to_owned(),
        about: Some(about.to_owned()).filter(|about| !about.is_empty()),
        code: Some(code.to_owned()).filter(|code| !code.is_empty()),
        ..base.clone()
    };
    match &event.kind {
        EventKind::RunStart { mode, version } => about("run.start", mode, version),
        EventKind::RunEnd { exit } => {
            EventRow { count: exit.and_then(|exit| u64::try_from(exit).ok()), ..about("run.end", "", "") }
        }
        EventKind::Request(request) => EventRow {
            masked: sum(&request.masked),
            clear: left_clear(request),
            count: Some(unread(request)),
            ..about("llm.request", &request.provider, "")
        },
        EventKind::Response(answer) => EventRow {
            masked: answer.restored,
            count: Some(u64::from(answer.status)),
            ..about("llm.response", "", answer.code.as_deref().unwrap_or_default())
        },
        EventKind::ToolIntent { tool, decision, .. } => about("tool.intent", tool, decision),
        EventKind::AnswerNotice(notice) => {
            let first = notice.found.first();
            let (rule, decision) = first.map_or(("", ""), |found| (&*found.rule, &*found.decision));
            EventRow {
                count: Some(notice.found.len() as u64 + notice.more),
                ..about("answer.notice", rule, decision)
            }
        }
        EventKind::ToolCall(call) => about("tool.call", &call.tool, &call.decision),
        EventKind::ToolResult(result) => about("tool.result", &result.tool, &result.outcome),
        EventKind::ToolNotice(notice) => about("tool.notice", &notice.server, &notice.what),
        EventKind::SourcesDeclared { sources } => {
            EventRow { count: Some(sources.len() as u64), ..about("source.declared", "", "") }
        }
        EventKind::Consent(consent) => about("consent", &consent.purpose, &consent.state),
        EventKind::MemoryAccess(access) => {
            remembered(about("memory.access", &access.store, &access.outcome), access)
        }
        EventKind::SubjectErased { deleted, .. } => {
            EventRow { count: Some(deleted.values().sum()), ..about("subject.erased", "", "") }
        }
        EventKind::Refused { code, provider } => {
            about("refused", provider.as_deref().unwrap_or_default(), code)
        }
        EventKind::Tunnel { host, outcome } => about("tunnel", host, outcome),
        EventKind::Gap { dropped } => EventRow { count: Some(*dropped), ..about("log.gap", "", "") },
        EventKind::EraseIntent {} => about("erase.intent", "", ""),
        EventKind::Erased { keys, .. } => EventRow { count: Some(*keys), ..about("erase.done", "", "") },
    }
}

fn remembered(row: EventRow, access: &MemoryRecord) -> EventRow {
    let about = row.about.map(|store| format!("{store} · {}", access.operation));
    EventRow { count: access.items, about, ..row }
}

#[cfg(test)]
mod tests;
