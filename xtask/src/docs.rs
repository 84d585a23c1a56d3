//! Terminal blocks in the documents: what a reader sees there is what the binary prints today.
//!
//! A block fenced as `console` in `README*.md` or `docs/**/*.md` holds commands (`$ …`) and their output. If one of its
//! commands starts with `ombud`, all of them are run in order, in a fresh folder per document (so that a document may tell a
//! story), which contains the files of `docs/sandbox/`, and with the release binary first in `PATH`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result};

use crate::term;
use crate::tools;
use crate::workspace::Workspace;

mod block;
mod scrub;

use block::Block;

/// The name under which documents show the folder that the commands run in.
const SHOWN_FOLDER: &str = "/home/you/agent";

/// Returns the documents whose blocks differ from what is printed today.
pub(crate) fn drift(workspace: &Workspace) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for file in documents(workspace)? {
        let text = fs::read_to_string(workspace.path(&file))?;
        for (block, printed) in regenerate(workspace, &file, &text)? {
            complaints.extend(
                block.difference(&printed).map(|d| format!("{}:{}: {d}", file.display(), block.line)),
            );
        }
    }
    Ok(complaints)
}

/// Rewrites the blocks that differ; succeeds even if there was nothing to do.
pub(crate) fn rewrite(workspace: &Workspace) -> Result<ExitCode> {
    workspace.build_release()?;
    for file in documents(workspace)? {
        let path = workspace.path(&file);
        let text = fs::read_to_string(&path)?;
        let blocks = regenerate(workspace, &file, &text)?;
        let fresh = block::replace(&text, &blocks);
        if fresh == text {
            term::line(&format!("unchanged {}", file.display()));
        } else {
            fs::write(&path, fresh)?;
            term::line(&format!("rewritten {}", file.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn documents(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let is_document = |file: &PathBuf| {
        let name = file.to_string_lossy();
        name.ends_with(".md") && (name.starts_with("README") || name.starts_with("docs/"))
    };
    Ok(workspace.files()?.into_iter().filter(is_document).collect())
}

/// Runs the blocks of a document that show `ombud`; returns each with the text it would have today.
fn regenerate(workspace: &Workspace, file: &Path, text: &str) -> Result<Vec<(Block, String)>> {
    let blocks: Vec<Block> = block::find(text).into_iter().filter(Block::shows_ombud).collect();
    if blocks.is_empty() {
        return Ok(Vec::new());
    }
    let sandbox = Sandbox::new(workspace, file)?;
    let fresh = |block: Block| {
        let mut printed = String::new();
        for shown in &block.commands {
            let output = sandbox.run(&shown.shell)?;
            printed.extend(["$ ", &shown.typed, "\n", &output]);
        }
        Ok((block, printed))
    };
    blocks.into_iter().map(fresh).collect()
}

/// The folder in which the commands of one document run.
struct Sandbox {
    folder: PathBuf,
    path: std::ffi::OsString,
    language: &'static str,
}

impl Sandbox {
    fn new(workspace: &Workspace, file: &Path) -> Result<Self> {
        let name = file.to_string_lossy().replace(['/', '.'], "-");
        let folder = workspace.target.join("docs").join(&name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let seeds = workspace.path("docs/sandbox");
        for seed in fs::read_dir(&seeds).into_iter().flatten() {
            let seed = seed?;
            fs::copy(seed.path(), folder.join(seed.file_name()))?;
        }
        let binary = workspace.release_binary();
        let path =
            tools::path_with(binary.parent().context("the target directory has no folder `release`")?)?;
        let language = if file.to_string_lossy().contains("zh") { "zh" } else { "en" };
        Ok(Self { folder, path, language })
    }

    /// Returns what a command prints on both channels, with the folder's name replaced by one that a reader could have.
    fn run(&self, shell: &str) -> Result<String> {
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("exec 2>&1\n{shell}")]).current_dir(&self.folder).stdin(Stdio::null());
        bash.env_clear().env("PATH", &self.path).env("HOME", &self.folder).env("OMBUD_LANG", self.language);
        bash.env("LANG", "C.UTF-8").env("NO_COLOR", "1").env("COLUMNS", "100");
        let out = bash.output().context("could not start bash")?;
        let printed =
            String::from_utf8_lossy(&out.stdout).replace(&*self.folder.to_string_lossy(), SHOWN_FOLDER);
        let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
        let text = lines.join("\n");
        Ok(if text.is_empty() { text } else { text + "\n" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readmes_of_this_repository_are_documents() {
        let found = documents(&Workspace::load().unwrap()).unwrap();
        for readme in ["README.md", "README.zh-CN.md"] {
            assert!(found.iter().any(|file| file == Path::new(readme)), "{found:?}");
        }
    }
}
