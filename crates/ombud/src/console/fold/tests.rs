//! Folding of made-up entries.

use ombud_core::event::{Commitment, Party, ResponseRecord};
use ombud_core::{DataCategory, DataType};

use super::*;

fn request(provider: &str, found: u64, masked: u64) -> EventKind {
    EventKind::Request(Box::new(RequestRecord {
        provider: provider.into(),
        host: "host".into(),
        wire: "openai.chat".into(),
        model: None,
        stream: false,
        bytes: (1, 1),
        slots: BTreeMap::new(),
        found: Counts::from([(DataType::Phone, found)]),
        masked: Counts::from([(DataType::Phone, masked)]),
        opaque: BTreeMap::new(),
        signs: Vec::new(),
        headers: Vec::new(),
    }))
}

fn answer(fault: Party) -> EventKind {
    EventKind::Response(Box::new(ResponseRecord {
        status: 200,
        complete: true,
        bytes: 0,
        restored: 1,
        unknown_tokens: 0,
        tokens: None,
        request_id: None,
        model: None,
        finish: None,
        ms: (0, 0),
        fault,
        code: None,
    }))
}

fn call(decision: &str) -> EventKind {
    EventKind::ToolIntent {
        tool: "send_mail".into(),
        call: None,
        complete: true,
        decision: decision.into(),
        effect: Some(ombud_core::Effect::Send),
        arguments: Vec::new(),
        weighed: None,
    }
}

#[test]
fn a_call_that_the_gate_would_have_asked_about_reached_the_agent_all_the_same() {
    let fold = folded(vec![
        (None, call("release")),
        (None, call("approved")),
        (None, call("would_ask: new_destination")),
        (None, call("ask: new_destination")),
        (None, call("later")),
    ]);
    let tool = &fold.recipients[&(RecipientKind::Tool, "send_mail".into())];
    assert_eq!((tool.flow.requests, tool.refused, tool.unexamined), (3, 2, 0));
}

#[test]
fn a_change_of_memory_that_was_announced_and_made_is_no_refusal() {
    let access = |outcome: &str| {
        let record = serde_json::json!({
            "kind": "memory.access", "store": "notes", "operation": "write", "collection": null, "purpose": null,
            "outcome": outcome, "status": 200, "items": 1,
        });
        (None, serde_json::from_value(record).unwrap())
    };
    let fold = folded(["intended", "allowed", "ombud_consent_required"].map(access).to_vec());
    let store = &fold.recipients[&(RecipientKind::Store, "notes".into())];
    assert_eq!((store.flow.requests, store.refused), (1, 1));
}

fn event(seq: u64, conversation: Option<&str>, kind: EventKind) -> Event {
    Event {
        v: 1,
        id: format!("event-{seq}"),
        t: format!("2026-11-24T00:00:{seq:02}.000Z"),
        exchange: Some(format!("exchange-{seq}")),
        conversation: conversation.map(str::to_owned),
        subject: None,
        client: None,
        kind,
        payload: None::<Commitment>,
    }
}

fn folded(events: Vec<(Option<&str>, EventKind)>) -> Fold {
    let mut fold = Fold::default();
    for (seq, (conversation, kind)) in events.into_iter().enumerate() {
        fold.add(seq as u64, Some(&event(seq as u64, conversation, kind)));
    }
    fold
}

