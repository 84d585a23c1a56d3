//! What a package offers to its users: public functions that nothing in the project calls. A framework loads plug-ins
//! by name, a console script is declared in a manifest, and a program calls a library's functions.

use std::collections::BTreeSet;

use super::api::{names, words};
use super::project::{Func, Project};
use super::state::State;
use super::value::{ModuleId, Value};
use super::walk::Walk;
use crate::facts::{Call, Deed, Entry, File, Function, FunctionId, Reach, Taint};

/// Parameters that hold a person's words, whatever the function is called.
const SPOKEN: &[&str] = &["message", "msg", "question", "utterance", "prompt", "chat_message"];
/// Parameters that hold them if the function's name says that it hears people.
const HEARD: &[&str] = &[
    "text",
    "content",
    "query",
    "event",
    "ctx",
    "context",
    "update",
    "messages",
    "data",
    "input",
    "history",
    "chat_history",
    "conversation",
];
/// Words of functions that hear people.
const HEARS: &[&str] = &[
    "on",
    "ask*",
    "chat*",
    "reply*",
    "answer*",
    "respond*",
    "talk*",
    "handle*",
    "receive*",
    "message*",
    "converse*",
    "remember*",
    "memorize*",
    "say",
    "speak*",
    "prompt*",
    "conversation*",
];
/// Words of classes whose methods hear people.
const HEARERS: &[&str] = &[
    "agent",
    "bot",
    "chat*",
    "assistant",
    "companion",
    "conversation*",
    "dialog*",
    "memory",
    "persona",
    "rag",
    "tutor",
];
/// Words of methods by which such a class is asked or told something.
const TOLD: &[&str] = &[
    "run*",
    "process*",
    "invoke",
    "ainvoke",
    "generate*",
    "complete",
    "query",
    "add*",
    "save*",
    "store*",
    "search*",
    "recall*",
    "retrieve*",
    "learn*",
    "stream*",
    "call",
    "step",
    "think",
];
/// Parameters of such a method.
const WORDS: &[&str] = &["text", "content", "query", "input", "messages", "task", "request", "utterance"];

/// Whether a parameter holds what a user says: `user_msg`, `userText`.
fn of_user(name: &str) -> bool {
    const SAYS: &[&str] =
        &["msg", "text", "message", "input", "query", "prompt", "question", "utterance", "turn", "reply"];
    let said = words(name);
    matches!(said.as_slice(), [user, what] if user == "user" && SAYS.contains(&what.as_str()))
}

/// Returns what a host passes to a plug-in that it loads by name, where no type says so: `export function apply(ctx)`.
pub(super) fn host(walk: &Walk<'_, '_>, index: usize) -> Option<Value> {
    let func = walk.state.project.functions.get(walk.function).filter(|_| walk.script && index == 0)?;
    let named = func.name == "apply" && func.outer.is_none() && func.parameters.first()? == "ctx";
    let text = &walk.state.texts.get(walk.file()).filter(|_| named)?.text;
    let loads = ["\"koishi\"", "'koishi'"].iter().any(|package| text.contains(package));
    loads.then(|| Value::new(Value::path("koishi.Context").called(&[]), Taint::NONE))
}

/// Marks what a package offers as entered from outside.
pub(super) fn note(project: &Project<'_>, state: &mut State<'_>, reach: &Reach) {
    let mut called = vec![false; state.functions.len()];
    for (id, function) in state.functions.iter().enumerate() {
        // A guess says where a call may lead, and not that nobody else calls.
        let sure = |call: &&Call| !state.guessed.contains(&(id, call.span.start, call.span.end));
        let callees = function.calls.iter().filter(sure).flat_map(|call| &call.callees);
        for callee in callees.filter(|callee| **callee != id) {
            if let Some(slot) = called.get_mut(*callee) {
                *slot = true;
            }
        }
    }
    let texts = state.texts;
    let serves = state
        .functions
        .iter()
        .any(|function| function.http || matches!(function.entry, Some(Entry::Handler | Entry::Tool)));
    let starts: BTreeSet<ModuleId> =
        project.functions.iter().filter(|func| begins(func)).map(|func| func.module).collect();
    // In a program that serves people, nobody uses a module that no other imports and that starts nothing. The files of a
    // script's package are loaded by name.
    let forgotten = |func: &Func<'_>| {
        let index = project.modules.get(func.module).is_some_and(|module| module.package);
        serves
            && !index
            && !project.is_script(func.module)
            && !state.imported.contains(&func.module)
            && !starts.contains(&func.module)
    };
    let offered = |(id, func): &(FunctionId, &Func<'_>)| {
        called.get(*id) == Some(&false)
            && !reach.runs(*id)
            && is_offered(project, texts, func)
            && !forgotten(func)
    };
    let spoken = is_spoken_to(state);
    let found: Vec<(FunctionId, &Func<'_>)> = project.functions.iter().enumerate().filter(offered).collect();
    for (id, func) in found {
        if let Some(function) = state.functions.get_mut(id) {
            function.entry.get_or_insert(Entry::Program);
            if spoken {
                function.told = told(project, func);
            }
        }
    }
}

