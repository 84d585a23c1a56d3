//! `cargo xtask eval check --data DIR`: real exports that are not in the repository. Every file must be read, its nodes must be
//! counted, and no secret may be reported, since the values in these files were removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::term;
use crate::workspace::Workspace;

/// The result for the files of one format.
#[derive(Debug, Default)]
struct Row {
    files: usize,
    nodes: u64,
    kinds: BTreeSet<String>,
    findings: BTreeMap<String, usize>,
    /// Files that were not read, and where secrets were reported.
    wrong: Vec<String>,
}

/// Checks each file of `check-corpus` by itself.
pub(crate) fn run(workspace: &Workspace, data: Option<&Path>) -> Result<ExitCode> {
    let data = data.context("--data DIR is needed: the folder above `check-corpus`")?;
    let folder = data.join("check-corpus");
    let ombud = workspace.build_release()?;
    let mut wrong = 0;
    for format in listing(&folder)?.into_iter().filter(|path| path.is_dir()) {
        let mut row = Row::default();
        for file in listing(&format)? {
            let report = look(&ombud, &file)?;
            row.add(&file, &report);
        }
        wrong += row.wrong.len();
        row.print(&format.file_name().unwrap_or_default().to_string_lossy());
    }
    Ok(ExitCode::from(u8::from(wrong > 0)))
}

fn listing(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| {
        format!("{} cannot be read; --data takes the folder above `check-corpus`", folder.display())
    })?;
    let mut all: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    all.sort();
    Ok(all)
}

/// Returns the product's report on one file.
fn look(ombud: &Path, file: &Path) -> Result<Value> {
    let output = Command::new(ombud).args(["check", "--format", "json"]).arg(file).output()?;
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("`ombud check {}` ended with {}", file.display(), output.status);
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

impl Row {
    fn add(&mut self, file: &Path, report: &Value) {
        self.files += 1;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let kinds = report["nodes"].as_object();
        for (kind, count) in kinds.into_iter().flatten() {
            self.nodes += count.as_u64().unwrap_or_default();
            self.kinds.insert(kind.clone());
        }
        if kinds.is_none_or(serde_json::Map::is_empty) {
            self.wrong.push(format!("{name}: not read"));
        }
        for finding in report["findings"].as_array().into_iter().flatten() {
            let rule = finding["rule"].as_str().unwrap_or_default();
            *self.findings.entry(rule.to_owned()).or_default() += 1;
            if rule == "secret-in-source" {
                self.wrong.push(format!("{name}: a secret at line {}", finding["place"]["line"]));
            }
        }
    }

    fn print(&self, format: &str) {
        let (files, nodes, kinds) = (self.files, self.nodes, self.kinds.len());
        term::line(&format!("{format:<12} {files:>4} files {nodes:>6} nodes of {kinds:>3} kinds"));
        for (rule, count) in &self.findings {
            term::line(&format!("    {count:>4} {rule}"));
        }
        for wrong in &self.wrong {
            term::line(&format!("    WRONG {wrong}"));
        }
    }
}
