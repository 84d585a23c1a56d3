//! `package-lock.json`, of npm 5 and 6 (a tree) and of npm 7 and later (a list of paths).

use std::collections::HashMap;

use serde_json::Value;

use super::{Artifact, Ecosystem, Row, harmless, hash};

/// Deeper trees are not followed.
const MAX_DEPTH: usize = 64;

/// Reads a lock file.
pub(super) fn read(text: &str) -> Option<Vec<Row>> {
    let root: Value = serde_json::from_str(text).ok()?;
    if let Some(all) = root.get("packages").and_then(Value::as_object) {
        return Some(by_path(all));
    }
    let mut rows = Vec::new();
    tree(root.get("dependencies")?, 0, &mut rows);
    Some(rows)
}

const FOLDER: &str = "node_modules/";

fn by_path(all: &serde_json::Map<String, Value>) -> Vec<Row> {
    let mut paths: Vec<(&str, &Value)> = all.iter().map(|(path, entry)| (path.as_str(), entry)).collect();
    paths.retain(|(path, entry)| path.contains(FOLDER) && !is_on(entry, "link"));
    // Packages at the top of the tree come first: they are the ones that the project itself uses.
    paths.sort_by_key(|(path, _)| (path.matches(FOLDER).count(), *path));
    let places: HashMap<&str, usize> = paths.iter().enumerate().map(|(at, (path, _))| (*path, at)).collect();
    paths.iter().map(|(path, entry)| with_needs(path, entry, &places)).collect()
}

fn with_needs(path: &str, entry: &Value, places: &HashMap<&str, usize>) -> Row {
    let name = path.rsplit(FOLDER).next().unwrap_or(path);
    let mut row = row(entry.get("name").and_then(Value::as_str).unwrap_or(name), entry);
    let wanted =
        ["dependencies", "optionalDependencies"].iter().filter_map(|key| entry.get(key)?.as_object());
    row.needs = Some(wanted.flatten().filter_map(|(name, _)| found_from(path, name, places)).collect());
    row
}

/// Resolves a package as Node does: in the folder itself, then in each parent.
fn found_from(path: &str, name: &str, places: &HashMap<&str, usize>) -> Option<usize> {
    let mut folder = path;
    for _ in 0..MAX_DEPTH {
        let inside =
            if folder.is_empty() { format!("{FOLDER}{name}") } else { format!("{folder}/{FOLDER}{name}") };
        if let Some(at) = places.get(inside.as_str()) {
            return Some(*at);
        }
        if folder.is_empty() {
            return None;
        }
        folder =
            folder.rfind(FOLDER).and_then(|at| folder.get(..at)).unwrap_or_default().trim_end_matches('/');
    }
    None
}

fn row(name: &str, entry: &Value) -> Row {
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    let hashes: Vec<_> =
        text("integrity").into_iter().flat_map(str::split_whitespace).filter_map(hash).collect();
    let at = text("resolved").map(harmless);
    let files = if hashes.is_empty() { Vec::new() } else { vec![Artifact { at, hashes }] };
    let version = text("version").filter(|version| !version.contains(':')).map(str::to_owned);
    let development = is_on(entry, "dev") || is_on(entry, "devOptional");
    Row { version, development, files, ..Row::new(Ecosystem::Npm, name) }
}

fn is_on(entry: &Value, key: &str) -> bool {
    entry.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn tree(level: &Value, depth: usize, rows: &mut Vec<Row>) {
    for (name, entry) in level.as_object().into_iter().flatten() {
        rows.push(row(name, entry));
        if let Some(inner) = entry.get("dependencies").filter(|_| depth < MAX_DEPTH) {
            tree(inner, depth + 1, rows);
        }
    }
}
