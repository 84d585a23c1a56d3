//! Conversations shared by the whole program: a list, or a library's session, that is not kept per person.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Arguments, DictItem, Expr, ExprCall, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

use super::api::{flaws, last, models, names, root};
use super::project::{Project, dotted};
use super::state::State;
use super::value::{Argument, ClassId, Made, Shape, Value, named};
use super::walk::{Walk, span};
use crate::facts::{Deed, FunctionId};

/// Model calls that are given a list held by an object: the function and range, and the class of the object.
pub(super) type Held = BTreeMap<(FunctionId, usize, usize), ClassId>;

/// Maximum nesting of objects that are traced to where they are created.
const MOST_HOLDERS: usize = 6;

impl Walk<'_, '_> {
    /// Returns the one name, or the one object, under which everybody's words are kept.
    pub(super) fn shared(&self, path: &str, object: Option<&Made>, arguments: &[Argument]) -> Option<String> {
        flaws::shared(path, object, arguments).or_else(|| self.one_buffer(path, arguments))
    }

    /// `agent.run(text, memory=memory)`: a chat buffer that the program creates at its start.
    fn one_buffer(&self, path: &str, arguments: &[Argument]) -> Option<String> {
        if root(path) != "llama_index" {
            return None;
        }
        let buffer = named(arguments, &["memory"]).and_then(Value::made)?;
        let plain = buffer.path.contains(".memory.")
            && named(&buffer.given, &["session_id", "chat_store_key", "chat_store"]).is_none();
        let (module, range) = buffer.at.filter(|_| plain)?;
        let project = self.state.project;
        let here = project.functions.get(self.function)?.definition.is_some();
        let within = |definition: &StmtFunctionDef| definition.range().contains_range(range);
        let inside = project.functions.iter().filter(|func| func.module == module);
        let made_anew = inside.filter_map(|func| func.definition).any(within);
        (here && !made_anew).then(|| "memory".to_owned())
    }

    /// Returns the name of the conversation that a model call in a function is given, if the module or an object
    /// holds it as one list and the function does not start it anew.
    pub(super) fn one_history(&mut self, node: &ExprCall) -> Option<String> {
        let definition = self.state.project.functions.get(self.function)?.definition?;
        if let Some(name) = self.one_session(node).or_else(|| self.one_thread(node)) {
            return Some(name);
        }
        let given = messages(&node.arguments)?;
        parts(given, definition, 0).into_iter().find_map(|part| match part {
            Expr::Name(name) => self.of_module(name.id.as_str(), definition),
            Expr::Attribute(_) => {
                self.of_class(part, definition).or_else(|| self.of_holder(part, definition, node.range()))
            }
            _ => None,
        })
    }

    fn of_module(&self, name: &str, definition: &StmtFunctionDef) -> Option<String> {
        // `global history` continues it, unless it starts a new one.
        let own = if self.globals.contains(name) {
            begins_anew(definition, name)
        } else {
            self.env.names.contains_key(name)
        };
        let held = self.state.global(self.module, name)?;
        (!own && matches!(held.shape, Shape::List(_))).then(|| name.to_owned())
    }

    /// `Chat.history`, `cls.history`: a list of the class is shared by all objects.
    fn of_class(&self, part: &Expr, definition: &StmtFunctionDef) -> Option<String> {
        let Expr::Attribute(member) = part else { return None };
        let Expr::Name(holder) = &*member.value else { return None };
        let class = match holder.id.as_str() {
            "cls" => self.state.project.functions.get(self.function)?.class?,
            // A list that is defined only in the class body is also shared by all objects.
            "self" => {
                let class = self.state.project.functions.get(self.function)?.class?;
                let methods = &self.state.project.classes.get(class).filter(|_| !self.script)?.methods;
                let definitions =
                    methods.values().filter_map(|id| self.state.project.functions.get(*id)?.definition);
                let whole = dotted(part)?;
                let mut own = definitions.filter(|known| assigns(known, &whole));
                return (own.next().is_none() && self.of_body(class, member.attr.as_str())).then_some(whole);
            }
            name => match self.state.global(self.module, name)?.shape {
                Shape::Class(class) => class,
                _ => return None,
            },
        };
        let held = self.state.member(class, member.attr.as_str(), false, 0)?;
        let whole = dotted(part)?;
        (matches!(held.shape, Shape::List(_)) && !begins_anew(definition, &whole)).then_some(whole)
    }

