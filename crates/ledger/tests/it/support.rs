//! Helpers shared by several tests.

use std::path::{Path, PathBuf};

use ombud_core::event::{Event, EventKind};
use ombud_ledger::{Ledger, Payload};

/// An event whose id identifies it; two events share an exchange.
pub(crate) fn event(n: u64) -> Event {
    Event {
        v: 1,
        id: format!("event-{n}"),
        t: "2026-11-22T11:50:05.123Z".to_owned(),
        exchange: Some(format!("exchange-{}", n / 2)),
        conversation: None,
        client: None,
        subject: None,
        kind: EventKind::Refused { code: "test".to_owned(), provider: None },
        payload: None,
    }
}

/// The payload text of event `n` of [`filled`].
pub(crate) fn text(n: u64) -> String {
    format!("the words of event {n}")
}

/// A closed log of `count` events; the even ones have a payload, in conversation `c-0` or `c-1`.
pub(crate) async fn filled(home: &Path, count: u64) {
    let ledger = Ledger::open(home).await.unwrap();
    append(&ledger, 0, count);
    ledger.close().await.unwrap();
}

/// Appends events `first .. first + count` as [`filled`] does.
pub(crate) fn append(ledger: &Ledger, first: u64, count: u64) {
    for n in first..first + count {
        let (text, conversation) = (text(n), format!("c-{}", n / 2 % 2));
        let parts: [&[u8]; 2] = [text.as_bytes(), b"second"];
        let payload = Payload { conversation: &conversation, parts: &parts };
        let _ticket = ledger.append(event(n), (n % 2 == 0).then_some(payload)).unwrap();
    }
}

/// All files below a directory, sorted.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Copies a directory recursively.
pub(crate) fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(file, target).unwrap();
    }
}
