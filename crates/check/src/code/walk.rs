//! Statements: walks one function from its first line to its last, tracking what is certain at each.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ruff_python_ast::{
    ExceptHandler, Expr, Operator, Stmt, StmtFunctionDef, StmtIf, StmtMatch, StmtTry, StmtWhile, StmtWith,
};
use ruff_text_size::{Ranged, TextRange};

use super::define::Hangs;
use super::loops;
use super::project::dotted;
use super::state::{Names, State, Summary};
use super::value::{ModuleId, Shape, Value};
use super::watch::Seen;
use super::{Tongue, build};
use crate::facts::{Call, Entry, FunctionId, Loop, Piece, Taint, Template};

/// What is certain at a point of a function.
#[derive(Debug, Clone, Default)]
pub(super) struct Env {
    pub names: Rc<Names>,
    /// Names that hold a function picked by a key, and the origins of that key.
    pub picked: BTreeMap<String, Taint>,
    /// Whether somebody consented.
    pub consent: bool,
    /// Whether the point can be reached.
    pub live: bool,
}

impl Env {
    /// Assigns a value to a name.
    pub(super) fn set(&mut self, name: Rc<str>, value: Value) {
        Rc::make_mut(&mut self.names).insert(name, value);
    }

    pub(super) fn merge(&mut self, other: Self) {
        if !other.live {
            return;
        }
        if !self.live {
            *self = other;
            return;
        }
        self.consent &= other.consent;
        self.merge_names(&other.names);
    }

    /// Joins in the values that names have on another path.
    fn merge_names(&mut self, other: &Rc<Names>) {
        if Rc::ptr_eq(&self.names, other) {
            return;
        }
        for (name, value) in other.iter() {
            match self.names.get(name) {
                Some(mine) if mine == value => {}
                mine => {
                    let joined = mine.map_or_else(|| value.clone(), |mine| mine.either(value));
                    self.set(Rc::clone(name), joined);
                }
            }
        }
    }
}

/// The walk through one function.
pub(super) struct Walk<'s, 'a> {
    pub state: &'s mut State<'a>,
    pub function: FunctionId,
    pub module: ModuleId,
    pub env: Env,
    pub calls: BTreeMap<(usize, usize), Call>,
    pub loops: Vec<Loop>,
    pub summary: Summary,
    /// Functions whose wrapped function is called here, and whether consent was given.
    pub wrapping: Vec<(FunctionId, bool)>,
    exits: Vec<bool>,
    answers: Vec<Shape>,
    pub breaks: Vec<Option<Env>>,
    pub globals: BTreeSet<String>,
    pub nonlocals: BTreeSet<String>,
    /// Every name that was bound, for the functions inside.
    pub seen: Names,
    /// Names that alias a part of something held elsewhere, and the expression for it.
    pub parts: BTreeMap<String, Rc<Expr>>,
    /// Whether the module was translated from a language other than Python.
    pub script: bool,
    /// Whether that language is Swift.
    pub swift: bool,
    pub depth: usize,
    /// The last call that was evaluated, and its callee.
    pub called: Option<(TextRange, Shape)>,
}

pub(super) fn span(range: TextRange) -> std::ops::Range<usize> {
    range.start().to_usize()..range.end().to_usize()
}

/// Walks one function, or the body of a module, and stores what it found in the state.
pub(super) fn walk(state: &mut State<'_>, function: FunctionId) {
    let project = state.project;
    let Some(func) = project.functions.get(function) else { return };
    let Some(module) = project.modules.get(func.module) else { return };
    state.see(Seen::AnyWritten(function));
    state.see(Seen::Entry(function));
    let handed = state.handed(function).to_vec();
    let mut walk = Walk {
        state,
        function,
        module: func.module,
        env: Env { live: true, ..Env::default() },
        calls: BTreeMap::new(),
        loops: Vec::new(),
        parts: BTreeMap::new(),
        summary: Summary { handed, ..Summary::default() },
        wrapping: Vec::new(),
        exits: Vec::new(),
        answers: Vec::new(),
        breaks: Vec::new(),
        globals: BTreeSet::new(),
        nonlocals: BTreeSet::new(),
        seen: Names::default(),
        script: module.tongue != Tongue::Python,
        swift: module.tongue == Tongue::Swift,
        depth: 0,
        called: None,
    };
    match func.definition {
        Some(definition) => {
            walk.parameters(definition);
            walk.block(&definition.body);
            walk.note_recursion(definition);
        }
        None => walk.block(&module.body.body),
    }
    walk.finish();
}

