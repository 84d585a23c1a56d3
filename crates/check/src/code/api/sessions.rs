//! Conversations that a framework stores by itself once configured: checkpoints of `LangGraph`, sessions of the
//! Agents SDK, the databases of Agno, the memory of Mastra. Each run of the agent writes to them and reads what they
//! hold.

use super::super::value::{Argument, Made, Value, named};
use super::{last, root};
use crate::facts::{Store, Taint};

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

/// Where a framework stores a conversation.
pub(in crate::code) struct Kept {
    pub store: Store,
    /// Whether it is a file on this machine.
    pub here: bool,
    /// What is stored, where the call does not say it.
    pub content: Option<Taint>,
}

/// Returns where a run stores the conversation, if that outlasts the program.
pub(in crate::code) fn of(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<Kept> {
    if !RUNS.contains(&last(path)) {
        return history(path, arguments);
    }
    let kept = |store: Store, here: bool| Kept { store, here, content: None };
    let told = |names: &[&str]| {
        let set = named(arguments, names).or_else(|| object.and_then(|object| object.setting(names)));
        set.and_then(Value::made)
    };
    match root(path) {
        "langgraph" | "langchain" | "langchain_classic" => {
            let saver = told(&["checkpointer"])?;
            let lasting = saver.path.contains("checkpoint") && !names_memory(&saver.path);
            lasting.then(|| kept(store("langgraph", "checkpoints", false), is_file(saver)))
        }
        "agents" => {
            let session = told(&["session"]).filter(|session| root(&session.path) == "agents")?;
            // Without a file, it is kept in memory.
            let lasting = last(session.maker()) != "SQLiteSession"
                || session.given.len() > 1
                || named(&session.given, &["db_path"]).is_some();
            lasting.then(|| kept(store("agents", "sessions", false), is_file(session)))
        }
        "agno" => {
            let base = told(&["db", "storage"])?;
            let lasting = root(&base.path) == "agno" && !names_memory(&base.path);
            let facts = ["enable_user_memories", "enable_agentic_memory", "update_memory_on_run"];
            let on = |name: &&str| {
                object.and_then(|object| object.setting(&[name])).is_some_and(super::super::agents::is_on)
            };
            lasting.then(|| kept(store("agno", "sessions", facts.iter().any(on)), is_file(base)))
        }
        "@mastra/core" => {
            let memory = told(&["memory"]).filter(|memory| root(&memory.path) == "@mastra/memory")?;
            let here = memory.setting(&["storage"]).and_then(Value::made).is_some_and(|base| is_file(base));
            Some(kept(store("mastra", "memory", memory.setting(&["options"]).is_some()), here))
        }
        _ => None,
    }
}

/// Returns a history created for a session, whatever adds to it later: `FileChatMessageHistory(path)`,
/// `chat_store.persist(path)`.
fn history(path: &str, arguments: &[Argument]) -> Option<Kept> {
    let name = last(path);
    let framework = root(path).starts_with("langchain") || root(path) == "@langchain/community";
    let lasting = framework
        && !path.contains("()")
        && name.ends_with("ChatMessageHistory")
        && !matches!(name, "ChatMessageHistory" | "InMemoryChatMessageHistory" | "BaseChatMessageHistory");
    let written = root(path) == "llama_index" && name == "persist" && path.contains("ChatStore()");
    if !lasting && !written {
        return None;
    }
    let product = if lasting { "langchain" } else { "llama_index" };
    let here = written || name.starts_with("File") || arguments.iter().any(|one| names_file(&one.value));
    let content = Some(Taint::USER | Taint::MODEL);
    Some(Kept { store: store(product, "history", false), here, content })
}

/// Whether an object stores rows or records in a file on this machine.
fn is_file(made: &Made) -> bool {
    let path = made.path.to_ascii_lowercase();
    let named = path.contains("sqlite") || path.contains("jsondb") || path.contains("jsonstorage");
    named || made.chain().any(|made| made.given.iter().any(|one| names_file(&one.value)))
}

/// `"sqlite:///chats.db"`, `"file:chats.db"`
fn names_file(value: &Value) -> bool {
    value.template().is_some_and(|text| {
        let text = text.shown();
        text.starts_with("sqlite") || text.starts_with("file:")
    })
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
