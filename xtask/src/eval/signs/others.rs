//! Tool results by somebody who had read neither the lexicon, nor the training text, nor the suite: as close as one can get to
//! what unknown attackers would write.

use anyhow::{Context as _, Result};
use ombud_core::Sign;
use serde::Deserialize;

/// One file per language and kind.
const FILES: [(&str, bool, &str); 4] = [
    ("en", true, include_str!("others/en_attack.jsonl")),
    ("zh", true, include_str!("others/zh_attack.jsonl")),
    ("en", false, include_str!("others/en_calm.jsonl")),
    ("zh", false, include_str!("others/zh_calm.jsonl")),
];

#[derive(Deserialize)]
struct Row {
    text: String,
}

/// For one language and kind: how many results there are, and how many are flagged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts {
    pub(super) lang: &'static str,
    pub(super) poisoned: bool,
    pub(super) all: u32,
    pub(super) flagged: u32,
}

/// Runs a detector over all of them.
pub(super) fn run(detector: impl Fn(&str) -> Vec<Sign>) -> Result<Vec<Counts>> {
    FILES
        .iter()
        .map(|(lang, poisoned, file)| {
            let (mut all, mut flagged) = (0, 0);
            for line in file.lines() {
                let row: Row = serde_json::from_str(line).with_context(|| format!("no result: {line}"))?;
                all += 1;
                flagged += u32::from(!detector(&row.text).is_empty());
            }
            Ok(Counts { lang, poisoned: *poisoned, all, flagged })
        })
        .collect()
}

#[cfg(test)]
pub(super) fn texts() -> impl Iterator<Item = String> {
    let lines = FILES.iter().flat_map(|(_, _, file)| file.lines());
    lines.map(|line| serde_json::from_str::<Row>(line).expect("a result").text)
}
