//! Finds the files of a project that say something about its data flows.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::Error;
use crate::facts::GapKind;
use crate::script::component;
use crate::survey::Language;

/// Larger files are data, not source.
const MAX_FILE: u64 = 1024 * 1024;

/// Folders with third-party code or Ombud's own state.
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
    "Pods",
    "Carthage",
    "DerivedData",
    ".build",
    ".ombud",
];

/// Those that contain the project's own build output. If there is no other code, as in a published package, that is what runs.
const BUILT: &[&str] = &["dist", "build"];

/// Folders that contain only bundler output.
const BUNDLED: &[&str] = &["dist", "build", "out", "esm", "cjs", "umd"];

/// An `index.js` that only re-exports build output is shorter than this, in bytes.
const A_DOOR: usize = 200;

/// A file of the project.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its language, if it is one in which agents are written.
    pub language: Option<Language>,
}

/// A relevant file that was not read.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Why.
    pub why: GapKind,
}

/// Reads every source and configuration file, sorted by path. Files in `.gitignore` are skipped, except `.env` files: they are
/// ignored by habit and say where requests go.
pub(crate) fn sources(root: &Path) -> Result<Vec<Source>, Error> {
    if !root.is_dir() {
        return Err(Error::Unreadable(root.to_owned()));
    }
    all(root).map(|found| found.sources)
}

/// The files found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub sources: Vec<Source>,
    pub refused: Vec<Refused>,
    /// Whether build output was read too, because there is no other code.
    pub built: bool,
}

/// Finds the files of a folder, or a single file; also returns what was not read.
pub(crate) fn all(root: &Path) -> Result<Found, Error> {
    let found = within(root, false)?;
    let code = |source: &&Source| source.language.is_some() && !source.path.ends_with(".d.ts");
    let length: usize = found.sources.iter().filter(code).map(|source| source.text.trim().len()).sum();
    if root.is_file() || length > A_DOOR && !is_published(&found.sources) {
        return Ok(found);
    }
    within(root, true)
}

/// Whether this is a published script package whose entry point is build output, without the source it was built from: the only
/// other code starts, installs or tests it.
fn is_published(sources: &[Source]) -> bool {
    const WRITTEN_IN: &[&str] = &["src", "source", "sources", "app", "apps", "packages", "server", "client"];
    const STARTS: &[&str] = &["main", "module", "bin", "exports"];
    // Files that are copied to users, demos and tooling are not what the package was built from.
    const BESIDE: &[&str] = &[
        "templates",
        "template",
        "examples",
        "example",
        "demo",
        "test",
        "tests",
        "__tests__",
        "docs",
        "scripts",
    ];
    let beside = |path: &str| {
        let mut folders = path.rsplit('/');
        let name = folders.next().unwrap_or_default();
        name.ends_with(".d.ts") || name.contains(".config.") || folders.any(|folder| BESIDE.contains(&folder))
    };
    let own = |source: &&Source| source.language.is_some() && !beside(&source.path);
    let written = |source: &Source| {
        let typed =
            [".ts", ".tsx", ".mts", ".cts", ".py", ".vue"].iter().any(|end| source.path.ends_with(end));
        typed || source.path.split('/').rev().skip(1).any(|folder| WRITTEN_IN.contains(&folder))
    };
    let manifest = sources.iter().find(|source| source.path == "package.json");
    let Some(manifest) = manifest.filter(|_| !sources.iter().filter(own).any(written)) else { return false };
    let manifest: serde_json::Value = serde_json::from_str(&manifest.text).unwrap_or_default();
    let said: Vec<String> =
        STARTS.iter().filter_map(|key| manifest.get(key)).map(ToString::to_string).collect();
    said.iter().any(|said| said.split(['/', '"']).any(|folder| BUILT.contains(&folder)))
}

