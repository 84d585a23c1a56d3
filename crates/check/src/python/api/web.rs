//! Requests over the network by address, and what is written to files and databases.

use super::super::value::{Argument, Made, Shape, Value, given, named};
use super::{last, names, root};
use crate::facts::{Taint, Template};

/// A request: its address, and what it carries.
#[derive(Debug, Clone)]
pub(in crate::python) struct Request {
    pub address: Template,
    pub content: Taint,
}

/// The request that a call makes, if it makes one.
pub(in crate::python) fn request(path: &str, arguments: &[Argument]) -> Option<Request> {
    let name = last(path);
    let address = match root(path) {
        "requests" | "httpx" | "aiohttp" | "curl_cffi" => match name {
            "get" | "post" | "put" | "patch" | "delete" => given(arguments, 0, "url"),
            "request" | "stream" => given(arguments, 1, "url"),
            _ => None,
        },
        "urllib" if name == "urlopen" => given(arguments, 0, "url"),
        "urllib3" if name == "request" => given(arguments, 1, "url"),
        _ => None,
    }?;
    let (address, inner) = match &address.shape {
        // urlopen(Request(url, data))
        Shape::Made(made) if last(made.maker()) == "Request" => {
            let content =
                made.given.iter().fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
            (given(&made.given, 0, "url")?, content)
        }
        _ => (address, Taint::NONE),
    };
    let content =
        arguments.iter().fold(inner | address.taint, |sum, argument| sum | argument.value.deep_taint());
    let address = address.template().cloned().unwrap_or_else(|| Template::of(crate::facts::Piece::Hole));
    Some(Request { address, content })
}

/// Whether an address is one at which models answer, whoever serves it.
pub(in crate::python) fn is_model_path(address: &Template) -> bool {
    let shown = address.shown();
    let path = shown.split('?').next().unwrap_or(&shown).trim_end_matches('/');
    [
        "/chat/completions",
        "/v1/messages",
        "/v1/responses",
        "/v1/embeddings",
        "/v1/completions",
        "/api/generate",
        "/api/chat",
        "text-generation/generation",
        ":generateContent",
        ":streamGenerateContent",
    ]
    .iter()
    .any(|ending| path.ends_with(ending))
}

/// What is written in clear to a file or database, and whether its name says that it is a conversation.
pub(in crate::python) fn persisted(
    path: &str,
    object: Option<&Made>,
    arguments: &[Argument],
) -> Option<(Taint, bool)> {
    let name = last(path);
    let all = || arguments.iter().fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
    match root(path) {
        "open" | "io" | "codecs" | "aiofiles" if matches!(name, "write" | "writelines") => {
            let file = object.and_then(opened)?;
            Some((all(), is_conversation(&file)))
        }
        "pathlib" if matches!(name, "write_text" | "write_bytes") => {
            let file =
                object.and_then(|object| object.chain().find_map(|made| given(&made.given, 0, "path")));
            Some((all(), file.and_then(Value::template).is_some_and(|file| is_conversation(&file.shown()))))
        }
        "json" | "pickle" | "yaml" | "toml" if name == "dump" => {
            let content = given(arguments, 0, "obj")?.deep_taint();
            let file = given(arguments, 1, "fp")?.made().and_then(|made| opened(made))?;
            Some((content, is_conversation(&file)))
        }
        "csv" if matches!(name, "writerow" | "writerows") => {
            let writer = object?.chain().find_map(|made| given(&made.given, 0, "f"))?;
            let file = writer.made().and_then(|made| opened(made))?;
            Some((all(), is_conversation(&file)))
        }
        "sqlite3" | "aiosqlite" if matches!(name, "execute" | "executemany") => {
            let statement = given(arguments, 0, "sql")?.template()?.shown();
            let verb = statement.trim_start().get(..6).unwrap_or_default().to_ascii_uppercase();
            let writes = matches!(verb.as_str(), "INSERT" | "UPDATE" | "REPLAC");
            writes.then(|| (all(), is_conversation(&statement)))
        }
        "shelve" if name == "update" => Some((all(), true)),
        _ => None,
    }
}

/// The name of a file that was opened for writing.
fn opened(file: &Made) -> Option<String> {
    file.chain().find(|made| last(made.maker()) == "open").and_then(|made| {
        let mode = given(&made.given, 1, "mode").and_then(Value::known_text)?;
        let writes = mode.contains(['w', 'a', 'x', '+']);
        let name = given(&made.given, 0, "file").and_then(Value::template).map(Template::shown);
        writes.then(|| name.unwrap_or_default())
    })
}

fn is_conversation(name: &str) -> bool {
    let wanted = [
        "chat*",
        "conversation*",
        "history",
        "histories",
        "message*",
        "memory",
        "memories",
        "dialog*",
        "session*",
        "log",
        "logs",
        "transcript*",
    ];
    names(name, &wanted) || ["聊天", "对话", "记忆", "消息"].iter().any(|word| name.contains(word))
}

/// Whether a loop that calls this waits for a person or a queue.
pub(in crate::python) fn waits(path: &str) -> bool {
    path == "input"
        || matches!(
            last(path),
            "recv"
                | "recv_json"
                | "receive"
                | "receive_text"
                | "receive_json"
                | "get_updates"
                | "getUpdates"
                | "accept"
                | "poll"
                | "chat_input"
        )
        || (root(path) == "queue" && last(path) == "get")
        || path.starts_with("sys.stdin")
        || (root(path) == "prompt_toolkit" && last(path) == "prompt")
}

/// A limit on an agent's rounds that is switched off.
pub(in crate::python) fn unlimited(path: &str, arguments: &[Argument]) -> bool {
    matches!(last(path), "AgentExecutor" | "initialize_agent" | "from_agent_and_tools")
        && root(path).starts_with("langchain")
        && named(arguments, &["max_iterations"]).is_some_and(|value| value.shape == Shape::None)
}
