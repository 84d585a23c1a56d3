//! Expressions.

use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast::{
    Comprehension, Expr, ExprDict, ExprFString, ExprLambda, ExprName, ExprSubscript, FStringPart,
    InterpolatedStringElement, Number, Operator, UnaryOp,
};
use ruff_text_size::Ranged;

use super::api::{files, flaws, models};
use super::deeds::add;
use super::project::dotted;
use super::trust;
use super::value::{ANY_KEY, Shape, Value};
use super::walk::Walk;
use crate::facts::{Deed, Flaw, Piece, Taint, Template};

impl Walk<'_, '_> {
    /// Evaluates an expression to a value and its origins, recording the calls in it.
    pub(super) fn eval(&mut self, expression: &Expr) -> Value {
        if self.depth > super::MAX_DEPTH || !self.state.spend() {
            return Value::default();
        }
        self.depth += 1;
        let value = self.eval_inner(expression);
        self.depth -= 1;
        let file = self.file();
        self.state.weighed(value, file)
    }

    pub(super) fn eval_inner(&mut self, expression: &Expr) -> Value {
        match expression {
            Expr::Name(node) => self.name(node),
            Expr::Attribute(node) => {
                let object = self.eval(&node.value);
                let kept = self.kept_on_app(&node.value, &object, node.attr.as_str());
                let value = kept.unwrap_or_else(|| self.attribute(&object, node.attr.as_str()));
                self.look_at_member(&object, &value, node);
                let value = super::revealed::member(&object, value, node.attr.as_str());
                self.computed(&object, value, expression.range())
            }
            Expr::Call(node) => self.call(node),
            Expr::Subscript(node) => self.subscript(node),
            Expr::StringLiteral(node) => labelled(node.value.to_str()),
            Expr::BytesLiteral(node) => {
                let bytes: Vec<u8> = node.value.bytes().collect();
                Value::text(&String::from_utf8_lossy(&bytes))
            }
            Expr::FString(node) => self.format_string(node),
            Expr::NumberLiteral(node) => Value::new(Shape::Number(whole(&node.value)), Taint::NONE),
            Expr::BooleanLiteral(node) => Value::new(Shape::Bool(node.value), Taint::NONE),
            Expr::NoneLiteral(_) => Value::new(Shape::None, Taint::NONE),
            Expr::BinOp(node) => {
                let (left, right) = (self.eval(&node.left), self.eval(&node.right));
                operated(node.op, &left, &right)
            }
            Expr::BoolOp(_) | Expr::Compare(_) | Expr::Named(_) | Expr::Await(_) => {
                self.weigh_inner(expression).0
            }
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => self.weigh_inner(expression).0,
            Expr::UnaryOp(node) => Value::of(self.eval(&node.operand).taint),
            Expr::Dict(node) => self.dict(node),
            Expr::List(node) => {
                self.registered(&node.elts, node.range());
                self.items(&node.elts)
            }
            Expr::Tuple(node) => self.items(&node.elts),
            Expr::Set(node) => self.items(&node.elts),
            Expr::ListComp(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::SetComp(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::Generator(node) => self.comprehension(&node.generators, &[&node.elt]),
            Expr::DictComp(node) => {
                let parts: Vec<&Expr> = node.key.as_deref().into_iter().chain([&*node.value]).collect();
                self.comprehension(&node.generators, &parts)
            }
            Expr::If(node) => {
                let (_, judged) = self.weigh(&node.test);
                let checked = self.checked_by(&node.test);
                let before = self.env.consent;
                let names = Rc::clone(&self.env.names);
                self.env.consent |= judged.when_true;
                checked.mark_true(&mut self.env);
                let yes = self.eval(&node.body);
                self.env.consent = before | judged.when_false;
                self.env.names = Rc::clone(&names);
                checked.mark_false(&mut self.env);
                let no = self.eval(&node.orelse);
                self.env.consent = before;
                self.env.names = names;
                // `host if host else "…"` is `host or "…"`.
                let itself = dotted(&node.test).is_some_and(|name| dotted(&node.body) == Some(name));
                if itself { with_default(&yes, &no) } else { yes.join(&no) }
            }
            Expr::Lambda(node) => self.lambda(node),
            Expr::Starred(node) => self.eval(&node.value),
            Expr::Yield(node) => {
                let value = node.value.as_deref().map(|value| self.eval(value)).unwrap_or_default();
                self.yielded(Value::new(Shape::List(Rc::new(vec![value])), Taint::NONE));
                Value::default()
            }
            Expr::YieldFrom(node) => {
                let value = self.eval(&node.value);
                self.yielded(value);
                Value::default()
            }
            Expr::Slice(node) => {
                let parts = [&node.lower, &node.upper, &node.step];
                parts.into_iter().flatten().for_each(|part| {
                    self.eval(part);
                });
                Value::default()
            }
            _ => Value::default(),
        }
    }

    fn lambda(&mut self, node: &ExprLambda) -> Value {
        let before = self.env.names.clone();
        for parameter in node.parameters.iter().flat_map(|all| all.iter_non_variadic_params()) {
            self.env.set(parameter.name().as_str().into(), Value::default());
        }
        let value = self.eval(&node.body);
        self.env.names = before;
        Value::of(value.taint)
    }

    fn subscript(&mut self, node: &ExprSubscript) -> Value {
        let object = self.eval(&node.value);
        let key = self.eval(&node.slice);
        if object
            .outside()
            .is_some_and(|path| path == "os.environ" || super::api::script::is_environment(path))
        {
            return variable(key.known_text(), None);
        }
        let carried = object.outside().zip(key.known_text());
        if let Some(name) = carried.and_then(|(path, key)| super::api::swift::item(path, key)) {
            return variable(Some(&name), None);
        }
        if object.outside().is_some_and(super::identity::is_annotated) {
            return super::identity::annotated(&key);
        }
        // `Order = Literal["asc", "desc"]`
        if object.outside().is_some_and(|path| matches!(path, "typing.Literal" | "typing_extensions.Literal"))
        {
            return object;
        }
        if let Some(methods) = self.any_method(&object, &key).or_else(|| self.picked_by_name(&object, &key)) {
            return methods;
        }
        // A slice of a list is a list.
        if node.slice.is_slice_expr() && matches!(object.shape, Shape::List(_)) {
            return object;
        }
        let own = key.known_text().unwrap_or_default();
        let on_app = self.kept_on_app(&node.value, &object, own);
        let kept = on_app.or_else(|| self.taken_from_outside(&object, own));
        // `routes[request.method ?? "GET"]` may be any of them.
        let certain = key.known_text().filter(|_| key.taint == Taint::NONE);
        let mut item = kept.unwrap_or_else(|| object.item(certain));
        // Under a person's key there is only that person's data.
        if super::lent::is_apart(&key) {
            item.taint = item.taint.without(Taint::COMMON);
        }
        // In a literal table the key only selects.
        if !matches!(&object.shape, Shape::Dict(items) if !items.is_empty()) {
            item.taint |= key.taint.without(Taint::CONSENT);
        }
        item.taint = super::sealed::number(super::revealed::part(item.taint, own), own);
        if item.taint != Taint::NONE && files::is_last_part(&node.value, &node.slice) {
            item.taint |= Taint::CHECKED;
        }
        self.told_identity(&mut item);
        self.note_person_key(&node.value, &node.slice, &key, node.range());
        item
    }

    fn name(&mut self, node: &ExprName) -> Value {
        let name = node.id.as_str();
        if let Some(value) = self.env.names.get(name) {
            // A change to any of them is seen from the function's beginning.
            let inner = self.state.written_to(self.function, name);
            return inner.map_or_else(|| value.clone(), |inner| value.join(inner));
        }
        let project = self.state.project;
        let mut outer = project.functions.get(self.function).and_then(|func| func.outer);
        while let Some(function) = outer {
            if let Some(value) = self.state.local(function, name) {
                let seen = self.seen_from_inside(function, value);
                let inner = self.state.written(function, name);
                return inner.map_or_else(|| seen.clone(), |inner| seen.join(inner));
            }
            outer = project.functions.get(function).and_then(|func| func.outer);
        }
        let held = self.state.global(self.module, name).unwrap_or_else(|| self.unbound(name));
        self.look_at_loaded(&held, name, node.range());
        if self.globals.contains(name) { held } else { self.common(name, held) }
    }

    /// Marks what a function takes from a list that holds everybody's words.
    fn common(&self, name: &str, held: Value) -> Value {
        let inside =
            self.state.project.functions.get(self.function).is_some_and(|func| func.definition.is_some());
        // A list that was read from a file at the start has an unknown shape.
        let list = match &held.shape {
            Shape::List(_) => true,
            Shape::Unknown | Shape::Made(_) => {
                held.taint.has(Taint::FILE | Taint::RETRIEVED) && !super::lent::is_a_choice(name)
            }
            _ => false,
        };
        let shared = inside && list && held.deep_taint().has(Taint::USER);
        if shared { Value { taint: held.taint | Taint::COMMON, ..held } } else { held }
    }

    /// Whether the program creates a single object of a class at its start, and a function continues with what a
    /// member of it holds: that is then shared by everybody.
    fn is_one_for_all(&self, class: super::value::ClassId, member: &str) -> bool {
        let definition = self.state.project.functions.get(self.function).and_then(|func| func.definition);
        let anew = |own: &str| {
            definition.is_some_and(|known| super::history::begins_anew(known, &format!("{own}.{member}")))
        };
        super::history::is_made_once(self.state.project, self.state, class, 0)
            && !anew("self")
            && !anew("this")
    }

    /// Resolves an unbound name: a builtin in Python; unknown in a script, where builtins have a prefix.
    fn unbound(&self, name: &str) -> Value {
        // `NotImplemented` marks what others have to write, and is nothing in itself.
        if name == "NotImplemented" {
            return Value::default();
        }
        if self.script && !name.starts_with("js.") && !name.starts_with("swift.") {
            Value::default()
        } else {
            self.of_star(name).unwrap_or_else(|| Value::path(name))
        }
    }

    /// Converts a variable of an enclosing function, whose parameters are not ours.
    fn seen_from_inside(&self, function: usize, value: &Value) -> Value {
        let handed = self.state.handed(function);
        let taints: Vec<Taint> = handed.iter().map(|value| value.taint).collect();
        let taint = value.taint.filled(&taints).sources();
        let shape = match &value.shape {
            Shape::Text(template) => match template.pieces.as_slice() {
                [Piece::Parameter(index)] => match handed.get(*index) {
                    Some(value) if !matches!(value.shape, Shape::Unknown) => match &value.shape {
                        Shape::Functions(_) | Shape::Bound(_) => Shape::Outer(function, *index),
                        known => known.clone(),
                    },
                    _ => Shape::Outer(function, *index),
                },
                _ => value.filled(handed).shape,
            },
            Shape::Functions(_) => {
                let parameters =
                    self.state.project.functions.get(function).map(|func| func.parameters.clone());
                let index = value.taint.parameters().next();
                match (parameters, index) {
                    (Some(parameters), Some(index)) if index < parameters.len() => {
                        Shape::Outer(function, index)
                    }
                    _ => value.shape.clone(),
                }
            }
            other => other.clone(),
        };
        Value { shape, taint }
    }

    pub(super) fn attribute(&mut self, object: &Value, name: &str) -> Value {
        if self.script && object.outside().is_some_and(super::api::script::is_environment) {
            return variable(Some(name), None);
        }
        if let Some(option) = self.option(object, name) {
            return option;
        }
        if let Some(whole) = self.script.then(|| self.default_of(object, name)).flatten() {
            return whole;
        }
        let found = match &object.shape {
            Shape::Module(module) => self.state.global(*module, name).or_else(|| {
                let below = self.state.project.below(*module, name);
                let below = below.map(|below| Value::new(Shape::Module(below), Taint::NONE));
                below.or_else(|| self.of_export(*module, name))
            }),
            Shape::Object(class) => {
                let held = self.state.any_member(object.shape.classes(), name);
                // What people upload is a corpus, and meant for everybody.
                let said =
                    |held: &Value| !held.deep_taint().has(Taint::UPLOAD) && self.is_one_for_all(*class, name);
                held.map(|held| if said(&held) { self.common(name, held) } else { held })
            }
            Shape::Objects(_) => self.state.any_member(object.shape.classes(), name),
            Shape::Class(class) => {
                let member = self.of_rows(*class, name).or_else(|| self.state.member(*class, name, false, 0));
                member.map(|held| self.common(name, held))
            }
            Shape::Dict(items) if self.script => items.contains_key(name).then(|| object.item(Some(name))),
            Shape::Path(path) => self.taken_from_outside(object, name).or_else(|| {
                let below = self.state.project.in_folder(self.module, path, name)?;
                Some(Value::new(Shape::Module(below), Taint::NONE))
            }),
            Shape::Made(made) if made.path == "super()" => self.inherited(name),
            // `@click.group()` turns a function into something that commands are added to.
            Shape::Functions(_) if !self.script && matches!(name, "command" | "group") => {
                Some(Value::path(&format!("click.Group.{name}")))
            }
            _ => None,
        };
        let found = found.or_else(|| self.swift.then(|| super::swift::part(object, name)).flatten());
        let mut value = found.unwrap_or_else(|| object.attribute(name));
        value.taint |= files::held_part(object, name, value.taint, self.script);
        value.taint = super::sealed::number(value.taint, name) | self.whole_settings(object, name);
        if files::is_own_name(name) && self.known_sources(value.taint).has(Taint::USER) {
            value.taint |= Taint::UPLOAD;
        }
        if self.script {
            value.taint = super::api::script::of_element(value.taint, name);
        }
        // The name of a function or class is the developer's, whoever passed it in.
        if !self.script && matches!(name, "__name__" | "__qualname__" | "__module__" | "__doc__") {
            value.taint = Taint::NONE;
        }
        if let Shape::Object(class) = object.shape
            && self.is_message(class, 0)
        {
            value.taint |= object.taint;
        }
        if self.script && value.taint != Taint::NONE && super::closed::held_by_schema(object, name) {
            value.taint |= Taint::CHECKED;
        }
        if let Some(part) = self.part_of_request(object, name) {
            value = part;
        }
        if let Some(known) = value.outside().map(|path| self.state.known(path)) {
            value.taint |= known.source.unwrap_or_default();
            if known.identifies {
                value.taint |= Taint::VERIFIED;
                self.caller_is_known();
            }
        }
        value
    }

    /// Returns what was stored in a place that a framework keeps.
    fn taken_from_outside(&self, object: &Value, name: &str) -> Option<Value> {
        self.state.global(self.module, &super::assign::kept_outside(object, name)?)
    }

    fn dict(&mut self, node: &ExprDict) -> Value {
        let mut items = BTreeMap::new();
        let (mut taint, mut spread) = (Taint::NONE, Taint::NONE);
        for item in &node.items {
            let value = self.eval(&item.value);
            if let Some(key) = &item.key {
                let key = self.eval(key);
                taint |= key.taint;
                if let Some(key) = key.known_text() {
                    items.insert(key.to_owned(), value);
                    continue;
                }
                taint |= value.deep_taint();
                // The key is unknown, but what such an entry holds is kept under a wildcard.
                let open = value.outside().is_some_and(super::api::switches::is_open_threshold);
                if open || matches!(value.shape, Shape::Bool(_) | Shape::Functions(_) | Shape::Bound(_)) {
                    let held = items.get(ANY_KEY).map_or_else(|| value.clone(), |held| value.join(held));
                    items.insert(ANY_KEY.to_owned(), held);
                }
            } else {
                spread |= value.deep_taint();
                if let Shape::Dict(more) = &value.shape {
                    items.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
                }
            }
        }
        // `{...message, content: mask(message.content)}` is a message whose text is masked.
        if !items.values().any(|item: &Value| item.taint.has(Taint::MASKED)) {
            taint |= spread;
        }
        self.offer_tool(node.range(), &items);
        if self.script {
            self.commanded(node.range(), &items);
        }
        self.guards_all(&items);
        self.launched_by(node);
        if flaws::trusts(&items) || trust::unless(node) {
            add(&mut self.call_at(node.range()).does, Deed::Flaw(Flaw::CertificateUnchecked));
        } else if flaws::shows_key(&items) {
            add(&mut self.call_at(node.range()).does, Deed::Flaw(Flaw::Unencrypted));
        }
        self.instruct(node, &items);
        Value::new(Shape::Dict(Rc::new(items)), taint).bounded(6)
    }

    pub(super) fn items(&mut self, elements: &[Expr]) -> Value {
        let mut items: Vec<Value> = Vec::new();
        let mut taint = Taint::NONE;
        for element in elements {
            let value = self.eval(element);
            match (&value.shape, element) {
                // `[*base, text]`
                (Shape::List(inner), Expr::Starred(_)) => {
                    items.extend(inner.iter().cloned());
                    taint |= value.taint;
                }
                _ => items.push(value),
            }
        }
        Value::new(Shape::List(Rc::new(items)), taint).bounded(6)
    }

    fn comprehension(&mut self, generators: &[Comprehension], parts: &[&Expr]) -> Value {
        let before = self.env.names.clone();
        let consent = self.env.consent;
        for generator in generators {
            let item = super::loops::gone_through(&self.eval(&generator.iter), self.script);
            self.assign(&generator.target, item);
            for test in &generator.ifs {
                let (_, judged) = self.weigh(test);
                self.env.consent |= judged.when_true;
                self.checked_by(test).mark_true(&mut self.env);
            }
        }
        let all: Vec<Value> = parts.iter().map(|part| self.eval(part)).collect();
        let taint = all.iter().fold(Taint::NONE, |sum, value| sum | value.deep_taint());
        self.env.names = before;
        self.env.consent = consent;
        Value::new(Shape::List(Rc::new(all.into_iter().rev().take(1).collect())), taint)
    }

    fn format_string(&mut self, node: &ExprFString) -> Value {
        let mut template = Template::default();
        let mut taint = Taint::NONE;
        for part in node.value.as_slice() {
            match part {
                FStringPart::Literal(literal) => {
                    taint |= labelled(&literal.value).taint;
                    template.push(&Template::text(&literal.value));
                }
                FStringPart::FString(string) => {
                    for element in &string.elements {
                        match element {
                            InterpolatedStringElement::Literal(literal) => {
                                taint |= labelled(&literal.value).taint;
                                template.push(&Template::text(&literal.value));
                            }
                            InterpolatedStringElement::Interpolation(hole) => {
                                let value = self.eval(&hole.expression);
                                let more = value.deep_taint();
                                // A number cannot contain anything to execute.
                                let more = if is_number(&hole.expression) && more != Taint::NONE {
                                    more | Taint::CHECKED
                                } else {
                                    more
                                };
                                let own =
                                    self.is_method() && more.without(Taint::parameter(0)) == Taint::NONE;
                                taint = if own { taint | more } else { taint.beside(more) };
                                template.push(&piece(&value));
                            }
                        }
                    }
                }
            }
        }
        Value::new(Shape::text(template), taint.without(Taint::CONSENT))
    }
}

/// Whether an interpolated value is a number, judged by its name.
fn is_number(part: &Expr) -> bool {
    const NUMBERS: &[&str] = &["limit", "offset", "page", "count", "size", "port", "timeout", "index"];
    let name = match part {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(part) => part.attr.as_str(),
        _ => return false,
    };
    super::api::names(name, NUMBERS)
}

/// A text, and whether it says that a machine wrote it.
fn labelled(text: &str) -> Value {
    let label = super::api::labels::is_label(text);
    Value { taint: if label { Taint::LABELLED } else { Taint::NONE }, ..Value::text(text) }
}

fn whole(number: &Number) -> Option<i64> {
    match number {
        Number::Int(value) => value.as_i64(),
        _ => None,
    }
}

/// Returns the value of an environment variable.
pub(super) fn variable(name: Option<&str>, default: Option<&Value>) -> Value {
    let Some(name) = name else { return Value::default() };
    let default = default.and_then(Value::template).map(Template::shown).filter(|text| !text.is_empty());
    Value::new(Shape::text(Template::of(Piece::Variable(name.to_owned(), default))), Taint::NONE)
}

fn piece(value: &Value) -> Template {
    value.template().cloned().unwrap_or_else(|| Template::of(Piece::Hole))
}

/// `left or right`
pub(super) fn with_default(left: &Value, right: &Value) -> Value {
    if let (Shape::Text(one), Some(default)) = (&left.shape, right.template())
        && let [Piece::Variable(name, None)] = one.pieces.as_slice()
    {
        let shown = Some(default.shown()).filter(|text| !text.is_empty());
        let template = Template::of(Piece::Variable(name.clone(), shown));
        return Value::new(Shape::text(template), left.taint | right.taint);
    }
    // `given or Client()`: nothing is known of what a caller may pass, so the fallback says more.
    if let Shape::Text(one) = &left.shape
        && matches!(one.pieces.as_slice(), [Piece::Parameter(_)])
        && matches!(right.shape, Shape::Made(_) | Shape::Object(_))
    {
        return Value::new(right.shape.clone(), left.taint | right.taint);
    }
    // `globalThis.prisma ?? new PrismaClient()`: what is kept there was created here earlier.
    if left.outside().is_some_and(is_everybodys) && right.shape.acts() {
        return Value::new(right.shape.clone(), left.taint | right.taint);
    }
    left.join(right)
}

/// Whether a path is global to the whole program.
fn is_everybodys(path: &str) -> bool {
    ["js.globalThis.", "js.global.", "js.window.", "js.self."].iter().any(|own| path.starts_with(own))
}

/// `left + right`
pub(super) fn added(left: &Value, right: &Value) -> Value {
    let taint = left.deep_taint().beside(right.deep_taint()).without(Taint::CONSENT);
    let shape = match (&left.shape, &right.shape) {
        (Shape::Text(one), _) => {
            let mut template = (**one).clone();
            template.push(&piece(right));
            Shape::text(template)
        }
        (_, Shape::Text(_)) => {
            let mut template = Template::of(Piece::Hole);
            template.push(&piece(right));
            Shape::text(template)
        }
        (Shape::List(one), Shape::List(two)) => {
            Shape::List(Rc::new(one.iter().chain(two.iter()).cloned().collect()))
        }
        (Shape::List(_), _) => left.shape.clone(),
        _ => Shape::Unknown,
    };
    Value::new(shape, taint).bounded(6)
}

fn operated(op: Operator, left: &Value, right: &Value) -> Value {
    let whole = left.deep_taint().beside(right.deep_taint()).without(Taint::CONSENT);
    let taint = match op {
        // What stays below a folder was checked, wherever the folder is.
        Operator::Div if right.deep_taint().has(Taint::CHECKED) => whole | Taint::CHECKED,
        _ => whole,
    };
    match op {
        Operator::Add => added(left, right),
        // A known format string with holes; everything that is written out stays known.
        Operator::Mod => match left.template().and_then(Template::known) {
            Some(text) => {
                let mut template = Template::default();
                for (index, part) in text.split('%').enumerate() {
                    if index == 0 {
                        template.push(&Template::text(part));
                    } else {
                        template.push(&Template::of(Piece::Hole));
                        let rest: String = part.chars().skip(1).collect();
                        template.push(&Template::text(&rest));
                    }
                }
                Value::new(Shape::text(template), taint)
            }
            None => Value::of(taint),
        },
        // `folder / "notes.md"`
        Operator::Div
            if right.template().is_some()
                || left.outside().is_some_and(|path| path.starts_with("pathlib.")) =>
        {
            let mut text = files::piece(left);
            text.push(&Template::text("/"));
            text.push(&files::piece(right));
            let given = super::value::Argument {
                name: None,
                value: Value::new(Shape::text(text), taint),
                spread: false,
            };
            Value::new(Value::path("pathlib.Path").called(&[given]), taint)
        }
        // `prompt | model | parser`
        Operator::BitOr => {
            let chain = |value: &&Value| {
                value.outside().is_some_and(|path| models::is_framework(super::api::root(path)))
            };
            match [left, right].into_iter().filter(chain).collect::<Vec<_>>().as_slice() {
                [] => Value::of(taint),
                parts => {
                    let given: Vec<super::value::Argument> = [left, right]
                        .into_iter()
                        .map(|value| super::value::Argument {
                            name: None,
                            value: value.clone(),
                            spread: false,
                        })
                        .collect();
                    let package =
                        parts.first().and_then(|part| part.outside()).map_or("langchain", super::api::root);
                    let made = Value::path(&format!("{package}.Chain")).called(&given);
                    Value::new(made, taint)
                }
            }
        }
        _ => Value::of(taint),
    }
}