/// Reads the files in a folder, with build output if requested.
fn within(root: &Path, built: bool) -> Result<Found, Error> {
    let mut found = Vec::new();
    let mut refused = Vec::new();
    let single = root.is_file();
    let mut take = |path: &Path, base: &Path| match read(base, path, single) {
        Some(Ok((source, in_utf8))) => {
            if !in_utf8 {
                refused.push(Refused { path: source.path.clone(), why: GapKind::Encoding });
            }
            found.push(source);
        }
        Some(Err(why)) => refused.push(why),
        None => {}
    };
    if root.is_file() {
        take(root, root.parent().unwrap_or(root));
        return Ok(Found { sources: found, refused, built });
    }
    if !root.is_dir() || std::fs::read_dir(root).is_err() {
        return Err(Error::Unreadable(root.to_owned()));
    }
    let mut closed = Vec::new();
    for entry in walker(root, built).build() {
        match entry {
            Ok(entry) => take(entry.path(), root),
            Err(error) => closed.extend(folder(&error, root)),
        }
    }
    for name in [".env", ".env.local"] {
        take(&root.join(name), root);
    }
    refused.extend(closed.into_iter().map(|path| Refused { path, why: GapKind::Unreadable }));
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found.dedup_by(|one, other| one.path == other.path);
    without_twins(&mut found);
    refused.sort_by(|one, other| one.path.cmp(&other.path));
    refused.dedup_by(|one, other| one.path == other.path);
    Ok(Found { sources: found, refused, built })
}

/// Whether a folder contains third-party code or Ombud's own state, which may have any name (`OMBUD_HOME`) and is recognised by
/// its journal.
pub(crate) fn is_foreign(path: &Path) -> bool {
    let named = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| FOREIGN.contains(&name));
    named || path.join("journal/vkey").exists()
}

/// Walks the project, skipping third-party folders and Ombud's own state.
fn walker(root: &Path, built: bool) -> WalkBuilder {
    let mut walk = WalkBuilder::new(root);
    walk.hidden(false).require_git(false).follow_links(false);
    walk.filter_entry(move |entry| !is_foreign(entry.path()) || (built && is_built(entry.path())));
    walk
}

fn is_built(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| BUILT.contains(&name))
}

/// Returns a hash that changes when a relevant file is added, removed or modified: of names, lengths and times, not contents.
/// With `built`, build output is included.
pub(crate) fn stamp(root: &Path, built: bool) -> u64 {
    let walked = walker(root, built).build().filter_map(Result::ok).map(ignore::DirEntry::into_path);
    let own = [".env", ".env.local"].map(|name| root.join(name));
    let one = |path: PathBuf| {
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let meta = std::fs::symlink_metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        let asked = path == root || counts(&relative, 0, built);
        asked.then(|| (relative, meta.len(), meta.modified().ok()))
    };
    let files: BTreeSet<_> = walked.chain(own).filter_map(one).collect();
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    hasher.finish()
}

/// Drops duplicate bundles for another module system: `index.mjs` next to `index.js` in bundler output. Two sources of that
/// name are different programs.
fn without_twins(found: &mut Vec<Source>) {
    let plain: BTreeSet<String> =
        found.iter().filter_map(|source| source.path.strip_suffix(".js")).map(str::to_owned).collect();
    let twin = |path: &str| {
        let stem = path.strip_suffix(".mjs").or_else(|| path.strip_suffix(".cjs"));
        let bundled = path.split('/').rev().skip(1).any(|folder| BUNDLED.contains(&folder));
        bundled && stem.is_some_and(|stem| plain.contains(stem))
    };
    found.retain(|source| !twin(&source.path));
}

