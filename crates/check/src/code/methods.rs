//! Calls specific to scripts: methods that pass items to a function, promises, and methods of functions.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use super::call::all_of;
use super::value::{Argument, Shape, Value};
use super::walk::Walk;
use crate::facts::{FunctionId, Piece, Taint, Template};

/// Methods that pass each item to a function.
const EACH: &[&str] = &[
    "map",
    "flatMap",
    "filter",
    "forEach",
    "find",
    "findLast",
    "some",
    "every",
    "sort",
    "findIndex",
    "sortBy",
];

/// Maximum methods from which one may be picked by name.
const MOST_METHODS: usize = 48;

impl Walk<'_, '_> {
    /// Resolves a name on `super()`: a member of the base classes of this function's class.
    pub(super) fn inherited(&self, name: &str) -> Option<Value> {
        let project = self.state.project;
        let outer = |id: &FunctionId| project.functions.get(*id).and_then(|func| func.outer);
        let mut around = std::iter::successors(Some(self.function), outer);
        let class = around.find_map(|id| project.functions.get(id).and_then(|func| func.class))?;
        let bases: Vec<usize> = self.state.bases(class).iter().filter_map(of_class).collect();
        bases.into_iter().find_map(|base| self.state.member(base, name, true, 0))
    }

    /// `this[name]`, `getattr(self, f"do_{name}")`: any method that the name may be, as far as it is known.
    pub(super) fn any_method(&self, object: &Value, name: &Value) -> Option<Value> {
        let Shape::Object(class) = object.shape else { return None };
        if name.known_text().is_some() || name.deep_taint() == Taint::NONE {
            return None;
        }
        let before = match name.template().map(|text| text.pieces.as_slice()) {
            Some([Piece::Text(text), ..]) => text.as_str(),
            _ => "",
        };
        let methods = &self.state.project.classes.get(class)?.methods;
        let fits = |name: &&String| name.starts_with(before) && !name.starts_with("__") && *name != "this";
        let found = methods.iter().filter(|(name, _)| fits(name)).map(|(_, method)| *method);
        let found: Vec<FunctionId> = found.take(MOST_METHODS).collect();
        (!found.is_empty()).then(|| Value::new(Shape::Functions(found.into()), Taint::NONE))
    }

    /// Returns the method that calling an object enters. In a script, `super(…)` is the constructor of the base class.
    pub(super) fn called_on(&self, class: usize, node: &ExprCall) -> Option<FunctionId> {
        let own = matches!(&*node.func, Expr::Name(name) if self.script && name.id.as_str() == "this");
        if !own {
            // Calling a library's object runs `forward`: modules of DSPy.
            let called = self.state.method(class, "__call__");
            return called.or_else(|| self.state.method(class, "forward"));
        }
        match self.inherited("__init__")?.shape {
            Shape::Bound(method) => Some(method),
            _ => None,
        }
    }

    /// Handles a call whose meaning the language alone defines.
    pub(super) fn script_call(
        &mut self,
        node: &ExprCall,
        object: &Value,
        callee: &Value,
        arguments: &[Argument],
    ) -> Option<Value> {
        let range = node.range();
        match &*node.func {
            Expr::Name(name) => {
                let own = matches!(&callee.shape, Shape::Text(text)
                    if matches!(text.pieces.as_slice(), [Piece::Parameter(_)]));
                self.set_state(name.id.as_str(), arguments);
                if !arguments.is_empty() && self.resolves(name.id.as_str()) {
                    self.resume_with(arguments);
                }
                if own || callee.shape == Shape::Unknown {
                    self.goes_on(name.id.as_str());
                }
                None
            }
            Expr::Attribute(attribute) => {
                self.script_method(object, attribute.attr.as_str(), arguments, range)
            }
            _ => None,
        }
    }

    /// `const [text, setText] = useState("")`: the second sets what the first holds.
    pub(super) fn note_state(&mut self, targets: &[Expr], value: &Value) {
        let states = self.script && value.made().is_some_and(|made| made.path.ends_with(".useState()"));
        let pair = match targets {
            [Expr::Tuple(pair)] => &pair.elts,
            [Expr::List(pair)] => &pair.elts,
            _ => return,
        };
        if let ([Expr::Name(state), Expr::Name(setter)], true) = (pair.as_slice(), states) {
            self.state.add_setter(self.function, setter.id.as_str(), state.id.as_str());
        }
    }

    /// Handles a call of such a setter, here or in an inner function.
    fn set_state(&mut self, setter: &str, arguments: &[Argument]) {
        let Some(given) = arguments.first().map(|argument| Value::of(argument.value.deep_taint())) else {
            return;
        };
        let project = self.state.project;
        let mut owner = Some(self.function);
        while let Some(function) = owner {
            if let Some(state) = self.state.setter(function, setter).map(str::to_owned) {
                let value = given.filled(&self.summary.handed);
                self.state.write_outer(function, &state, value);
                return;
            }
            owner = project.functions.get(function).and_then(|func| func.outer);
        }
    }

