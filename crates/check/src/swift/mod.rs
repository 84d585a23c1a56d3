//! Reads Swift files into modules of the evaluator.
//!
//! tree-sitter parses; its result is lowered to the small tree that the evaluator reads (see [`lower`]). The files of an app do
//! not import each other, so an [`index`] of all of them is built first.

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

/// A file of which the parser skipped more than one byte in this many counts as not understood.
const SKIPPED: usize = 10;

/// A parsed file.
struct Read<'f> {
    file: usize,
    path: &'f str,
    /// The text that was parsed: all offsets as in the file, without what no release contains.
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

/// Returns the tree of a text; `None` if parsing exceeds the time limit for its size.
fn tree(text: &str, patience: &Patience) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_swift::LANGUAGE.into()).ok()?;
    let mut clock = patience.clock(text);
    let mut bytes = |at: usize, _| text.as_bytes().get(at..).unwrap_or_default();
    parser.parse_with_options(&mut bytes, None, Some(ParseOptions::new().progress_callback(&mut clock)))
}

/// Strips the extension from a path.
fn stem(path: &str) -> &str {
    path.strip_suffix(".swift").unwrap_or(path)
}
