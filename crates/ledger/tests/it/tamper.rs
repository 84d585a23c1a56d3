//! Every bit counts: whatever is changed in a log is found and named.

use std::path::Path;

use crate::support::{copy, files, filled};
use ombud_core::{Lang, Say as _};
use ombud_ledger::tlog::VerifierKey;
use ombud_ledger::verify::{Fault, NotCovered, Report};
use ombud_ledger::{Ledger, Policy, export, verify};

fn judged(source: &Path) -> Report {
    verify(source, &Policy::default()).unwrap()
}

fn key(home: &Path) -> VerifierKey {
    VerifierKey::parse(std::fs::read_to_string(home.join("journal/vkey")).unwrap().trim_end()).unwrap()
}

/// Flips each bit of each file that `of` accepts, and passes the report to `check` with the file and the byte.
fn flip_all(source: &Path, step: usize, policy: &Policy, check: impl Fn(&Path, usize, &Report)) {
    for file in files(source) {
        let good = std::fs::read(&file).unwrap();
        for bit in (0..good.len() * 8).step_by(step) {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&file, &bad).unwrap();
            check(&file, bit / 8, &verify(source, policy).unwrap());
        }
        std::fs::write(&file, &good).unwrap();
    }
}

/// Only the journal of a home, so that the databases and keys are not flipped.
fn journal_only(home: &Path) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&home.join("journal"), &dir.path().join("journal"));
    dir
}

#[tokio::test]
async fn every_bit_of_a_signed_journal_counts() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path(), 2).await;
    let copy = journal_only(home.path());
    assert!(judged(copy.path()).is_whole());
    let known = Policy { log: Some(key(home.path())), ..Policy::default() };
    for (policy, step) in [(Policy::default(), 1), (known, 7)] {
        flip_all(copy.path(), step, &policy, |file, byte, report| {
            assert!(!report.is_whole(), "{} byte {byte}: {report:?}", file.display());
        });
    }
}

proptest::proptest! {
    #[test]
    fn hostile_files_never_panic(segment: Vec<u8>, at: usize, note in "\\PC{0,200}", bundle: Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        for sub in ["journal", "tile/entries", "tile/0"] {
            std::fs::create_dir_all(dir.path().join(sub)).unwrap();
        }
        // A valid start, so that not everything ends at the first byte.
        let good = b"ombudseg\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let mut bytes = [good.as_slice(), &[0; 4], b"OMB1", &segment].concat();
        let at = at % bytes.len();
        bytes[at] ^= 0x55;
        std::fs::write(dir.path().join("journal/00000000.seg"), bytes).unwrap();
        std::fs::write(dir.path().join("journal/checkpoint"), &note).unwrap();
        let _ = verify(dir.path(), &Policy::default()).unwrap();
        std::fs::remove_dir_all(dir.path().join("journal")).unwrap();
        std::fs::write(dir.path().join("checkpoint"), &note).unwrap();
        std::fs::write(dir.path().join("tile/entries/000.p/1"), &bundle).unwrap_or_default();
        let _ = verify(dir.path(), &Policy::default()).unwrap();
    }
}

