//! Calls whose result the language or a library defines: builtins, and what is stored somewhere and taken out again.

use std::rc::Rc;

use ruff_python_ast::Expr;
use ruff_text_size::TextRange;

use super::api::{files, root, script, sources, swift};
use super::assign::{is_kept, kept_outside};
use super::call::all_of;
use super::eval::{added, variable};
use super::hand_out::collect_functions;
use super::value::{self, Argument, Shape, Value, given};
use super::walk::Walk;
use crate::facts::{Piece, Taint, Template, host_of};

/// Partial application.
const PARTIALS: [&str; 2] = ["functools.partial", "functools.partialmethod"];

/// Builtins that return the items of their argument.
const ITEMS: &[&str] = &[
    "list",
    "tuple",
    "sorted",
    "set",
    "iter",
    "reversed",
    "filter",
    "map",
    "enumerate",
    "zip",
    "frozenset",
    "deque",
];

impl Walk<'_, '_> {
    /// Handles `cl.user_session.set("chain", chain)`, and what it returns later.
    pub(super) fn of_session(&mut self, path: &str, arguments: &[Argument]) -> Option<Value> {
        let (session, name) = path.rsplit_once('.').filter(|(session, _)| is_kept(session))?;
        let key = given(arguments, 0, "key").and_then(Value::known_text)?;
        let key = kept_outside(&Value::path(session), key)?;
        match name {
            "set" => {
                let value = given(arguments, 1, "value").filter(|value| value.shape.acts())?;
                let value = value.filled(&self.summary.handed);
                self.state.set_global(self.module, &key, value);
                None
            }
            "get" => self.state.global(self.module, &key),
            _ => None,
        }
    }

    /// `partial(send, to)`: the given arguments are passed here, and a later call adds the rest.
    pub(super) fn partial(&mut self, path: &str, arguments: &[Argument], range: TextRange) -> Option<Value> {
        let (callee, rest) = arguments.split_first().filter(|_| PARTIALS.contains(&path))?;
        let mut ids = Vec::new();
        collect_functions(&callee.value, &mut ids, 0);
        if !rest.is_empty() {
            self.enter(&ids, None, rest, range);
        }
        let in_order = ids.is_empty() || rest.iter().any(|one| one.name.is_none());
        let made = || Value::new(Value::path(PARTIALS[0]).called(arguments), all_of(arguments));
        Some(if in_order { made() } else { callee.value.clone() })
    }

    /// Stores callables and objects in a container, so that they are recognised when taken out.
    pub(super) fn put_in(&mut self, container: &Expr, object: &Value, name: &str, arguments: &[Argument]) {
        match (&object.shape, arguments) {
            // `this.handlers[event].push(answer)`
            (_, [one]) if matches!((container, name), (Expr::Subscript(_), "append" | "add" | "push")) => {
                self.put_under(container, &one.value);
            }
            (Shape::List(_), [one])
                if matches!(name, "append" | "add" | "push" | "unshift" | "appendleft") =>
            {
                self.put_last(container, &one.value);
            }
            (Shape::Dict(_), [key, value]) if matches!(name, "set" | "setdefault") => {
                self.put(container, key.value.known_text().map(str::to_owned), value.value.clone());
            }
            _ => {}
        }
    }
}

/// Returns the callee and arguments of a completed partial call: `partial(send, to)(text)`.
pub(super) fn completed(callee: &Value, rest: &[Argument]) -> Option<(Value, Vec<Argument>)> {
    let made = callee.made().filter(|made| made.path.starts_with(PARTIALS[0]))?;
    if made.maker() != PARTIALS[0] || !made.path.ends_with("()") {
        return None;
    }
    let (begun, first) = made.given.split_first()?;
    Some((begun.value.clone(), [first, rest].concat()))
}

