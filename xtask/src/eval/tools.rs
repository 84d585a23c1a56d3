//! `cargo xtask eval tools --data DIR`: classifies real tools with their servers' descriptions. The definitions are other
//! people's words and stay outside the repository: `DIR/tools.jsonl` holds one per line, with `name`, `description`, `schema`,
//! `class`, and in `also` a class that a fair reader could have chosen as well.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use ombud_core::Effect;
use ombud_core::effect::{Hints, classify};
use serde::Deserialize;
use serde_json::Value;

use crate::term;

#[derive(Debug, Deserialize)]
struct Tool {
    name: String,
    description: String,
    schema: Value,
    class: Effect,
    #[serde(default)]
    also: String,
}

/// Tools of one class, those classified so, and those classified so or with the class in `also`.
#[derive(Debug, Default)]
struct Row {
    all: u32,
    right: u32,
    either: u32,
}

/// Prints a table by class, and every acting tool that is mistaken for a reading one (with `wrong`, every mistake).
pub(crate) fn run(data: Option<&Path>, wrong: bool) -> Result<ExitCode> {
    let file = data.context("--data DIR is needed: the folder of `tools.jsonl`")?.join("tools.jsonl");
    let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut rows: BTreeMap<Effect, Row> = BTreeMap::new();
    let mut missed = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let tool: Tool = serde_json::from_str(line)?;
        let found = tool.found();
        let row = rows.entry(tool.class).or_default();
        row.all += 1;
        row.right += u32::from(found == tool.class);
        row.either += u32::from(tool.may_be(found));
        if !tool.may_be(found) && (wrong || !found.acts()) {
            missed.push(format!("{}: {found:?} instead of {:?}", tool.name, tool.class));
        }
    }
    print(&rows);
    for line in &missed {
        term::line(line);
    }
    Ok(ExitCode::SUCCESS)
}

impl Tool {
    fn found(&self) -> Effect {
        let mut arguments = Vec::new();
        properties(&self.schema, &mut arguments);
        classify(&self.name, Hints { description: &self.description, arguments: &arguments })
    }

    fn may_be(&self, found: Effect) -> bool {
        let also = serde_json::from_value::<Effect>(self.also.as_str().into()).ok();
        found == self.class || also == Some(found)
    }
}

/// Names of properties at any depth of a schema.
fn properties(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                if key == "properties" {
                    names.extend(value.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
                }
                properties(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| properties(item, names)),
        _ => {}
    }
}

fn print(rows: &BTreeMap<Effect, Row>) {
    let share = |some: u32, all: u32| f64::from(some) * 100.0 / f64::from(all.max(1));
    let line = |name: &str, row: &Row| {
        format!(
            "| {name} | {} | {:.1} | {:.1} |",
            row.all,
            share(row.right, row.all),
            share(row.either, row.all)
        )
    };
    term::line("| class | tools | right, % | right or the other one, % |");
    term::line("|---|--:|--:|--:|");
    for (effect, row) in rows {
        term::line(&line(&format!("{effect:?}").to_lowercase(), row));
    }
    let sum = |of: fn(&Row) -> u32| rows.values().map(of).sum();
    let all = Row { all: sum(|row| row.all), right: sum(|row| row.right), either: sum(|row| row.either) };
    term::line(&line("all", &all));
}
