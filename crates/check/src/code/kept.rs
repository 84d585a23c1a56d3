//! Files in which people's words are stored and read again: a memory, even if nothing is called a database.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use super::api::files::{self, Access};
use super::api::{databases, names, root, words};
use super::deeds::{Outside, add};
use super::define::Hangs;
use super::hand_out::is_route;
use super::value::{Argument, Made, Shape, Value};
use super::walk::Walk;
use crate::facts::{Deed, FunctionId, Piece, Sink, Store, Taint, Template};

/// Words for what was said and is known of people.
const PAST: &[&str] = &[
    "memory",
    "memories",
    "history",
    "histories",
    "conversation*",
    "dialog*",
    "transcript*",
    "diary",
    "diaries",
    "journal*",
    "impression*",
    "facts",
];
/// More such words, for files and for functions that store or recall; a class or source file with such a name may do
/// anything.
const CHATS: &[&str] = &["chat", "chats", "message*"];
/// More words for such functions.
const RECALLS: &[&str] = &["fact", "remember*", "recall*"];
/// Verbs with which the names of such functions start.
const VERBS: &[&str] = &[
    "keep", "save", "load", "write", "read", "append", "add", "store", "get", "record", "persist",
    "remember", "recall", "update", "set", "dump", "insert", "put", "fetch", "restore", "log", "export",
    "sync",
];
/// Words for what contains nobody's words, whatever handles it.
const OTHER: &[&str] = &[
    "config*",
    "setting*",
    "cache*",
    "prompt*",
    "template*",
    "token*",
    "lock",
    "schema*",
    "stat",
    "stats",
    "index*",
    "embedding*",
    "model*",
    "upload*",
    "image*",
    "audio",
    "voice",
    "sticker*",
    "query",
    "queries",
    "command*",
    "search*",
    "sql",
    "git",
    "version*",
    "price*",
    "trade*",
    "download*",
    "login*",
    "undo",
    "package",
    "manifest",
    "readme",
    "tsconfig",
    "pyproject",
    "requirements",
    "dockerfile",
];

/// The global under which a file memory is recorded, so that readers know what it contains.
pub(super) const NOTED: &str = "kept in files";

/// The global under which the origins of a written program are recorded.
fn program(file: &str) -> String {
    format!("program {file}")
}

/// Whether a file or a key is named after what was said.
fn tells(name: &str) -> bool {
    names(name, PAST) || names(name, CHATS)
}

/// Whether a folder is named after what was said. A program may be called `my-chat` without being a chat.
fn tells_folder(name: &str) -> bool {
    names(name, PAST) || names(name, &["chats", "messages"])
}

/// Whether a file contains nobody's words, judged by its name.
pub(super) fn is_other(own: &str) -> bool {
    names(own, OTHER)
}

/// Whether a file, or its folder, is named after what was said.
pub(super) fn tells_file(file: &str) -> bool {
    let mut segments = file.rsplit('/');
    let own = segments.next().unwrap_or_default();
    !is_other(own) && (tells(own) || segments.next().is_some_and(tells_folder))
}

/// Whether the name of a class or source file means a memory and nothing else.
fn is_a_keeper(name: &str) -> bool {
    names(name, PAST) || names(name, &["recall*"])
}

