//! The model for signs of injection, trained on documents of our own and on the tagger's training sentences, which contain no
//! attacks.
//!
//! Individually written results (`written`) give the wordings. Two grammars generate more: one for what tools return when
//! nobody attacks, one for what attackers inject. The suite of `eval` is written independently of both, and a test makes sure
//! that they share no phrase.

mod document;
mod fit;
pub(crate) mod grammar;
mod written;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use ombud_detect::injection::feature::is_han;
use ombud_detect::injection::model::Model;
use ombud_detect::injection::{Read, judge, read, surest};

use super::corpus::Record;
use crate::term;
use crate::workspace::Workspace;
use document::{Document, Maker};
use fit::{Sample, Weights};
use grammar::Grammar;

/// Path of the model.
pub(crate) const MODEL: &str = "crates/detect/model/signs.bin";
/// Folder of the grammars.
const WORDS: &str = "xtask/src/train/signs";
/// Folder of the individually written results.
const WRITTEN: &str = "xtask/src/train/signs/written";
/// How often each written result is learned from: they are few, and no two are alike.
const OFTEN: usize = 2;
/// One result in this many is left out of a first training, which measures the effect of the threshold.
const FOLDS: usize = 5;
/// Documents of each sort to learn from; below, to measure with.
const LEARNT: usize = 4_000;
const MEASURED: usize = 3_000;

/// One document in this many of the collected text is learned from: text without attacks must not outweigh the rest, nor fill
/// the table of words.
const ONE_IN: usize = 40;

/// Sentences per document of collected text.
const TOGETHER: usize = 4;

/// Trains, writes the model, and measures it on documents that it did not learn from.
pub(super) fn run(workspace: &Workspace, collected: &[Record]) -> Result<()> {
    let [benign, poison] = ["benign.txt", "poison.txt"].map(|name| workspace.path(WORDS).join(name));
    let (benign, poison) = (grammar(&benign)?, grammar(&poison)?);
    let mut maker = Maker::new(&benign, &poison, 5);
    let mut samples: Vec<Sample> = collected.chunks(TOGETHER).step_by(ONE_IN).map(ordinary).collect();
    for _ in 0..LEARNT {
        samples.push(sample(&maker.benign()));
        samples.push(sample(&maker.poisoned()));
    }
    let written = written::read(&workspace.path(WRITTEN))?;
    let made = samples.len();
    let mut held_out = Vec::new();
    for (number, document) in written.iter().enumerate() {
        let held = number % FOLDS == 0;
        held_out.extend(held.then_some(document));
        samples.extend((0..OFTEN * usize::from(!held)).map(|_| sample(document)));
    }
    term::line(&apart(&Weights::of(&samples).encode(), &held_out)?);
    samples.truncate(made);
    for document in &written {
        samples.extend((0..OFTEN).map(|_| sample(document)));
    }
    let file = Weights::of(&samples).encode();
    let path = workspace.path(MODEL);
    fs::write(&path, &file).with_context(|| format!("{} cannot be written", path.display()))?;
    term::line(&report(&file, Maker::new(&benign, &poison, 77))?);
    term::line(&format!("written: {MODEL}, {} bytes", file.len()));
    Ok(())
}

fn grammar(path: &Path) -> Result<Grammar> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(Grammar::read(&text))
}

fn sample(document: &Document) -> Sample {
    let (mut sentences, mut passages) = (Vec::new(), Vec::new());
    read(&document.text, |item| match item {
        Read::Passage(places) => passages.push((sentences.len(), places)),
        Read::Window(window) => sentences.push((window.span, window.features)),
        Read::Invisible(_) | Read::View => {}
    });
    Sample { sentences, passages, poison: document.poison.clone() }
}

/// Collected text, which contains no attacks.
fn ordinary(records: &[Record]) -> Sample {
    let text: Vec<&str> = records.iter().map(|record| record.text.as_str()).collect();
    sample(&Document { text: text.join("\n"), poison: None, family: "collected".to_owned() })
}

/// A model's performance on results that it did not learn from: for each lean, the shares of attacks and of others flagged.
fn apart(file: &[u8], documents: &[&Document]) -> Result<String> {
    let model = Model::read(file).context("the model that was just made cannot be read")?;
    let mut text = String::from("signs, on written results that were left out:\n");
    for han in [false, true] {
        let side = documents.iter().filter(|document| document.text.contains(is_han) == han);
        let scored: Vec<(bool, f32)> = side
            .map(|document| (document.poison.is_some(), surest(&model, &document.text).unwrap_or(f32::MIN)))
            .collect();
        let share = |attack: bool, least: f32| {
            let all = scored.iter().filter(|(is, _)| *is == attack);
            let (count, found) = all.fold((0_u32, 0_u32), |(count, found), (_, odds)| {
                (count + 1, found + u32::from(*odds >= least))
            });
            f64::from(found) / f64::from(count.max(1))
        };
        for least in [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0] {
            let (noticed, flagged) = (share(true, least), share(false, least));
            writeln!(
                text,
                "  {} lean {least:>4}: noticed {noticed:.3}, flagged {flagged:.3}",
                if han { "zh" } else { "en" }
            )?;
        }
    }
    Ok(text)
}

/// Documents found per family, on new documents of the same grammars.
fn report(file: &[u8], mut maker: Maker<'_>) -> Result<String> {
    let model = Model::read(file).context("the model that was just written cannot be read")?;
    let mut counts: BTreeMap<String, (u32, u32, u32)> = BTreeMap::new();
    let mut count = |document: &Document| {
        let (all, found, weighed) = counts.entry(document.family.clone()).or_default();
        *all += 1;
        *weighed += u32::from(is_weighed(document));
        *found += u32::from(!judge(&model, &document.text).is_empty());
    };
    for _ in 0..MEASURED {
        count(&maker.benign());
        count(&maker.poisoned());
    }
    let mut text = String::from("signs, on new documents of the training grammars:\n");
    for (family, (all, found, weighed)) in counts {
        let share = |part: u32| f64::from(part) / f64::from(all);
        writeln!(
            text,
            "  {family:<18} {found:>5} of {all:>5} {:.3} (weighed {:.3})",
            share(found),
            share(weighed)
        )?;
    }
    Ok(text)
}

/// Whether any sentence of the injected text is looked at, which limits what a model can find.
fn is_weighed(document: &Document) -> bool {
    let sentences = sample(document).sentences;
    document.poison.as_ref().is_some_and(|poison| {
        sentences.iter().any(|(span, _)| span.start < poison.end && poison.start < span.end)
    })
}
