//! Network requests by address, and what is written to files and databases.

use super::super::value::{Argument, Made, Shape, Value, given, named};
use super::files::{opened, opened_path, shown};
use super::{databases, last, names, root};
use crate::facts::{Taint, Template};

/// A request: its address and its content.
#[derive(Debug, Clone)]
pub(in crate::code) struct Request {
    pub address: Template,
    pub content: Taint,
    /// Origins of the address, if somebody else chooses its host.
    pub chosen: Taint,
}

/// Returns the origins of an address whose host the program does not fix; behind a fixed host, the rest matters little.
fn chosen(url: &Value) -> Taint {
    use crate::facts::Piece;
    let text = match &url.shape {
        Shape::Text(text) => text,
        Shape::Unknown | Shape::Made(_) => return url.taint,
        _ => return Taint::NONE,
    };
    let open = |piece: &Piece| matches!(piece, Piece::Parameter(_) | Piece::Hole);
    // A template starts and ends with a text, which may be empty.
    let said = |piece: &&Piece| !matches!(piece, Piece::Text(text) if text.is_empty());
    let all: Vec<&Piece> = text.pieces.iter().filter(said).collect();
    let scheme =
        matches!(all.first(), Some(Piece::Text(text)) if matches!(text.as_str(), "http://" | "https://"));
    match all.get(usize::from(scheme)..).unwrap_or_default() {
        [Piece::Parameter(_) | Piece::Hole] => url.taint,
        // `${host}/v1/ask`, `https://${host}:8080/`
        [first, Piece::Text(after), rest @ ..] if open(first) && after.starts_with(['/', ':', '?']) => {
            match first {
                _ if !rest.iter().any(|piece| open(piece)) => url.taint,
                Piece::Parameter(index) => url.taint.and(Taint::parameter(*index)),
                _ => Taint::NONE,
            }
        }
        _ => Taint::NONE,
    }
}