/// Refines a value by its annotation.
fn said_to_be(value: Option<Value>, declared: Value) -> Value {
    match value {
        Some(value) if value.shape == Shape::Unknown && matches!(declared.shape, Shape::Made(_)) => {
            Value { taint: value.taint, ..declared }
        }
        Some(value) => value,
        None => declared,
    }
}

impl Walk<'_, '_> {
    fn parameters(&mut self, definition: &StmtFunctionDef) {
        let project = self.state.project;
        let Some(func) = project.functions.get(self.function) else { return };
        let entry = self.state.functions.get(self.function).and_then(|function| function.entry);
        let hangs = func.hangs;
        let method = func.class.filter(|_| hangs != Hangs::Free);
        let http = self.state.functions.get(self.function).is_some_and(|function| function.http);
        let said = match entry {
            // In an app, the speaker is the person who holds the phone.
            Some(Entry::Handler) if self.swift => Taint::LOCAL,
            Some(Entry::Handler) => Taint::USER,
            Some(Entry::Tool) => Taint::TOOL,
            _ => Taint::NONE,
        };
        let annotations: BTreeMap<&str, (Value, Value)> = super::identity::annotations(definition)
            .map(|(name, annotation)| {
                let value = self.eval(annotation);
                let declared = self.declared(&value, annotation);
                (name, (value, declared))
            })
            .collect();
        let closed = self.closed_parameters(definition);
        let annotated: Vec<Value> = annotations.values().map(|(value, _)| value.clone()).collect();
        self.behind_consent(&annotated);
        for (index, name) in func.parameters.iter().enumerate() {
            let handed = self.summary.handed.get(index).cloned().unwrap_or_default();
            let handed = self.injected(handed);
            let handed = super::offered::host(self, index).unwrap_or(handed);
            let declared = annotations.get(name.as_str()).map(|(_, value)| value.shape.clone());
            let shape = match handed.shape {
                Shape::Unknown | Shape::None | Shape::Text(_) | Shape::Bool(_) | Shape::Number(_) => declared
                    .filter(|shape| *shape != Shape::Unknown)
                    .unwrap_or_else(|| Shape::text(Template::of(Piece::Parameter(index)))),
                // A class of the project says more than something from outside.
                Shape::Made(_) | Shape::Path(_) if matches!(declared, Some(Shape::Object(_))) => {
                    declared.unwrap_or_default()
                }
                known => known,
            };
            let value = match method {
                Some(class) if index == 0 && hangs == Hangs::OnClass => {
                    Value::new(Shape::Class(class), Taint::NONE)
                }
                Some(class) if index == 0 => Value::new(Shape::Object(class), Taint::NONE),
                _ => {
                    let object = match annotations.get(name.as_str()).map(|(_, value)| &value.shape) {
                        Some(Shape::Object(class)) => Some(*class),
                        _ => None,
                    };
                    let data = |class| (http || self.script) && self.is_message(class, 0);
                    let injected = object.is_some_and(|class| !data(class));
                    // Looked up by the framework before it calls the method.
                    let row = method.is_some() && matches!(name.as_str(), "instance" | "queryset" | "obj");
                    let said = if injected || row { Taint::NONE } else { said };
                    let annotation = || annotations.get(name.as_str()).map(|(value, _)| value);
                    let sent = match http && !self.swift {
                        true if said.has(Taint::USER) => self.sent(index, annotation()),
                        // `user: User = Depends(who)`
                        true if injected => self.sent(index, annotation()).without(Taint::BODY),
                        _ => Taint::NONE,
                    };
                    let sure = if closed.contains(name) { Taint::CHECKED } else { Taint::NONE };
                    Value::new(shape, Taint::parameter(index) | said | sent | sure)
                }
            };
            self.env.set(name.as_str().into(), value);
        }
    }

    /// Returns what an annotation says of a value.
    pub(super) fn annotated(&mut self, annotation: &Expr) -> Value {
        match annotation {
            // A class that is defined further down is named in quotes.
            Expr::StringLiteral(text) => {
                let written = text.value.to_str();
                let plain = written.chars().all(|ch| ch.is_alphanumeric() || matches!(ch, '_' | '.'));
                let mut parts = written.split('.').filter(|_| plain);
                let Some(first) = parts.next() else { return Value::default() };
                let named = build::name(first, text.range());
                let whole = parts.fold(named, |object, part| build::attribute(object, part, text.range()));
                let value = self.eval(&whole);
                self.declared(&value, &whole)
            }
            // `Backend | None`, `Optional[Backend]`
            Expr::BinOp(node) if node.op == Operator::BitOr && node.right.is_none_literal_expr() => {
                self.annotated(&node.left)
            }
            Expr::Subscript(node) if dotted(&node.value).is_some_and(|name| name.ends_with("Optional")) => {
                self.annotated(&node.slice)
            }
            _ => {
                let value = self.eval(annotation);
                self.declared(&value, annotation)
            }
        }
    }

