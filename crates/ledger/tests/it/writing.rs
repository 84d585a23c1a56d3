//! The ledger from outside: write, read alongside the writer, erase, prove.

use crate::support::{append, event, filled, text};
use ombud_core::DataType;
use ombud_core::event::Commitment;
use ombud_ledger::tlog::{Checkpoint, leaf_hash, note::Note, proof};
use ombud_ledger::{Contents, Error, Ledger, Payload, Policy, Reader, verify};

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
async fn dropping_the_ledger_signs_everything() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(home.path()).await.unwrap();
    append(&ledger, 0, 5);
    drop(ledger);
    let report = verify(home.path(), &Policy::default()).unwrap();
    assert_eq!((report.entries, report.payloads, report.is_whole()), (5, 3, true));
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
async fn a_reader_beside_the_writer_sees_and_opens_everything() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(home.path()).await.unwrap();
    append(&ledger, 0, 6);
    let mut reader = Reader::open(home.path()).await.unwrap();
    assert_eq!(reader.len().await.unwrap(), 6);
    append(&ledger, 6, 4);
    let last = ledger.append(event(10), Some(Payload { conversation: "c-9", parts: &[b"last"] })).unwrap();
    ledger.durable(&last).await.unwrap();
    reader.refresh().await.unwrap();

    let newest = reader.newest(3).await.unwrap();
    assert_eq!(newest.iter().map(|record| record.seq).collect::<Vec<_>>(), [8, 9, 10]);
    let mut seen = Vec::new();
    while let page = reader.page(seen.len() as u64, 4).await.unwrap()
        && !page.is_empty()
    {
        seen.extend(page.iter().map(|record| record.seq));
    }
    assert_eq!(seen, (0..11).collect::<Vec<_>>());
    let whole = reader.conversation("c-9").await.unwrap();
    assert_eq!(whole.last().map(|record| record.seq), Some(10));
    assert_eq!(reader.conversation_page("c-9", 10, 9).await.unwrap(), whole[whole.len() - 1..]);
    assert_eq!(reader.conversation_page("c-9", 0, 1).await.unwrap(), whole[..1]);
    assert!(reader.conversation_page("c-9", 11, 9).await.unwrap().is_empty());
    let exchange = reader.exchange("exchange-4").await.unwrap();
    assert_eq!(exchange.iter().map(|record| record.seq).collect::<Vec<_>>(), [8, 9]);
    assert_eq!(exchange[0].event.as_ref().unwrap().id, "event-8");
    assert_eq!(reader.exchanges("exchange-", 3).await.unwrap(), ["exchange-0", "exchange-1", "exchange-2"]);
    assert_eq!(reader.exchanges("exchange-4", 3).await.unwrap(), ["exchange-4"]);
    assert!(reader.exchanges("exchange-4%", 3).await.unwrap().is_empty());
    let Contents::Parts(parts) = reader.contents(&exchange[0]).await.unwrap() else { panic!("unreadable") };
    assert_eq!(parts[0].as_slice(), text(8).as_bytes());
    assert_eq!(parts[1].as_slice(), b"second");
    assert_eq!(reader.contents(&exchange[1]).await.unwrap(), Contents::None);
    assert_eq!(reader.conversation("c-0").await.unwrap().len(), 3);
}