/// Returns the callee and arguments of a call that is only run in another thread: `asyncio.to_thread(client.chat, text)`.
pub(super) fn elsewhere<'v>(path: &str, arguments: &'v [Argument]) -> Option<(Value, &'v [Argument])> {
    let at = match path {
        "asyncio.to_thread"
        | "anyio.to_thread.run_sync"
        | "fastapi.concurrency.run_in_threadpool"
        | "starlette.concurrency.run_in_threadpool" => 0,
        _ if path.starts_with("asyncio.") && path.ends_with(".run_in_executor") => 1,
        _ => return None,
    };
    let callee = arguments.get(at).filter(|one| one.name.is_none() && one.value.outside().is_some())?;
    Some((callee.value.clone(), arguments.get(at + 1..)?))
}

/// Returns a text after a replacement; its beginning stays known if it is an address.
pub(super) fn replaced(object: &Value, put: Taint) -> Value {
    let text = object.template().cloned().unwrap_or_default();
    let address = host_of(&text.shown()).is_some() || text.starts_with_variable();
    let mut made = if address { text } else { Template::default() };
    made.push(&Template::of(Piece::Hole));
    Value::new(Shape::text(made), (object.taint | put).without(Taint::CONSENT))
}

/// Evaluates calls that only return what they take.
pub(super) fn builtin(path: &str, arguments: &[Argument]) -> Option<Value> {
    let first = || given(arguments, 0, "x").cloned().unwrap_or_default();
    if root(path) == "js" {
        return script::builtin(path, arguments);
    }
    if root(path) == "swift" {
        let carried = swift::setting(path, arguments).map(|name| variable(Some(&name), None));
        return carried.or_else(|| swift::builtin(path, arguments));
    }
    Some(match path {
        "os.getenv" | "os.environ.get" | "environ.get" | "getenv" => {
            let name = given(arguments, 0, "key").and_then(Value::known_text);
            variable(name, given(arguments, 1, "default"))
        }
        _ if files::joined(path, arguments).is_some() => {
            let text = files::joined(path, arguments).unwrap_or_default();
            Value::new(Shape::text(text), all_of(arguments))
        }
        "urllib.parse.urljoin" => below(&first(), given(arguments, 1, "url")?),
        "typing.cast" | "typing_extensions.cast" => given(arguments, 1, "val").cloned().unwrap_or_default(),
        "str" | "copy.deepcopy" | "copy.copy" | "repr" => {
            let value = first();
            Value { taint: value.deep_taint().without(Taint::CONSENT), ..value }
        }
        "functools.wraps" => first(),
        "getattr" => {
            let name = value::given(arguments, 1, "name").and_then(Value::known_text)?.to_owned();
            first().attribute(&name)
        }
        "bool" => Value::of(first().taint.and(Taint::CONSENT)),
        "dict" => Value::new(
            Shape::Dict(Rc::new(
                arguments.iter().filter_map(|a| Some((a.name.clone()?, a.value.clone()))).collect(),
            )),
            all_of(arguments),
        ),
        _ if ITEMS.contains(&path)
            && root(path) == path
            && !arguments.iter().any(|a| holds_function(&a.value)) =>
        {
            // iter(input, "")
            let read = given(arguments, 0, "x")
                .and_then(Value::outside)
                .and_then(|path| sources::of(&format!("{path}()")));
            let items =
                arguments.iter().fold(Value::default(), |sum, argument| sum.join(&argument.value.item(None)));
            Value::new(Shape::List(Rc::new(vec![items])), all_of(arguments) | read.unwrap_or_default())
        }
        "print" => Value::default(),
        _ => return None,
    })
}

/// Returns an address composed of a base and what follows it.
pub(super) fn below(base: &Value, rest: &Value) -> Value {
    let whole = rest.template().is_some_and(|text| text.shown().contains("://"));
    if whole { rest.clone() } else { added(base, rest) }
}

fn holds_function(value: &Value) -> bool {
    matches!(value.shape, Shape::Functions(_) | Shape::Bound(_))
}
