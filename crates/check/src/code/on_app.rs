//! What is kept on the application object or reached through a queue: `app.state.llm = OpenAI()` is read as
//! `request.app.state.llm`, a graph is built in one place and invoked in another, a task is sent to a worker. All of
//! it is shared by the whole project, whichever file puts it there.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use super::api::{last, root};
use super::call::all_of;
use super::hand_out::collect_functions;
use super::value::{Argument, Made, Shape, Value, named};
use super::walk::Walk;
use crate::facts::{FunctionId, Taint};

/// The module under which data of the whole project is recorded.
const PROJECT: usize = 0;
/// Parts of an application in which programs keep what they need.
const PARTS: &[&str] = &["state", "locals", "ctx", "extensions"];
/// Methods of a task that send it to a worker.
const SENDS: &[&str] = &[
    "delay",
    "apply_async",
    "s",
    "si",
    "send",
    "kiq",
    "remote",
    "remote_gen",
    "spawn",
    "defer",
    "defer_async",
    "enqueue",
    "submit",
];
/// Methods that run a graph.
const RUNS: &[&str] =
    &["invoke", "ainvoke", "stream", "astream", "astream_events", "batch", "abatch", "streamEvents"];

/// Returns the name under which an application keeps something: `app.state.llm`, `request.app.state.llm`,
/// `app.extensions["llm"]`.
fn on_app(object: &Expr, name: &str) -> Option<String> {
    let Expr::Attribute(part) = object else { return None };
    let owner = match &*part.value {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(owner) => owner.attr.as_str(),
        _ => return None,
    };
    let is_application = matches!(owner, "app" | "application" | "current_app" | "server" | "_app");
    (is_application && PARTS.contains(&part.attr.as_str()))
        .then(|| format!("kept on the application: {name}"))
}

/// Whether an object is itself an application: `app.llm`, `current_app.llm`.
fn is_app(object: &Value) -> bool {
    matches!(
        object.outside(),
        Some("flask.Flask()" | "flask.current_app" | "quart.Quart()" | "quart.current_app" | "sanic.Sanic()")
    )
}

/// The name under which it is recorded that a function is the executor of a promise.
fn promise(function: FunctionId) -> String {
    format!("the promise that {function} keeps")
}

/// Returns the key of the graph from which something was created.
fn graph(object: &Made) -> Option<String> {
    let first = object.chain().last()?;
    let is_graph = matches!(root(&first.path), "langgraph" | "@langchain/langgraph")
        && matches!(last(first.maker()), "StateGraph" | "MessageGraph" | "Graph");
    let (module, range) = first.at.filter(|_| is_graph)?;
    Some(format!("the nodes of the graph {module}:{}", u32::from(range.start())))
}

/// Returns the key of the queue to which something belongs.
fn queue(object: &Made) -> Option<String> {
    let first = object.chain().last()?;
    let is_queue = matches!(root(&first.path), "asyncio" | "queue" | "multiprocessing" | "janus")
        && last(first.maker()).ends_with("Queue");
    let (module, range) = first.at.filter(|_| is_queue)?;
    Some(format!("those who take from the queue {module}:{}", u32::from(range.start())))
}

/// Methods that emit an event, and below those that subscribe to one.
fn emits(name: &str) -> bool {
    matches!(name, "emit" | "emitAsync" | "emit_async" | "dispatch" | "publish" | "trigger")
}

fn hears(name: &str) -> bool {
    matches!(name, "on" | "once" | "addListener" | "prependListener" | "add_listener" | "subscribe")
}

/// Returns the key of an event emitter within the program: an object of such a library, or of a class of the project.
fn emitter(object: &Value) -> Option<String> {
    const LIBRARIES: &[&str] = &[
        "events",
        "eventemitter3",
        "eventemitter2",
        "mitt",
        "nanoevents",
        "tiny-emitter",
        "emittery",
        "pubsub-js",
        "pyee",
        "blinker",
    ];
    match &object.shape {
        Shape::Made(made) => {
            let first = made.chain().last().filter(|first| LIBRARIES.contains(&root(&first.path)))?;
            // What a class of the project inherits has no location of its own.
            Some(first.at.map_or_else(
                || root(&first.path).to_owned(),
                |(module, range)| format!("{module}:{}", u32::from(range.start())),
            ))
        }
        Shape::Object(class) => Some(format!("class {class}")),
        _ => None,
    }
}

impl Walk<'_, '_> {
    /// Stores a callable or object where everybody with the application finds it.
    pub(super) fn keep_on_app(&mut self, holder: &Expr, object: &Value, name: &str, value: &Value) {
        if !value.shape.acts() || name.is_empty() {
            return;
        }
        let own = || is_app(object).then(|| format!("kept on the application: {name}"));
        if let Some(key) = on_app(holder, name).or_else(own) {
            let value = value.filled(&self.summary.handed);
            self.state.set_global(PROJECT, &key, value);
        }
    }

