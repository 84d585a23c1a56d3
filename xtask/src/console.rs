//! The console page: its own checks, whether the committed build matches the sources, and the end-to-end cases.

use std::process::Command;

use anyhow::Result;

use crate::command;
use crate::step::Done;
use crate::tools;
use crate::workspace::Workspace;

/// Checks everything about the console. Node and Chromium come with the set-up, so nothing here is skipped.
pub(crate) fn check(workspace: &Workspace) -> Result<Done> {
    let page = workspace.path("console");
    let cases = workspace.path("tests/console");
    tools::npm_modules(&page)?;
    tools::npm_modules(&cases)?;
    let fresh = workspace.target.join("console-dist");
    command::run(Command::new("npm").current_dir(&page).args(["test", "--silent"]))?;
    let build = ["run", "--silent", "build", "--", "--logLevel", "warn", "--emptyOutDir", "--outDir"];
    command::run(Command::new("npm").current_dir(&page).args(build).arg(&fresh))?;
    command::run(Command::new("node").current_dir(&page).arg("scripts/drift.mjs").arg(&fresh))?;
    let mut run = Command::new("node");
    run.arg(cases.join("run.mjs")).arg("--ombud").arg(workspace.release_binary());
    command::run(run.current_dir(&workspace.root)).map(|()| Done::Passed)
}