    fn script_method(
        &mut self,
        object: &Value,
        name: &str,
        arguments: &[Argument],
        range: TextRange,
    ) -> Option<Value> {
        if let Shape::Functions(ids) = &object.shape {
            return self.part_of_function(&ids.clone(), object, name, arguments, range);
        }
        if let (Shape::Bound(_), "bind") = (&object.shape, name) {
            return Some(object.clone());
        }
        if let Some(value) = text_or_list(object, name, arguments) {
            return Some(value);
        }
        let given = arguments.first().map(|argument| &argument.value)?;
        let Shape::Functions(ids) = &given.shape else { return None };
        let ids: Vec<FunctionId> = ids.to_vec();
        match name {
            "then" => Some(self.enter_with(&ids, std::slice::from_ref(object), range)),
            "catch" | "finally" => {
                self.enter_with(&ids, &[Value::default()], range);
                Some(object.clone())
            }
            "reduce" | "reduceRight" => Some(self.reduce(&ids, object, arguments, range)),
            _ if EACH.contains(&name) => Some(self.each(&ids, object, name, range)),
            _ => None,
        }
    }

    fn each(&mut self, ids: &[FunctionId], object: &Value, name: &str, range: TextRange) -> Value {
        let item = object.item(None);
        let made = self.enter_with(ids, std::slice::from_ref(&item), range);
        match name {
            "map" => Value::new(Shape::List(Rc::new(vec![made])), Taint::NONE),
            "flatMap" => Value::new(Shape::List(Rc::new(vec![made.item(None)])), Taint::NONE),
            "find" | "findLast" => item,
            "forEach" | "some" | "every" | "findIndex" => Value::default(),
            _ => object.clone(),
        }
    }

    fn reduce(
        &mut self,
        ids: &[FunctionId],
        object: &Value,
        arguments: &[Argument],
        range: TextRange,
    ) -> Value {
        let first = arguments.get(1).map(|argument| argument.value.clone()).unwrap_or_default();
        let made = self.enter_with(ids, &[first, object.item(None)], range);
        Value { taint: made.taint | object.deep_taint(), ..made }
    }

    /// `f.call(this, x)`, `f.apply(this, [x])`, `f.bind(this)`
    fn part_of_function(
        &mut self,
        ids: &[FunctionId],
        function: &Value,
        name: &str,
        arguments: &[Argument],
        range: TextRange,
    ) -> Option<Value> {
        let rest = arguments.get(1..).unwrap_or_default();
        match name {
            "bind" => {
                if !rest.is_empty() {
                    let consent = self.env.consent;
                    self.enter(ids, None, rest, range);
                    self.env.consent = consent;
                }
                Some(function.clone())
            }
            "call" => Some(self.enter(ids, None, rest, range)),
            "apply" => {
                let items: Vec<Value> = match rest.first().map(|argument| &argument.value.shape) {
                    Some(Shape::List(items)) => items.to_vec(),
                    _ => vec![Value::of(all_of(rest))],
                };
                Some(self.enter_with(ids, &items, range))
            }
            _ => None,
        }
    }
}

/// Methods of texts and lists whose result is known beyond its origins.
fn text_or_list(object: &Value, name: &str, arguments: &[Argument]) -> Option<Value> {
    let given = all_of(arguments);
    match (&object.shape, name) {
        (Shape::List(items), "concat") => {
            let more = arguments.iter().map(|argument| argument.value.item(None));
            let all = items.iter().cloned().chain(more).collect();
            Some(Value::new(Shape::List(Rc::new(all)), object.taint | given).bounded(6))
        }
        (Shape::List(_), "slice" | "reverse" | "flat" | "values" | "toSorted") => Some(object.clone()),
        (Shape::List(_), "at" | "pop" | "shift") => Some(object.item(None)),
        (Shape::List(items), "join") => Some(joined(items, object.deep_taint() | given)),
        (Shape::Text(one), "concat") => {
            let mut text = (**one).clone();
            for argument in arguments {
                let hole = Template::of(Piece::Hole);
                text.push(argument.value.template().unwrap_or(&hole));
            }
            Some(Value::new(Shape::text(text), object.taint | given))
        }
        _ => None,
    }
}

/// `["a", x].join("")`: composes what is known of the parts.
fn joined(items: &[Value], taint: Taint) -> Value {
    let mut text = Template::default();
    for item in items {
        let hole = Template::of(Piece::Hole);
        text.push(item.template().unwrap_or(&hole));
    }
    Value::new(Shape::text(text), taint.without(Taint::CONSENT))
}

fn of_class(base: &Value) -> Option<usize> {
    match base.shape {
        Shape::Class(class) => Some(class),
        _ => None,
    }
}
