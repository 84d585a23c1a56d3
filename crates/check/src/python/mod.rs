//! Python: files and notebooks to modules of the evaluator.

mod docstring;
mod notebook;

pub(crate) use docstring::docstrings;

use std::ops::Range;

use ruff_python_parser::parse_module;
use ruff_text_size::Ranged;

use crate::code::{self, Limits, Parsed};
use crate::facts::{Facts, File, Gap, GapKind};
use crate::providers::Providers;

/// Reads the Python files of a project into facts. `files` are indices of `facts.files`.
pub(crate) fn read(facts: &mut Facts, files: &[usize], providers: &Providers, consent_functions: &[String]) {
    let mut parsed: Vec<Parsed> = Vec::new();
    for &index in files {
        let Some(file) = facts.files.get_mut(index) else { continue };
        match parse(index, file) {
            Ok(module) => parsed.push(module),
            Err(gap) => facts.gaps.push(gap),
        }
    }
    code::read(facts, &parsed, providers, &Limits::new(consent_functions));
}

/// Reads Python that stands inside another file. Everything in it lies at one place there.
pub(crate) fn read_inside(
    facts: &mut Facts,
    file: usize,
    text: &str,
    at: &Range<usize>,
    providers: &Providers,
) {
    let Ok(module) = parse_module(text) else { return };
    let mut inner = Facts::default();
    let path = facts.files.get(file).map(|file| file.path.clone()).unwrap_or_default();
    inner.files.push(File { path, text: text.to_owned() });
    let body = module.into_syntax();
    let parsed = [Parsed { file: 0, stem: "component".to_owned(), body, script: false }];
    code::read(&mut inner, &parsed, providers, &Limits::new(&[]));
    for function in &mut inner.functions {
        function.file = file;
        function.span = at.clone();
        function.body = at.clone();
        function.calls.iter_mut().for_each(|call| call.span = at.clone());
        function.loops.iter_mut().for_each(|one| (one.span, one.body) = (at.clone(), at.clone()));
    }
    inner.tools.iter_mut().for_each(|tool| (tool.file, tool.span) = (file, at.clone()));
    inner.agents.iter_mut().for_each(|agent| (agent.file, agent.span) = (file, at.clone()));
    code::merge(facts, inner);
}

fn parse(index: usize, file: &mut File) -> Result<Parsed, Gap> {
    let stem = stem(&file.path);
    if matches!(file.path.rsplit_once('.'), Some((_, "ipynb"))) {
        file.text = notebook::code(&file.text).ok_or_else(|| broken(&file.path, 0))?;
    }
    let module = parse_module(&file.text).map_err(|error| {
        let before = file.text.as_bytes().get(..error.range().start().to_usize()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        broken(&file.path, u32::try_from(line).unwrap_or(u32::MAX))
    })?;
    Ok(Parsed { file: index, stem, body: module.into_syntax(), script: false })
}

fn broken(path: &str, line: u32) -> Gap {
    Gap { path: path.to_owned(), line, why: GapKind::Syntax }
}

/// A path without its ending; a package is named by its folder.
fn stem(path: &str) -> String {
    let stem = path.strip_suffix(".ipynb").or_else(|| path.strip_suffix(".pyw"));
    let stem = stem.or_else(|| path.strip_suffix(".py")).unwrap_or(path);
    stem.strip_suffix("/__init__").unwrap_or(stem).to_owned()
}
