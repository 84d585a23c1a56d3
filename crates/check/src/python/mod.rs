//! Reads Python files and notebooks into modules of the evaluator.

mod docstring;
mod lambdas;
mod notebook;

pub(crate) use docstring::docstrings;

use std::sync::Arc;

use ruff_python_ast::ModModule;
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged;

use crate::code::{self, Limits, Parsed, Tongue};
use crate::facts::{Facts, File, Gap, GapKind};
use crate::memory::Memory;
use crate::providers::Providers;

/// Reads the Python files of a project into facts. `files` are indices of `facts.files`.
pub(crate) fn read(
    memory: &mut Memory,
    facts: &mut Facts,
    files: &[usize],
    providers: &Providers,
    consent_functions: &[String],
) {
    let mut parsed: Vec<Parsed> = Vec::new();
    for &index in files {
        let Some(file) = facts.files.get_mut(index) else { continue };
        match module(memory, index, file) {
            Ok(module) => parsed.push(module),
            Err(gap) => facts.gaps.push(gap),
        }
    }
    code::read(facts, &parsed, providers, &Limits::new(consent_functions));
}

/// Returns the facts of Python embedded in another file; `None` if it does not parse.
pub(crate) fn inside(text: &str, path: String, providers: &Providers) -> Option<Facts> {
    let mut body = parse_module(text).ok()?.into_syntax();
    lambdas::hoist(&mut body.body);
    let body = Arc::new(body);
    let mut inner = Facts::default();
    inner.files.push(File { path, text: text.to_owned() });
    let parsed = [Parsed { file: 0, stem: "component".to_owned(), body, tongue: Tongue::Python }];
    code::read(&mut inner, &parsed, providers, &Limits::new(&[]));
    Some(inner)
}

/// Whether a file is Python, by its name; notebooks are not included.
pub(crate) fn is_source(path: &str) -> bool {
    matches!(path.rsplit_once('.'), Some((_, "py" | "pyw")))
}

/// Returns the tree of a Python file, if it parses.
pub(crate) fn tree(file: &File) -> Option<ModModule> {
    parse_module(&file.text).ok().map(ruff_python_parser::Parsed::into_syntax)
}

/// Whether a text parses as Python.
pub(crate) fn reads(text: &str) -> bool {
    parse_module(text).is_ok()
}

fn module(memory: &mut Memory, index: usize, file: &mut File) -> Result<Parsed, Gap> {
    let stem = stem(&file.path);
    if matches!(file.path.rsplit_once('.'), Some((_, "ipynb"))) {
        file.text = notebook::code(&file.text).ok_or_else(|| broken(&file.path, 0))?;
    }
    let body = memory.tree(&file.path, &file.text, 0, || parse(file))?;
    Ok(Parsed { file: index, stem, body, tongue: Tongue::Python })
}

fn parse(file: &File) -> Result<ModModule, Gap> {
    let module = parse_module(&file.text).map_err(|error| {
        let before = file.text.as_bytes().get(..error.range().start().to_usize()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        broken(&file.path, u32::try_from(line).unwrap_or(u32::MAX))
    })?;
    let mut module = module.into_syntax();
    lambdas::hoist(&mut module.body);
    Ok(module)
}

fn broken(path: &str, line: u32) -> Gap {
    Gap { path: path.to_owned(), line, why: GapKind::Syntax }
}

/// Strips the extension from a path.
fn stem(path: &str) -> String {
    let stem = path.strip_suffix(".ipynb").or_else(|| path.strip_suffix(".pyw"));
    stem.or_else(|| path.strip_suffix(".py")).unwrap_or(path).to_owned()
}