    /// Whether a class itself holds a list under a name.
    fn of_body(&self, class: ClassId, name: &str) -> bool {
        let held = self.state.member(class, name, false, 0);
        held.is_some_and(|held| matches!(held.shape, Shape::List(_)))
    }

    /// `self.history` of an object that may be the only one; that is decided when all creations are known.
    fn of_holder(&mut self, part: &Expr, definition: &StmtFunctionDef, range: TextRange) -> Option<String> {
        let Expr::Attribute(member) = part else { return None };
        let own = matches!(&*member.value, Expr::Name(name) if matches!(name.id.as_str(), "self" | "this"));
        let class = self.state.project.functions.get(self.function)?.class.filter(|_| own)?;
        let held = self.state.member(class, member.attr.as_str(), true, 0)?;
        let whole = dotted(part)?;
        if !matches!(held.shape, Shape::List(_)) || begins_anew(definition, &whole) {
            return None;
        }
        let at = span(range);
        self.state.histories.insert((self.function, at.start, at.end), class);
        Some(whole)
    }

    /// `chat = model.start_chat()` in a module, on which every handler calls `chat.send_message(…)`.
    fn one_session(&mut self, node: &ExprCall) -> Option<String> {
        let Expr::Attribute(method) = &*node.func else { return None };
        let Expr::Name(name) = &*method.value else { return None };
        let name = name.id.as_str();
        if self.env.names.contains_key(name) || self.globals.contains(name) {
            return None;
        }
        let held = self.state.global(self.module, name)?;
        let made = held.made()?;
        let remembers = |made: &Made| is_session(&made.path) || is_memory(&made.path);
        let agent = is_remembering(made) && !says_who(&node.arguments);
        (is_session(&made.path) || models::inner(made, 0, &remembers).is_some() || agent)
            .then(|| name.to_owned())
    }
}

/// Arguments that say which conversation a model continues.
const GOES_ON: &[&str] = &[
    "thread_id",
    "threadId",
    "thread",
    "conversation",
    "conversation_id",
    "conversationId",
    "previous_response_id",
    "session",
];

impl Walk<'_, '_> {
    /// `runs.create(thread_id=thread.id)` of a thread that the module creates, `previous_response_id=last` of a name
    /// of the module: everybody continues the same conversation.
    fn one_thread(&self, node: &ExprCall) -> Option<String> {
        let keyword = GOES_ON.iter().find_map(|key| node.arguments.find_keyword(key));
        let given = keyword.map(|keyword| &keyword.value);
        let given = given.or_else(|| node.arguments.args.iter().find_map(|one| within(one, GOES_ON, 3)))?;
        let (name, member) = match given {
            Expr::Name(name) => (name.id.as_str(), false),
            Expr::Attribute(member) if member.attr.as_str() == "id" => match &*member.value {
                Expr::Name(name) => (name.id.as_str(), true),
                _ => return None,
            },
            _ => return None,
        };
        if !self.globals.contains(name) && self.env.names.contains_key(name) {
            return None;
        }
        let held = self.state.global(self.module, name)?;
        // A literal is a name, which another rule covers; the value of a variable is the developer's choice.
        let made = || {
            held.made()
                .is_some_and(|made| made.path.ends_with("create()") || made.path.ends_with("Session()"))
        };
        let goes_on = self.globals.contains(name) && !member || made();
        goes_on.then(|| name.to_owned())
    }
}

/// Whether a path yields an object that continues a conversation.
fn is_session(path: &str) -> bool {
    let made = path.trim_end_matches("()");
    path.ends_with("()")
        && (matches!(last(made), "start_chat" | "startChat" | "ConversationChain")
            || made.ends_with("chats.create"))
}

/// Settings that make an agent continue from what was said before.
const GOES_ON_WITH: &[&str] = &[
    "add_history_to_context",
    "add_history_to_messages",
    "enable_user_memories",
    "enable_agentic_memory",
    "read_chat_history",
];

