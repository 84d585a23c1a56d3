//! Tools that run a whole database statement written by the model, and whether they can only read.

use std::collections::BTreeMap;

use super::untrusted_to_exec::names_a_statement;
use super::{Project, carried_by};
use crate::facts::{Call, Deed, Facts, FunctionId, Reach, Sink, Sites, Taint, Tool};

/// Calls that run a whole statement, or pass one to a helper that runs it, and whether they can only read.
type Whole = BTreeMap<(FunctionId, usize), bool>;

/// What the tools of a project do with SQL statements.
pub(super) struct Statements {
    whole: Whole,
    /// For each function, whether it leads to a statement that may change something.
    changing: Vec<bool>,
    /// For each function, whether it leads to a statement at all.
    running: Vec<bool>,
}

impl Statements {
    /// Analyses the project; empty if it has no tools.
    pub(super) fn of(project: &Project<'_>) -> Self {
        let facts = project.facts;
        let whole = if facts.tools.is_empty() { Whole::new() } else { whole(project) };
        // Most projects have no such call.
        if whole.is_empty() {
            return Self { whole, changing: Vec::new(), running: Vec::new() };
        }
        let at = |id: FunctionId, call: &Call| whole.get(&(id, call.span.start)).copied();
        let running = Reach::leading_from(facts, |id, call| at(id, call).is_some());
        let changing =
            Reach::leading_from(facts, |id, call| at(id, call) == Some(false) && !only_reads(facts, id));
        Self { whole, changing, running }
    }

    /// Whether a tool may change a database through a model-written statement; `None` if it runs none.
    pub(super) fn may_change(&self, facts: &Facts, tool: &Tool) -> Option<bool> {
        let id = carried_by(facts, tool)?;
        let at = |all: &[bool], id: FunctionId| all.get(id) == Some(&true);
        if !at(&self.running, id) {
            return None;
        }
        let within = |call: &&Call| {
            tool.function.is_some()
                || tool
                    .acts
                    .as_ref()
                    .is_some_and(|(_, acts)| call.span.start <= acts.end && acts.start <= call.span.end)
        };
        let function = facts.functions.get(id)?;
        let calls = || function.calls.iter().filter(within);
        let own = || calls().any(|call| self.whole.contains_key(&(id, call.span.start)));
        let inner = |all: &[bool]| calls().flat_map(|call| &call.callees).any(|callee| at(all, *callee));
        if !own() && !inner(&self.running) {
            return None;
        }
        let told = facts.files.get(tool.file).and_then(|file| file.text.get(tool.span.clone()));
        let read_only =
            told.is_some_and(|text| says_read_only(&text.to_lowercase())) || only_reads(facts, id);
        Some(!read_only && (own() && at(&self.changing, id) || inner(&self.changing)))
    }
}

/// Finds the calls that run a whole statement written by a model. A helper that runs its argument does not count by itself:
/// each call that passes it model-written text does.
fn whole(project: &Project<'_>) -> Whole {
    let (facts, sites) = (project.facts, Sites::new(project.facts, project.reach));
    let mut found = Whole::new();
    let mut note = |(id, call): (FunctionId, &Call), held: bool| {
        *found.entry((id, call.span.start)).or_insert(true) &= held;
    };
    for (id, call) in project.reach.calls(facts) {
        for deed in &call.does {
            let Deed::Run { sink: Sink::Sql, content, given } = deed else { continue };
            let wrote = project.reach.unchecked(id, *content).has(Taint::WROTE);
            if !wrote || given.is_none() && !names_a_statement(facts, id, call) {
                continue;
            }
            let held = only_reads(facts, id);
            // Nothing else calls a function that is itself a tool.
            let tool = facts.tools.iter().any(|tool| tool.function == Some(id));
            let Some(handing) = given.filter(|_| !tool).and_then(|given| sites.of(given, Taint::WROTE))
            else {
                note((id, call), held);
                continue;
            };
            for (caller, handed) in handing {
                // If there are several callees (one per database), the statement is passed on through one more helper.
                let several = handed.callees.len() > 1;
                let passed = handed.arguments.iter().find_map(|given| given.parameters().last());
                match passed.filter(|_| several).and_then(|index| sites.of((caller, index), Taint::WROTE)) {
                    Some(all) => all.into_iter().for_each(|one| note(one, held)),
                    None if several => note((id, call), held),
                    None => note((caller, handed), held),
                }
            }
        }
    }
    found
}

/// Whether a function lets only reading statements through: it sets the database to read-only, or checks how statements begin.
/// A switch that is off by default does not count.
fn only_reads(facts: &Facts, id: FunctionId) -> bool {
    let Some(function) = facts.functions.get(id) else { return false };
    let Some(file) = facts.files.get(function.file) else { return false };
    let body = file.text.get(function.body.clone()).unwrap_or_default().to_lowercase();
    let looks =
        ["startswith(", ".test(", "match(", "in (", "in [", "includes(", "isselect", "is_select", "is_safe"];
    // A check for statements that begin with a modifying word rather than with `select` lets those through.
    let begins = |word: &str| {
        ["startswith(\"", "startswith('", "startswith((\"", "startswith(('"]
            .iter()
            .any(|look| body.contains(&format!("{look}{word}")))
    };
    let writes = ["insert", "update"].iter().all(|word| begins(word));
    let held = says_read_only(&body)
        || !writes && body.contains("select") && looks.iter().any(|look| body.contains(look));
    held && (!body.lines().any(is_switch) || file.text.lines().any(is_on_by_default))
}

fn says_read_only(text: &str) -> bool {
    ["read only", "read-only", "readonly", "read_only", "mode=ro", "query_only", "只读"]
        .iter()
        .any(|word| text.contains(word))
}

/// Matches `if (READONLY) {` and `if self.read_only:`, in lower case.
fn is_switch(line: &str) -> bool {
    let Some(test) = line.trim_start().strip_prefix("if") else { return false };
    let test = test.trim().trim_end_matches(['{', ':', ' ']);
    let plain = |ch: char| {
        ch.is_ascii_alphanumeric() || matches!(ch, '_' | '.' | '$' | '(' | ')' | '[' | ']' | '"' | '\'')
    };
    (test.contains("readonly") || test.contains("read_only")) && test.chars().all(plain)
}

/// Matches `const READ_ONLY = process.env.READ_ONLY !== "false"` and `read_only: bool = True`.
fn is_on_by_default(line: &str) -> bool {
    const ON: &[&str] = &[
        "!= 'false'",
        "!= \"false\"",
        "!== 'false'",
        "!== \"false\"",
        "?? true",
        "|| 'true'",
        "|| \"true\"",
        ", \"true\")",
        ", 'true')",
        "= true",
        "default: true",
        "=true",
    ];
    let line = line.to_lowercase();
    let named = ["readonly", "read_only", "read-only"].iter().any(|name| line.contains(name));
    named
        && !line.contains("== 'true'")
        && !line.contains("== \"true\"")
        && ON.iter().any(|sign| line.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_told_from_checks() {
        for switch in ["if (readonly) {", "    if self.read_only:", "if (config.readonly) {"] {
            assert!(is_switch(switch), "{switch}");
        }
        for check in ["if not sql.startswith(\"select\"):", "if (!isreadonly(sql)) {", "readonly = true"] {
            assert!(!is_switch(check), "{check}");
        }
        assert!(is_on_by_default("const READ_ONLY = process.env.READ_ONLY !== 'false';"));
        assert!(is_on_by_default("    read_only: bool = True"));
        assert!(!is_on_by_default("const READONLY = process.env.READONLY === 'true';"));
    }
}
