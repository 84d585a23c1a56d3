//! The files of a project that can say something about its data flows.

use std::path::Path;

use ignore::WalkBuilder;

use crate::Error;
use crate::survey::Language;

/// Larger files are data, not source.
const MAX_FILE: u64 = 1024 * 1024;

/// Folders that hold other people's code or our own state.
const FOREIGN: &[&str] = &[
    "node_modules",
    ".venv",
    "venv",
    "__pycache__",
    "site-packages",
    "target",
    "dist",
    "build",
    ".git",
    ".ombud",
];

/// A file of the project.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its language, if it is one that agents are written in.
    pub language: Option<Language>,
}

/// Reads every file that is source or configuration, in the order of their paths. What `.gitignore` names is left out,
/// but not `.env` files: they are ignored by habit and say where requests go.
pub(crate) fn sources(root: &Path) -> Result<Vec<Source>, Error> {
    if !root.is_dir() {
        return Err(Error::Unreadable(root.to_owned()));
    }
    let mut walk = WalkBuilder::new(root);
    walk.hidden(false).require_git(false).follow_links(false);
    // The state folder may have any name (OMBUD_HOME): its journal gives it away.
    walk.filter_entry(|entry| {
        let foreign = entry.file_name().to_str().is_some_and(|name| FOREIGN.contains(&name));
        !foreign && !entry.path().join("journal/vkey").exists()
    });
    let mut found: Vec<Source> =
        walk.build().flatten().filter_map(|entry| read(root, entry.path())).collect();
    found.extend([".env", ".env.local"].iter().filter_map(|name| read(root, &root.join(name))));
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found.dedup_by(|one, other| one.path == other.path);
    Ok(found)
}

fn read(root: &Path, path: &Path) -> Option<Source> {
    let name = path.file_name()?.to_str()?;
    let language = Language::of(name);
    if language.is_none() && !is_configuration(name) {
        return None;
    }
    let meta = std::fs::symlink_metadata(path).ok()?;
    if !meta.is_file() || meta.len() > MAX_FILE {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    let relative = path.strip_prefix(root).ok()?;
    let path =
        relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    Some(Source { path, text, language })
}

fn is_configuration(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |parts| parts.1);
    name.starts_with(".env")
        || matches!(ending, "json" | "yaml" | "yml" | "toml" | "ini" | "cfg" | "ipynb" | "sh")
}