/// Whether a manifest or a framework may start a function by its name.
fn begins(func: &Func<'_>) -> bool {
    const STARTS: &[&str] = &[
        "main",
        "cli",
        "app",
        "run*",
        "start*",
        "serve*",
        "register*",
        "setup",
        "load*",
        "create*",
        "make*",
        "launch*",
        "plugin*",
    ];
    func.definition.is_some() && func.outer.is_none() && func.class.is_none() && names(&func.name, STARTS)
}

/// Whether people speak to anything here: a model is called, a tool or a server exists, or conversations are stored.
/// In any other library, `message` is a word for developers.
fn is_spoken_to(state: &State<'_>) -> bool {
    let does = |deed: &Deed| {
        matches!(deed, Deed::Model { .. } | Deed::Persist { conversation: true, .. } | Deed::SystemPrompt(_))
    };
    let speaks = |function: &Function| {
        function.http
            || matches!(function.entry, Some(Entry::Handler | Entry::Tool))
            || function.calls.iter().any(|call| call.does.iter().any(does))
    };
    !state.tools.is_empty() || !state.agents.is_empty() || state.functions.iter().any(speaks)
}

/// Passes requests to functions that read one, that others return, and that nobody in the project calls: a package
/// makes them for servers. Returns whether there are any.
pub(super) fn answer(state: &mut State<'_>) -> bool {
    let called: BTreeSet<FunctionId> = state
        .functions
        .iter()
        .flat_map(|function| &function.calls)
        .flat_map(|call| &call.callees)
        .copied()
        .collect();
    let free: Vec<(FunctionId, usize)> = state
        .answering
        .iter()
        .filter(|(id, _)| state.given_back.contains(id) && !called.contains(id))
        .copied()
        .collect();
    for (id, index) in &free {
        let mut handed = vec![Value::default(); *index];
        handed.push(Value::of(Taint::USER | Taint::REQUEST));
        state.hand_in(*id, &handed);
        state.entering(*id, |function| {
            function.http = true;
            function.entry.get_or_insert(Entry::Handler);
        });
    }
    !free.is_empty()
}

/// Whether a function is public and belongs to a package: a file in a folder.
fn is_offered(project: &Project<'_>, texts: &[File], func: &Func<'_>) -> bool {
    // A script that is the index of its folder is named after the folder.
    let inside = |file: usize| texts.get(file).is_some_and(|file| file.path.contains('/'));
    let packaged = project
        .modules
        .get(func.module)
        .is_some_and(|module| module.package || !module.folder.is_empty() || inside(module.file));
    let short = func.name.rsplit('.').next().unwrap_or_default();
    packaged
        && func.definition.is_some()
        && func.outer.is_none()
        && (!short.starts_with('_') || short == "__init__")
}

/// Infers what people say in the parameters from their names.
fn told(project: &Project<'_>, func: &Func<'_>) -> Vec<Taint> {
    let short = func.name.rsplit('.').next().unwrap_or_default();
    let hears = names(short, HEARS);
    let class = func.class.and_then(|class| project.classes.get(class));
    let told = class.is_some_and(|class| names(&class.name, HEARERS)) && names(short, TOLD);
    let said = |name: &String| {
        let name = name.as_str();
        let spoken = SPOKEN.contains(&name)
            || of_user(name)
            || hears && HEARD.contains(&name)
            || told && WORDS.contains(&name);
        if spoken { Taint::USER } else { Taint::NONE }
    };
    func.parameters.iter().map(said).collect()
}
