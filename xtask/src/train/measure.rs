//! Measures a model on the held-out records.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use ombud_detect::normalise::normalise;
use ombud_detect::tagger::Tagger;
use ombud_detect::tagger::model::Model;

use super::corpus::Record;

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    gold: u32,
    found: u32,
    right: u32,
}

/// Precision, recall and F1 of exact spans, per source and type, as a table.
pub(super) fn report(file: &[u8], records: &[Record]) -> Result<String> {
    let tagger = Tagger::new(Model::read(file).context("the model that was just written cannot be read")?);
    let mut counts: BTreeMap<(String, &str), Count> = BTreeMap::new();
    for record in records {
        let normal = normalise(&record.text);
        let found: Vec<_> =
            tagger.tag(&normal.text).into_iter().map(|e| (normal.original(&e.span), e.kind)).collect();
        let mut count = |kind: &'static str, add: fn(&mut Count)| {
            add(counts.entry((record.origin().to_owned(), kind)).or_default());
        };
        for (_, kind) in &record.names {
            count(kind.name(), |c| c.gold += 1);
        }
        for name in &found {
            count(name.1.name(), |c| c.found += 1);
            if record.names.contains(name) {
                count(name.1.name(), |c| c.right += 1);
            }
        }
    }
    let mut text =
        String::from("| source | type | labelled | found | P | R | F1 |\n|---|---|--:|--:|--:|--:|--:|\n");
    for ((source, kind), Count { gold, found, right }) in counts {
        let share = |whole: u32| if whole == 0 { 0.0 } else { f64::from(right) / f64::from(whole) };
        let (p, r) = (share(found), share(gold));
        let f1 = if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 };
        writeln!(text, "| {source} | {kind} | {gold} | {found} | {p:.3} | {r:.3} | {f1:.3} |")?;
    }
    Ok(text)
}
