//! Swift: files to modules of the evaluator.
//!
//! tree-sitter parses; what it gives is written anew in the small tree that the evaluator reads (see [`lower`]). Swift has no
//! imports between the files of an app, so an [`index`] of all of them comes first.

mod bounds;
mod call;
mod closure;
mod conditions;
mod expression;
mod index;
mod literal;
mod lower;
mod node;
mod statement;
mod test;
mod types;

use std::sync::Arc;

use tree_sitter::{ParseOptions, Parser, Tree};

use crate::code::{self, Limits, Parsed, Tongue};
use crate::facts::{Facts, File, Gap, GapKind};
use crate::providers::Providers;
use bounds::Patience;
use index::Index;
use lower::Lower;

/// A file in which the parser skipped more than one part in so many is not understood.
const SKIPPED: usize = 10;

/// A file that was parsed.
struct Read<'f> {
    file: usize,
    path: &'f str,
    /// The text that was parsed: as long as the file, without what no release contains.
    text: String,
    tree: Tree,
}

/// Reads the Swift files of a project into facts. `files` are indices of `facts.files`.
pub(crate) fn read(facts: &mut Facts, files: &[usize], providers: &Providers, consent_functions: &[String]) {
    let (mut trees, mut gaps, mut patience) = (Vec::new(), Vec::new(), Patience::default());
    for &index in files {
        let Some(file) = facts.files.get(index) else { continue };
        match parse(index, file, &mut patience) {
            Ok(read) => trees.push(read),
            Err(gap) => gaps.push(gap),
        }
    }
    let index =
        Index::new(trees.iter().map(|read| (stem(read.path), read.tree.root_node(), read.text.as_str())));
    let parsed: Vec<Parsed> = trees.iter().map(|read| lowered(read, &index)).collect();
    drop(trees);
    facts.gaps.extend(gaps);
    code::read(facts, &parsed, providers, &Limits::new(consent_functions));
}

fn lowered(read: &Read<'_>, index: &Index) -> Parsed {
    let stem = stem(read.path);
    let body = Lower::new(&read.text, index, stem).program(read.tree.root_node());
    Parsed { file: read.file, stem: stem.to_owned(), body: Arc::new(body), tongue: Tongue::Swift }
}

fn parse<'f>(index: usize, file: &'f File, patience: &mut Patience) -> Result<Read<'f>, Gap> {
    let gap = |line, why| Gap { path: file.path.clone(), line, why };
    let text = conditions::released(&file.text);
    if bounds::scans_too_long(&text) {
        return Err(gap(0, GapKind::TooComplex));
    }
    let Some(tree) = tree(&text, patience) else {
        patience.give_up();
        return Err(gap(0, GapKind::TooComplex));
    };
    let (skipped, line) = node::skipped(tree.root_node());
    if skipped > text.trim().len() / SKIPPED {
        return Err(gap(line, GapKind::Syntax));
    }
    Ok(Read { file: index, path: &file.path, text, tree })
}

/// The tree of a text; nothing if it takes more work than a file of its size should.
fn tree(text: &str, patience: &Patience) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_swift::LANGUAGE.into()).ok()?;
    let mut clock = patience.clock(text);
    let mut bytes = |at: usize, _| text.as_bytes().get(at..).unwrap_or_default();
    parser.parse_with_options(&mut bytes, None, Some(ParseOptions::new().progress_callback(&mut clock)))
}

/// A path without its ending.
fn stem(path: &str) -> &str {
    path.strip_suffix(".swift").unwrap_or(path)
}
