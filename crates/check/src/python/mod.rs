//! Python: modules to facts.
//!
//! Every function is evaluated by itself, with what earlier rounds found out about the others, until nothing changes.

mod api;
mod call;
mod consent;
mod decorate;
mod define;
mod eval;
mod loops;
mod notebook;
mod project;
mod state;
mod tools;
mod value;
mod walk;

use std::collections::{BTreeSet, HashMap};

use ruff_python_ast::ModModule;
use ruff_python_parser::parse_module;
use ruff_text_size::Ranged;

use crate::facts::{BrokenConsent, Entry, Facts, File, Function, Gap, GapKind, Reach};
use crate::providers::Providers;
use project::Project;
use state::{State, Summary};
use walk::span;

pub(crate) use api::names;

/// Deeper code is not followed.
const MAX_DEPTH: usize = 120;

/// Rounds of evaluation: as many calls deep a fact can travel when every round goes against the order of the files.
const MAX_ROUNDS: usize = 8;

/// Evaluations for one project: some seconds.
const BUDGET: u64 = 12_000_000;

/// Reads the Python files of a project into facts. `files` are indices of `facts.files`.
pub(crate) fn read(facts: &mut Facts, files: &[usize], providers: &Providers, consent_functions: &[String]) {
    let mut parsed: Vec<(usize, ModModule)> = Vec::new();
    let mut gaps: Vec<Gap> = Vec::new();
    for &index in files {
        let Some(file) = facts.files.get_mut(index) else { continue };
        if matches!(file.path.rsplit_once('.'), Some((_, "ipynb"))) {
            if let Some(code) = notebook::code(&file.text) {
                file.text = code;
            } else {
                gaps.push(Gap { path: file.path.clone(), line: 0, why: GapKind::Syntax });
                continue;
            }
        }
        match parse_module(&file.text) {
            Ok(module) => parsed.push((index, module.into_syntax())),
            Err(error) => {
                let before = file.text.as_bytes().get(..error.range().start().to_usize()).unwrap_or_default();
                let line = before.split(|byte| *byte == b'\n').count();
                let line = u32::try_from(line).unwrap_or(u32::MAX);
                gaps.push(Gap { path: file.path.clone(), line, why: GapKind::Syntax });
            }
        }
    }
    let mut project = Project::default();
    for (index, module) in &parsed {
        let path = facts.files.get(*index).map_or("", |file| file.path.as_str());
        project.add(*index, path, module);
    }
    let found = evaluate(&project, &facts.files, providers, consent_functions);
    facts.gaps.extend(gaps);
    merge(facts, found);
}

/// What the evaluation of the Python files found.
struct Found {
    functions: Vec<Function>,
    stores: Vec<crate::facts::Store>,
    tools: Vec<crate::facts::Tool>,
    gaps: Vec<Gap>,
}

fn evaluate(
    project: &Project<'_>,
    texts: &[File],
    providers: &Providers,
    consent_functions: &[String],
) -> Found {
    let mut state = State {
        project,
        providers,
        consent_functions,
        globals: vec![HashMap::default(); project.modules.len()],
        stars: vec![BTreeSet::default(); project.modules.len()],
        imported: BTreeSet::default(),
        classes: vec![state::ClassState::default(); project.classes.len()],
        summaries: vec![Summary::default(); project.functions.len()],
        locals: HashMap::default(),
        functions: project.functions.iter().map(|func| described(project, func)).collect(),
        stores: Vec::new(),
        tools: Vec::new(),
        gaps: Vec::new(),
        texts,
        changed: true,
        wrapped: vec![None; project.functions.len()],
        budget: BUDGET,
    };
    for _ in 0..MAX_ROUNDS {
        if !state.changed || state.budget == 0 {
            break;
        }
        state.changed = false;
        // What a decorator does with what it wraps is found out anew in each round.
        state.wrapped = state.summaries.iter_mut().map(|summary| summary.wraps.take()).collect();
        for module in &project.modules {
            walk::walk(&mut state, module.function);
        }
        for (id, func) in project.functions.iter().enumerate() {
            if func.definition.is_some() {
                walk::walk(&mut state, id);
            }
        }
        let now: Vec<Option<bool>> = state.summaries.iter().map(|summary| summary.wraps).collect();
        state.changed |= now != state.wrapped;
    }
    if state.budget == 0 {
        state.gaps.push(Gap { path: String::new(), line: 0, why: GapKind::TooComplex });
    }
    enter(project, &mut state);
    judge_consent(project, &mut state);
    Found { functions: state.functions, stores: state.stores, tools: state.tools, gaps: state.gaps }
}

