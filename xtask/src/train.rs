//! `cargo xtask train --data DIR`: builds the models: the tagger for names of people, places and organisations, and the model
//! for signs of injection.
//!
//! The same data give the same bytes: one thread, fixed seeds, and no iteration over hash maps.

mod augment;
mod classes;
mod common;
mod corpus;
mod corrections;
mod crf;
mod encode;
mod gate;
mod gazetteer;
mod instance;
mod measure;
mod overlap;
pub(crate) mod random;
pub(crate) mod signs;
mod templates;
mod written;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use ombud_detect::tagger::gate::Gate;
use ombud_detect::tagger::lexicon::{Classes, Lexicon};
use ombud_detect::tagger::words::Words;

use crate::command;
use crate::term;
use crate::workspace::Workspace;

use corpus::Record;
use encode::Tables;
use instance::{Instances, Known};

/// Path of the model.
const MODEL: &str = "crates/detect/model/names.bin";
/// The development set of real text.
const REAL_TEXT: &str = "crates/detect/tests/real";
/// Where the last measurement is written, in the target directory.
const REPORT: &str = "train-report.md";

/// Passes over the training text before and after the weak features are dropped.
const EPOCHS: (u32, u32) = (5, 3);

/// The model is the mean of what is learned with each of these seeds.
const SEEDS: &[u64] = &[1, 21, 41, 61, 81];

/// A model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Which {
    /// Names of people, places and organisations.
    Names,
    /// Signs of injection.
    Signs,
    /// Chinese words that the names model mistakes for a name when they appear alone.
    Common,
}

impl Which {
    fn flag(self) -> &'static str {
        match self {
            Self::Names => "--only=names",
            Self::Signs => "--only=signs",
            Self::Common => "--only=common",
        }
    }
}

/// Builds the models, or one of them.
pub(crate) fn run(workspace: &Workspace, data: &Path, only: Option<Which>) -> Result<ExitCode> {
    if cfg!(debug_assertions) {
        // The same work takes half an hour unoptimised.
        term::line("training runs in the release build of xtask");
        let mut again = Command::new("cargo");
        again.args(["run", "--release", "--quiet", "-p", "xtask", "--", "train", "--data"]).arg(data);
        again.args(only.map(Which::flag));
        command::run(&mut again)?;
        return Ok(ExitCode::SUCCESS);
    }
    if matches!(only, None | Some(Which::Signs)) {
        signs::run(workspace, &corpus::read(&data.join("train"))?)?;
    }
    if matches!(only, None | Some(Which::Names)) {
        names(workspace, data)?;
    }
    if matches!(only, None | Some(Which::Common)) {
        common::run(workspace, &data.join("train"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The files of a folder with this extension, sorted by name.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let listing = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let paths = listing.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|found| found == ending)).collect();
    paths.sort();
    Ok(paths)
}

/// Trains the tagger, writes the model, and measures it on held-out text.
fn names(workspace: &Workspace, data: &Path) -> Result<()> {
    let folder = data.join("train");
    let mut lists = gazetteer::Lists::read(&folder.join("gaz"))?;
    let mut records = corpus::read(&folder)?;
    records.extend(templates::records(&lists));
    records.extend(written::read(&workspace.path(written::FOLDER))?);
    let checked = records.iter().filter(|record| record.source.ends_with(corpus::CHECKED)).count();
    term::line(&format!("{checked} collected sentences have manually corrected labels"));
    let all = records.len();
    let guard = overlap::Guard::read(&[data.join("pii"), workspace.path(REAL_TEXT)])?;
    records.retain(|record| !guard.touches(record));
    term::line(&format!(
        "{} records; {} dropped because a development set contains them or their template",
        records.len(),
        all - records.len()
    ));
    let (held, mut train): (Vec<Record>, Vec<Record>) = records.into_iter().partition(Record::held_out);
    augment::extend(&mut train, &lists);

    lists.learn_words(&train);
    let (lexicon, classes) = (lists.table(), classes::table(&lists, &train));
    let words = Words::built_in();
    let known = Known { lexicon: Lexicon::new(&lexicon), classes: Classes::new(&classes), words };
    let gate = gate::train(&train, known);
    let instances = Instances::new(&train, known, Gate::new(&gate.entries, gate.bias));
    term::line(&format!(
        "{} sentences, {} tokens, {} sufficiently frequent features",
        instances.sentences(),
        instances.tokens(),
        instances.features()
    ));
    let lesson = crf::Weights::lesson(&instances);
    term::line(&format!(
        "{} parts of sentences are left out because their labels are doubtful",
        instances.sentences() - lesson.len()
    ));
    let mut weights = crf::Weights::new(instances.features());
    weights.train_mean(&instances, &lesson, EPOCHS.0, SEEDS);
    let mut room = encode::Room::default();
    weights.keep_strongest(&instances, |hash| room.take(hash));
    weights.train_mean(&instances, &lesson, EPOCHS.1, SEEDS);
    let tables = Tables { lexicon: &lexicon, gate: &gate, classes: &classes };
    let file = encode::encode(&weights, &instances, tables);
    let path = workspace.path(MODEL);
    fs::write(&path, &file).with_context(|| format!("{} cannot be written", path.display()))?;
    let report = measure::report(&file, &held)?;
    term::line(&report);
    fs::write(workspace.target.join(REPORT), &report)?;
    term::line(&format!("written: {MODEL}, {} bytes", file.len()));
    Ok(())
}