#[test]
fn amounts_add_up_by_recipient() {
    let fold = folded(vec![
        (Some("a"), request("one", 3, 2)),
        (Some("b"), request("one", 1, 1)),
        (Some("a"), request("two", 1, 0)),
        (None, EventKind::Refused { code: "x".into(), provider: Some("two".into()) }),
        (None, EventKind::Tunnel { host: "h:1".into(), outcome: "refused".into() }),
        (None, EventKind::Tunnel { host: "h:2".into(), outcome: "tunnelled".into() }),
    ]);
    let one = &fold.recipients[&(RecipientKind::Provider, "one".into())];
    let amount = one.flow.data[&DataCategory::ContactPhone];
    assert_eq!((one.flow.requests, amount.masked, amount.clear, one.refused), (2, 3, 1, 0));
    assert_eq!(
        (one.first.as_str(), one.last.as_str()),
        ("2026-11-24T00:00:00.000Z", "2026-11-24T00:00:01.000Z")
    );
    let two = &fold.recipients[&(RecipientKind::Provider, "two".into())];
    assert_eq!((two.flow.requests, two.refused), (1, 1));
    let hosts: Vec<_> = fold.recipients.keys().filter(|key| key.0 == RecipientKind::Host).collect();
    assert_eq!(hosts, [&(RecipientKind::Host, "h:2".to_owned())]);
    assert_eq!((fold.newest.len(), fold.newest[0].seq), (6, 5));
}

#[test]
fn what_reached_nobody_was_received_by_nobody() {
    let gone = |code: &str| {
        let EventKind::Response(mut record) = answer(Party::Network) else { panic!() };
        record.code = Some(code.into());
        EventKind::Response(record)
    };
    let mut fold = Fold::default();
    let mut add = |seq: u64, exchange: &str, kind| {
        let exchange = Some(exchange.to_owned());
        fold.add(seq, Some(&Event { exchange, ..event(seq, None, kind) }));
    };
    add(0, "a", request("one", 3, 2));
    add(1, "b", request("one", 1, 1));
    add(2, "c", request("one", 1, 1));
    add(3, "a", gone("ombud_provider_unreachable"));
    // It may have been received all the same.
    add(4, "b", gone("ombud_provider_timeout"));
    let call = serde_json::json!({
        "kind": "tool.call", "server": "shop", "via": "http", "tool": "pay", "effect": "pay", "decision": "release",
        "found": { "PHONE": 1 },
    });
    let result = serde_json::json!({
        "kind": "tool.result", "server": "shop", "tool": "pay", "outcome": "ombud_provider_unreachable", "bytes": 0, "ms": 1,
    });
    add(5, "d", serde_json::from_value(call).unwrap());
    add(6, "d", serde_json::from_value(result).unwrap());
    let one = &fold.recipients[&(RecipientKind::Provider, "one".into())];
    let amount = one.flow.data[&DataCategory::ContactPhone];
    assert_eq!((one.flow.requests, one.flow.lost, amount.masked, amount.clear), (2, 1, 2, 0));
    let shop = &fold.recipients[&(RecipientKind::Tool, "shop".into())];
    assert_eq!((shop.flow.requests, shop.flow.lost, shop.flow.data.len()), (0, 1, 0));
}

#[test]
fn conversations_come_in_the_order_of_their_last_entry() {
    let fold = folded(vec![
        (Some("a"), request("one", 1, 1)),
        (Some("b"), request("one", 0, 0)),
        (Some("a"), answer(Party::Provider)),
        (Some("c"), request("two", 2, 2)),
        (Some("b"), EventKind::Erased { keys: 1, epoch: 2 }),
    ]);
    let ids = |rows: Vec<&ConversationRow>| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(fold.conversations(None, 9)), ["b", "c", "a"]);
    assert_eq!(ids(fold.conversations(Some(4), 1)), ["c"]);
    assert_eq!(ids(fold.conversations(Some(2), 9)), Vec::<String>::new());
    let a = fold.conversations(Some(3), 1)[0];
    assert_eq!((a.failed, a.masked, a.exchanges, a.erased), (1, 1, 1, false));
    assert!(fold.conversations(None, 1)[0].erased);
}

#[test]
fn an_entry_of_a_later_version_is_counted_and_shown_as_such() {
    let mut fold = Fold::default();
    fold.add(0, None);
    assert_eq!((fold.next, fold.newest[0].kind.as_str()), (1, "later"));
}

#[test]
fn the_list_of_newest_is_bounded() {
    let fold = folded((0..150).map(|_| (None, EventKind::RunEnd { exit: None })).collect());
    assert_eq!((fold.newest.len(), fold.newest[0].seq), (NEWEST, 149));
}
