//! Code inside a node, read by the front end of its language. The node's input becomes the arguments of its function.

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

/// Reads a component that a framework calls. All its facts get the span of the code in the file.
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

/// Records that code inside a node was not understood.
fn unread(facts: &mut Facts, file: usize, at: &Range<usize>) {
    let place = facts.place(file, at.clone());
    facts.gaps.push(Gap { path: place.path, line: place.line, why: GapKind::Inside });
}

/// Reads code with a function `main`, and returns the act of entering it. `None`, with a gap, if it does not parse.
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
    // It only runs when its node does.
    inner.gaps.retain(|gap| gap.why != GapKind::NoEntry);
    inner.functions.iter_mut().for_each(|function| function.entry = None);
    let first = facts.functions.len();
    let entered = inner.functions.iter().enumerate();
    let entered = entered.filter(|(_, function)| function.name == "main" || function.span.is_empty());
    let entered: Vec<FunctionId> = entered.map(|(id, _)| first + id).collect();
    adopt(facts, inner, file, at);
    Some(Act::Enter(entered))
}

/// Reads code that the platform wraps in a function. Its input has names with a dollar sign in a script, and names with a
/// leading underscore in Python.
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

/// Returns the platform's input variables that the code uses, each once.
fn underscored(text: &str) -> Vec<&str> {
    const NAMES: &[&str] = &["_input", "_json", "_item", "_items", "_node", "_query", "_vars"];
    let word = |ch: char| !ch.is_alphanumeric() && ch != '_';
    NAMES.iter().copied().filter(|name| text.split(word).any(|one| one == *name)).collect()
}

/// Returns names that begin with a dollar sign, each once.
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

/// Moves facts to the span of the code in its file.
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
