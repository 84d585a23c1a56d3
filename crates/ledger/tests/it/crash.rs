//! Crashes: nothing that was acknowledged is lost, nothing is invented, and a log that cannot be written stays silent.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ombud_ledger::tlog::VerifierKey;
use ombud_ledger::{Contents, Error, Ledger, Payload, Policy, Problem, Reader, verify};

use crate::support::{copy, event, filled};

/// Names the home in a child process that runs the test of the same name in its other role.
const CHILD: &str = "OMBUD_TEST_CHILD_HOME";

fn child(test: &str, home: &Path, limit: Option<&str>) -> Child {
    let this = std::env::current_exe().unwrap();
    let mut command = match limit {
        // The limit's signal is ignored, so that the write fails instead.
        Some(blocks) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]).arg(this);
            shell
        }
        None => Command::new(this),
    };
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(CHILD, home);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn child_home() -> Option<std::path::PathBuf> {
    std::env::var_os(CHILD).map(Into::into)
}

/// Appends until it is killed, and reports after each step what a caller could rely on.
async fn append_for_ever(home: &Path) {
    let ledger = Ledger::open(home).await.unwrap();
    let mut out = std::io::stdout();
    for n in 0_u64.. {
        let name = format!("{}-{n}", std::process::id());
        let mut event = event(n);
        event.id.clone_from(&name);
        let payload = Payload { conversation: &name, parts: &[name.as_bytes()] };
        let ticket = ledger.append(event, Some(payload)).unwrap();
        writeln!(out, "\nwritten {} {name}", ticket.seq).unwrap();
        if n % 8 == 0 {
            ledger.durable(&ticket).await.unwrap();
            writeln!(out, "\ndurable {} {name}", ticket.seq).unwrap();
        }
    }
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_to_kill_9() {
    if let Some(home) = child_home() {
        return append_for_ever(&home).await;
    }
    let home = tempfile::tempdir().unwrap();
    drop(Ledger::open(home.path()).await.unwrap());
    let vkey = std::fs::read_to_string(home.path().join("journal/vkey")).unwrap();
    let policy = Policy { log: VerifierKey::parse(vkey.trim_end()), ..Policy::default() };
    let (mut written, mut durable) = (Vec::new(), Vec::new());
    let mut covered = 0;
    for round in 0..25_usize {
        let mut child = child("crash::nothing_acknowledged_is_lost_to_kill_9", home.path(), None);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Killed after a different number of lines each time; what it had already reported counts too.
        for line in lines.by_ref().take(10 + round * 13) {
            note(&line.unwrap(), &mut written, &mut durable);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        lines.map_while(Result::ok).for_each(|line| note(&line, &mut written, &mut durable));

        let report = verify(home.path(), &policy).unwrap();
        assert!(report.is_whole(), "round {round}: {report:?}");
        assert!(report.entries >= covered, "a published checkpoint went back");
        covered = report.entries;
    }
    assert!(written.len() > 500 && durable.len() > 50);
    let mut reader = Reader::open(home.path()).await.unwrap();
    let records = reader.newest(u32::MAX).await.unwrap();
    assert!(records.iter().zip(0..).all(|(record, seq)| record.seq == seq));
    for (seq, id) in &written {
        assert_eq!(records[*seq].event.as_ref().unwrap().id, *id);
    }
    for (seq, id) in durable.iter().step_by(7) {
        let contents = reader.contents(&records[*seq]).await.unwrap();
        let Contents::Parts(parts) = contents else {
            panic!("entry {seq} was acknowledged and does not open")
        };
        assert_eq!(parts[0].as_slice(), id.as_bytes());
    }
}

/// Parses a line such as `written 12 4711-12`; other lines come from the test harness. A line reaches a pipe completely
/// or not at all.
fn note(line: &str, written: &mut Vec<(usize, String)>, durable: &mut Vec<(usize, String)>) {
    let mut words = line.split(' ');
    let (Some(kind), Some(seq), Some(id)) = (words.next(), words.next(), words.next()) else { return };
    match (kind, seq.parse()) {
        ("written", Ok(seq)) => written.push((seq, id.to_owned())),
        ("durable", Ok(seq)) => durable.push((seq, id.to_owned())),
        _ => {}
    }
}

#[tokio::test]
async fn a_full_disk_ends_the_log_for_good() {
    if let Some(home) = child_home() {
        let ledger = Ledger::open(&home).await.unwrap();
        let words = vec![b'x'; 10_000];
        let payload = Payload { conversation: "c", parts: &[&words] };
        let mut count = 0;
        let failure = loop {
            match ledger.append(event(count), Some(payload)) {
                Ok(_) => count += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(failure, Error::Unwritable { .. }), "{failure}");
        // Even what would fit again is refused, and nothing that was not yet synced is acknowledged any more.
        assert!(matches!(ledger.append(event(0), None), Err(Error::Unwritable { .. })));
        assert!(matches!(ledger.close().await, Err(Error::Unwritable { .. })));
        println!("\nrefused after {count}");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let child = child("crash::a_full_disk_ends_the_log_for_good", home.path(), Some("2048"));
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    let count: u64 =
        text.split("refused after ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!(count > 10);
    // With free space again, the log continues after the last complete entry and records what happened.
    let ledger = Ledger::open(home.path()).await.unwrap();
    assert_eq!(ledger.append(event(0), None).unwrap().seq, count + 1);
    ledger.close().await.unwrap();
    let mut reader = Reader::open(home.path()).await.unwrap();
    let gap = &reader.newest(2).await.unwrap()[0];
    assert!(String::from_utf8_lossy(&gap.leaf).contains("\"kind\":\"log.gap\""));
    assert!(verify(home.path(), &Policy::default()).unwrap().is_whole());
}

async fn refused(home: &Path) -> Problem {
    match Ledger::open(home).await {
        Err(Error::Inconsistent { problem }) => problem,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("opened"),
    }
}

#[tokio::test]
async fn nothing_is_signed_that_contradicts_a_checkpoint() {
    let (home, old) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(home.path(), 3).await;
    copy(home.path(), old.path());
    let ledger = Ledger::open(home.path()).await.unwrap();
    crate::support::append(&ledger, 3, 3);
    drop(ledger);
    let segment = home.path().join("journal/00000000.seg");
    let good = std::fs::read(&segment).unwrap();
    let frontier = home.path().join("journal/frontier");

    // An old copy of the segment was restored; with and without a frontier.
    std::fs::copy(old.path().join("journal/00000000.seg"), &segment).unwrap();
    assert_eq!(refused(home.path()).await, Problem::Shorter { found: 3, signed: 6 });
    std::fs::remove_file(&frontier).unwrap();
    assert_eq!(refused(home.path()).await, Problem::Shorter { found: 3, signed: 6 });

    // The end was cut off inside the signed part.
    std::fs::write(&segment, &good[..good.len() - 1]).unwrap();
    assert!(matches!(refused(home.path()).await, Problem::Segment { segment: 0, .. }));
    assert_eq!(
        std::fs::metadata(&segment).unwrap().len(),
        good.len() as u64 - 1,
        "nothing was repaired away"
    );

    // Another log of the same length.
    std::fs::write(&segment, &good).unwrap();
    let other = tempfile::tempdir().unwrap();
    filled(other.path(), 6).await;
    std::fs::copy(other.path().join("journal/00000000.seg"), &segment).unwrap();
    assert_eq!(refused(home.path()).await, Problem::Forked { signed: 6 });

    // Another log's checkpoint, a damaged one, none at all.
    std::fs::write(&segment, &good).unwrap();
    let checkpoint = home.path().join("journal/checkpoint");
    let signed = std::fs::read(&checkpoint).unwrap();
    std::fs::copy(other.path().join("journal/checkpoint"), &checkpoint).unwrap();
    assert_eq!(refused(home.path()).await, Problem::Checkpoint);
    std::fs::write(&checkpoint, b"nonsense").unwrap();
    assert_eq!(refused(home.path()).await, Problem::Checkpoint);
    std::fs::remove_file(&checkpoint).unwrap();
    std::fs::copy(old.path().join("journal/frontier"), &frontier).unwrap();
    assert_eq!(refused(home.path()).await, Problem::Checkpoint);

    // Everything showing that something had been signed is gone, and then every entry too: the keys of conversations
    // remain.
    std::fs::remove_file(&frontier).unwrap();
    std::fs::write(&segment, &good[..good.len() / 2]).unwrap();
    assert_eq!(refused(home.path()).await, Problem::Checkpoint);
    assert!(!verify(home.path(), &Policy::default()).unwrap().is_whole());
    std::fs::write(&segment, &good[..60]).unwrap();
    assert_eq!(refused(home.path()).await, Problem::Emptied);
    // With the checkpoint over zero entries that every log starts with.
    let born = tempfile::tempdir().unwrap();
    std::fs::create_dir(born.path().join("keys")).unwrap();
    std::fs::copy(home.path().join("keys/log.key"), born.path().join("keys/log.key")).unwrap();
    Ledger::open(born.path()).await.unwrap().close().await.unwrap();
    std::fs::copy(born.path().join("journal/checkpoint"), &checkpoint).unwrap();
    assert_eq!(refused(home.path()).await, Problem::Emptied);
    std::fs::remove_file(&checkpoint).unwrap();

    // One flipped bit in the middle, in the signed part.
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    std::fs::write(&segment, &flipped).unwrap();
    std::fs::write(&checkpoint, &signed).unwrap();
    assert!(matches!(refused(home.path()).await, Problem::Segment { .. }));
    std::fs::write(&segment, &good).unwrap();

    // Restored to its original state, it opens; also with a frontier that is older, damaged or gone.
    std::fs::write(&checkpoint, &signed).unwrap();
    for frontier_bytes in [std::fs::read(old.path().join("journal/frontier")).unwrap(), b"junk".to_vec()] {
        std::fs::write(&frontier, frontier_bytes).unwrap();
        let ledger = Ledger::open(home.path()).await.unwrap();
        let _ticket = ledger.append(event(9), None).unwrap();
        drop(ledger);
        assert!(verify(home.path(), &Policy::default()).unwrap().is_whole());
    }
}

/// A start that was refused or killed does not leave a log behind, nor anything that raises a false alarm; filters may
/// have been used first.
#[tokio::test]
async fn a_home_without_a_log_is_told_as_such_and_can_begin_one() {
    let home = tempfile::tempdir().unwrap();
    let none =
        |home: &Path| matches!(verify(home, &Policy::default()), Err(ombud_ledger::verify::Error::NoLog(_)));
    std::fs::create_dir(home.path().join("journal")).unwrap();
    assert!(none(home.path()));
    let vault = ombud_ledger::Vault::at(home.path());
    vault.put("scope", &[("PHONE_YKRDVKFC", ombud_core::DataType::Phone, "1")]).await.unwrap();
    assert!(none(home.path()));
    let ledger = Ledger::open(home.path()).await.unwrap();
    crate::support::append(&ledger, 0, 2);
    ledger.close().await.unwrap();
    drop(ledger);
    assert!(verify(home.path(), &Policy::default()).unwrap().is_whole());
    std::fs::remove_dir_all(home.path().join("journal")).unwrap();
    assert_eq!(refused(home.path()).await, Problem::Emptied);
    assert!(none(home.path()), "a refused start writes nothing");
}

#[tokio::test]
async fn a_lost_key_is_named_and_never_replaced() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path(), 1).await;
    for key in ["log.key", "master.key", "kek.1.key"] {
        let path = home.path().join("keys").join(key);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let Err(Error::Key { path: named }) = Ledger::open(home.path()).await else { panic!("{key}") };
        assert_eq!(named, path);
        assert!(!path.exists());
        std::fs::write(&path, bytes).unwrap();
    }
    Ledger::open(home.path()).await.unwrap();
}