impl Walk<'_, '_> {
    /// Records that a call writes or reads a file that holds people's words. Returns the origins of what is read.
    pub(super) fn keep_in_file(&mut self, call: Outside<'_>, found: &mut Vec<Deed>) -> Option<Taint> {
        let Outside { path, object, from, arguments } = call;
        let mut opened = files::of(path, object, arguments);
        // `if not path.is_relative_to(folder): raise`: the object was checked after it was created.
        if let Some((_, file)) =
            opened.as_mut().filter(|_| root(path) == "pathlib" && from.has(Taint::CHECKED))
            && file.taint != Taint::NONE
        {
            file.taint |= Taint::CHECKED;
        }
        let own = self.is_method();
        found.extend(to_somewhere(path, arguments, opened.as_ref(), own));
        let read = opened.filter(|(access, _)| *access == Access::Read);
        if let Some((_, file)) = read {
            let name = files::shown(&file).unwrap_or_default();
            let Some(store) = self.memory(&name).or_else(|| self.kept_by_class(&name)) else {
                self.lend(Access::Read, &file, Taint::NONE);
                return self.is_setting(&name).then_some(Taint::FILE | Taint::SETTINGS);
            };
            let noted = self.state.global(self.module, NOTED)?;
            let people = Taint::PERSON | Taint::MODEL | Taint::TOOL;
            let store = self.state.store(store);
            found.push(Deed::Retrieve(store));
            // The name is always the same, wherever the folder is.
            let own = name.rsplit('/').next().unwrap_or_default();
            let alone = file.deep_taint().without(Taint::parameter(0) | Taint::CONSENT) == Taint::NONE;
            if alone
                && own.contains('.')
                && !name.split_once('/').map_or(&*name, |(_, below)| below).contains("{}")
            {
                found.push(Deed::ForAll(store));
            }
            return noted.taint.has(people).then_some(Taint::RETRIEVED);
        }
        if !found.iter().any(|deed| matches!(deed, Deed::Persist { remote: false, .. })) {
            return None;
        }
        let file = written_file(path, object, arguments)?;
        let written = files::shown(&file).unwrap_or_default();
        self.note_program(&written, found);
        if self.is_setting(&written) && !self.holds_dialogue(arguments) {
            for deed in found {
                if let Deed::Persist { content, remote: false, .. } = *deed {
                    *deed = Deed::Configure(content);
                }
            }
            return None;
        }
        let content = found.iter_mut().find_map(|deed| match deed {
            Deed::Persist { content, conversation, remote: false } => Some((content, conversation)),
            _ => None,
        })?;
        // Messages with roles are a conversation, whatever the file is called.
        let Some(store) = self.memory(&written).or_else(|| self.dialogue_store(&written, arguments)) else {
            let content = *content.0;
            self.lend(Access::Change, &file, content);
            return None;
        };
        *content.1 = true;
        let content = *content.0;
        // A log is stored, but nobody recalls it.
        let (function, _) = self.handled_by();
        if !is_a_keeper(&function) && names(&function, &["log", "logs", "logger", "trace*", "audit*"]) {
            return None;
        }
        let noted = Value { taint: self.known_sources(content), ..Value::text(&store.name) };
        self.state.set_global(self.module, NOTED, noted);
        let store = self.state.store(store);
        found.push(Deed::Store(store, content));
        None
    }

    /// Returns the store for content in the form of a conversation, unless its writer has another purpose.
    fn dialogue_store(&self, file: &str, arguments: &[Argument]) -> Option<Store> {
        let (function, class) = self.handled_by();
        let module = self.state.project.modules.get(self.module)?;
        let owner = class.unwrap_or_else(|| module.name.rsplit('.').next().unwrap_or_default());
        let own = file.rsplit('/').next().unwrap_or_default();
        let other = [own, &function, owner].into_iter().any(is_other);
        (!other && self.holds_dialogue(arguments)).then(|| plain(format!("files:{owner}")))
    }

    /// Whether content has the form of a dialogue: messages with roles, or a part that is named a conversation.
    pub(super) fn holds_dialogue(&self, arguments: &[Argument]) -> bool {
        arguments.iter().any(|one| self.is_dialogue(&one.value, 0))
    }

    fn is_dialogue(&self, value: &Value, depth: usize) -> bool {
        const PARTS: &[&str] = &[
            "messages",
            "history",
            "histories",
            "conversation*",
            "dialog*",
            "transcript*",
            "memory",
            "memories",
            "turns",
        ];
        let said = |item: &Value| self.known_sources(item.deep_taint()).has(Taint::PERSON | Taint::MODEL);
        let deeper = |item: &Value| depth < 4 && self.is_dialogue(item, depth + 1);
        match &value.shape {
            Shape::Dict(items) => {
                let message = items.contains_key("role") && items.get("content").is_some_and(said);
                message || items.iter().any(|(name, item)| names(name, PARTS) && said(item) || deeper(item))
            }
            Shape::List(items) => items.iter().any(deeper),
            // `file.write(json.dumps(messages))`
            Shape::Made(made) if made.path == "json.dumps()" => {
                made.given.iter().any(|one| deeper(&one.value))
            }
            _ => false,
        }
    }