/// Returns the request that a call makes, if any.
pub(in crate::code) fn request(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<Request> {
    let name = last(path);
    if let Some(request) = of_script(path, name, object, arguments) {
        return Some(request);
    }
    if root(path) == "swift" {
        return super::swift::request(path, arguments);
    }
    let address = match root(path) {
        "requests" | "httpx" | "aiohttp" | "curl_cffi" => match name {
            "get" | "post" | "put" | "patch" | "delete" => given(arguments, 0, "url"),
            "request" | "stream" => given(arguments, 1, "url"),
            _ => None,
        },
        "urllib" if name == "urlopen" => given(arguments, 0, "url"),
        // An opener of the standard library, or that of Ombud's SDK, which is one.
        "urllib" | "ombud" if name == "open" && opener(path) => given(arguments, 0, "fullurl"),
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
    let chosen = chosen(address);
    let address = address.template().cloned().unwrap_or_else(|| Template::of(crate::facts::Piece::Hole));
    Some(Request { address, content, chosen })
}

/// Returns the request of a client of which only the method is known, to a literal address: `session.post(URL, json=…)`.
pub(in crate::code) fn by_address(written: &str, arguments: &[Argument]) -> Option<Request> {
    let name = last(written);
    // A plain `get` may as well be a cache lookup.
    let sends = named(arguments, &["headers", "params", "json", "data", "body"]).is_some();
    let index = match name {
        "get" | "delete" if sends => 0,
        "post" | "put" | "patch" | "fetch" => 0,
        "request" | "stream" => 1,
        _ => return None,
    };
    let address = given(arguments, index, "url").and_then(Value::template)?;
    let shown = address.shown();
    let out = (shown.starts_with("https://") || shown.starts_with("http://"))
        && crate::facts::host_of(&shown).is_some();
    let content = arguments.iter().fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
    out.then(|| Request { address: address.clone(), content, chosen: Taint::NONE })
}

/// `urllib.request.build_opener(…).open`, `OpenerDirector().open`, `ombud.opener().open`.
fn opener(path: &str) -> bool {
    let maker = path.trim_end_matches("open").trim_end_matches('.');
    maker.ends_with("()") && matches!(last(maker), "build_opener" | "OpenerDirector" | "opener")
}

/// npm packages that send requests.
const CLIENTS: &[&str] = &[
    "axios",
    "got",
    "ky",
    "superagent",
    "needle",
    "request-promise",
    "request",
    "node-fetch",
    "cross-fetch",
    "isomorphic-fetch",
    "undici",
    "ofetch",
];

/// Returns the request of a script's client: `fetch(url, options)`, `axios.post(url, data)`,
/// `axios.create({baseURL}).post(path)`.
fn of_script(path: &str, name: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<Request> {
    if let Some(target) = proxied(path, arguments) {
        let content = Taint::USER | Taint::BODY;
        return Some(Request { address: target.clone(), content, chosen: Taint::NONE });
    }
    let verb = matches!(name, "get" | "post" | "put" | "patch" | "delete" | "request" | "fetch");
    let asks = match root(path) {
        "js" => matches!(path, "js.fetch" | "js.window.fetch" | "js.globalThis.fetch" | "js.$fetch"),
        package if package.ends_with("/fetch-event-source") => name == "fetchEventSource",
        "@tauri-apps/plugin-http" | "expo" => name == "fetch",
        // `ctx.http.post(url, …)`
        "koishi" => path.contains(".http.") && verb,
        package => CLIENTS.contains(&package) && (package == path || verb),
    };
    if !asks {
        return None;
    }
    let given_url = given(arguments, 0, "url").and_then(Value::template).cloned();
    let url = given_url.unwrap_or_else(|| Template::of(crate::facts::Piece::Hole));
    let start = object.and_then(|object| object.setting(&["baseURL", "prefixUrl"])).and_then(Value::template);
    let whole = given(arguments, 0, "url").filter(|_| start.is_none());
    let chosen = whole.map_or(Taint::NONE, chosen);
    let address = match start.filter(|_| !url.shown().contains("://")) {
        Some(start) => {
            let mut address = start.clone();
            address.push(&url);
            address
        }
        None => url,
    };
    let content = arguments.iter().fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
    Some(Request { address, content, chosen })
}

/// Returns where a middleware forwards every request: `createProxyMiddleware({ target })`, `proxy("https://…")`.
fn proxied<'a>(path: &str, arguments: &'a [Argument]) -> Option<&'a Template> {
    let target = match root(path) {
        "http-proxy-middleware" => named(arguments, &["target"]),
        "express-http-proxy" => given(arguments, 0, "host"),
        "@fastify/http-proxy" => named(arguments, &["upstream"]),
        _ => None,
    };
    target.and_then(Value::template)
}

/// Whether models are served at an address, whoever runs it.
pub(in crate::code) fn is_model_path(address: &Template) -> bool {
    let shown = address.shown();
    let path = shown.split('?').next().unwrap_or(&shown).trim_end_matches('/');
    // `https://open.feishu.cn/open-apis/im/v1/messages` sends a message to a person.
    if path.contains("/open-apis/") {
        return false;
    }
    [
        "/chat/completions",
        "/v1/messages",
        "/v1/responses",
        "/codex/responses",
        "/v1/embeddings",
        "/v1/completions",
        "/v1/chat-messages",
        "/v3/chat",
        "/api/generate",
        "/api/chat",
        "text-generation/generation",
        ":generateContent",
        ":streamGenerateContent",
    ]
    .iter()
    .any(|ending| path.ends_with(ending))
}

/// Whether an address returns what people wrote in a chat.
pub(in crate::code) fn brings_words(address: &Template) -> bool {
    const CHATS: &[(&str, &str)] = &[
        ("api.telegram.org", "/getUpdates"),
        ("slack.com", "/api/conversations."),
        ("discord.com", "/messages"),
        ("qyapi.weixin.qq.com", "/sync_msg"),
    ];
    let shown = address.shown();
    let host = crate::facts::host_of(&shown).unwrap_or_default();
    CHATS.iter().any(|(at, path)| host == *at && shown.contains(path))
}

/// Returns what is written unencrypted to a file or database, and whether its name says that it is a conversation.
pub(in crate::code) fn persisted(
    path: &str,
    object: Option<&Made>,
    arguments: &[Argument],
) -> Option<(Taint, bool)> {
    let name = last(path);
    let all = || arguments.iter().fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
    if let Some(found) = persisted_by_script(path, name, object, arguments) {
        return Some(found);
    }
    if root(path) == "swift" {
        return super::swift::persisted(path, arguments);
    }
    match root(path) {
        "open" | "io" | "codecs" | "aiofiles" | "anyio" if matches!(name, "write" | "writelines") => {
            let file = object.and_then(opened)?;
            Some((all(), is_conversation(&file)))
        }
        "pathlib" | "os" if matches!(name, "write" | "writelines") => {
            let file = object.and_then(opened)?;
            Some((all(), is_conversation(&file)))
        }
        "pathlib" if matches!(name, "write_text" | "write_bytes") => {
            let file = object.and_then(|made| made.chain().find_map(|made| given(&made.given, 0, "path")));
            Some((all(), file.and_then(shown).is_some_and(|file| is_conversation(&file))))
        }
        package if dumps(package, name) => {
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
            inserts(&given(arguments, 0, "sql")?.template()?.shown(), all())
        }
        "shelve" if name == "update" => Some((all(), true)),
        _ => None,
    }
}

/// Whether a call serialises a whole value into an open file.
fn dumps(package: &str, name: &str) -> bool {
    const PACKAGES: &[&str] = &[
        "json",
        "pickle",
        "yaml",
        "toml",
        "tomli_w",
        "ujson",
        "simplejson",
        "rapidjson",
        "cloudpickle",
        "dill",
        "marshal",
        "ruamel",
        "msgpack",
        "joblib",
        "jsonlines",
        "plistlib",
        "cbor2",
        "bson",
    ];
    PACKAGES.contains(&package)
        && matches!(name, "dump" | "safe_dump" | "safe_dump_all" | "dump_all" | "pack")
}

fn persisted_by_script(
    path: &str,
    name: &str,
    object: Option<&Made>,
    arguments: &[Argument],
) -> Option<(Taint, bool)> {
    let all = || arguments.iter().fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint());
    let named_so = |value: Option<&Value>| {
        value.and_then(Value::template).is_some_and(|text| is_conversation(&text.shown()))
    };
    match root(path) {
        "fs" | "fs-extra"
            if matches!(
                name,
                "writeFile"
                    | "writeFileSync"
                    | "appendFile"
                    | "appendFileSync"
                    | "writeJson"
                    | "writeJsonSync"
            ) =>
        {
            Some((given(arguments, 1, "data")?.deep_taint(), named_so(given(arguments, 0, "file"))))
        }
        "fs" if name == "write" && path.contains("createWriteStream()") => {
            Some((all(), named_so(object.and_then(|made| given(&made.given, 0, "path")))))
        }
        "js" if name == "setItem" && (path.contains("localStorage") || path.contains("sessionStorage")) => {
            Some((given(arguments, 1, "value")?.deep_taint(), named_so(given(arguments, 0, "key"))))
        }
        "js" if matches!(path, "js.Bun.write" | "js.Deno.writeTextFile" | "js.Deno.writeTextFileSync") => {
            Some((given(arguments, 1, "data")?.deep_taint(), named_so(given(arguments, 0, "path"))))
        }
        "@react-native-async-storage/async-storage" | "node-persist" if name == "setItem" => {
            Some((given(arguments, 1, "value")?.deep_taint(), named_so(given(arguments, 0, "key"))))
        }
        "electron-store" | "conf" if name == "set" && path.contains("()") => {
            Some((all(), named_so(given(arguments, 0, "key"))))
        }
        "better-sqlite3" | "sqlite3" | "sqlite"
            if matches!(name, "run" | "all" | "get" | "exec" | "first") =>
        {
            inserted(object, arguments)
        }
        _ => None,
    }
}

