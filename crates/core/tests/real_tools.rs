//! The classes of tools that people really use, by name and arguments alone.

use std::collections::BTreeMap;

use ombud_core::Effect;
use ombud_core::effect::{Hints, classify};

const TOOLS: &str = include_str!("real/tools.txt");

/// Class, tool and the arguments that are given.
fn tools() -> Vec<(Effect, String, Vec<String>)> {
    let lines = TOOLS.lines().filter(|line| !line.starts_with(['#']) && !line.starts_with("server "));
    let rows = lines.filter_map(|line| line.split_once(": "));
    rows.flat_map(|(class, names)| {
        let effect: Effect = serde_json::from_value(class.into()).unwrap_or(Effect::Unknown);
        names.split_whitespace().map(move |name| {
            let (tool, arguments) = name.trim_end_matches(')').split_once('(').unwrap_or((name, ""));
            let arguments = arguments.split(',').filter(|argument| !argument.is_empty());
            (effect, tool.to_owned(), arguments.map(str::to_owned).collect())
        })
    })
    .collect()
}

#[test]
fn classes_of_real_tools() {
    let tools = tools();
    let mut wrong = Vec::new();
    let mut unsafe_ones = Vec::new();
    let mut rows: BTreeMap<Effect, (usize, usize)> = BTreeMap::new();
    for (effect, tool, arguments) in &tools {
        let found = classify(tool, Hints { description: "", arguments });
        let row = rows.entry(*effect).or_default();
        row.0 += 1;
        if found == *effect {
            row.1 += 1;
        } else {
            wrong.push(format!("{tool}: {found:?} instead of {effect:?}"));
            if !found.acts() {
                unsafe_ones.push(tool);
            }
        }
    }
    let table: Vec<String> =
        rows.iter().map(|(effect, row)| format!("| {effect:?} | {} | {} |", row.0, row.1)).collect();
    let shown =
        format!("{} of {} wrong\n{}\n{}", wrong.len(), tools.len(), wrong.join("\n"), table.join("\n"));
    println!("{shown}");
    assert!(tools.len() >= 300);
    assert!(wrong.len() * 20 <= tools.len(), "{shown}");
    assert!(unsafe_ones.is_empty(), "acts taken for reads: {unsafe_ones:?}");
}
