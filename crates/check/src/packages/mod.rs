//! Packages of a project, from its manifests and lock files: what is declared, what is locked, with which hashes.
//!
//! An unpinned version is not guessed, and manifests of unsupported languages are listed as unread.

mod locked;
mod manifest;
mod node;
mod requirements;
mod text_lock;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ignore::WalkBuilder;

use crate::walk;

/// Where packages come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ecosystem {
    /// The npm registry.
    Npm,
    /// The Python package index.
    PyPi,
}

/// A hash of one file of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash {
    /// `sha256`, `sha512`, …: as written, in lower case.
    pub algorithm: String,
    /// The value in lower-case hexadecimal.
    pub hex: String,
}

/// A distribution file of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Artifact {
    /// Its URL or name, if the lock file has it. Never with credentials.
    pub at: Option<String>,
    /// Its hashes.
    pub hashes: Vec<Hash>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// Its name as the registry writes it.
    pub name: String,
    /// The version, if something pins it.
    pub version: Option<String>,
    /// The declared range where no version is pinned: `>=1.2`, `^4`, a URL without credentials.
    pub range: Option<String>,
    /// Whether a manifest declares it, rather than only another package.
    pub direct: bool,
    /// Whether only development needs it.
    pub development: bool,
    /// Its distribution files.
    pub files: Vec<Artifact>,
    /// Its dependencies, as indices into [`Packages::all`]; `None` where the lock file does not say.
    pub needs: Option<BTreeSet<usize>>,
    /// Files that name it.
    pub places: BTreeSet<String>,
}

/// The packages of a project.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    /// All, by ecosystem, name and version.
    pub all: Vec<Package>,
    /// Manifests and lock files that were read.
    pub read: Vec<String>,
    /// Manifests that were not read: another language, broken, too large.
    pub unread: Vec<String>,
}

/// The packages of one file.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub rows: Vec<Row>,
    /// Whether the file is a lock file.
    pub locked: bool,
}

/// A package as listed in one file.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub ecosystem: Ecosystem,
    pub name: String,
    pub version: Option<String>,
    pub range: Option<String>,
    pub development: bool,
    pub files: Vec<Artifact>,
    /// Dependencies, as row indices in the same file.
    pub needs: Option<Vec<usize>>,
}

impl Row {
    pub(super) fn new(ecosystem: Ecosystem, name: &str) -> Self {
        let name = match ecosystem {
            Ecosystem::PyPi => normalised(name),
            Ecosystem::Npm => name.to_owned(),
        };
        Self {
            ecosystem,
            name,
            version: None,
            range: None,
            development: false,
            files: Vec::new(),
            needs: None,
        }
    }
}

/// No package manager writes larger files.
const MAX_FILE: u64 = 32 * 1024 * 1024;
/// A file with more rows is not a project but a mirror.
const MAX_ROWS: usize = 50_000;

/// Reads the manifests and lock files of a project.
pub fn packages(root: &Path) -> Packages {
    let mut found = Packages::default();
    let mut said: BTreeMap<String, Said> = BTreeMap::new();
    for path in files(root) {
        let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let shown = if shown.is_empty() { name_of(&path.to_string_lossy()).to_owned() } else { shown };
        match read(&path, &shown) {
            Some(one) => {
                found.read.push(shown.clone());
                said.insert(shown, one);
            }
            None => found.unread.push(shown),
        }
    }
    found.all = join(&said);
    found
}

/// Returns the name and version that the project declares in the manifest at its root.
pub fn project(root: &Path) -> Option<(String, Option<String>)> {
    let regular =
        |path: &Path| path.symlink_metadata().is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_FILE);
    let text = |name: &str| {
        Some(root.join(name)).filter(|path| regular(path)).and_then(|path| std::fs::read_to_string(path).ok())
    };
    let python = text("pyproject.toml").and_then(|text| manifest::called_in_toml(&text));
    python.or_else(|| manifest::called_in_json(&text("package.json")?))
}

/// Returns the files whose names say that they list packages, sorted by path.
fn files(root: &Path) -> Vec<std::path::PathBuf> {
    if root.is_file() {
        return Some(root.to_owned())
            .filter(|path| lists_packages(&path.to_string_lossy()))
            .into_iter()
            .collect();
    }
    let mut builder = WalkBuilder::new(root);
    builder.hidden(false).require_git(false).follow_links(false).git_ignore(false);
    builder.filter_entry(|entry| !walk::is_foreign(entry.path()));
    let entries = builder.build().filter_map(Result::ok);
    let regular = entries.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let mut found: Vec<_> = regular.map(ignore::DirEntry::into_path).collect();
    found.retain(|path| {
        let shown = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        lists_packages(&shown) && !crate::check::is_test(&shown)
    });
    found.sort();
    found
}

