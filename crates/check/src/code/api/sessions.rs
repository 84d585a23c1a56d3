//! Conversations that a framework keeps by itself once it is told where: checkpoints of `LangGraph`, sessions of the Agents SDK, the
//! databases of Agno, the memory of Mastra. Whoever runs the agent writes there, and reads what stands there.

use super::super::value::{Argument, Made, Value, named};
use super::{last, root};
use crate::facts::Store;

/// Methods that run an agent or a graph.
const RUNS: &[&str] = &[
    "invoke",
    "ainvoke",
    "stream",
    "astream",
    "astream_events",
    "streamEvents",
    "run",
    "arun",
    "print_response",
    "aprint_response",
    "run_sync",
    "run_streamed",
    "generate",
    "generateVNext",
    "streamVNext",
];

/// Where a run keeps what is said, if it outlasts the program.
pub(in crate::code) fn of(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<Store> {
    if !RUNS.contains(&last(path)) {
        return None;
    }
    let told = |names: &[&str]| {
        let set = named(arguments, names).or_else(|| object.and_then(|object| object.setting(names)));
        set.and_then(Value::made)
    };
    match root(path) {
        "langgraph" | "langchain" | "langchain_classic" => {
            let saver = told(&["checkpointer"])?;
            let lasting = saver.path.contains("checkpoint") && !names_memory(&saver.path);
            lasting.then(|| store("langgraph", "checkpoints", false))
        }
        "agents" => {
            let session = told(&["session"]).filter(|session| root(&session.path) == "agents")?;
            // Without a file it is kept in memory.
            let lasting = last(session.maker()) != "SQLiteSession"
                || session.given.len() > 1
                || named(&session.given, &["db_path"]).is_some();
            lasting.then(|| store("agents", "sessions", false))
        }
        "agno" => {
            let kept = told(&["db", "storage"])?;
            let lasting = root(&kept.path) == "agno" && !names_memory(&kept.path);
            let facts = ["enable_user_memories", "enable_agentic_memory", "update_memory_on_run"];
            let on = |name: &&str| {
                object.and_then(|object| object.setting(&[name])).is_some_and(super::super::agents::is_on)
            };
            lasting.then(|| store("agno", "sessions", facts.iter().any(on)))
        }
        "@mastra/core" => {
            let memory = told(&["memory"]).filter(|memory| root(&memory.path) == "@mastra/memory")?;
            Some(store("mastra", "memory", memory.setting(&["options"]).is_some()))
        }
        _ => None,
    }
}

fn names_memory(path: &str) -> bool {
    path.contains("InMemory") || path.contains("MemorySaver") || path.contains(".memory.")
}

fn store(product: &str, name: &str, remembers_people: bool) -> Store {
    Store {
        name: format!("{product}:{name}"),
        product: product.to_owned(),
        through_edge: false,
        host: None,
        remembers_people,
        own: false,
    }
}
