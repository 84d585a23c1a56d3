//! `ombud check` on the labelled projects of `tests/check-suite` (its README says how labels and findings are compared).

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::labels::{Found, Label, Score, score};
use serde_json::Value;

/// Projects that nobody looks at while rules are tuned.
const SET_ASIDE: &[&str] = &["diary-api", "wechaty-bot", "n8n-support", "gpt-planner"];

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/check-suite")
}

/// Projects of the suite, the set-aside ones or the others.
fn projects(aside: bool) -> Vec<PathBuf> {
    let all = std::fs::read_dir(suite()).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = all
        .filter(|path| path.is_dir())
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().trim_end_matches("-clean");
            SET_ASIDE.contains(&name) == aside
        })
        .collect();
    all.sort();
    all
}

/// What the binary finds in a project, with its own configuration.
fn checked(project: &Path) -> Vec<Found> {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ombud"));
    command.args(["check", ".", "--format", "json"]).current_dir(project).env("OMBUD_HOME", home.path());
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
    report["findings"].as_array().unwrap().iter().map(|finding| Found::of(finding, project)).collect()
}

fn sum(aside: bool) -> Score {
    let mut sum = Score::default();
    for project in projects(aside) {
        let labels = Label::read(&project.join("expected.tsv"));
        sum.add(score(&labels, &checked(&project)), project.file_name().unwrap().to_str().unwrap());
    }
    sum
}

#[test]
fn the_suite_is_as_large_as_it_says() {
    let all = [projects(false), projects(true)].concat();
    let labels: Vec<Label> =
        all.iter().flat_map(|project| Label::read(&project.join("expected.tsv"))).collect();
    let count = |kind: &str| labels.iter().filter(|label| label.kind == kind).count();
    assert!(all.len() >= 27 && count("must") >= 150 && count("trap") >= 80);
}

#[test]
fn what_must_be_found_is_found_and_traps_are_left_alone() {
    let score = sum(false);
    assert!(score.recall() >= 0.90 && score.precision() >= 0.95, "{score}");
}

#[test]
fn so_it_is_where_nobody_looked() {
    let score = sum(true);
    assert!(score.recall() >= 0.70 && score.precision() >= 0.80, "{score}");
}
