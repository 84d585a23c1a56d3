//! The ledger from outside: open, append, crash, read, erase.

use ombud_core::DataType;
use ombud_core::event::{Event, EventKind};
use ombud_ledger::{Error, Ledger, Payload};

fn event(n: u64) -> Event {
    Event {
        v: 1,
        id: format!("event-{n}"),
        t: "2026-11-22T11:50:05.123Z".to_owned(),
        exchange: Some(format!("exchange-{}", n / 2)),
        conversation: None,
        client: None,
        kind: EventKind::Refused { code: "test".to_owned(), provider: None },
        payload: None,
    }
}

#[tokio::test]
async fn what_is_appended_becomes_durable_and_is_there_after_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(home.path()).await.unwrap();
    for n in 0..10 {
        let payload = Payload { conversation: "c-1", parts: &[b"hello", b""] };
        let ticket = ledger.append(event(n), Some(payload)).unwrap();
        assert_eq!(ticket.seq, n);
        ledger.durable(&ticket).await.unwrap();
    }
    ledger.close().await.unwrap();
    assert_eq!(ledger.checkpoint().unwrap().0, 10);
    assert!(matches!(ledger.append(event(10), None), Err(Error::Closed)));
    drop(ledger);
    let ledger = Ledger::open(home.path()).await.unwrap();
    assert_eq!(ledger.append(event(10), None).unwrap().seq, 10);
}

#[tokio::test]
async fn a_second_writer_is_told_who_the_first_is() {
    let home = tempfile::tempdir().unwrap();
    let first = Ledger::open(home.path()).await.unwrap();
    let Err(Error::Busy { holder, .. }) = Ledger::open(home.path()).await else { panic!("not busy") };
    assert_eq!(holder, format!("process {}", std::process::id()));
    drop(first);
    Ledger::open(home.path()).await.unwrap();
}

#[tokio::test]
async fn the_vault_gives_back_what_was_put_into_that_scope_only() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(home.path()).await.unwrap();
    let vault = ledger.vault();
    vault
        .put("a", &[("PHONE_1", DataType::Phone, "13800138000"), ("P_2", DataType::Person, "张伟")])
        .await
        .unwrap();
    vault.put("b", &[("PHONE_1", DataType::Phone, "13900139000")]).await.unwrap();
    let found = vault.get("a", &["PHONE_1", "P_2", "NO"]).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found["P_2"].value.as_str(), "张伟");
    assert_eq!(found["PHONE_1"].kind, DataType::Phone);
    vault.erase("a").await.unwrap();
    assert!(vault.get("a", &["PHONE_1"]).await.unwrap().is_empty());
    assert_eq!(vault.get("b", &["PHONE_1"]).await.unwrap()["PHONE_1"].value.as_str(), "13900139000");
}