/// Returns the display path of a folder that could not be entered.
fn folder(error: &ignore::Error, root: &Path) -> Option<String> {
    match error {
        ignore::Error::WithPath { path, .. } => {
            Some(path.strip_prefix(root).unwrap_or(path).display().to_string().replace('\\', "/"))
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => folder(err, root),
        ignore::Error::Partial(all) => all.iter().find_map(|one| folder(one, root)),
        _ => None,
    }
}

/// Reads a file's text, and whether it was UTF-8; `None` if it says nothing about data flows.
fn read(root: &Path, path: &Path, single: bool) -> Option<Result<(Source, bool), Refused>> {
    let own = path.file_name()?;
    let shown_name = own.to_string_lossy();
    let name = &*shown_name;
    let language = Language::of(name);
    let relative = path.strip_prefix(root).ok()?;
    let shown =
        relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    let notice = crate::notice::is_notice(&shown);
    // A Markdown file passed explicitly is treated as an instruction.
    let alone = shown == name
        && matches!(name.rsplit_once('.'), Some((_, "md")))
        && root.join(name) == path
        && single;
    if language.is_none()
        && !is_configuration(name)
        && !crate::low_code::is_instruction(&shown)
        && !notice
        && !alone
    {
        return None;
    }
    let meta = std::fs::symlink_metadata(path).ok()?;
    // Large configuration is data; a large source file is a gap.
    let told = language.is_some() && !component::is_page(name)
        || is_of_apple(name)
        || notice
        || crate::low_code::resembles(&shown, "");
    let refuse = |why| told.then(|| Err(Refused { path: shown.clone(), why }));
    if !meta.is_file() {
        // The target of a link is read where it is; a dangling link or a pipe cannot be read at all.
        let read_elsewhere = meta.is_dir() || meta.is_symlink() && std::fs::metadata(path).is_ok();
        return if read_elsewhere { None } else { refuse(GapKind::Unreadable) };
    }
    if own.to_str().is_none() {
        return refuse(GapKind::Unreadable);
    }
    if meta.len() > MAX_FILE {
        return refuse(GapKind::TooLarge);
    }
    let Ok(bytes) = std::fs::read(path) else { return refuse(GapKind::Unreadable) };
    match String::from_utf8(bytes) {
        Ok(text) if component::is_page(name) && !component::acts(&text) => None,
        Ok(text) => Some(Ok((Source { path: shown, text, language }, true))),
        // Configuration and notices are read for their words, so their encoding has to be known.
        Err(bytes) => {
            match crate::gbk::text(bytes.as_bytes()).filter(|_| told && !notice && !is_of_apple(name)) {
                Some(text) => Some(Ok((Source { path: shown, text, language }, false))),
                None => refuse(GapKind::NotText),
            }
        }
    }
}

/// Whether a file's text would be read, judging by its path, its length and whether build output is read.
pub(crate) fn counts(path: &str, length: usize, built: bool) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let closed = |folder: &str| FOREIGN.contains(&folder) && !(built && BUILT.contains(&folder));
    let foreign = path.split('/').rev().skip(1).any(closed);
    let read = Language::of(name).is_some()
        || is_configuration(name)
        || is_of_apple(name)
        || crate::notice::is_notice(path)
        || crate::low_code::is_instruction(path);
    read && !foreign && u64::try_from(length).is_ok_and(|length| length <= MAX_FILE)
}

/// Whether a file is an Apple property list, privacy manifest or build configuration, by its name.
fn is_of_apple(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |parts| parts.1);
    matches!(ending, "plist" | "xcprivacy" | "xcconfig")
}

fn is_configuration(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |parts| parts.1);
    let starts = ["Dockerfile", "Containerfile"]
        .iter()
        .any(|file| name == *file || name.starts_with(&format!("{file}.")))
        || matches!(name, "Procfile" | "Makefile" | "justfile");
    name.starts_with(".env")
        || starts
        || is_of_apple(name)
        || matches!(
            ending,
            "json"
                | "yaml"
                | "yml"
                | "toml"
                | "ini"
                | "cfg"
                | "ipynb"
                | "sh"
                | "bat"
                | "ps1"
                | "service"
                | "prisma"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_entered_has_a_name() {
        let denied = || ignore::Error::Io(std::io::ErrorKind::PermissionDenied.into());
        let at = ignore::Error::WithPath { path: "/p/a/locked".into(), err: Box::new(denied()) };
        let deep = ignore::Error::WithDepth { depth: 2, err: Box::new(at) };
        assert_eq!(folder(&deep, Path::new("/p")).as_deref(), Some("a/locked"));
        assert_eq!(folder(&denied(), Path::new("/p")), None);
    }
}