    /// Records the origins of a program that is written to a file.
    fn note_program(&mut self, file: &str, found: &[Deed]) {
        const PROGRAMS: &[&str] = &[".py", ".js", ".mjs", ".sh", ".ts", ".rb", ".ps1", ".bat"];
        let content = found.iter().find_map(|deed| match deed {
            Deed::Persist { content, .. } => Some(self.known_sources(*content)),
            _ => None,
        });
        if let Some(content) = content.filter(|_| PROGRAMS.iter().any(|end| file.ends_with(end))) {
            self.state.set_global(self.module, &program(file), Value::of(content));
        }
    }

    /// Records the execution of a program that was written here: `subprocess.run([sys.executable, "out.py"])`.
    pub(super) fn started(&self, path: &str, arguments: &[Argument]) -> Option<Deed> {
        if !matches!(root(path), "subprocess" | "os" | "asyncio" | "child_process") {
            return None;
        }
        let given = arguments.iter().flat_map(|one| match &one.value.shape {
            Shape::List(items) => items.to_vec(),
            _ => vec![one.value.clone()],
        });
        let texts = given.filter_map(|value| files::shown(&value));
        let words = texts.flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let content =
            words.into_iter().find_map(|word| self.state.global(self.module, &program(&word)))?.taint;
        Some(Deed::Run { sink: Sink::Code, content, given: None })
    }

    /// Records what a call writes to a database that stores it under a key or in a table.
    pub(super) fn keep_in_database(&self, call: Outside<'_>, range: TextRange) -> Option<Deed> {
        let Outside { path, object, arguments, .. } = call;
        let (content, conversation) = databases::kept(path, object, arguments)?;
        // `this.conversations.set(id, turns)`: the name of the map says what its values are.
        let told = databases::is_of_keys(path) && self.holder_tells(range);
        let here = told
            || databases::is_a_file(path, arguments)
            || self.state.on_disk && databases::may_be_here(path)
            || self.state.mapped_on_disk && root(path) == "@prisma/client";
        Some(Deed::Persist { content, conversation: conversation || told, remote: !here })
    }

    /// Whether the object of a call is named after what was said.
    fn holder_tells(&self, range: TextRange) -> bool {
        let text = self.state.texts.get(self.file()).and_then(|file| file.text.get(super::walk::span(range)));
        let written = text.and_then(|text| text.split('(').next()).unwrap_or_default();
        let holder = written.rsplit('.').nth(1).unwrap_or_default();
        super::api::web::is_conversation(holder.trim_end_matches(['?', '!']))
    }

    /// Returns the memory kept by the class in which a file is read, whatever the file is called.
    fn kept_by_class(&self, file: &str) -> Option<Store> {
        let (_, class) = self.handled_by();
        let noted = self.state.global(self.module, NOTED)?;
        let own = format!("files:{}", class?);
        let other = is_other(file.rsplit('/').next().unwrap_or_default());
        (!other && noted.known_text() == Some(own.as_str())).then(|| plain(own))
    }

    /// Returns the memory to which a file belongs, if its name or its handler says that it is one.
    pub(super) fn memory(&self, file: &str) -> Option<Store> {
        let mut segments = file.rsplit('/');
        let (own, folder) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
        let (function, class) = self.handled_by();
        if names(own, OTHER) || names(&function, OTHER) {
            return None;
        }
        let module = self.state.project.modules.get(self.module)?;
        let module = module.name.rsplit('.').next().unwrap_or_default();
        // The name of an entry file is dictated by the loader: `index.js`.
        if names(class.unwrap_or(module), OTHER) && (class.is_some() || module != "index") {
            return None;
        }
        // `handle_message` may write anything.
        let verb = words(&function).into_iter().next().unwrap_or_default();
        let keeps = VERBS.contains(&verb.as_str())
            && [PAST, CHATS, RECALLS].iter().any(|list| names(&function, list));
        let told = tells(own) || tells_folder(folder) || keeps;
        let around = is_a_keeper(class.unwrap_or(module));
        if !told && !around {
            return None;
        }
        let owner = class.unwrap_or(module);
        Some(plain(format!("files:{owner}")))
    }

