//! `yarn.lock`, of both generations, and `pnpm-lock.yaml`, read line by line since their layout is fixed.

use std::collections::HashMap;

use super::{Artifact, Ecosystem, Row, harmless, hash};

/// A block of `yarn.lock`: the requests that it resolves, and its fields.
#[derive(Default)]
struct Block<'t> {
    heads: Vec<&'t str>,
    version: Option<&'t str>,
    resolved: Option<&'t str>,
    integrity: Option<&'t str>,
    /// Name and range of its dependencies.
    needs: Vec<(&'t str, &'t str)>,
}

/// Reads blocks of the form `"a@^1", "a@^1.2":` with fields indented by two spaces.
pub(super) fn yarn(text: &str) -> Option<Vec<Row>> {
    let blocks = blocks(text);
    let heads: HashMap<&str, usize> = blocks
        .iter()
        .enumerate()
        .flat_map(|(at, block)| block.heads.iter().map(move |head| (*head, at)))
        .collect();
    let rows: Vec<Row> = blocks.iter().map(|block| of_yarn(block, &heads)).collect();
    (!rows.is_empty() || text.contains("yarn lockfile") || text.contains("__metadata")).then_some(rows)
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let (mut needs, mut own) = (false, true);
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let depth = line.len() - line.trim_start().len();
        if depth == 0 {
            let heads: Vec<&str> = line.trim_end_matches(':').split(',').map(bare).collect();
            // The project's own workspaces, and the file's metadata.
            own = heads.iter().any(|head| head.contains("@workspace:") || !head.contains('@'));
            if !own {
                blocks.push(Block { heads, ..Block::default() });
            }
        } else if let Some(block) = blocks.last_mut().filter(|_| !own) {
            let (key, value) = said(line);
            match (depth, key) {
                (2, "version") => block.version = Some(value),
                (2, "resolved") => block.resolved = Some(value),
                (2, "integrity") => block.integrity = Some(value),
                (4, _) if needs => block.needs.push((key, value)),
                _ => {}
            }
            if depth == 2 {
                needs = matches!(key, "dependencies" | "optionalDependencies");
            }
        }
    }
    blocks
}

/// Parses `key "value"` of the first generation, or `key: value` of the second.
fn said(line: &str) -> (&str, &str) {
    let line = line.trim();
    let end = if line.starts_with('"') {
        line.get(1..).and_then(|rest| rest.find('"')).map_or(line.len(), |at| at + 2)
    } else {
        line.find([' ', ':']).unwrap_or(line.len())
    };
    let (key, value) = line.split_at(end.min(line.len()));
    (bare(key), bare(value.trim_start_matches(':')))
}

fn bare(text: &str) -> &str {
    text.trim().trim_matches('"').trim_matches('\'')
}

fn of_yarn(block: &Block<'_>, heads: &HashMap<&str, usize>) -> Row {
    let head = block.heads.first().copied().unwrap_or_default();
    let name = name_before(head, '@').unwrap_or(head);
    let hashes: Vec<_> =
        block.integrity.into_iter().flat_map(str::split_whitespace).filter_map(hash).collect();
    let at = block.resolved.map(harmless);
    let files = if hashes.is_empty() { Vec::new() } else { vec![Artifact { at, hashes }] };
    let needed = |(name, range): &(&str, &str)| {
        let first = heads.get(format!("{name}@{range}").as_str());
        first.or_else(|| heads.get(format!("{name}@npm:{range}").as_str())).copied()
    };
    let needs = Some(block.needs.iter().filter_map(needed).collect());
    Row { version: block.version.map(str::to_owned), files, needs, ..Row::new(Ecosystem::Npm, name) }
}

/// Returns the name before a mark; a leading mark belongs to a scope.
fn name_before(text: &str, mark: char) -> Option<&str> {
    let at = text.char_indices().skip(1).find(|(_, ch)| *ch == mark)?.0;
    text.get(..at)
}

/// Reads the section `packages:`, with one key per package indented by two spaces and its `resolution` below. Dependencies are
/// in another section, which is not read.
pub(super) fn pnpm(text: &str) -> Option<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let depth = line.len() - line.trim_start().len();
        if depth == 0 && !line.trim().is_empty() {
            inside = line.trim_end() == "packages:";
        } else if inside && depth == 2 {
            rows.extend(of_pnpm(bare(
                line.trim().trim_end_matches(':').split(": ").next().unwrap_or_default(),
            )));
        }
        if let Some((_, found)) = line.split_once("integrity: ").filter(|_| inside) {
            let found = found.split([',', '}']).next().unwrap_or_default().trim();
            if let (Some(row), Some(hash)) = (rows.last_mut(), hash(found)) {
                row.files = vec![Artifact { at: None, hashes: vec![hash] }];
            }
        }
        if let Some(row) = rows.last_mut().filter(|_| inside && line.trim() == "dev: true") {
            row.development = true;
        }
    }
    text.contains("lockfileVersion").then_some(rows)
}

/// Parses `/name@1.2.3` or `@scope/name@1.2.3(peer@2)`; before version 6 of the format, `/name/1.2.3_peer`.
fn of_pnpm(key: &str) -> Option<Row> {
    let key = key.trim_start_matches('/').split('(').next().unwrap_or_default();
    let name = name_before(key, '@').or_else(|| key.rsplit_once('/').map(|parts| parts.0))?;
    let version = key.get(name.len() + 1..)?.split('_').next().unwrap_or_default();
    let plain = version.starts_with(|ch: char| ch.is_ascii_digit());
    plain.then(|| Row { version: Some(version.to_owned()), ..Row::new(Ecosystem::Npm, name) })
}