#[tokio::test]
async fn erasing_a_conversation_leaves_the_log_whole_and_the_words_gone() {
    let (home, backup) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(home.path(), 8).await;
    let ledger = Ledger::open(home.path()).await.unwrap();
    // A key that is still on its way to the database must not survive either.
    let _ticket = ledger.append(event(8), Some(Payload { conversation: "c-0", parts: &[b"late"] })).unwrap();
    crate::support::copy(home.path(), backup.path());
    let erased = ledger.erase(&["c-0"]).await.unwrap();
    assert_eq!((erased.keys, erased.epoch), (2, 2));
    assert!(!home.path().join("keys/kek.1.key").exists(), "the old wrapping key must be gone at once");
    ledger.close().await.unwrap();
    drop(ledger);

    let mut reader = Reader::open(home.path()).await.unwrap();
    for record in reader.conversation("c-0").await.unwrap() {
        assert!(matches!(reader.contents(&record).await.unwrap(), Contents::Erased | Contents::None));
    }
    let kept = &reader.conversation("c-1").await.unwrap()[0];
    assert!(matches!(reader.contents(kept).await.unwrap(), Contents::Parts(_)));
    let report = verify(home.path(), &Policy::default()).unwrap();
    assert!(report.is_whole(), "{report:?}");
    assert_eq!(report.entries, 11);
    assert!(report.not_covered.contains(&ombud_ledger::verify::NotCovered::Erased(1)));

    // Yesterday's backup of everything but the keys decrypts nothing.
    std::fs::copy(backup.path().join("state.db"), home.path().join("state.db")).unwrap();
    std::fs::copy(backup.path().join("state.db-wal"), home.path().join("state.db-wal")).unwrap();
    let _ = std::fs::remove_file(home.path().join("state.db-shm"));
    let reader_of_backup = Reader::open(home.path()).await.unwrap();
    for record in reader.newest(20).await.unwrap() {
        let contents = reader_of_backup.contents(&record).await;
        assert!(matches!(contents, Ok(Contents::None) | Err(Error::Key { .. })), "{contents:?}");
    }
}

#[tokio::test]
async fn a_conversation_goes_on_after_its_erasure() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(home.path()).await.unwrap();
    append(&ledger, 0, 1);
    ledger.erase(&["c-0"]).await.unwrap();
    let ticket = ledger.append(event(1), Some(Payload { conversation: "c-0", parts: &[b"new"] })).unwrap();
    ledger.durable(&ticket).await.unwrap();
    let mut reader = Reader::open(home.path()).await.unwrap();
    let records = reader.conversation("c-0").await.unwrap();
    assert_eq!(reader.contents(&records[0]).await.unwrap(), Contents::Erased);
    assert!(matches!(reader.contents(records.last().unwrap()).await.unwrap(), Contents::Parts(_)));
}

#[tokio::test]
async fn proofs_of_entries_and_of_growth_hold() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path(), 300).await;
    let mut reader = Reader::open(home.path()).await.unwrap();
    let mut root = [0; 32];
    for record in reader.newest(300).await.unwrap() {
        let file = reader.proof(record.seq).await.unwrap().unwrap();
        let (index, hashes, note) = proof::parse_file(&file).unwrap();
        let signed = Checkpoint::parse(&Note::parse(note).unwrap().text).unwrap();
        assert_eq!((index, signed.size), (record.seq, 300));
        assert!(proof::verify_inclusion(index, 300, &leaf_hash(&record.leaf), &hashes, &signed.root));
        root = signed.root;
    }
    assert_eq!(reader.proof(300).await.unwrap(), None);
    // The log grows; the old root is provably a prefix of the new one.
    let ledger = Ledger::open(home.path()).await.unwrap();
    append(&ledger, 300, 400);
    ledger.close().await.unwrap();
    let (size, note) = ledger.checkpoint().unwrap();
    let signed = Checkpoint::parse(&Note::parse(&note).unwrap().text).unwrap();
    reader.refresh().await.unwrap();
    let hashes = reader.consistency(300, size).await.unwrap();
    assert!(proof::verify_consistency(300, &root, size, &signed.root, &hashes));
}

#[tokio::test]
async fn the_index_is_made_anew_when_it_belongs_to_another_journal() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(home.path(), 5).await;
    filled(other.path(), 3).await;
    assert_eq!(Reader::open(home.path()).await.unwrap().len().await.unwrap(), 5);
    std::fs::remove_dir_all(home.path().join("journal")).unwrap();
    crate::support::copy(&other.path().join("journal"), &home.path().join("journal"));
    let mut reader = Reader::open(home.path()).await.unwrap();
    assert_eq!(reader.len().await.unwrap(), 3);
    assert_eq!(reader.newest(9).await.unwrap().len(), 3);
}