fn described(project: &Project<'_>, func: &project::Func<'_>) -> Function {
    let file = project.modules.get(func.module).map_or(0, |module| module.file);
    let span = func.definition.map_or(0..0, |definition| span(definition.name.range()));
    let name = func.name.rsplit('.').next().unwrap_or(&func.name);
    let erases = func.definition.is_some()
        && api::names(name, &["erase*", "forget*", "delete*", "purge*", "wipe*", "remove*", "clear*"]);
    Function { name: func.name.clone(), file, span, erases, ..Function::default() }
}

/// A module that nobody imports is run.
fn enter(project: &Project<'_>, state: &mut State<'_>) {
    let runs = |state: &State<'_>| state.functions.iter().any(|function| function.entry.is_some());
    for (id, module) in project.modules.iter().enumerate() {
        if !state.imported.contains(&id)
            && let Some(function) = state.functions.get_mut(module.function)
        {
            function.entry.get_or_insert(Entry::Program);
        }
    }
    if !runs(state) {
        for module in &project.modules {
            if let Some(function) = state.functions.get_mut(module.function) {
                function.entry = Some(Entry::Program);
            }
        }
    }
    // A library has no start: whatever is public may be called.
    let functions = std::mem::take(&mut state.functions);
    let facts = Facts { functions, ..Facts::default() };
    let reach = Reach::new(&facts);
    state.functions = facts.functions;
    let does = facts_do(&state.functions, &reach);
    let definitions = || project.functions.iter().enumerate().filter(|(_, func)| func.definition.is_some());
    if !does && definitions().count() > 0 && definitions().all(|(id, _)| !reach.runs(id)) {
        state.gaps.push(Gap { path: String::new(), line: 0, why: GapKind::NoEntry });
        for (id, func) in definitions() {
            let public =
                !func.name.rsplit('.').next().unwrap_or_default().starts_with('_') && func.outer.is_none();
            if public && let Some(function) = state.functions.get_mut(id) {
                function.entry = Some(Entry::Handler);
            }
        }
    }
}

/// Whether code that can run does anything that rules look at.
fn facts_do(functions: &[Function], reach: &Reach) -> bool {
    let mut running = functions.iter().enumerate().filter(|(id, _)| reach.runs(*id));
    running.any(|(_, function)| function.calls.iter().any(|call| !call.does.is_empty()))
}

/// Consent functions that are none.
fn judge_consent(project: &Project<'_>, state: &mut State<'_>) {
    for (id, func) in project.functions.iter().enumerate() {
        let Some(summary) = state.summaries.get(id).cloned() else { continue };
        let Some(function) = state.functions.get_mut(id) else { continue };
        function.consented = summary.consented;
        let module = project.modules.get(func.module).map_or("", |module| module.name.as_str());
        let full = format!("{module}.{}", func.name);
        let declared = state.consent_functions.iter().any(|name| *name == full || *name == func.name);
        if !declared && !consent::answers(&func.name) {
            continue;
        }
        function.broken_consent = if summary.always_yes && !summary.ensures {
            Some(BrokenConsent::AlwaysYes)
        } else if summary.wraps == Some(false) {
            Some(BrokenConsent::RunsAnyway)
        } else {
            None
        };
    }
}

/// Adds what was found, with ids moved behind those of other front ends.
fn merge(facts: &mut Facts, found: Found) {
    let (functions, stores) = (facts.functions.len(), facts.stores.len());
    facts.stores.extend(found.stores);
    facts.gaps.extend(found.gaps);
    facts.tools.extend(found.tools.into_iter().map(|mut tool| {
        tool.function = tool.function.map(|id| id + functions);
        tool
    }));
    facts.functions.extend(found.functions.into_iter().map(|mut function| {
        for call in &mut function.calls {
            call.callees.iter_mut().for_each(|callee| *callee += functions);
            for deed in &mut call.does {
                use crate::facts::Deed::{Erase, Retrieve, Store};
                if let Retrieve(store) | Erase(store) | Store(store, _) = deed {
                    *store += stores;
                }
            }
        }
        function
    }));
}