/// `db.prepare("INSERT …").run(x)`, `db.run("INSERT …", [x])`
fn inserted(object: Option<&Made>, arguments: &[Argument]) -> Option<(Taint, bool)> {
    let made = object.into_iter().flat_map(Made::chain).filter_map(|made| given(&made.given, 0, "sql"));
    let mut texts = given(arguments, 0, "sql").into_iter().chain(made).filter_map(Value::template);
    let writes = |text: &String| {
        let verb = text.trim_start().get(..6).unwrap_or_default().to_ascii_uppercase();
        matches!(verb.as_str(), "INSERT" | "UPDATE" | "REPLAC")
    };
    let statement = texts.find_map(|text| Some(text.shown()).filter(writes))?;
    // `db.prepare("INSERT …").bind(text).run()`
    let bound = object.into_iter().flat_map(Made::chain).filter(|made| last(made.maker()) == "bind");
    let given = bound.flat_map(|made| made.given.iter()).chain(arguments);
    inserts(&statement, given.fold(Taint::NONE, |sum, argument| sum | argument.value.deep_taint()))
}

/// Returns what a statement writes into rows, and whether those are people's words.
pub(in crate::code) fn inserts(statement: &str, all: Taint) -> Option<(Taint, bool)> {
    let verb = statement.trim_start().get(..6).unwrap_or_default().to_ascii_uppercase();
    let writes = matches!(verb.as_str(), "INSERT" | "UPDATE" | "REPLAC");
    let words = databases::writes_words(statement);
    // An update of other columns than those for words says nothing of anybody.
    (writes && (words || verb != "UPDATE")).then(|| (all | dialogue(statement), words))
}

