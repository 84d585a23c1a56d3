//! `cargo xtask fuzz`: coverage-guided fuzzing on the stable toolchain.
//!
//! libFuzzer needs LLVM's coverage pass, not a nightly compiler: `-Cpasses=sancov-module` and its arguments are stable
//! flags. What nightly would add is a sanitizer; without `unsafe` code of our own there is little for it to find.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::command;
use crate::term;
use crate::tools::NEEDS;
use crate::workspace::Workspace;

/// Maximum length of an input in bytes: enough for a request with a few messages, but short enough to run it thousands of times.
const MAX_LEN: u32 = 16 * 1024;

/// Seconds after which an input is reported as a hang.
const HANG: u32 = 10;

/// Number of log lines shown when a target fails.
const LAST_WORDS: usize = 40;

/// Coverage counters and traced comparisons, assertions on, one codegen unit so that the counters are complete.
const RUSTFLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "-Ccodegen-units=1",
];

/// Runs one target or all of them for `seconds` each; exits with 1 if one of them found something.
pub(crate) fn run(workspace: &Workspace, target: Option<&str>, seconds: u32) -> Result<ExitCode> {
    for need in NEEDS {
        need.ensure()?;
    }
    let all = targets(workspace)?;
    let chosen: Vec<&String> = match target {
        None => all.iter().collect(),
        Some(name) => all.iter().filter(|known| *known == name).collect(),
    };
    if chosen.is_empty() {
        bail!("there is no such fuzz target; the targets are: {}", all.join(", "));
    }
    let programs = build(workspace, &all)?;
    let mut broken = Vec::new();
    for name in &chosen {
        let program = programs.get(*name).with_context(|| format!("cargo built no `{name}`"))?;
        if let Err(error) = fuzz(workspace, name, program, seconds) {
            term::error(&format!("{name}: {error:#}"));
            broken.push(name.as_str());
        }
    }
    term::line(&format!("\nfuzz: {} passed, {} failed", chosen.len() - broken.len(), broken.len()));
    if broken.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    term::line(&format!("broken: {}; each input is in fuzz/artifacts/<target>/", broken.join(", ")));
    Ok(ExitCode::from(1))
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// The binaries of the fuzz crate.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(workspace.path("fuzz")).args(["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Metadata = serde_json::from_str(&command::output(&mut cargo)?)?;
    let ours = metadata.packages.into_iter().filter(|package| package.name == "ombud-fuzz");
    let binaries = ours
        .flat_map(|package| package.targets)
        .filter(|target| target.kind.iter().any(|kind| kind == "bin"));
    Ok(binaries.map(|target| target.name).collect())
}

/// Builds all targets at once. An explicit `--target` keeps the coverage flags away from build scripts and proc macros.
fn build(workspace: &Workspace, names: &[String]) -> Result<BTreeMap<String, PathBuf>> {
    let host = host()?;
    let into = workspace.target.join("fuzz");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(workspace.path("fuzz")).args(["build", "--release", "--bins", "--target", &host]);
    cargo.arg("--target-dir").arg(&into).env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS.join("\u{1f}"));
    command::run(&mut cargo).context("the fuzz targets do not build")?;
    let out = into.join(host).join("release");
    Ok(names.iter().map(|name| (name.clone(), out.join(name))).collect())
}

fn host() -> Result<String> {
    let version = command::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` does not name its host")?.to_owned())
}

/// Runs one target. The corpus grows from run to run in `fuzz/corpus/`, which is not committed; the seeds are.
fn fuzz(workspace: &Workspace, name: &str, program: &Path, seconds: u32) -> Result<()> {
    let corpus = workspace.path("fuzz/corpus").join(name);
    let artifacts = workspace.path("fuzz/artifacts").join(name);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&artifacts)?;
    let mut run = Command::new(program);
    run.arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MAX_LEN}"))
        .arg(format!("-timeout={HANG}"));
    run.arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(["-print_final_stats=1", "-verbosity=0"]);
    run.arg(&corpus);
    // Seeds in the shared folder are useful for every target; those in a target's own folder only for that one.
    for seeds in [workspace.path("fuzz/seeds/shared"), workspace.path("fuzz/seeds").join(name)] {
        if seeds.is_dir() {
            run.arg(seeds);
        }
    }
    let log = workspace.target.join("fuzz").join(format!("{name}.log"));
    term::line(&format!("\n── {name}: {seconds} s, log in {}", log.display()));
    let status =
        run.stderr(File::create(&log)?).status().with_context(|| format!("could not start {name}"))?;
    let told = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    term::line(&notable(&told));
    if !status.success() {
        bail!("it ended with {status}; the end of the log:\n{}", tail(&told));
    }
    Ok(())
}

/// libFuzzer's final statistics, without its progress and its dictionary.
fn notable(log: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| line.starts_with("stat::")).collect();
    lines.join("\n")
}

/// The last meaningful lines, among which a panic names its location.
fn tail(log: &str) -> String {
    let says = |line: &&str| !line.starts_with(['"', '#']);
    let lines: Vec<&str> = log.lines().filter(says).collect();
    lines.get(lines.len().saturating_sub(LAST_WORDS)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_and_dictionary_are_left_out() {
        let log =
            "#1 NEW cov: 3\n\"ab\" # Uses: 1\nstat::average_exec_per_sec: 7\nthread panicked at a.rs:1\n";
        assert_eq!(notable(log), "stat::average_exec_per_sec: 7");
        assert_eq!(tail(log), "stat::average_exec_per_sec: 7\nthread panicked at a.rs:1");
    }
}
