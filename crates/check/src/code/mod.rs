//! The evaluator: turns modules of one language into facts.
//!
//! Its syntax tree is Python's, as ruff's parser defines it. Python files are evaluated as they are; scripts and
//! Swift are first translated into the same tree, with `script` or `swift` set where the languages differ. Every
//! function is evaluated by itself, with what earlier rounds found out about the others, until nothing changes.

mod agents;
mod api;
mod asked;
mod assign;
mod barrier;
pub(crate) mod build;
mod builtin;
mod by_name;
mod by_shape;
mod call;
mod carried;
mod class_tools;
mod closed;
mod consent;
mod decorate;
mod deeds;
mod define;
mod disguise;
mod eval;
mod factory;
mod given;
mod hand_out;
mod handed_tools;
mod hash;
mod held;
mod history;
mod identity;
mod instructs;
mod kept;
mod keyed;
mod launches;
mod lent;
mod loops;
mod methods;
mod named;
mod offered;
mod on_app;
mod one_hand;
mod options;
mod project;
mod puts;
mod refuse;
mod requests;
mod revealed;
mod room;
mod rows;
mod sealed;
mod settings;
mod state;
mod swift;
mod tables;
mod tools;
mod trust;
mod value;
mod walk;
mod watch;

use std::sync::Arc;

use ruff_python_ast::ModModule;
use ruff_text_size::Ranged;

use crate::facts::{BrokenConsent, Entry, Facts, File, Function, FunctionId, Gap, GapKind, Reach};
use crate::providers::Providers;
use project::Project;
use state::State;
use walk::span;

pub(crate) use api::flaws::UNASKED;
pub(crate) use api::{names, says_whose, words};
#[cfg(feature = "swift")]
pub(crate) use swift::CALLED;
pub(crate) use swift::{ENTERED, EXTENSION, GETTER, TRAILING};

/// Maximum nesting depth that is followed.
const MAX_DEPTH: usize = 120;

/// Maximum rounds of evaluation: a fact can travel this many calls deep even if every round runs against the order of
/// the files.
const MAX_ROUNDS: usize = 8;

/// Maximum evaluations per project, which take some seconds.
const BUDGET: u64 = 12_000_000;

/// The name of a script's default export; no identifier can have it.
pub(crate) const DEFAULT_EXPORT: &str = "export default";

/// The name of the function that initialises the function-valued fields of a new object.
pub(crate) const FIELDS: &str = "fields@";

/// A file that was parsed.
pub(crate) struct Parsed {
    /// Index of the file in the facts.
    pub file: usize,
    /// Its path without the extension.
    pub stem: String,
    pub body: Arc<ModModule>,
    pub tongue: Tongue,
}

/// Which language a file was written in before it became a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    Python,
    Script,
    Swift,
}

/// Limits set by the caller.
pub(crate) struct Limits<'a> {
    /// Functions declared to answer whether consent was given.
    pub consent_functions: &'a [String],
    /// The evaluation budget.
    pub budget: u64,
}

impl<'a> Limits<'a> {
    pub(crate) fn new(consent_functions: &'a [String]) -> Self {
        Self { consent_functions, budget: BUDGET }
    }
}

/// Evaluates modules of one language into facts.
pub(crate) fn read(facts: &mut Facts, parsed: &[Parsed], providers: &Providers, limits: &Limits<'_>) {
    let mut project = Project::default();
    for module in parsed {
        project.add(module);
    }
    let found = evaluate(&project, &facts.files, providers, limits);
    merge(facts, found);
}

fn evaluate(project: &Project<'_>, texts: &[File], providers: &Providers, limits: &Limits<'_>) -> Facts {
    let mut state = State::new(project, texts, providers, limits);
    // Imports and exports of the modules come first, so that functions are evaluated fewer times.
    for _ in 0..MAX_ROUNDS {
        bodies(project, &mut state);
    }
    rounds(project, &mut state);
    if offered::answer(&mut state) {
        rounds(project, &mut state);
    }
    if state.budget == 0 {
        state.gaps.push(Gap { path: String::new(), line: 0, why: GapKind::TooComplex });
    }
    enter(project, &mut state);
    carried::note(project, &mut state);
    history::note(project, &mut state);
    one_hand::note(&mut state);
    refuse::note(project, &mut state);
    judge_consent(project, &mut state);
    let (functions, stores, agents) = (state.functions, state.stores, state.agents);
    let servers = state.servers.into_values().collect();
    let (models, prompts) = (state.models.into_values().collect(), state.prompts.into_values().collect());
    Facts {
        functions,
        stores,
        tools: state.tools.into_iter().map(|(_, tool)| tool).collect(),
        agents,
        servers,
        models,
        prompts,
        gaps: state.gaps,
        ..Facts::default()
    }
}

/// Evaluates everything until nothing new is found. Return values travel to callers, and arguments the other way, so
/// every second round runs from the last function to the first.
fn rounds(project: &Project<'_>, state: &mut State<'_>) {
    let functions = project.functions.iter().enumerate();
    let mut order: Vec<FunctionId> =
        functions.filter(|(_, func)| func.definition.is_some()).map(|(id, _)| id).collect();
    state.settle();
    for _ in 0..MAX_ROUNDS {
        if !state.watch.borrow().is_stale() || state.budget == 0 {
            break;
        }
        bodies(project, state);
        for id in &order {
            state.walk(*id);
        }
        order.reverse();
        state.end_round();
    }
}

