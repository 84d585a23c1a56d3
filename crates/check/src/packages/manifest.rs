//! Declared dependencies: `pyproject.toml` and `package.json`.

use toml::{Table, Value};

use super::{Ecosystem, Row, harmless, requirements};

/// Reads `[project]`, `[dependency-groups]` and Poetry's tables.
pub(super) fn pyproject(text: &str) -> Option<Vec<Row>> {
    let root: Table = text.parse().ok()?;
    let at = |path: &[&str]| path.iter().try_fold(&root, |table, key| table.get(*key)?.as_table());
    let mut rows = Vec::new();
    if let Some(project) = at(&["project"]) {
        listed(project.get("dependencies"), false, &mut rows);
    }
    for (_, group) in at(&["project", "optional-dependencies"]).into_iter().flatten() {
        listed(Some(group), false, &mut rows);
    }
    for (_, group) in at(&["dependency-groups"]).into_iter().flatten() {
        listed(Some(group), true, &mut rows);
    }
    let poetry = at(&["tool", "poetry", "dependencies"]).into_iter().flatten();
    rows.extend(poetry.filter_map(|(name, wanted)| of_poetry(name, wanted, false)));
    for (_, group) in at(&["tool", "poetry", "group"]).into_iter().flatten() {
        let group = group.get("dependencies").and_then(Value::as_table).into_iter().flatten();
        rows.extend(group.filter_map(|(name, wanted)| of_poetry(name, wanted, true)));
    }
    Some(rows)
}

fn listed(list: Option<&Value>, development: bool, rows: &mut Vec<Row>) {
    let lines = list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    rows.extend(lines.filter_map(requirements::one).map(|row| Row { development, ..row }));
}

/// Reads `openai = "^1.2"` or `openai = {version = "1.2.3"}`; an exact version has no operator.
fn of_poetry(name: &str, wanted: &Value, development: bool) -> Option<Row> {
    let wanted = wanted.as_str().or_else(|| wanted.get("version")?.as_str()).unwrap_or("*");
    (name != "python").then(|| {
        let exact = wanted.strip_prefix("==").unwrap_or(wanted);
        let (version, range) = (exact_version(exact), Some(wanted.to_owned()));
        Row { version, range, development, ..Row::new(Ecosystem::PyPi, name) }
    })
}

/// Reads `dependencies` and similar fields.
pub(super) fn package(text: &str) -> Option<Vec<Row>> {
    let root: serde_json::Value = serde_json::from_str(text).ok()?;
    let mut rows = Vec::new();
    for (field, development) in [
        ("dependencies", false),
        ("optionalDependencies", false),
        ("peerDependencies", false),
        ("devDependencies", true),
    ] {
        for (name, wanted) in root.get(field).and_then(|field| field.as_object()).into_iter().flatten() {
            rows.extend(of_npm(name, wanted.as_str().unwrap_or("*"), development));
        }
    }
    Some(rows)
}

/// Reads one dependency; a path inside the project is not an outside package.
fn of_npm(name: &str, wanted: &str, development: bool) -> Option<Row> {
    let own = ["file:", "link:", "workspace:", "portal:"].iter().any(|kind| wanted.starts_with(kind));
    // `alias: "npm:real@1.2.3"`
    let (name, wanted) = match wanted.strip_prefix("npm:").and_then(|real| real.rsplit_once('@')) {
        Some((real, version)) if !real.is_empty() => (real, version),
        _ => (name, wanted),
    };
    let range = Some(if wanted.contains("://") { harmless(wanted) } else { wanted.to_owned() });
    (!own).then(|| Row {
        version: exact_version(wanted),
        range,
        development,
        ..Row::new(Ecosystem::Npm, name)
    })
}

/// Returns the name and version of a Python project.
pub(super) fn called_in_toml(text: &str) -> Option<(String, Option<String>)> {
    let root: Table = text.parse().ok()?;
    let poetry = || root.get("tool")?.get("poetry")?.as_table();
    let project = root.get("project").and_then(Value::as_table).or_else(poetry)?;
    let text = |key: &str| project.get(key).and_then(Value::as_str).map(str::to_owned);
    Some((text("name")?, text("version")))
}

/// The same for a Node package.
pub(super) fn called_in_json(text: &str) -> Option<(String, Option<String>)> {
    let root: serde_json::Value = serde_json::from_str(text).ok()?;
    let text = |key: &str| root.get(key).and_then(|value| value.as_str()).map(str::to_owned);
    Some((text("name")?, text("version")))
}

/// Returns the version if it is exact, such as `1.2.3`.
fn exact_version(wanted: &str) -> Option<String> {
    let version = wanted.trim_start_matches('=').trim();
    let digits =
        version.split('.').take(3).filter(|part| part.starts_with(|ch: char| ch.is_ascii_digit())).count();
    let plain =
        version.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+'));
    (digits == 3 && plain && !version.split('.').any(|part| part == "x")).then(|| version.to_owned())
}
