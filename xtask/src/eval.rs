//! `cargo xtask eval`: the suite for signs of injection, and with `--data DIR` also detection quality on labelled texts that
//! are not in the repository.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use ombud_detect::injection::judge;
use ombud_detect::injection::model::Model;
use serde::Deserialize;

use crate::command;
use crate::term;
use crate::train;
use crate::workspace::Workspace;

pub(crate) mod check;
pub(crate) mod peers;
mod secrets;
mod signs;
mod table;
pub(crate) mod tools;

/// What can be measured apart from detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum What {
    /// The check, on real exports.
    Check,
    /// The effect classes of real tools.
    Tools,
}

/// The scorer's result for one set.
#[derive(Debug, Deserialize)]
struct Score {
    micro: Row,
    /// Canonical type to its row.
    types: BTreeMap<String, Row>,
}

/// Counts and shares of one type; shares range from 0 to 1.
#[derive(Debug, Clone, Default, Deserialize)]
struct Row {
    /// Labelled values.
    gold: u32,
    /// Reported values.
    pred: u32,
    /// Share of reported values that are correct.
    #[serde(rename = "P")]
    precision: f64,
    /// Share of labelled values that were found.
    #[serde(rename = "R")]
    recall: f64,
    /// Harmonic mean of both.
    #[serde(rename = "F1")]
    f1: f64,
    /// The same, counting only exact spans.
    #[serde(rename = "exactF1")]
    exact_f1: f64,
    /// Share of labelled characters not covered by any report; only in the total.
    #[serde(default)]
    leak: f64,
    /// Share of unlabelled characters covered by a report; only in the total.
    #[serde(default)]
    over: f64,
}

/// The sets of real text that are part of the repository.
const REAL_TEXT: &str = "crates/detect/tests/real";

/// The page that holds the figures.
const DOCUMENT: &str = "docs/quality.md";

/// Runs the suite and, with data, scores every set; writes docs/quality.md.
pub(crate) fn run(workspace: &Workspace, data: Option<&Path>, wrong: bool) -> Result<ExitCode> {
    // Uses the model in the tree, which may be newer than this program.
    let file = fs::read(workspace.path(train::signs::MODEL))?;
    let model =
        Model::read(&file).with_context(|| format!("{} has an unsupported version", train::signs::MODEL))?;
    let outcome = signs::run(|text| judge(&model, text))?;
    if wrong {
        outcome.wrong().iter().for_each(|case| term::line(case));
    }
    let section = outcome.section();
    term::line(&section);
    if let Some(data) = data {
        return sets_of(workspace, data, &section);
    }
    let path = workspace.path(DOCUMENT);
    let document = fs::read_to_string(&path)?;
    fs::write(&path, table::with_signs(&document, &section))?;
    Ok(ExitCode::SUCCESS)
}

/// Scores every set of `data` and of the repository, and writes docs/quality.md.
fn sets_of(workspace: &Workspace, data: &Path, signs: &str) -> Result<ExitCode> {
    let folder = data.join("pii");
    let sets = all_sets(workspace, &folder)?;
    let ombud = workspace.build_release()?;
    let out = workspace.target.join("eval");
    fs::create_dir_all(&out)?;
    let mut scores = BTreeMap::new();
    for set in &sets {
        let name = name_of(set);
        term::line(&format!("\n── {name}"));
        let row = score(&ombud, &folder.join("score.py"), set, &out.join(&name))?;
        scores.insert(name, row);
    }
    let secrets = secrets::measure(&ombud, &folder, &out)?;
    let secrets = secrets.as_ref().map(secrets::chapter).unwrap_or_default();
    let path = workspace.path(DOCUMENT);
    let document = table::with_signs(&table::document(&scores, &secrets), signs);
    // The section on other programs belongs to another command and is kept.
    let others = peers::section_of(&fs::read_to_string(&path)?).to_owned();
    fs::write(path, peers::put_in(&document, &others))?;
    ship(workspace, &ombud)?;
    term::line("\nwritten: docs/quality.md");
    for line in table::below_target(&scores) {
        term::line(&format!("below the target: {line}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the figures that `ombud selftest` compares its results with.
fn ship(workspace: &Workspace, ombud: &Path) -> Result<()> {
    let told = Command::new(ombud).args(["selftest", "--format", "json", "--quiet"]).output()?;
    // 1 means that the figures were better before; whoever runs this sees it in the diff.
    if !matches!(told.status.code(), Some(0 | 1)) {
        bail!("`ombud selftest` ended with {}", told.status);
    }
    Ok(fs::write(workspace.path("crates/ombud/data/selftest/shipped.json"), told.stdout)?)
}

/// The sets of `folder` and of the repository.
fn all_sets(workspace: &Workspace, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = sets(folder)?;
    all.extend(sets(&workspace.path(REAL_TEXT))?);
    Ok(all)
}

fn name_of(set: &Path) -> String {
    set.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn sets(folder: &Path) -> Result<Vec<PathBuf>> {
    let listing = fs::read_dir(folder).with_context(|| {
        format!("{} cannot be read; --data takes the folder above `pii`", folder.display())
    })?;
    let mut sets: Vec<PathBuf> = listing
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.to_string_lossy().ends_with("_dev.jsonl"))
        .collect();
    if sets.is_empty() {
        bail!("{} holds no *_dev.jsonl", folder.display());
    }
    sets.sort();
    Ok(sets)
}

/// Runs the product over one set, as any user of `--jsonl` would, and then the scorer over both.
fn score(ombud: &Path, scorer: &Path, set: &Path, out: &Path) -> Result<Score> {
    let predicted = out.with_extension("out.jsonl");
    let mut scan = Command::new(ombud);
    scan.args(["scan", "--jsonl"]).stdin(File::open(set)?).stdout(File::create(&predicted)?);
    let status = scan.status().with_context(|| format!("could not start {}", ombud.display()))?;
    // 1 means that something was found, which is the purpose of these texts.
    if !matches!(status.code(), Some(0 | 1)) {
        bail!("`ombud scan --jsonl` ended with {status} on {}", set.display());
    }
    judged(scorer, set, &predicted, None)
}

/// Scores what was found, over all types of the set or over some of them.
fn judged(scorer: &Path, set: &Path, predicted: &Path, types: Option<&str>) -> Result<Score> {
    let json = predicted.with_extension("score.json");
    let mut python = Command::new("python3");
    python.arg(scorer).arg(set).arg(predicted).args(["--system", "canonical", "--json"]).arg(&json);
    if let Some(types) = types {
        python.args(["--types", types]);
    }
    command::run(&mut python)?;
    serde_json::from_str(&fs::read_to_string(&json)?).context("the scorer's output has an unexpected format")
}