    fn declared(&mut self, said: &Value, annotation: &Expr) -> Value {
        if let Some(own) = super::identity::type_of_injected(said).cloned() {
            let given = self.injected(said.clone());
            return if given.shape == Shape::Unknown { self.declared(&own, annotation) } else { given };
        }
        match &said.shape {
            Shape::Class(class) => Value::new(Shape::Object(*class), Taint::NONE),
            Shape::Path(path) if path.contains('.') && !path.starts_with("typing") => {
                Value::new(said.called(&[]), Taint::NONE)
            }
            // `[Message]`
            Shape::List(_) if self.swift => self.annotated_items(annotation),
            _ => Value::default(),
        }
    }

    fn finish(mut self) {
        let live = self.env.live;
        if live {
            self.lets_on();
            self.exits.push(self.env.consent);
        }
        self.summary.ensures =
            !self.exits.is_empty() && self.exits.iter().all(|consent| *consent) || self.insists_on_consent();
        self.summary.answers = !self.answers.is_empty();
        let yes = |shape: &Shape| match shape {
            Shape::Bool(yes) => *yes,
            Shape::Text(text) => text.known().is_some_and(|text| !text.is_empty()),
            _ => false,
        };
        self.summary.always_yes =
            !live && self.summary.answers && self.answers.iter().all(yes) && !self.summary.raises;
        if self.has_inner() {
            // Names are also bound on paths that do not reach the end.
            let mut names = std::mem::take(&mut self.seen);
            names.extend(Rc::unwrap_or_clone(std::mem::take(&mut self.env.names)));
            self.state.set_locals(self.function, names);
        }
        self.said_to_return();
        let returns = self.summary.returns.deep_taint();
        self.summary.returns = std::mem::take(&mut self.summary.returns).bounded(3);
        self.state.conclude(self.function, self.summary);
        if let Some(slot) = self.state.wrapping.get_mut(self.function) {
            *slot = self.wrapping;
        }
        if let Some(slot) = self.state.functions.get_mut(self.function) {
            slot.returns = returns;
            slot.calls = self.calls.into_values().collect();
            slot.loops = self.loops;
        }
    }

    /// Refines a return value that was loaded by name, by its annotation: `def backend() -> Backend`.
    fn said_to_return(&mut self) {
        let project = self.state.project;
        let func = project.functions.get(self.function).and_then(|func| func.definition);
        let Some(annotation) = func.and_then(|definition| definition.returns.as_deref()) else { return };
        let shape = &self.summary.returns.shape;
        let vague = matches!(shape, Shape::Unknown | Shape::Made(_) | Shape::Path(_));
        if !vague || !self.summary.answers {
            return;
        }
        // For something outside, the annotation says more only if it belongs to another package: `local.connection`.
        let own = self.summary.returns.outside().map(|path| super::api::root(path).to_owned());
        let said = self.annotated(annotation);
        let elsewhere = |path: &str| own.as_deref() != Some(super::api::root(path));
        let more = match &said.shape {
            Shape::Object(_) => true,
            Shape::Made(made) => {
                matches!(own.as_deref(), None | Some("threading" | "contextvars")) && elsewhere(&made.path)
            }
            _ => false,
        };
        if more {
            self.summary.returns.shape = said.shape;
        }
    }

    pub(super) fn has_inner(&self) -> bool {
        let func = self.state.project.functions.get(self.function);
        func.is_some_and(|func| func.has_inner && func.definition.is_some())
    }

    pub(super) fn block(&mut self, body: &[Stmt]) {
        if self.depth > super::MAX_DEPTH {
            return;
        }
        self.depth += 1;
        for statement in body {
            if !self.env.live || !self.state.spend() {
                break;
            }
            self.statement(statement);
        }
        self.depth -= 1;
    }