#[tokio::test]
async fn every_bit_of_an_export_counts() {
    let (home, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(home.path(), 2).await;
    let exported = export(home.path(), out.path()).unwrap();
    assert_eq!((exported.entries, exported.payloads), (2, 1));
    let report = judged(out.path());
    assert_eq!((report.entries, report.payloads, report.is_whole()), (2, 1, true), "{report:?}");
    flip_all(out.path(), 1, &Policy::default(), |file, byte, report| {
        assert!(!report.is_whole(), "{} byte {byte}: {report:?}", file.display());
    });
}

#[tokio::test]
async fn a_sample_of_the_bits_of_a_large_export_counts() {
    let (home, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(home.path(), 600).await;
    export(home.path(), out.path()).unwrap();
    assert!(out.path().join("tile/1/000.p/2").exists());
    flip_all(out.path(), 4001, &Policy::default(), |file, byte, report| {
        assert!(!report.is_whole(), "{} byte {byte}: {report:?}", file.display());
    });
}

#[tokio::test]
async fn a_missing_file_of_an_export_is_noticed_and_a_missing_payload_listed() {
    let (home, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(home.path(), 600).await;
    export(home.path(), out.path()).unwrap();
    let whole = judged(out.path());
    for file in files(out.path()) {
        let bytes = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let report = judged(out.path());
        if file.starts_with(out.path().join("payload")) {
            assert!(report.not_covered.contains(&NotCovered::MissingPayloads(1)));
            assert_eq!(report.payloads + 1, whole.payloads);
        } else {
            assert!(!report.is_whole(), "{}", file.display());
        }
        std::fs::write(&file, bytes).unwrap();
    }
}

#[tokio::test]
async fn the_changed_entry_is_named() {
    let (home, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(home.path(), 300).await;
    export(home.path(), out.path()).unwrap();
    let bundle = out.path().join("tile/entries/001.p/44");
    let mut bytes = std::fs::read(&bundle).unwrap();
    let place = bytes.windows(9).position(|window| window == b"event-260").unwrap();
    bytes[place + 8] = b'1';
    std::fs::write(&bundle, bytes).unwrap();
    let report = judged(out.path());
    let first = report.first_damage().unwrap();
    assert_eq!((first.entry, first.fault), (Some(260), Fault::Entry));
    assert!(first.say(Lang::En).starts_with("entry 260 (tile/entries/001.p/44)"));
    assert!(first.say(Lang::Zh).starts_with("第 260 条记录"));
    assert_eq!(report.entries, 0);
}

#[tokio::test]
async fn a_damaged_frame_of_a_journal_is_named() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path(), 20).await;
    let segment = home.path().join("journal/00000000.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let place = bytes.windows(8).position(|window| window == b"event-13").unwrap();
    bytes[place] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let first = judged(home.path()).damage.remove(0);
    assert_eq!(first.entry, Some(13));
    assert!(matches!(first.fault, Fault::Frame(_)));
}

#[tokio::test]
async fn a_log_cut_off_below_its_checkpoint_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path(), 3).await;
    let copy = journal_only(home.path());
    let segment = copy.path().join("journal/00000000.seg");
    let good = std::fs::read(&segment).unwrap();
    for length in 0..good.len() {
        std::fs::write(&segment, &good[..length]).unwrap();
        let report = judged(copy.path());
        assert!(!report.is_whole() && report.entries == 0, "{length}: {report:?}");
    }
    std::fs::remove_file(&segment).unwrap();
    assert!(!judged(copy.path()).is_whole());
}

#[tokio::test]
async fn another_log_does_not_pass_for_the_one_the_reader_knows() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(home.path(), 2).await;
    filled(other.path(), 2).await;
    let policy = Policy { log: Some(key(home.path())), ..Policy::default() };
    assert!(verify(home.path(), &policy).unwrap().is_whole());
    let report = verify(other.path(), &policy).unwrap();
    assert!(report.damage.iter().any(|damage| damage.fault == Fault::Signature));
    assert_eq!(report.entries, 0);
}

#[tokio::test]
async fn a_report_says_what_it_did_not_cover() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path(), 2).await;
    let report = judged(home.path());
    for item in
        [NotCovered::KeyFromFolder, NotCovered::NoWitness, NotCovered::Plaintext(1), NotCovered::Databases]
    {
        assert!(report.not_covered.contains(&item), "{item:?}");
    }
    let policy = Policy { log: Some(key(home.path())), quorum: 1, ..Policy::default() };
    let report = verify(home.path(), &policy).unwrap();
    assert!(!report.not_covered.contains(&NotCovered::KeyFromFolder));
    assert_eq!(report.first_damage().unwrap().fault, Fault::Quorum);
}

#[tokio::test]
async fn entries_after_the_checkpoint_are_listed_and_a_removed_checkpoint_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    filled(home.path(), 2).await;
    // The checkpoint of two entries next to a journal of five: as after a kill.
    let checkpoint = std::fs::read(home.path().join("journal/checkpoint")).unwrap();
    let frontier = std::fs::read(home.path().join("journal/frontier")).unwrap();
    let ledger = Ledger::open(home.path()).await.unwrap();
    crate::support::append(&ledger, 2, 3);
    drop(ledger);
    std::fs::write(home.path().join("journal/checkpoint"), checkpoint).unwrap();
    std::fs::write(home.path().join("journal/frontier"), frontier).unwrap();
    let report = judged(home.path());
    assert!(report.is_whole());
    assert_eq!(report.entries, 2);
    assert!(report.not_covered.contains(&NotCovered::Tail { entries: 3, torn: 0 }));
    // A flipped bit there is not covered, and the list says so.
    let signed = judged(home.path()).not_covered;
    let segment = home.path().join("journal/00000000.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let report = judged(home.path());
    assert!(report.is_whole() && report.not_covered != signed);
    assert!(report.not_covered.iter().any(|item| matches!(item, NotCovered::Tail { entries: 2, torn: 1.. })));
    std::fs::remove_file(home.path().join("journal/checkpoint")).unwrap();
    assert_eq!(judged(home.path()).first_damage().unwrap().fault, Fault::Missing);
}
