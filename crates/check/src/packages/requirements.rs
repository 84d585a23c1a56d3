//! `requirements.txt`, and PEP 508 requirements, which other manifests use too.

use super::{Artifact, Ecosystem, Row, harmless, hash};

/// Reads a file. Options are skipped, and so are included files, which are in the project themselves.
pub(super) fn read(text: &str, development: bool) -> Vec<Row> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    let asked = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '-', '.', '/']));
    asked.filter_map(one).map(|row| Row { development, ..row }).collect()
}

/// Parses one requirement: `name[extra]>=1.2; marker --hash=sha256:…`, `name @ https://…`.
pub(super) fn one(line: &str) -> Option<Row> {
    let (line, options) = line.split_once(" --").unwrap_or((line, ""));
    let line = line.split(';').next().unwrap_or_default().trim();
    let end = line
        .find(|ch: char| !ch.is_ascii_alphanumeric() && !matches!(ch, '.' | '_' | '-'))
        .unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let rest = if rest.starts_with('[') { rest.split_once(']')?.1.trim_start() } else { rest };
    let starts_well = name.starts_with(|ch: char| ch.is_ascii_alphanumeric());
    let mut row = Row::new(Ecosystem::PyPi, name);
    if !starts_well || row.name.is_empty() || rest.starts_with([':', '/']) {
        return None;
    }
    if let Some(address) = rest.strip_prefix('@') {
        row.range = Some(harmless(address.trim()));
        return Some(row);
    }
    let wanted = rest.trim_matches(['(', ')', ' ']);
    row.version = pinned(wanted);
    row.range = Some(wanted.replace(' ', "")).filter(|range| !range.is_empty());
    let hashes: Vec<_> = options
        .split_whitespace()
        .filter_map(|option| hash(option.trim_start_matches("--").strip_prefix("hash=")?))
        .collect();
    if !hashes.is_empty() {
        row.files.push(Artifact { at: None, hashes });
    }
    Some(row)
}

/// Returns the version, if a specifier allows only one.
fn pinned(wanted: &str) -> Option<String> {
    let version = wanted.strip_prefix("==")?.trim_start_matches('=').trim();
    let exact = !version.is_empty() && !version.contains([',', '*', '<', '>', '!', '~']);
    exact.then(|| version.to_owned())
}
