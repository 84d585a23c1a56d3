//! `cargo xtask bench`: one file per bench. To add one: its file, its line in [`What`], its arm in [`run`].

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::workspace::Workspace;

mod check;
mod example;
mod gateway;

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Deciding on a tool call: what it adds, with contexts of 16 and 256 KiB, in conversations of 50 turns.
    Calls,
    /// The check: lines per second, memory and needless findings on packages that are not agents, compared with semgrep.
    Check,
    /// The tool-call rules against a model that obeys every instruction: share of tasks finished and goals reached.
    Defence,
    /// Detection: megabytes of text per second on one core.
    Detect,
    /// The gateway: what it adds to a request, compared with nginx and others.
    Gateway,
    /// The log: appends per second, written and on disk.
    Ledger,
}

/// Runs one bench with its own `args`.
pub(crate) fn run(workspace: &Workspace, what: What, args: &[String]) -> Result<ExitCode> {
    match what {
        What::Calls => example::run(workspace, "ombud-gateway", "calls", args),
        What::Check => check::run(workspace, args),
        What::Defence => example::run(workspace, "ombud-attack", "defence", args),
        What::Detect => example::run(workspace, "ombud-detect", "throughput", args),
        What::Gateway => gateway::run(workspace, args),
        What::Ledger => example::run(workspace, "ombud-ledger", "append", args),
    }
}
