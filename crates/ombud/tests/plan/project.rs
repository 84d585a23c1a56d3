//! A project in a folder of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use ombud_core::event::{EventKind, MemoryRecord, RequestRecord};
use ombud_core::{DataType, Role};
use ombud_gateway::record;
use ombud_ledger::Ledger;
use tempfile::TempDir;

/// What a run printed, and its exit code.
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

/// A project and its state.
pub(crate) struct Project {
    dir: TempDir,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `ombud` in the project.
    pub(crate) fn ombud(&self, args: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_ombud"))
            .args(args)
            .current_dir(self.dir.path())
            .env("OMBUD_LANG", "en")
            .env_remove("OMBUD_HOME")
            .output()
            .unwrap();
        Said {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    /// The project's log, open for writing.
    pub(crate) async fn ledger(&self) -> Ledger {
        Ledger::open(&self.path(".ombud")).await.unwrap()
    }
}

/// Appends an entry and gives the id of its exchange.
pub(crate) fn append(ledger: &Ledger, kind: EventKind) -> String {
    let exchange = record::id();
    let mut event = record::event(kind);
    event.exchange = Some(exchange.clone());
    let _ticket = ledger.append(event, None).unwrap();
    exchange
}

/// A chat request that held values of one type.
pub(crate) fn request(provider: &str, host: &str, kind: DataType, masked: bool) -> EventKind {
    let found = BTreeMap::from([(kind, 1)]);
    EventKind::Request(Box::new(RequestRecord {
        provider: provider.into(),
        host: host.into(),
        wire: "openai.chat".into(),
        model: None,
        stream: true,
        bytes: (10, 10),
        slots: BTreeMap::from([(Role::User, 1)]),
        masked: if masked { found.clone() } else { BTreeMap::new() },
        found,
        opaque: BTreeMap::new(),
        signs: Vec::new(),
        headers: Vec::new(),
    }))
}

/// Three items read from a memory store for a purpose.
pub(crate) fn memory(purpose: &str) -> EventKind {
    EventKind::MemoryAccess(Box::new(MemoryRecord {
        store: "notes".into(),
        operation: "read".into(),
        collection: None,
        purpose: Some(purpose.into()),
        outcome: "allowed".into(),
        status: 200,
        items: Some(3),
    }))
}