fn name_of(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Manifests of unsupported languages, which are listed as unread.
const OTHER: &[&str] = &[
    "go.mod",
    "Cargo.toml",
    "Gemfile",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "Package.swift",
    "Podfile",
    "composer.json",
    "environment.yml",
    "environment.yaml",
    "bun.lock",
    "bun.lockb",
    "Pipfile",
    "setup.py",
    "setup.cfg",
];

fn lists_packages(path: &str) -> bool {
    let name = name_of(path);
    is_requirements(path)
        || OTHER.contains(&name)
        || matches!(
            name,
            "pyproject.toml" | "poetry.lock" | "uv.lock" | "pdm.lock" | "pylock.toml" | "Pipfile.lock"
        )
        || matches!(
            name,
            "package.json" | "package-lock.json" | "npm-shrinkwrap.json" | "yarn.lock" | "pnpm-lock.yaml"
        )
}

/// Matches `requirements.txt`, `requirements-dev.txt` and `requirements/prod.txt`.
fn is_requirements(path: &str) -> bool {
    let name = name_of(path);
    let folder = path.strip_suffix(name).unwrap_or_default().trim_end_matches('/');
    matches!(name.rsplit_once('.'), Some((_, "txt")))
        && (name.starts_with("requirements") || name_of(folder) == "requirements")
}

fn read(path: &Path, shown: &str) -> Option<Said> {
    let small = path.symlink_metadata().is_ok_and(|meta| meta.len() <= MAX_FILE);
    let text = std::fs::read_to_string(path).ok().filter(|_| small)?;
    parse(shown, text.strip_prefix('\u{feff}').unwrap_or(&text)).filter(|said| said.rows.len() <= MAX_ROWS)
}

fn parse(shown: &str, text: &str) -> Option<Said> {
    let listed = |rows| Said { rows, locked: false };
    let locked = |rows| Said { rows, locked: true };
    match name_of(shown) {
        "pyproject.toml" => manifest::pyproject(text).map(listed),
        "package.json" => manifest::package(text).map(listed),
        "poetry.lock" | "uv.lock" | "pdm.lock" | "pylock.toml" => locked::read(text).map(locked),
        "Pipfile.lock" => locked::pipfile(text).map(locked),
        "package-lock.json" | "npm-shrinkwrap.json" => node::read(text).map(locked),
        "yarn.lock" => text_lock::yarn(text).map(locked),
        "pnpm-lock.yaml" => text_lock::pnpm(text).map(locked),
        _ if is_requirements(shown) => Some(listed(requirements::read(text, shown.contains("dev")))),
        _ => None,
    }
}

type Key = (Ecosystem, String, Option<String>, Option<String>);

/// Joins the files: a manifest's entry is resolved by the nearest lock file.
fn join(said: &BTreeMap<String, Said>) -> Vec<Package> {
    let mut all: BTreeMap<Key, Package> = BTreeMap::new();
    for (path, one) in said.iter().filter(|(_, one)| one.locked) {
        one.rows.iter().for_each(|row| add(&mut all, path, row, false));
    }
    let locks: Vec<(&str, &Said)> =
        said.iter().filter(|(_, one)| one.locked).map(|(path, one)| (folder(path), one)).collect();
    let by_name = names(&locks);
    for (path, one) in said.iter().filter(|(_, one)| !one.locked) {
        for row in &one.rows {
            let rows = resolved(row, folder(path), &by_name);
            for locked in &rows {
                let locked = Row { development: row.development, ..(*locked).clone() };
                add(&mut all, path, &locked, true);
            }
            if rows.is_empty() {
                add(&mut all, path, row, true);
            }
        }
    }
    let places: BTreeMap<Key, usize> = all.keys().cloned().enumerate().map(|(at, key)| (key, at)).collect();
    let mut all: Vec<Package> = all.into_values().collect();
    for (_, lock) in locks {
        wire(&mut all, lock, &places);
    }
    all
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |parts| parts.0)
}

fn key(row: &Row) -> Key {
    // The version identifies a package; without one, the range does.
    let range = row.range.clone().filter(|_| row.version.is_none());
    (row.ecosystem, row.name.clone(), row.version.clone(), range)
}

