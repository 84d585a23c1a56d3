//! The classes of tools in real use, by name and arguments alone. `cargo xtask eval tools` also takes their descriptions
//! into account.

use std::collections::BTreeMap;

use ombud_core::Effect;
use ombud_core::effect::{Hints, classify};

const TOOLS: &str = include_str!("real/tools.txt");

const OTHERS: &str = include_str!("real/others.txt");

/// The tools of a list: the classes that a reader would assign, best first, the name and the arguments.
fn tools(list: &'static str) -> impl Iterator<Item = (Vec<Effect>, &'static str, Vec<String>)> {
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.starts_with("server "));
    lines.filter_map(|line| line.split_once(": ")).flat_map(|(classes, names)| {
        let class = |class: &str| serde_json::from_value(class.into()).unwrap_or(Effect::Unknown);
        names.split_whitespace().map(move |name| {
            let (tool, arguments) = name.trim_end_matches(')').split_once('(').unwrap_or((name, ""));
            let arguments = arguments.split(',').filter(|argument| !argument.is_empty());
            (classes.split('/').map(class).collect(), tool, arguments.map(str::to_owned).collect())
        })
    })
}

#[test]
fn classes_of_real_tools() {
    let tools: Vec<_> = tools(TOOLS).collect();
    let mut wrong = Vec::new();
    let mut unsafe_ones = Vec::new();
    let mut rows: BTreeMap<Effect, (usize, usize)> = BTreeMap::new();
    for (effects, tool, arguments) in &tools {
        let effect = effects.first().copied().unwrap_or(Effect::Unknown);
        let found = classify(tool, Hints { description: "", arguments });
        let row = rows.entry(effect).or_default();
        row.0 += 1;
        if found == effect {
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

/// Lists that were read while words were added: the first run scored 76 %, one on a half that was still unread 79 %, both
/// with descriptions.
#[test]
fn classes_of_tools_by_others() {
    let (mut all, mut right, mut taken_for_reads) = (0, 0, Vec::new());
    for (classes, tool, arguments) in tools(OTHERS) {
        let found = classify(tool, Hints { description: "", arguments: &arguments });
        all += 1;
        right += usize::from(classes.contains(&found));
        if !found.acts() && !classes.contains(&found) {
            taken_for_reads.push(tool);
        }
    }
    assert!(all >= 500, "{all}");
    assert!(right * 100 >= all * 80, "{right} of {all}");
    assert!(taken_for_reads.len() * 50 <= all, "acts taken for reads: {taken_for_reads:?}");
}
