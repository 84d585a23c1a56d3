//! Measures what a change costs in an editor: a line is added to the longest file of a project, and the response of `ombud lsp`
//! to the next request is awaited, which comes after it has checked the project again.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::command;
use crate::term;

const LSP: &str = include_str!("lsp.py");

/// What a change cost, in milliseconds.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Change {
    half: f64,
    slowest: f64,
    cpu: f64,
}

/// Returns the table for these projects, the smallest first.
pub(super) fn table(ombud: &Path, work: &Path, projects: &[PathBuf]) -> Result<String> {
    let script = work.join("lsp.py");
    fs::write(&script, LSP)?;
    let mut rows =
        projects.iter().map(|folder| Ok((super::lines(folder)?, folder))).collect::<Result<Vec<_>>>()?;
    rows.sort();
    let mut text =
        "| project | lines | ms, half of the changes | ms, slowest | CPU ms |\n|---|--:|--:|--:|--:|\n"
            .to_owned();
    for (lines, folder) in rows {
        let Some(file) = longest(folder)? else { continue };
        let name = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        term::line(&format!("  {name}, in an editor"));
        let mut typing = Command::new("python3");
        typing.arg(&script).arg(ombud).arg(folder).arg(file).env("OMBUD_HOME", work.join("home"));
        let said = command::output(&mut typing)?;
        let Change { half, slowest, cpu } = serde_json::from_str(&said).context("the driver said nothing")?;
        let _ = writeln!(text, "| {name} | {lines} | {half:.1} | {slowest:.1} | {cpu:.1} |");
    }
    Ok(text)
}

/// The longest Python file below a folder.
fn longest(folder: &Path) -> Result<Option<PathBuf>> {
    let mut best: Option<(u64, PathBuf)> = None;
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "py") {
                let found = (fs::metadata(&path)?.len(), path);
                best = best.max(Some(found));
            }
        }
    }
    Ok(best.map(|(_, path)| path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_file_is_found_however_deep() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        for (name, text) in [("a.py", "1"), ("b/c.py", "11"), ("b/d.ts", "111")] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        assert_eq!(longest(dir.path()).unwrap(), Some(dir.path().join("b/c.py")));
        assert_eq!(longest(&dir.path().join("b")).unwrap(), Some(dir.path().join("b/c.py")));
    }
}