    /// Handles what a plug-in passes to its host, of which only the names are known: a route, or data stored under a
    /// key, `storage.set("chat_history", messages)`. Returns what is said to the functions that it passes on.
    pub(super) fn plugged(
        &mut self,
        name: &str,
        object: &Value,
        arguments: &[Argument],
        range: TextRange,
    ) -> Option<Taint> {
        if self.script && is_route(arguments) {
            self.route_to(arguments);
            return Some(Taint::USER | Taint::REQUEST);
        }
        if subscribes(name, arguments) {
            return Some(Taint::USER);
        }
        if self.script && self.offer_plugged(name, arguments, range) {
            return Some(Taint::TOOL);
        }
        if let Some(said) = described(name, arguments) {
            return Some(said);
        }
        let keeps = matches!(name, "set" | "put" | "save" | "setItem" | "store");
        let [key, value, ..] = arguments else { return None };
        let key = key.value.template().map(crate::facts::Template::shown).filter(|_| keeps)?;
        let several = words(&key).len() > 1 && !key.contains(' ');
        if !several || !tells(&key) || names(&key, OTHER) || object.shape != Shape::Unknown {
            return None;
        }
        let content = value.value.deep_taint().without(Taint::CONSENT);
        let store = self.state.store(plain(format!("keys:{key}")));
        let call = self.call_at(range);
        if call.target.is_empty() {
            name.clone_into(&mut call.target);
        }
        add(&mut call.does, Deed::Persist { content, conversation: true, remote: false });
        add(&mut call.does, Deed::Store(store, content));
        None
    }

    /// `host.on("message")(hear)`
    pub(super) fn plugged_by_event(&mut self, node: &ExprCall, arguments: &[Argument]) {
        if let Expr::Call(inner) = &*node.func
            && is_event(inner)
        {
            self.callbacks(Some(Taint::USER), Taint::NONE, arguments, node.range());
        }
    }

    /// Whether a file holds settings, judged by its name or its handler: they are nobody's words.
    fn is_setting(&self, file: &str) -> bool {
        const SETTINGS: &[&str] =
            &["config*", "setting*", "preference*", "credential*", "cfg", "env", "dotenv"];
        let own = file.rsplit('/').next().unwrap_or_default();
        let (function, class) = self.handled_by();
        names(own, SETTINGS)
            || names(&function, SETTINGS)
            || class.is_some_and(|class| names(class, SETTINGS))
    }

    pub(super) fn is_method(&self) -> bool {
        let func = self.state.project.functions.get(self.function);
        func.is_some_and(|func| func.class.is_some() && func.hangs == Hangs::OnObject)
    }

    /// The outermost named function, and its class.
    fn handled_by(&self) -> (String, Option<&str>) {
        let project = self.state.project;
        let outer = |id: &FunctionId| project.functions.get(*id).and_then(|func| func.outer);
        let outermost = std::iter::successors(Some(self.function), outer).last();
        let func = outermost.and_then(|id| project.functions.get(id));
        let name = func.filter(|func| func.definition.is_some()).map_or("", |func| func.name.as_str());
        let class = func.and_then(|func| func.class).and_then(|class| project.classes.get(class));
        let class = class.map(|class| class.name.rsplit('.').next().unwrap_or_default());
        (name.rsplit('.').next().unwrap_or_default().to_owned(), class)
    }
}

/// Records which files a call opens whose paths are not literals: the one that it accesses, and the one that it copies or
/// moves there.
fn to_somewhere(
    path: &str,
    arguments: &[Argument],
    opened: Option<&(Access, Value)>,
    own: bool,
) -> Vec<Deed> {
    let there = opened.and_then(|(access, file)| opens(*access, file, own));
    let from = files::moved(path, arguments).and_then(|(access, file)| opens(access, &file, own));
    match (there, from) {
        // Both are changed. What was checked says nothing of the other.
        (Some(Deed::Open { changes: true, path, .. }), Some(from @ Deed::Open { changes: true, .. }))
            if path.has(Taint::CHECKED) =>
        {
            vec![from]
        }
        (Some(there @ Deed::Open { changes: true, .. }), Some(Deed::Open { changes: true, .. })) => {
            vec![there]
        }
        (there, from) => there.into_iter().chain(from).collect(),
    }
}