/// Whether an agent is created so that it continues from what was said before, without anybody's name.
fn is_remembering(made: &Made) -> bool {
    let on = |name: &&str| made.setting(&[name]).is_some_and(|value| value.shape == Shape::Bool(true));
    matches!(root(&made.path), "agno" | "phi") && GOES_ON_WITH.iter().any(on) && made.setting(WHO).is_none()
}

const WHO: &[&str] = &["user_id", "session_id"];

/// Whether a call says who is asking.
fn says_who(arguments: &Arguments) -> bool {
    WHO.iter().any(|name| arguments.find_keyword(name).is_some())
        || arguments.keywords.iter().any(|keyword| keyword.arg.is_none())
}

/// Whether a path is a framework's conversation memory without a key for its owner.
fn is_memory(path: &str) -> bool {
    const MEMORIES: &[&str] = &[
        "ConversationBufferMemory",
        "ConversationBufferWindowMemory",
        "ConversationSummaryMemory",
        "ConversationSummaryBufferMemory",
        "BufferMemory",
        "BufferWindowMemory",
        "ChatMemoryBuffer",
    ];
    let framework = models::is_framework(root(path));
    framework && path.ends_with("()") && MEMORIES.contains(&last(path))
}

/// Returns what is passed as `messages=…`, or as `{messages: …}` in a script.
fn messages(arguments: &Arguments) -> Option<&Expr> {
    const KEYS: &[&str] = &["messages", "input", "contents", "history"];
    let keyword = KEYS.iter().find_map(|key| arguments.find_keyword(key));
    if let Some(keyword) = keyword {
        return Some(&keyword.value);
    }
    let given = arguments.args.iter().chain(arguments.keywords.iter().map(|keyword| &keyword.value));
    given.into_iter().find_map(|one| within(one, KEYS, 0))
}

/// The same within the options or the body of a request.
fn within<'e>(given: &'e Expr, keys: &[&str], depth: usize) -> Option<&'e Expr> {
    let named = |item: &&DictItem| matches!(&item.key, Some(Expr::StringLiteral(key)) if keys.contains(&key.value.to_str()));
    match given {
        Expr::Dict(options) => {
            let inside = || {
                options
                    .items
                    .iter()
                    .filter(|_| depth < 3)
                    .find_map(|item| within(&item.value, keys, depth + 1))
            };
            options.items.iter().find(named).map(|item| &item.value).or_else(inside)
        }
        // `json.dumps({…})`, `JSON.stringify({…})`
        Expr::Call(call) if depth < 3 => {
            call.arguments.args.first().and_then(|inner| within(inner, keys, depth + 1))
        }
        _ => None,
    }
}

