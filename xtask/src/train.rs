//! `cargo xtask train --data DIR`: makes the model that tags names of people, places and organisations.
//!
//! The same data give the same bytes: one thread, fixed seeds, and no hash map is ever walked.

mod augment;
mod corpus;
mod crf;
mod encode;
mod gazetteer;
mod instance;
mod measure;
mod overlap;
mod random;
mod templates;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::command;
use crate::term;
use crate::workspace::Workspace;

use corpus::Record;
use instance::Instances;

/// Where the model stands.
const MODEL: &str = "crates/detect/model/names.bin";
/// The development set of real text.
const REAL_TEXT: &str = "crates/detect/tests/real";
/// Where the last measurement is written, outside the repository's files.
const REPORT: &str = "train-report.md";

/// Passes over the training text before and after the weak features are dropped.
const EPOCHS: (u32, u32) = (5, 3);

/// Trains, measures on text that was held out, and writes the model.
pub(crate) fn run(workspace: &Workspace, data: &Path) -> Result<ExitCode> {
    if cfg!(debug_assertions) {
        // The same work takes half an hour unoptimised.
        term::line("training runs in the release build of xtask");
        let mut again = Command::new("cargo");
        again.args(["run", "--release", "--quiet", "-p", "xtask", "--", "train", "--data"]).arg(data);
        command::run(&mut again)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = data.join("train");
    let lists = gazetteer::Lists::read(&folder.join("gaz"))?;
    let mut records = corpus::read(&folder)?;
    records.extend(templates::records(&lists));
    let all = records.len();
    let guard = overlap::Guard::read(&[data.join("pii"), workspace.path(REAL_TEXT)])?;
    records.retain(|record| !guard.touches(record));
    term::line(&format!(
        "{} records; {} dropped because a development set holds them or their template",
        records.len(),
        all - records.len()
    ));
    let (held, mut train): (Vec<Record>, Vec<Record>) = records.into_iter().partition(Record::held_out);
    augment::extend(&mut train);

    let lexicon = lists.table();
    let instances = Instances::new(&train, &lexicon);
    term::line(&format!(
        "{} sentences, {} tokens, {} features seen often enough",
        instances.sentences(),
        instances.tokens(),
        instances.features()
    ));
    let mut weights = crf::Weights::new(instances.features());
    weights.train(&instances, EPOCHS.0, 1);
    weights.keep_strongest(encode::CAPACITY, &instances);
    weights.train(&instances, EPOCHS.1, 100);
    let file = encode::encode(&weights, &instances, &lexicon);
    let path = workspace.path(MODEL);
    fs::write(&path, &file).with_context(|| format!("{} cannot be written", path.display()))?;
    let report = measure::report(&file, &held)?;
    term::line(&report);
    fs::write(workspace.target.join(REPORT), &report)?;
    term::line(&format!("written: {MODEL}, {} bytes", file.len()));
    Ok(ExitCode::SUCCESS)
}