    /// Returns what is stored there under a name.
    pub(super) fn kept_on_app(&self, holder: &Expr, object: &Value, name: &str) -> Option<Value> {
        let own = || is_app(object).then(|| format!("kept on the application: {name}"));
        let key = on_app(holder, name).or_else(own)?;
        self.state.global(PROJECT, &key)
    }

    /// Handles `graph.add_node("ask", ask)`, and `graph.invoke(…)`, through which the nodes are reached.
    pub(super) fn through_graph(
        &mut self,
        path: &str,
        callee: &Value,
        arguments: &[Argument],
        range: TextRange,
    ) {
        let Some(key) = callee.made().and_then(|made| graph(made)) else { return };
        match last(path) {
            "add_node" | "addNode" | "add_conditional_edges" | "addConditionalEdges" => {
                let mut found = Vec::new();
                for one in arguments {
                    collect_functions(&one.value, &mut found, 0);
                }
                self.add_to(&key, found);
            }
            name if RUNS.contains(&name) => {
                let said = all_of(arguments);
                self.come_to(&key, said, range);
            }
            _ => {}
        }
    }

    /// `await queue.put(text)`: whoever takes from the queue continues with it.
    pub(super) fn through_queue(&mut self, path: &str, callee: &Value, range: TextRange) {
        let Some(key) = callee.made().and_then(|made| queue(made)) else { return };
        match last(path) {
            "get" | "get_nowait" => self.add_to(&key, vec![self.function]),
            "put" | "put_nowait" => self.come_to(&key, Taint::NONE, range),
            _ => {}
        }
    }

    /// Handles `bus.on("ask", answer)`, and `bus.emit("ask", text)`, through which the listeners are reached.
    pub(super) fn through_event(
        &mut self,
        name: &str,
        object: &Value,
        arguments: &[Argument],
        range: TextRange,
    ) {
        let Some((event, rest)) = arguments.split_first().filter(|_| emits(name) || hears(name)) else {
            return;
        };
        let (Some(emitter), Some(event)) = (emitter(object), event.value.known_text()) else { return };
        let key = format!("those who hear {event} of {emitter}");
        if hears(name) {
            let mut found = Vec::new();
            for one in rest {
                collect_functions(&one.value, &mut found, 0);
            }
            self.add_to(&key, found);
        } else if let Some(Shape::Functions(all)) = self.state.global(PROJECT, &key).map(|found| found.shape)
        {
            self.enter(&all, None, rest, range);
        }
    }

    /// `new Promise((ok) => …)`: awaiting it yields what its first parameter is called with.
    pub(super) fn promised(&mut self, path: &str, arguments: &[Argument]) {
        let Some(executor) = arguments.first().filter(|_| path == "js.Promise") else { return };
        let mut found = Vec::new();
        collect_functions(&executor.value, &mut found, 0);
        for id in found {
            self.add_to(&promise(id), vec![id]);
        }
    }

    /// Whether a name resolves an enclosing promise.
    pub(super) fn resolves(&self, name: &str) -> bool {
        let functions = &self.state.project.functions;
        let outer = |id: &FunctionId| functions.get(*id).and_then(|func| func.outer);
        let first = |id: &FunctionId| {
            functions.get(*id).and_then(|func| func.parameters.first()).is_some_and(|own| own == name)
        };
        let around = std::iter::successors(Some(self.function), outer).find(first);
        name == "resolve" || around.is_some_and(|id| self.state.global(PROJECT, &promise(id)).is_some())
    }

    fn add_to(&mut self, key: &str, functions: Vec<FunctionId>) {
        if !functions.is_empty() {
            self.state.set_global(PROJECT, key, Value::new(Shape::Functions(functions.into()), Taint::NONE));
        }
    }

    fn come_to(&mut self, key: &str, said: Taint, range: TextRange) {
        let Some(Shape::Functions(all)) = self.state.global(PROJECT, key).map(|found| found.shape) else {
            return;
        };
        let others: Vec<FunctionId> = all.iter().copied().filter(|id| *id != self.function).collect();
        for function in others {
            self.called_back(function, said, false, range);
        }
    }

    /// `ask.delay(text)`: a task of the project that a worker carries out.
    pub(super) fn sent_to_worker(
        &mut self,
        node: &ExprCall,
        object: &Value,
        arguments: &[Argument],
    ) -> Option<Value> {
        let Expr::Attribute(method) = &*node.func else { return None };
        let Shape::Functions(ids) = &object.shape else { return None };
        if self.script || !SENDS.contains(&method.attr.as_str()) {
            return None;
        }
        let listed = named(arguments, &["args"]).or_else(|| {
            let first = arguments.first().filter(|_| method.attr.as_str() == "apply_async")?;
            Some(&first.value)
        });
        let given: Vec<Argument> = match listed.map(|all| &all.shape) {
            Some(Shape::List(items)) => {
                let plain = |value: &Value| Argument { name: None, value: value.clone(), spread: false };
                items.iter().map(plain).collect()
            }
            _ => arguments.to_vec(),
        };
        let answer = self.enter(&ids.to_vec(), None, &given, node.range());
        Some(Value::of(answer.deep_taint().without(Taint::CONSENT)))
    }
}