    pub(super) fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::FunctionDef(node) => self.function_definition(node),
            Stmt::ClassDef(node) => self.class_definition(node),
            Stmt::Import(node) => self.import(node),
            Stmt::ImportFrom(node) => self.import_from(node),
            // A docstring.
            Stmt::Expr(node) if node.value.is_string_literal_expr() => {}
            Stmt::Expr(node) => {
                self.eval(&node.value);
                self.unused_answer(&node.value);
            }
            Stmt::Assign(node) => {
                let value = self.eval(&node.value);
                self.unread_answer(&node.targets, &node.value, node.range());
                self.note_state(&node.targets, &value);
                for target in &node.targets {
                    self.note_picked(target, &node.value);
                    self.note_part(target, &node.value);
                    self.assign(target, value.clone());
                }
            }
            Stmt::AnnAssign(node) => {
                let declared = self.annotated(&node.annotation);
                let value = node.value.as_deref().map(|value| self.eval(value));
                self.assign(&node.target, said_to_be(value, declared));
            }
            Stmt::AugAssign(node) => {
                let more = self.eval(&node.value);
                let sum = self.eval(&node.target);
                let value = super::eval::added(&sum, &more);
                self.assign(&node.target, value);
            }
            Stmt::Return(node) => self.return_from(node.value.as_deref()),
            Stmt::Raise(node) => {
                node.exc.iter().for_each(|raised| {
                    self.eval(raised);
                });
                self.summary.raises = true;
                self.env.live = false;
            }
            Stmt::Assert(node) => {
                let (_, judged) = self.weigh(&node.test);
                self.summary.raises = true;
                self.env.consent |= judged.when_true;
            }
            Stmt::If(node) => self.branch(node),
            Stmt::While(node) => self.while_loop(node),
            Stmt::For(node) => self.for_loop(node),
            Stmt::With(node) => self.with(node),
            Stmt::Try(node) => self.attempt(node),
            Stmt::Match(node) => self.cases(node),
            Stmt::Break(_) => {
                let env = self.env.clone();
                if let Some(slot) = self.breaks.last_mut() {
                    match slot {
                        Some(other) => other.merge(env),
                        None => *slot = Some(env),
                    }
                }
                self.env.live = false;
            }
            Stmt::Continue(_) => self.env.live = false,
            Stmt::Global(node) => {
                self.globals.extend(node.names.iter().map(std::string::ToString::to_string));
            }
            Stmt::Nonlocal(node) => {
                self.nonlocals.extend(node.names.iter().map(std::string::ToString::to_string));
            }
            _ => {}
        }
    }

    pub(super) fn return_from(&mut self, value: Option<&Expr>) {
        let written = value;
        let value = value.map(|value| self.eval(value));
        if let (Some(value), Some(written)) = (&value, written) {
            self.given_to_client(value, written.range());
        }
        if let Some(value) = &value
            && value.shape != Shape::None
        {
            self.answers.push(if value.taint.has(Taint::CONSENT) {
                Shape::Unknown
            } else {
                value.shape.clone()
            });
        }
        if let Some(Shape::Functions(ids)) = value.as_ref().map(|value| &value.shape).filter(|_| self.script)
        {
            self.state.given_back.extend(ids.iter());
        }
        if value.as_ref().is_none_or(|value| value.shape == Shape::None) {
            self.lets_on();
        }
        self.yielded(value.unwrap_or_default());
        self.exits.push(self.env.consent);
        self.env.live = false;
    }

    pub(super) fn yielded(&mut self, value: Value) {
        let value = value.bounded(3);
        self.summary.returns = if self.summary.returns == Value::default() {
            value
        } else {
            self.summary.returns.either(&value)
        };
    }

    /// Returns the sources of a taint, including what callers pass in.
    pub(super) fn known_sources(&self, taint: Taint) -> Taint {
        let handed: Vec<Taint> = self.summary.handed.iter().map(|value| value.taint).collect();
        taint.filled(&handed).sources()
    }

    fn branch(&mut self, node: &StmtIf) {
        let mut after = Env::default();
        let main = loops::is_main(&node.test);
        if main {
            self.state.entering(self.function, |function| function.entry = Some(Entry::Program));
        }
        let mut open = self.test(&node.test, &node.body, &mut after);
        for clause in &node.elif_else_clauses {
            if !open {
                break;
            }
            if let Some(test) = &clause.test {
                open = self.test(test, &clause.body, &mut after);
            } else {
                self.note_others(&node.body, &clause.body);
                self.block(&clause.body);
                after.merge(std::mem::take(&mut self.env));
                open = false;
            }
        }
        if open {
            after.merge(std::mem::take(&mut self.env));
        }
        self.env = after;
        self.signed(node);
    }

    /// Walks one branch and continues on the path on which the test is false. Returns whether there is one.
    fn test(&mut self, test: &Expr, body: &[Stmt], after: &mut Env) -> bool {
        let (_, judged) = self.weigh(test);
        self.note_taken(test, body);
        let constant = loops::constant(test);
        let checked = self.checked_by(test);
        let mut otherwise = self.env.clone();
        otherwise.consent |= judged.when_false;
        checked.mark_false(&mut otherwise);
        if constant != Some(false) {
            self.env.consent |= judged.when_true;
            checked.mark_true(&mut self.env);
            if loops::is_tool_call(test) {
                self.called_by_model();
            }
            self.block(body);
            after.merge(std::mem::take(&mut self.env));
        }
        self.env = otherwise;
        constant != Some(true)
    }

    fn while_loop(&mut self, node: &StmtWhile) {
        let constant = loops::constant(&node.test);
        if constant == Some(false) {
            self.block(&node.orelse);
            return;
        }
        let mark = self.calls.len();
        let (_, judged) = self.weigh(&node.test);
        let mut after = self.env.clone();
        after.consent |= judged.when_false;
        after.live = constant != Some(true);
        self.env.consent |= judged.when_true;
        let broken = self.rounds(&node.body, |_| {});
        // A loop that ends by its test has seen it false.
        let mut ended = std::mem::take(&mut self.env);
        ended.consent |= judged.when_false;
        ended.live &= constant != Some(true);
        after.merge(ended);
        self.env = after;
        if self.env.live {
            self.block(&node.orelse);
        }
        if let Some(broken) = broken {
            self.env.merge(broken);
        }
        if !loops::is_bounded(node) && self.calls.len() >= mark {
            self.note_loop(node);
        }
    }

    /// Walks two rounds of a loop's body, so that the second sees what the first left. Returns the state at its breaks.
    pub(super) fn rounds(&mut self, body: &[Stmt], mut begin: impl FnMut(&mut Self)) -> Option<Env> {
        let rounds = if self.breaks.is_empty() { 2 } else { 1 };
        let before = self.env.clone();
        let mut broken: Option<Env> = None;
        for _ in 0..rounds {
            begin(self);
            self.breaks.push(None);
            self.block(body);
            if let Some(env) = self.breaks.pop().flatten() {
                match &mut broken {
                    Some(all) => all.merge(env),
                    None => broken = Some(env),
                }
            }
            let ended = std::mem::replace(&mut self.env, before.clone());
            self.env.merge(ended);
        }
        broken
    }

    fn with(&mut self, node: &StmtWith) {
        for item in &node.items {
            let value = self.eval(&item.context_expr);
            if let Some(target) = &item.optional_vars {
                let value = self.entered_as(value, target.range());
                self.assign(target, value);
            }
        }
        self.block(&node.body);
    }

    fn attempt(&mut self, node: &StmtTry) {
        let before = self.env.clone();
        self.block(&node.body);
        self.block(&node.orelse);
        let mut after = std::mem::take(&mut self.env);
        for handler in &node.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            // Anything in the body may have failed: only what was certain before it still is.
            self.env = before.clone();
            self.env.merge_names(&after.names);
            self.block(&handler.body);
            self.forget_failures(&handler.body);
            after.merge(std::mem::take(&mut self.env));
        }
        self.env = after;
        if self.env.live {
            self.block(&node.finalbody);
        } else if !node.finalbody.is_empty() {
            self.env = Env { live: true, consent: false, ..before };
            self.block(&node.finalbody);
            self.env.live = false;
        }
    }

    fn cases(&mut self, node: &StmtMatch) {
        let subject = self.eval(&node.subject);
        let start = self.env.clone();
        let mut after = start.clone();
        for case in &node.cases {
            self.env = start.clone();
            self.note_matched(&case.pattern, &node.subject, subject.deep_taint(), &case.body);
            for name in loops::captured(&case.pattern) {
                self.bind(name, Value::of(subject.deep_taint()));
            }
            if let Some(guard) = &case.guard {
                let (_, judged) = self.weigh(guard);
                self.env.consent |= judged.when_true;
            }
            self.block(&case.body);
            after.merge(std::mem::take(&mut self.env));
        }
        self.env = after;
    }

    /// Returns the record of the call at a range, creating it if necessary.
    pub(super) fn call_at(&mut self, range: TextRange) -> &mut Call {
        let range = span(range);
        let consent = self.env.consent;
        self.calls
            .entry((range.start, range.end))
            .and_modify(|call| call.consented &= consent)
            .or_insert_with(|| Call { span: range, consented: consent, ..Call::default() })
    }
}
