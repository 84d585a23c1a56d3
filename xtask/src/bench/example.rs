//! Benches implemented as an example binary of the crate they measure, so that they need only its public interface.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::command;
use crate::workspace::Workspace;

/// Builds the example in the release profile and runs it.
pub(crate) fn run(workspace: &Workspace, package: &str, example: &str, args: &[String]) -> Result<ExitCode> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&workspace.root).args([
        "run",
        "--release",
        "--package",
        package,
        "--example",
        example,
        "--",
    ]);
    command::run(cargo.args(args))?;
    Ok(ExitCode::SUCCESS)
}