fn add(all: &mut BTreeMap<Key, Package>, path: &str, row: &Row, direct: bool) {
    let package = all.entry(key(row)).or_insert_with(|| Package {
        ecosystem: row.ecosystem,
        name: row.name.clone(),
        version: row.version.clone(),
        range: row.range.clone().filter(|_| row.version.is_none()),
        direct: false,
        development: row.development,
        files: Vec::new(),
        needs: None,
        places: BTreeSet::new(),
    });
    // A manifest's statement takes precedence; a lock file's applies to indirect packages only.
    package.development = match (package.direct, direct) {
        (false, true) => row.development,
        (true, false) => package.development,
        _ => package.development && row.development,
    };
    package.direct |= direct;
    package.places.insert(path.to_owned());
    if package.files.is_empty() {
        package.files.clone_from(&row.files);
    }
}

type ByName<'s> = BTreeMap<(Ecosystem, &'s str), Vec<(&'s str, &'s Row)>>;

fn names<'s>(locks: &[(&'s str, &'s Said)]) -> ByName<'s> {
    let mut found = ByName::new();
    for (folder, lock) in locks {
        for row in &lock.rows {
            found.entry((row.ecosystem, row.name.as_str())).or_default().push((folder, row));
        }
    }
    found
}

/// Returns the row of the nearest lock file that resolves a manifest's row: the one with the same version, or the first.
fn resolved<'s>(row: &Row, folder: &str, by_name: &ByName<'s>) -> Vec<&'s Row> {
    let above = |lock: &str| lock.is_empty() || folder == lock || folder.starts_with(&format!("{lock}/"));
    let all = by_name.get(&(row.ecosystem, row.name.as_str())).map(Vec::as_slice).unwrap_or_default();
    let near = all.iter().filter(|(lock, _)| above(lock)).map(|(lock, _)| lock.len()).max();
    let mut rows: Vec<&Row> =
        all.iter().filter(|(lock, _)| above(lock) && Some(lock.len()) == near).map(|(_, row)| *row).collect();
    if row.version.is_some() {
        rows.retain(|locked| locked.version == row.version);
    }
    // Of several versions, the first is the project's own: npm puts it at the top of the tree.
    rows.truncate(1);
    rows
}

fn wire(all: &mut [Package], lock: &Said, places: &BTreeMap<Key, usize>) {
    let at: Vec<Option<usize>> = lock.rows.iter().map(|row| places.get(&key(row)).copied()).collect();
    for (row, own) in lock.rows.iter().zip(&at) {
        let (Some(needs), Some(package)) = (&row.needs, own.and_then(|own| all.get_mut(own))) else {
            continue;
        };
        let needed = needs.iter().filter_map(|need| *at.get(*need)?);
        package.needs.get_or_insert_default().extend(needed.filter(|need| Some(*need) != *own));
    }
}

/// Normalises a name of the Python Package Index as in PEP 503.
fn normalised(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// Strips credentials, query and fragment from a URL.
fn harmless(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            format!("{scheme}://{}/{path}", host.rsplit('@').next().unwrap_or(host))
        }
        None => address.to_owned(),
    }
}

/// Parses `sha256:…`, or `sha512-…` in Base64 as npm writes it.
fn hash(text: &str) -> Option<Hash> {
    if let Some((algorithm, hex)) =
        text.split_once([':', '=']).filter(|(name, _)| name.chars().all(char::is_alphanumeric))
    {
        let valid = hex.len() >= 32 && hex.len() <= 128 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        return valid.then(|| Hash { algorithm: algorithm.to_lowercase(), hex: hex.to_lowercase() });
    }
    let (algorithm, base64) = text.split_once('-')?;
    let hex = from_base64(base64)?;
    (hex.len() >= 32).then(|| Hash { algorithm: algorithm.to_lowercase(), hex })
}

fn from_base64(text: &str) -> Option<String> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut bits, mut kept, mut hex) = (0_u32, 0_u32, String::new());
    for byte in text.trim_end_matches('=').bytes() {
        bits = (bits << 6 | u32::from(value(byte)?)) & 0xffff;
        kept += 6;
        if kept >= 8 {
            kept -= 8;
            let byte = bits >> kept & 0xff;
            hex.extend([byte >> 4, byte & 15].iter().filter_map(|digit| char::from_digit(*digit, 16)));
        }
    }
    Some(hex)
}

#[cfg(test)]
mod tests;
