//! Python lock files: Poetry, uv, PDM, PEP 751 and Pipenv.

use std::collections::HashMap;

use toml::{Table, Value};

use super::{Artifact, Ecosystem, Row, harmless, hash, normalised};

/// Reads `[[package]]` of Poetry, uv and PDM, or `[[packages]]` of PEP 751.
pub(super) fn read(text: &str) -> Option<Vec<Row>> {
    let root: Table = text.parse().ok()?;
    let all = root.get("package").or_else(|| root.get("packages"));
    let tables: Vec<&Table> = all?.as_array()?.iter().filter_map(Value::as_table).collect();
    let outside: Vec<&Table> = tables.into_iter().filter(|table| !is_own(table)).collect();
    let mut rows: Vec<Row> = outside.iter().filter_map(|table| row(table)).collect();
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        places.entry(row.name.clone()).or_default().push(at);
    }
    for (row, table) in rows.iter_mut().zip(&outside) {
        row.needs = needed(table).map(|names| {
            names.iter().filter_map(|name| places.get(&normalised(name))).flatten().copied().collect()
        });
    }
    Some(rows)
}

/// Whether a package is the project itself, or a part of it.
fn is_own(table: &Table) -> bool {
    let source = table.get("source").and_then(Value::as_table);
    let own = |key: &str| source.is_some_and(|source| source.contains_key(key));
    own("editable")
        || own("virtual")
        || own("directory")
        || table.get("name").and_then(Value::as_str).is_none()
}

fn row(table: &Table) -> Option<Row> {
    let mut row = Row::new(Ecosystem::PyPi, table.get("name")?.as_str()?);
    row.version = table.get("version").and_then(Value::as_str).map(str::to_owned);
    let lists = ["files", "wheels"].iter().filter_map(|key| table.get(*key)?.as_array()).flatten();
    row.files = table.get("sdist").into_iter().chain(lists).filter_map(artifact).collect();
    Some(row)
}

/// Reads `{file, hash}`, `{url, hash}` or `{url, hashes = {sha256}}`.
fn artifact(value: &Value) -> Option<Artifact> {
    let at = ["url", "file", "name"].iter().find_map(|key| value.get(key)?.as_str()).map(harmless);
    let one = value.get("hash").and_then(Value::as_str).and_then(hash);
    let many = value.get("hashes").and_then(Value::as_table).into_iter().flatten();
    let many = many.filter_map(|(algorithm, hex)| hash(&format!("{algorithm}:{}", hex.as_str()?)));
    let hashes: Vec<_> = one.into_iter().chain(many).collect();
    (!hashes.is_empty()).then_some(Artifact { at, hashes })
}

/// Returns the names of a package's dependencies: a table in Poetry, a list elsewhere. Absent if the package has none.
fn needed(table: &Table) -> Option<Vec<String>> {
    let name = |value: &Value| {
        let text = value.as_str().or_else(|| value.get("name")?.as_str())?;
        let end = text
            .find(|ch: char| !ch.is_ascii_alphanumeric() && !matches!(ch, '-' | '_' | '.'))
            .unwrap_or(text.len());
        text.get(..end).map(str::to_owned)
    };
    match table.get("dependencies") {
        Some(Value::Table(named)) => Some(named.keys().cloned().collect()),
        Some(Value::Array(list)) => Some(list.iter().filter_map(name).collect()),
        Some(_) => None,
        None => Some(Vec::new()),
    }
}

/// Reads `Pipfile.lock`, which does not record what packages depend on.
pub(super) fn pipfile(text: &str) -> Option<Vec<Row>> {
    let root: serde_json::Value = serde_json::from_str(text).ok()?;
    let mut rows = Vec::new();
    for (section, development) in [("default", false), ("develop", true)] {
        for (name, entry) in root.get(section).and_then(|section| section.as_object()).into_iter().flatten() {
            let version = entry.get("version").and_then(|version| version.as_str());
            let version = version.and_then(|version| version.strip_prefix("==")).map(str::to_owned);
            let hashes = entry.get("hashes").and_then(|all| all.as_array()).into_iter().flatten();
            let hashes: Vec<_> = hashes.filter_map(|one| hash(one.as_str()?)).collect();
            let files = if hashes.is_empty() { Vec::new() } else { vec![Artifact { at: None, hashes }] };
            rows.push(Row { version, development, files, ..Row::new(Ecosystem::PyPi, name) });
        }
    }
    Some(rows)
}