/// Rows with a role for each message also hold model responses, whoever passes them in.
pub(super) fn dialogue(statement: &str) -> Taint {
    let rows = names(statement, &["role"]) && names(statement, &["content", "message", "text"]);
    if rows { Taint::MODEL } else { Taint::NONE }
}

/// Returns the path of the file that a call writes to through an open file or writer.
pub(in crate::code) fn written_to(
    path: &str,
    object: Option<&Made>,
    arguments: &[Argument],
) -> Option<Value> {
    match root(path) {
        package if dumps(package, last(path)) => opened_path(given(arguments, 1, "fp")?.made()?),
        "csv" => opened_path(object?.chain().find_map(|made| given(&made.given, 0, "f"))?.made()?),
        "fs" => object.and_then(|made| given(&made.given, 0, "path")).cloned(),
        _ => object.and_then(opened_path),
    }
}

/// Folders that contain nothing but conversations.
const TOLD: &[&str] = &[
    "chats",
    "conversations",
    "history",
    "histories",
    "messages",
    "memory",
    "memories",
    "dialog*",
    "dialogs",
    "sessions",
    "log",
    "logs",
    "transcript*",
];
const TOLD_ZH: &[&str] = &["聊天", "对话", "记忆", "消息"];

/// Whether the name of a file, a row or a statement says that a conversation is stored there. A settings file is
/// none, whatever program it belongs to, and the id of a conversation contains nothing of it.
pub(in crate::code) fn is_conversation(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let other =
        &["config*", "setting*", "preferences", "package", "manifest", "readme", "tsconfig", "pyproject"];
    if !name.contains(' ') && names(file, other) {
        return false;
    }
    // A folder named after the program is no conversation: `my-chat/data.json`.
    if let Some((folders, file)) = name.rsplit_once('/').filter(|_| !name.contains([' ', ':'])) {
        return is_conversation(file)
            || folders.split('/').any(|folder| names(folder, TOLD))
            || TOLD_ZH.iter().any(|word| folders.contains(word));
    }
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
    let parts = name.split(|ch: char| !ch.is_alphanumeric() && ch != '_');
    let found = parts.filter(|part| !part.ends_with("_id") && !part.ends_with("Id"));
    found.into_iter().any(|part| names(part, &wanted)) || TOLD_ZH.iter().any(|word| name.contains(word))
}

/// Whether a loop that calls this waits for a person or a queue.
pub(in crate::code) fn waits(path: &str) -> bool {
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
        || (matches!(
            root(path),
            "readline" | "inquirer" | "prompts" | "@inquirer/prompts" | "@clack/prompts"
        ))
        || (root(path) == "queue" && last(path) == "get")
        || path.starts_with("sys.stdin")
        || (root(path) == "prompt_toolkit" && last(path) == "prompt")
}

/// Whether a call disables the limit on an agent's rounds.
pub(in crate::code) fn unlimited(path: &str, arguments: &[Argument]) -> bool {
    matches!(last(path), "AgentExecutor" | "initialize_agent" | "from_agent_and_tools")
        && root(path).starts_with("langchain")
        && named(arguments, &["max_iterations", "maxIterations"])
            .is_some_and(|value| value.shape == Shape::None || value.outside() == Some("js.Infinity"))
}
