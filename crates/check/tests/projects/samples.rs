//! The sample agents shipped with Ombud.

use std::path::Path;

use ombud_check::Options;
use ombud_core::finding::Severity;

use crate::project::{lines, look};

fn sample(name: &str) -> ombud_check::Report {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    look(&root, &Options::default())
}

/// The same, with the settings of its own ombud.toml.
fn configured(name: &str) -> ombud_check::Report {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    look(&root, &Options { tools_ask: true, gateway: true, ..Options::default() })
}

fn rules(report: &ombud_check::Report) -> Vec<&str> {
    let mut all: Vec<&str> = report.findings.iter().map(|finding| finding.rule.0).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn the_faulty_assistant_has_the_faults_it_was_given() {
    let report = sample("assistant-faulty");
    for rule in [
        "retrieval-without-consent",
        "memory-write-without-consent",
        "plaintext-chat-store",
        "tool-loop-without-limit",
        "no-erase-path",
        "tool-without-confirmation",
    ] {
        assert!(rules(&report).contains(&rule), "{rule}: {:?}", lines(&report));
    }
    assert!(report.breaches(Severity::Error));
}

#[test]
fn the_mended_assistant_is_clean() {
    let report = configured("assistant-mended");
    assert!(!report.breaches(Severity::Error), "{:?}", lines(&report));
    for rule in [
        "retrieval-without-consent",
        "memory-write-without-consent",
        "plaintext-chat-store",
        "tool-loop-without-limit",
        "no-erase-path",
    ] {
        assert!(!rules(&report).contains(&rule), "{:?}", lines(&report));
    }
    assert!(report.understood >= 1);
    // Clean because it was examined, not because nothing was.
    let seen: Vec<&str> = report.flow.recipients.keys().map(|who| who.name.as_str()).collect();
    assert_eq!(seen, ["openai", "chroma"]);
}

#[test]
fn the_faulty_dify_app_has_the_faults_it_was_given() {
    let report = sample("dify-assistant-faulty");
    for rule in [
        "retrieval-without-consent",
        "memory-write-without-consent",
        "secret-in-source",
        "untrusted-to-exec",
        "no-erase-path",
        "tool-loop-without-limit",
    ] {
        assert!(rules(&report).contains(&rule), "{rule}: {:?}", lines(&report));
    }
}

#[test]
fn the_mended_dify_app_is_clean() {
    let report = sample("dify-assistant-mended");
    assert!(!report.breaches(Severity::Info), "{:?}", lines(&report));
    assert_eq!(report.understood, 1);
}