#[tokio::test]
async fn derived_keys_stay_the_same_and_are_nowhere_on_disk() {
    let home = tempfile::tempdir().unwrap();
    let key = Ledger::open(home.path()).await.unwrap().derive_key("mask", &[b"client"]);
    let ledger = Ledger::open(home.path()).await.unwrap();
    assert_eq!(ledger.derive_key("mask", &[b"client"]), key);
    assert_eq!(ledger.vault().derive_key("mask", &[b"client"]).unwrap(), key);
    assert_ne!(ledger.derive_key("mask", &[b"other"]), key);
    for file in crate::support::files(home.path()) {
        // SQLite removes its side files when the last connection is closed; then there is nothing to find in them.
        let bytes = std::fs::read(&file).unwrap_or_default();
        assert!(!bytes.windows(32).any(|window| window == key), "{}", file.display());
    }
}

#[tokio::test]
async fn no_file_shows_what_a_payload_or_the_vault_says() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(home.path()).await.unwrap();
    let payload = Payload { conversation: "c", parts: &[b"call me on 13800138000"] };
    let ticket = ledger.append(event(0), Some(payload)).unwrap();
    ledger.durable(&ticket).await.unwrap();
    ledger.vault().put("s", &[("PHONE_1", DataType::Phone, "13800138000")]).await.unwrap();
    ledger.close().await.unwrap();
    Reader::open(home.path()).await.unwrap();
    for file in crate::support::files(home.path()) {
        // SQLite removes its side files when the last connection is closed; then there is nothing to find in them.
        let bytes = std::fs::read(&file).unwrap_or_default();
        assert!(!bytes.windows(11).any(|window| window == b"13800138000"), "{}", file.display());
    }
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
    vault.put("a", &[("PHONE_1", DataType::Phone, "13700137000")]).await.unwrap();
    vault.put("b", &[("PHONE_1", DataType::Phone, "13900139000")]).await.unwrap();
    let found = vault.get("a", &["PHONE_1", "P_2", "NO"]).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found["P_2"].value.as_str(), "张伟");
    assert_eq!((found["PHONE_1"].kind, found["PHONE_1"].value.as_str()), (DataType::Phone, "13700137000"));
    assert!(!format!("{found:?}").contains("张伟"));
    vault.erase("a").await.unwrap();
    assert!(vault.get("a", &["PHONE_1"]).await.unwrap().is_empty());
    assert_eq!(vault.get("b", &["PHONE_1"]).await.unwrap()["PHONE_1"].value.as_str(), "13900139000");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_harms_nothing() {
    let home = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(home.path()).await.unwrap();
    let mut long = event(0);
    long.id = "x".repeat(70_000);
    assert!(matches!(ledger.append(long, None), Err(Error::TooLong { what: "record", .. })));
    let mut other = event(0);
    other.conversation = Some("a".to_owned());
    let payload = Payload { conversation: "b", parts: &[] };
    assert!(matches!(ledger.append(other, Some(payload)), Err(Error::Conversation)));
    let huge = vec![0; ombud_ledger::MAX_PAYLOAD];
    let payload = Payload { conversation: "b", parts: &[&huge] };
    assert!(matches!(ledger.append(event(0), Some(payload)), Err(Error::TooLong { what: "payload", .. })));
    let mut lie = event(0);
    lie.payload = Some(Commitment { ct: "00".repeat(32), commit: "00".repeat(32), len: 7 });
    assert_eq!(ledger.append(lie, None).unwrap().seq, 0);
    ledger.close().await.unwrap();
    assert!(verify(home.path(), &Policy::default()).unwrap().is_whole());
}

#[test]
fn a_log_can_be_verified_and_read_while_it_is_written() {
    let home = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ledger = runtime.block_on(Ledger::open(home.path())).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..60).for_each(|round| append(&ledger, round * 20, 20)));
        let mut entries = 0;
        loop {
            let last = writer.is_finished();
            let report = verify(home.path(), &Policy::default()).unwrap();
            assert!(report.is_whole() && report.entries >= entries, "{report:?}");
            entries = report.entries;
            let read = runtime.block_on(async { Reader::open(home.path()).await?.newest(5).await });
            assert!(read.unwrap().iter().all(|record| record.event.is_some()));
            if last {
                break;
            }
        }
    });
    drop(ledger);
    assert_eq!(verify(home.path(), &Policy::default()).unwrap().entries, 1200);
}