/// Records access to a file whose path is not a literal.
pub(super) fn opens(access: Access, file: &Value, method: bool) -> Option<Deed> {
    // For the object of a method, it is unknown which part is meant.
    let own = if method { Taint::parameter(0) } else { Taint::NONE };
    let path = file.deep_taint().without(Taint::CONSENT | own);
    let whole = match &file.shape {
        Shape::Text(text) => text.pieces.len() < 2,
        Shape::Made(made) => root(&made.path) != "pathlib",
        _ => true,
    };
    // `folder / name`: something is known of the folder.
    let known = |piece: &Piece| match piece {
        Piece::Text(text) => text.trim_matches('/').len() > 1,
        Piece::Variable(..) => true,
        _ => false,
    };
    let ends = |text: &Template| {
        let open = matches!(text.pieces.last(), Some(Piece::Parameter(_) | Piece::Hole));
        open && text.pieces.iter().any(known)
    };
    let below = files::whole(file).is_some_and(|text| ends(&text));
    (path != Taint::NONE).then_some(Deed::Open { changes: access == Access::Change, path, whole, below })
}

/// Returns the file that a call writes to.
fn written_file(path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<Value> {
    if matches!(root(path), "sqlite3" | "aiosqlite" | "better-sqlite3" | "sqlite" | "swift" | "shelve") {
        return None;
    }
    match files::of(path, object, arguments) {
        Some((Access::Change, file)) => Some(file),
        Some(_) => None,
        None => super::api::web::written_to(path, object, arguments),
    }
}

/// A file store with a known name.
pub(super) fn plain(name: String) -> Store {
    Store {
        name,
        product: "files".to_owned(),
        through_edge: false,
        host: None,
        remembers_people: false,
        own: false,
    }
}

/// Returns what is said to the function in a description that a plug-in passes to its host: a model calls a tool, and
/// a person a command. `host.registerCommand({name, description, handler})`
fn described(name: &str, arguments: &[Argument]) -> Option<Taint> {
    let said = match () {
        () if names(name, &["tool", "tools"]) => Taint::TOOL,
        () if names(name, &["command", "commands"]) => Taint::USER,
        () => return None,
    };
    let [Argument { value: Value { shape: Shape::Dict(items), .. }, .. }] = arguments else { return None };
    let function = |item: &Value| matches!(item.shape, Shape::Functions(_) | Shape::Bound(_));
    let told = items.contains_key("name") && items.contains_key("description");
    (told && items.values().any(function)).then_some(said)
}

/// Whether a call names an event in which people speak: `host.on("message")`, `host.on_message()`.
pub(super) fn is_event(node: &ExprCall) -> bool {
    let Expr::Attribute(method) = &*node.func else { return false };
    let event = match node.arguments.args.first() {
        Some(Expr::StringLiteral(text)) => names(text.value.to_str(), EVENTS),
        _ => false,
    };
    names(method.attr.as_str(), &["on", "once", "subscribe", "listen*"])
        && (event || names(method.attr.as_str(), EVENTS))
}

/// Events in which people speak: `before_agent_start` reports what the agent was asked.
const EVENTS: &[&str] =
    &["message", "messages", "msg", "command", "chat", "text", "mention", "prompt", "agent"];

/// `host.on_message(hear)`, `bus.on("message", (text) => …)`: what a host reports to a plug-in is what people say.
fn subscribes(name: &str, arguments: &[Argument]) -> bool {
    let hands = arguments.iter().any(|one| matches!(one.value.shape, Shape::Functions(_) | Shape::Bound(_)));
    if !hands {
        return false;
    }
    let event = || {
        let first = arguments.first().and_then(|first| first.value.known_text());
        first.is_some_and(|event| names(event, EVENTS))
    };
    let listens = names(name, &["on", "once", "subscribe", "listen*", "register", "handler"]);
    listens && (names(name, EVENTS) || event())
}
