//! Code inside a node: read by the front end of its language. What comes into the node are the arguments of its function.

use std::ops::Range;

use super::graph::Act;
use crate::facts::{Facts, FunctionId, Gap, GapKind};
use crate::providers::Providers;

/// The language of a node's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    Script,
}

/// Reads a component that a framework calls. Everything in it lies at one place of the file.
pub(super) fn component(
    facts: &mut Facts,
    file: usize,
    text: &str,
    at: &Range<usize>,
    providers: &Providers,
) {
    match facts_of(facts, file, text, Language::Python, providers) {
        Some(inner) => adopt(facts, inner, file, at),
        None => unread(facts, file, at),
    }
}

/// Says that code inside a node was not understood.
fn unread(facts: &mut Facts, file: usize, at: &Range<usize>) {
    let place = facts.place(file, at.clone());
    facts.gaps.push(Gap { path: place.path, line: place.line, why: GapKind::Inside });
}

/// Reads code with a function `main`; what its node does then. Nothing, and a gap, if it cannot be read.
pub(crate) fn main(
    facts: &mut Facts,
    file: usize,
    text: &str,
    at: &Range<usize>,
    language: Language,
    providers: &Providers,
) -> Option<Act> {
    let Some(mut inner) = facts_of(facts, file, text, language, providers) else {
        unread(facts, file, at);
        return None;
    };
    // It runs when its node does, and never by itself.
    inner.gaps.retain(|gap| gap.why != GapKind::NoEntry);
    inner.functions.iter_mut().for_each(|function| function.entry = None);
    let first = facts.functions.len();
    let entered = inner.functions.iter().enumerate();
    let entered = entered.filter(|(_, function)| function.name == "main" || function.span.is_empty());
    let entered: Vec<FunctionId> = entered.map(|(id, _)| first + id).collect();
    adopt(facts, inner, file, at);
    Some(Act::Enter(entered))
}

/// Reads the body of a function of which the platform makes one. In a script names with a dollar are what comes in, in Python
/// those that begin with an underscore.
pub(super) fn body(
    facts: &mut Facts,
    file: usize,
    text: &str,
    at: &Range<usize>,
    language: Language,
    providers: &Providers,
) -> Option<Act> {
    let whole = match language {
        Language::Python => {
            let lines: String = text.lines().flat_map(|line| ["    ", line, "\n"]).collect();
            format!("async def main({}):\n{lines}    pass\n", underscored(text).join(", "))
        }
        Language::Script => format!("async function main({}) {{\n{text}\n}}\n", dollars(text).join(", ")),
    };
    main(facts, file, &whole, at, language, providers)
}

/// What comes in under the names that the platform gives it, each once.
fn underscored(text: &str) -> Vec<&str> {
    const NAMES: &[&str] = &["_input", "_json", "_item", "_items", "_node", "_query", "_vars"];
    let word = |ch: char| !ch.is_alphanumeric() && ch != '_';
    NAMES.iter().copied().filter(|name| text.split(word).any(|one| one == *name)).collect()
}

/// Names that begin with a dollar, each once.
fn dollars(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for rest in text.split('$').skip(1) {
        let name: String = rest.chars().take_while(|ch| ch.is_alphanumeric() || *ch == '_').collect();
        let name = format!("${name}");
        if name.len() > 1 && found.len() < 16 && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn facts_of(
    facts: &Facts,
    file: usize,
    text: &str,
    language: Language,
    providers: &Providers,
) -> Option<Facts> {
    match language {
        Language::Python => {
            let path = facts.files.get(file).map(|file| file.path.clone()).unwrap_or_default();
            crate::python::inside(text, path, providers)
        }
        Language::Script => crate::script::inside(text, providers),
    }
}

/// Moves facts to the place at which the code stands.
fn adopt(facts: &mut Facts, mut inner: Facts, file: usize, at: &Range<usize>) {
    for function in &mut inner.functions {
        function.file = file;
        if !function.span.is_empty() {
            function.span = at.clone();
        }
        function.body = at.clone();
        function.calls.iter_mut().for_each(|call| call.span = at.clone());
        function.loops.iter_mut().for_each(|one| (one.span, one.body) = (at.clone(), at.clone()));
    }
    inner.tools.iter_mut().for_each(|tool| (tool.file, tool.span) = (file, at.clone()));
    inner.agents.iter_mut().for_each(|agent| (agent.file, agent.span) = (file, at.clone()));
    inner.models.iter_mut().for_each(|model| (model.file, model.span) = (file, at.clone()));
    inner.prompts.iter_mut().for_each(|prompt| (prompt.file, prompt.span) = (file, at.clone()));
    crate::code::merge(facts, inner);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_dollar_are_found_once() {
        assert_eq!(dollars("return $a + $vars.x + $a + `${y}`"), ["$a", "$vars"]);
        assert_eq!(underscored("x = _input.all()[0]\nfor _items_left in _json: pass"), ["_input", "_json"]);
    }
}