/// Evaluates the bodies of modules that depend on something that changed.
fn bodies(project: &Project<'_>, state: &mut State<'_>) {
    for module in &project.modules {
        state.walk(module.function);
    }
}

/// Whether a function answers whether consent was given: because it is declared to, or by its name.
fn consents(project: &Project<'_>, func: &project::Func<'_>, declared: &[String]) -> bool {
    let module = project.modules.get(func.module).map_or("", |module| module.name.as_str());
    let is_meant = |name: &String| {
        let rest = name.strip_prefix(module).and_then(|rest| rest.strip_prefix('.'));
        *name == func.name || rest == Some(&*func.name)
    };
    declared.iter().any(is_meant)
        || consent::answers(&func.name)
        || asked::is_method_of_consents(project, func)
}

fn described(project: &Project<'_>, func: &project::Func<'_>) -> Function {
    let file = project.modules.get(func.module).map_or(0, |module| module.file);
    let span = func.definition.map_or(0..0, |definition| span(definition.name.range()));
    let name = func.name.rsplit('.').next().unwrap_or(&func.name);
    let other = ["file*", "folder*", "dir*", "temp*", "tmp", "cache*", "lock*", "index*"];
    let erases = func.definition.is_some()
        && !api::names(name, &other)
        && api::names(name, &["erase*", "forget*", "delete*", "purge*", "wipe*", "remove*", "clear*"]);
    let body = func.definition.map_or(0..0, |definition| walk::span(definition.range()));
    let keys = func.parameters.iter().enumerate().filter(|(_, name)| api::keys::is_whose(name, &func.name));
    let keys = keys.map(|(index, _)| index).collect();
    Function { name: func.name.clone(), file, span, body, erases, keys, ..Function::default() }
}

/// Marks as entered every module that nobody imports, and what a package offers.
fn enter(project: &Project<'_>, state: &mut State<'_>) {
    let runs = |state: &State<'_>| state.functions.iter().any(|function| function.entry.is_some());
    for (id, module) in project.modules.iter().enumerate() {
        if (module.tongue == Tongue::Swift || !state.imported.contains(&id))
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
    let reach = reach_of(state);
    offered::note(project, state, &reach);
    // A library has no start: every public function may be called.
    let reach = reach_of(state);
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

fn reach_of(state: &mut State<'_>) -> Reach {
    let functions = std::mem::take(&mut state.functions);
    let facts = Facts { functions, ..Facts::default() };
    let reach = Reach::new(&facts);
    state.functions = facts.functions;
    reach
}

/// Whether reachable code does anything that rules look at.
fn facts_do(functions: &[Function], reach: &Reach) -> bool {
    let mut running = functions.iter().enumerate().filter(|(id, _)| reach.runs(*id));
    running.any(|(_, function)| function.calls.iter().any(|call| !call.does.is_empty()))
}

/// Determines which consent functions do not work.
fn judge_consent(project: &Project<'_>, state: &mut State<'_>) {
    let everywhere = asked::before_all(state);
    for (id, func) in project.functions.iter().enumerate() {
        let Some(summary) = state.summaries.get(id) else { continue };
        let Some(function) = state.functions.get_mut(id) else { continue };
        let before = everywhere && asked::is_behind(function);
        function.consented = summary.consented || before || state.asked.contains(&id);
        if state.consents.get(id) != Some(&true) {
            continue;
        }
        let grants = func.definition.is_some_and(consent::grants_itself);
        function.broken_consent = if (summary.always_yes || grants) && !summary.ensures {
            Some(BrokenConsent::AlwaysYes)
        } else if state.wrapped.get(id) == Some(&Some(false)) {
            Some(BrokenConsent::RunsAnyway)
        } else {
            None
        };
    }
}

/// Adds the facts that one front end found, shifting ids past those of the others.
pub(crate) fn merge(facts: &mut Facts, found: Facts) {
    let (functions, stores) = (facts.functions.len(), facts.stores.len());
    facts.stores.extend(found.stores);
    facts.gaps.extend(found.gaps);
    facts.servers.extend(found.servers);
    facts.tools.extend(found.tools.into_iter().map(|mut tool| {
        tool.function = tool.function.map(|id| id + functions);
        tool
    }));
    facts.models.extend(found.models.into_iter().map(|mut model| {
        model.function = model.function.map(|id| id + functions);
        model
    }));
    facts.prompts.extend(found.prompts.into_iter().map(|mut prompt| {
        prompt.function += functions;
        prompt
    }));
    facts.agents.extend(found.agents.into_iter().map(|mut agent| {
        agent.holds.iter_mut().for_each(|held| held.function = held.function.map(|id| id + functions));
        agent
    }));
    facts.functions.extend(found.functions.into_iter().map(|mut function| {
        function.behind.iter_mut().for_each(|before| *before += functions);
        for call in &mut function.calls {
            call.callees.iter_mut().for_each(|callee| *callee += functions);
            for deed in &mut call.does {
                use crate::facts::Deed::{Erase, ForAll, Retrieve, Run, Store};
                if let Run { given: Some((function, _)), .. } = deed {
                    *function += functions;
                }
                if let Retrieve(store) | ForAll(store) | Erase(store) | Store(store, _) = deed {
                    *store += stores;
                }
            }
        }
        function
    }));
}