/// Returns the names and members from which a list is composed.
fn parts<'e>(given: &'e Expr, definition: &'e StmtFunctionDef, depth: usize) -> Vec<&'e Expr> {
    if depth > 4 {
        return Vec::new();
    }
    let deeper = |inner: &'e Expr| parts(inner, definition, depth + 1);
    match given {
        Expr::Name(name) => match assigned(definition, name.id.as_str()) {
            // What is sliced or filtered out of itself is itself.
            Some(value) => {
                Some(deeper(value)).filter(|found| !found.is_empty()).unwrap_or_else(|| vec![given])
            }
            None => vec![given],
        },
        Expr::Attribute(_) => vec![given],
        Expr::BinOp(node) => deeper(&node.left).into_iter().chain(deeper(&node.right)).collect(),
        Expr::List(node) => {
            let spread = node.elts.iter().filter_map(Expr::as_starred_expr);
            spread.flat_map(|inner| deeper(&inner.value)).collect()
        }
        Expr::Subscript(node) if node.slice.is_slice_expr() => deeper(&node.value),
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) if matches!(method.attr.as_str(), "copy" | "slice" | "concat") => {
                deeper(&method.value).into_iter().chain(call.arguments.args.iter().flat_map(deeper)).collect()
            }
            Expr::Name(name) if name.id.as_str() == "list" => {
                call.arguments.args.iter().flat_map(deeper).collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn assigns(definition: &StmtFunctionDef, name: &str) -> bool {
    let mut found = Given { wanted: name, values: Vec::new() };
    definition.body.iter().for_each(|statement| found.visit_stmt(statement));
    !found.values.is_empty()
}

/// Returns what a function assigns to a name, if it does so once.
fn assigned<'e>(definition: &'e StmtFunctionDef, name: &str) -> Option<&'e Expr> {
    let mut found = Given { wanted: name, values: Vec::new() };
    definition.body.iter().for_each(|statement| found.visit_stmt(statement));
    match found.values.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

/// Whether a function replaces a member with a new list.
pub(super) fn begins_anew(definition: &StmtFunctionDef, member: &str) -> bool {
    let mut found = Given { wanted: member, values: Vec::new() };
    definition.body.iter().for_each(|statement| found.visit_stmt(statement));
    found.values.iter().any(|value| matches!(value, Expr::List(_)))
}

/// Collects what is assigned to a name or a member.
struct Given<'e, 'n> {
    wanted: &'n str,
    values: Vec<&'e Expr>,
}

impl<'e> Visitor<'e> for Given<'e, '_> {
    fn visit_stmt(&mut self, node: &'e Stmt) {
        match node {
            Stmt::Assign(assign)
                if assign.targets.iter().any(|one| dotted(one).as_deref() == Some(self.wanted)) =>
            {
                self.values.push(&assign.value);
            }
            Stmt::AnnAssign(assign) if dotted(&assign.target).as_deref() == Some(self.wanted) => {
                self.values.extend(assign.value.as_deref());
            }
            _ => {}
        }
        walk_stmt(self, node);
    }
}

/// Keeps only the conversations of objects that the program creates once.
pub(super) fn note(project: &Project<'_>, state: &mut State<'_>) {
    let one: BTreeSet<ClassId> =
        state.histories.values().copied().filter(|class| is_made_once(project, state, *class, 0)).collect();
    let held = std::mem::take(&mut state.histories);
    for ((function, start, end), class) in held {
        if one.contains(&class) {
            continue;
        }
        let calls = state.functions.get_mut(function).map(|function| &mut function.calls);
        for call in calls.into_iter().flatten().filter(|call| call.span == (start..end)) {
            call.does.retain(|deed| !matches!(deed, Deed::OneHistory { .. }));
        }
    }
}

/// Words of methods in which an object is initialised.
const BEGINS: &[&str] = &["init*", "start", "setup", "connect", "onload", "load", "boot*"];

/// Whether objects of a class are created only at the start of the program.
pub(super) fn is_made_once(project: &Project<'_>, state: &State<'_>, class: ClassId, depth: usize) -> bool {
    if depth >= MOST_HOLDERS {
        return false;
    }
    let Some(makers) = state.made_in.get(&class) else { return is_put_in(project, class) };
    makers.iter().all(|maker| {
        let Some(func) = project.functions.get(*maker) else { return false };
        let short = last(&func.name);
        match (func.definition, func.class) {
            (None, _) => true,
            (Some(_), Some(holder)) if short == "__init__" || names(short, BEGINS) => {
                is_made_once(project, state, holder, depth + 1)
            }
            (Some(_), None) => names(short, &["main", "app", "setup", "startup", "bootstrap"]),
            _ => false,
        }
    })
}

/// Whether nothing creates an object of a class and a script's constructor requests one by its type: dependency
/// injection creates one for everybody.
fn is_put_in(project: &Project<'_>, class: ClassId) -> bool {
    let Some(known) = project.classes.get(class) else { return false };
    project.put_in.get_or_init(|| wanted(project)).contains(last(&known.name))
}

/// Returns the short names of the types that constructors of scripts request.
fn wanted(project: &Project<'_>) -> BTreeSet<String> {
    let constructors = project.classes.iter().filter_map(|class| class.methods.get("__init__"));
    let constructors = constructors.filter_map(|id| project.functions.get(*id));
    let definitions =
        constructors.filter(|func| project.is_script(func.module)).filter_map(|func| func.definition);
    let types = definitions.flat_map(super::identity::annotations);
    types.filter_map(|(_, annotation)| Some(last(&dotted(annotation)?).to_owned())).collect()
}
