//! What is known of a project between two rounds of evaluation.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::Limits;
use super::api::guards;
use super::api::known::Known;
use super::define::Hangs;
use super::hash::Build;
use super::held::{Held, Owner, Touched, join_name};
use super::project::Project;
use super::room::Room;
use super::value::{ClassId, ModuleId, Shape, Value};
use super::watch::{Seen, Watch};
use crate::facts::{
    Agent, Function, FunctionId, Gap, Model, Prompt, Server, Store, StoreId, Taint, Template, Tool,
};
use crate::providers::Providers;

/// Maximum subclasses of a class that are distinguished: with more, it is a framework of its own.
const MOST_BELOW: usize = 64;

/// Names and their values.
pub(super) type Names = HashMap<Rc<str>, Value, Build>;

/// What callers need to know of a function.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each queried on its own")]
pub(super) struct Summary {
    /// What it returns, in terms of its parameters.
    pub returns: Value,
    /// Whether it returns only with consent.
    pub ensures: bool,
    /// Whether every return means yes.
    pub always_yes: bool,
    /// Whether it returns any value.
    pub answers: bool,
    /// Whether it, or something in it, can refuse by raising.
    pub raises: bool,
    /// Requests to addresses that its callers choose.
    pub lifted: Vec<Lifted>,
    /// Files that its callers choose.
    pub lent: Vec<super::lent::Lent>,
    /// What it adds to the objects that its parameters hold.
    pub puts: Vec<(usize, Taint)>,
    /// Tools whose names its callers choose.
    pub offers: Vec<super::tools::Offered>,
    /// The join of everything that callers passed in.
    pub handed: Vec<Value>,
    /// Default values of its parameters.
    pub defaults: Vec<Option<Value>>,
    /// Whether a working consent decorator is applied to it.
    pub consented: bool,
}

impl Summary {
    /// Returns the part of the summary that a call needs.
    pub(super) fn answered(&self) -> Answered {
        let (returns, lifted, offers) = (self.returns.clone(), self.lifted.clone(), self.offers.clone());
        let lent = self.lent.clone();
        Answered { returns, lifted, lent, offers, asks: self.answers && !self.always_yes }
    }
}

/// The result of calling a function.
pub(super) struct Answered {
    pub returns: Value,
    pub lifted: Vec<Lifted>,
    pub lent: Vec<super::lent::Lent>,
    pub offers: Vec<super::tools::Offered>,
    /// Whether it answers, and not always with yes.
    pub asks: bool,
}

/// A request whose address a caller chooses.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lifted {
    pub address: Template,
    pub content: Taint,
    /// Whether what is sent has the form of a chat with a model.
    pub chat: bool,
}

/// What is known of a class between two rounds.
#[derive(Debug, Clone, Default)]
pub(super) struct ClassState {
    attributes: Held,
    pub bases: Vec<Value>,
    /// Direct subclasses.
    below: BTreeSet<ClassId>,
    /// Attributes declared with a type, in order: the fields of a dataclass.
    pub fields: Vec<String>,
}

/// Everything that is kept between two rounds.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each queried on its own")]
pub(super) struct State<'a> {
    pub project: &'a Project<'a>,
    pub providers: &'a Providers,
    /// Which functions answer whether consent was given: by declaration or by name.
    pub consents: Vec<bool>,
    globals: Vec<Held>,
    pub stars: Vec<BTreeSet<ModuleId>>,
    pub imported: BTreeSet<ModuleId>,
    pub classes: Vec<ClassState>,
    pub summaries: Vec<Summary>,
    /// Local variables of functions that contain functions.
    locals: HashMap<FunctionId, Names, Build>,
    /// State setters of a component, by the function that declares them, with the name of the state.
    setters: HashMap<FunctionId, HashMap<String, String>, Build>,
    /// What inner functions assign to variables of enclosing functions.
    written: HashMap<FunctionId, Held, Build>,
    pub functions: Vec<Function>,
    pub stores: Vec<Store>,
    /// Tools, each with the turn of the function that reported it: the one that is evaluated last in a round knows most.
    pub tools: Vec<(usize, Tool)>,
    pub agents: Vec<Agent>,
    /// MCP servers that are started, by file and offset.
    pub servers: BTreeMap<(usize, usize), Server>,
    /// Branches with a grave effect that are taken for what a model wrote: the module, and the location of the effect.
    pub intended: BTreeMap<(ModuleId, usize), Tool>,
    /// Branches that are taken for a certain text.
    pub taken: super::carried::Taken,
    /// Functions picked from a table by a name that comes from elsewhere, under their names.
    pub dispatched: BTreeMap<String, FunctionId>,
    /// Models that are called and their prompts, by function and location: the last round knows most.
    pub models: BTreeMap<(FunctionId, usize, usize), Model>,
    pub prompts: BTreeMap<(FunctionId, usize, usize), Prompt>,
    pub gaps: Vec<Gap>,
    pub texts: &'a [crate::facts::File],
    /// Functions that read a request, and the index of its parameter.
    pub answering: BTreeSet<(FunctionId, usize)>,
    /// Functions that other functions return.
    pub given_back: BTreeSet<FunctionId>,
    /// Functions that are handed out behind a consent question.
    pub asked: BTreeSet<FunctionId>,
    /// Whether every request passes something that returns only with consent.
    pub asked_before_all: bool,
    /// What each function found out about decorators: whether the wrapped function is called with consent.
    pub wrapping: Vec<Vec<(FunctionId, bool)>>,
    /// The result of the previous round: whether a decorator calls what it wraps only with consent.
    pub wrapped: Vec<Option<bool>>,
    /// Which function depends on what.
    pub watch: RefCell<Watch>,
    /// Names to which the function being evaluated gave new values.
    touched: Touched,
    /// Cached lookups in the API tables, by path.
    known: RefCell<HashMap<Box<str>, Rc<Known>, Build>>,
    /// Tools that a server describes: file index and start offset.
    pub served: BTreeSet<(usize, usize)>,
    /// Model calls that are given a list held by an object.
    pub histories: super::history::Held,
    /// Calls that enter the only method of their name: in which function, from where to where.
    pub guessed: BTreeSet<(FunctionId, usize, usize)>,
    /// The functions in which objects of each class are created.
    pub made_in: BTreeMap<ClassId, BTreeSet<FunctionId>>,
    /// What is known of settings besides the bases of their classes.
    pub settings: super::settings::Settings,
    /// Whether the project stores rows in a local database file.
    pub on_disk: bool,
    /// Whether an object mapper does so, according to the schema of its database.
    pub mapped_on_disk: bool,
    /// Whether the project's log is kept in files.
    log_kept: bool,
    /// Evaluations left for the whole project.
    pub budget: u64,
    /// How much the lists and dictionaries of each file may still weigh in this round.
    pub room: Room,
}

impl<'a> State<'a> {
    pub(super) fn new(
        project: &'a Project<'a>,
        texts: &'a [crate::facts::File],
        providers: &'a Providers,
        limits: &Limits<'a>,
    ) -> Self {
        let (modules, functions) = (project.modules.len(), project.functions.len());
        Self {
            project,
            providers,
            consents: project
                .functions
                .iter()
                .map(|func| super::consents(project, func, limits.consent_functions))
                .collect(),
            globals: vec![Held::default(); modules],
            stars: vec![BTreeSet::default(); modules],
            imported: BTreeSet::default(),
            classes: vec![ClassState::default(); project.classes.len()],
            summaries: vec![Summary::default(); functions],
            locals: HashMap::default(),
            setters: HashMap::default(),
            written: HashMap::default(),
            functions: project.functions.iter().map(|func| super::described(project, func)).collect(),
            stores: Vec::new(),
            tools: Vec::new(),
            agents: Vec::new(),
            servers: BTreeMap::new(),
            intended: BTreeMap::new(),
            taken: super::carried::Taken::new(),
            dispatched: BTreeMap::new(),
            models: BTreeMap::default(),
            prompts: BTreeMap::default(),
            gaps: Vec::new(),
            texts,
            answering: BTreeSet::new(),
            given_back: BTreeSet::new(),
            asked: BTreeSet::default(),
            asked_before_all: false,
            wrapping: vec![Vec::new(); functions],
            wrapped: vec![None; functions],
            watch: RefCell::new(Watch::new(functions)),
            touched: Touched::default(),
            known: RefCell::default(),
            served: BTreeSet::new(),
            histories: super::history::Held::new(),
            guessed: BTreeSet::new(),
            made_in: BTreeMap::new(),
            settings: super::settings::Settings::default(),
            on_disk: texts.iter().any(|file| file.text.to_ascii_lowercase().contains("sqlite")),
            mapped_on_disk: texts
                .iter()
                .any(|file| file.path.ends_with(".prisma") && file.text.contains("\"sqlite\"")),
            log_kept: texts.iter().any(|file| guards::keeps_log(&file.text)),
            budget: limits.budget,
            room: Room::of(texts),
        }
    }

    /// Whether the project's log is kept in files.
    pub(super) fn logs_to_file(&self) -> bool {
        self.log_kept
    }

    /// Evaluates a function, or the body of a module, if anything it depends on has changed.
    pub(super) fn walk(&mut self, function: FunctionId) {
        if self.budget > 0 && self.watch.get_mut().begin(function) {
            self.make_room(function);
            super::walk::walk(self, function);
            self.settle();
        }
    }

    /// Notifies the functions that depend on a name whose value has changed. Comparing only once at the end matters:
    /// a function that assigns two values to one name in turn would otherwise seem to change it every time.
    pub(super) fn settle(&mut self) {
        for ((owner, name), before) in std::mem::take(&mut self.touched) {
            let now = match owner {
                Owner::Module(id) => self.globals.get(id).and_then(|names| names.get(&name)),
                Owner::Class(id) => self.classes.get(id).and_then(|class| class.attributes.get(&name)),
                Owner::Function(id) => self.written.get(&id).and_then(|names| names.get(&name)),
            };
            if now.map(|(_, value)| value) == before.as_ref() {
                continue;
            }
            match owner {
                Owner::Module(id) => {
                    self.change(Seen::Global(id, &name));
                    self.change(Seen::Names(id));
                }
                Owner::Class(id) => self.change(Seen::Member(id, &name)),
                Owner::Function(id) => {
                    self.change(Seen::Written(id, &name));
                    self.change(Seen::AnyWritten(id));
                }
            }
        }
    }

    /// The turn of the function being evaluated within a round: bodies of modules come first.
    fn turn(&self) -> usize {
        let function = self.watch.borrow().at();
        let inner = self.project.functions.get(function).is_some_and(|func| func.definition.is_some());
        if inner { function + self.functions.len() } else { function }
    }

    /// Records a tool, or replaces it with what is known better.
    pub(super) fn add_tool(&mut self, tool: Tool) {
        let turn = self.turn();
        let same =
            |other: &Tool| other.file == tool.file && other.span == tool.span && other.name == tool.name;
        match self.tools.iter_mut().find(|(_, other)| same(other)) {
            Some(known) if known.0 <= turn => *known = (turn, tool),
            Some(_) => {}
            None => self.tools.push((turn, tool)),
        }
    }

    pub(super) fn store(&mut self, store: Store) -> StoreId {
        if let Some(id) = self
            .stores
            .iter()
            .position(|other| other.name == store.name && other.through_edge == store.through_edge)
        {
            return id;
        }
        self.stores.push(store);
        self.stores.len() - 1
    }

    /// Records that the function being evaluated depends on something.
    pub(super) fn see(&self, what: Seen<'_>) {
        self.watch.borrow_mut().see(what);
    }

    pub(super) fn change(&self, what: Seen<'_>) {
        self.watch.borrow_mut().change(what);
    }

    /// Returns what the API tables say of a path alone.
    pub(super) fn known(&self, path: &str) -> Rc<Known> {
        let mut all = self.known.borrow_mut();
        if let Some(known) = all.get(path) {
            return Rc::clone(known);
        }
        let known = Rc::new(Known::of(path));
        all.insert(path.into(), Rc::clone(&known));
        known
    }

    /// Returns what callers need to know of a function.
    pub(super) fn summary(&self, function: FunctionId) -> Option<&Summary> {
        self.see(Seen::Summary(function));
        self.summaries.get(function)
    }

    /// Returns what callers pass to a function.
    pub(super) fn handed(&self, function: FunctionId) -> &[Value] {
        self.see(Seen::Handed(function));
        self.summaries.get(function).map_or(&[], |summary| &summary.handed)
    }

    /// Returns the default values of a function's parameters.
    pub(super) fn defaults(&self, function: FunctionId) -> &[Option<Value>] {
        self.see(Seen::Defaults(function));
        self.summaries.get(function).map_or(&[], |summary| &summary.defaults)
    }

    pub(super) fn set_defaults(&mut self, function: FunctionId, defaults: &[Option<Value>]) {
        let Some(summary) = self.summaries.get_mut(function).filter(|old| old.defaults != defaults) else {
            return;
        };
        defaults.clone_into(&mut summary.defaults);
        self.change(Seen::Defaults(function));
    }

    /// Replaces the summary with what an evaluation found. What others reported about the function in the meantime is
    /// kept.
    pub(super) fn conclude(&mut self, function: FunctionId, found: Summary) {
        let Some(slot) = self.summaries.get_mut(function) else { return };
        let old = std::mem::replace(slot, found);
        (slot.handed, slot.defaults, slot.consented) = (old.handed, old.defaults, old.consented);
        let same = old.returns == slot.returns
            && (&old.lifted, &old.lent, &old.offers) == (&slot.lifted, &slot.lent, &slot.offers)
            && old.puts == slot.puts
            && (old.ensures, old.always_yes) == (slot.ensures, slot.always_yes)
            && (old.answers, old.raises) == (slot.answers, slot.raises);
        if !same {
            self.change(Seen::Summary(function));
        }
    }

    /// Stores the final local variables of a function, for the functions inside it.
    pub(super) fn set_locals(&mut self, function: FunctionId, names: Names) {
        let old = self.locals.remove(&function).unwrap_or_default();
        let new = names.iter().filter(|(name, value)| old.get(*name) != Some(*value)).map(|(name, _)| name);
        let gone = old.keys().filter(|name| !names.contains_key(*name));
        new.chain(gone).for_each(|name| self.change(Seen::Local(function, name)));
        self.locals.insert(function, names);
    }

    /// Returns a local variable of a function, as the functions inside it see it.
    pub(super) fn local(&self, function: FunctionId, name: &str) -> Option<&Value> {
        self.see(Seen::Local(function, name));
        self.locals.get(&function)?.get(name)
    }

    /// Returns what inner functions assign to a variable of a function.
    pub(super) fn written(&self, function: FunctionId, name: &str) -> Option<&Value> {
        self.see(Seen::Written(function, name));
        self.written_to(function, name)
    }

    /// The same for the function itself, which depends on any of them from its beginning.
    pub(super) fn written_to(&self, function: FunctionId, name: &str) -> Option<&Value> {
        self.written.get(&function)?.get(name).map(|(_, value)| value)
    }

    /// Whether a decorator calls what it wraps only with consent, as the previous round found out.
    pub(super) fn wraps(&self, function: FunctionId) -> Option<bool> {
        self.see(Seen::Wraps(function));
        self.wrapped.get(function).copied().flatten()
    }

    /// Ends a round: combines what all functions found out about decorators.
    pub(super) fn end_round(&mut self) {
        self.room = Room::of(self.texts);
        let mut now = vec![None; self.wrapped.len()];
        for (function, consent) in self.wrapping.iter().flatten() {
            if let Some(slot) = now.get_mut(*function) {
                *slot = Some(slot.unwrap_or(true) && *consent);
            }
        }
        let old = std::mem::replace(&mut self.wrapped, now);
        for (function, (old, now)) in old.iter().zip(&self.wrapped).enumerate() {
            if old != now {
                self.change(Seen::Wraps(function));
            }
        }
    }

    /// Changes how a function is entered from outside.
    pub(super) fn entering(&mut self, function: FunctionId, change: impl FnOnce(&mut Function)) {
        let Some(known) = self.functions.get_mut(function) else { return };
        let before = (known.entry, known.http, known.typed);
        change(known);
        if before != (known.entry, known.http, known.typed) {
            self.change(Seen::Entry(function));
        }
    }

    /// Records that a module re-exports everything from another.
    pub(super) fn add_star(&mut self, module: ModuleId, other: ModuleId) {
        if self.stars.get_mut(module).is_some_and(|stars| stars.insert(other)) {
            self.change(Seen::Stars(module));
        }
    }

    /// Returns the base classes.
    pub(super) fn bases(&self, class: ClassId) -> &[Value] {
        self.see(Seen::Bases(class));
        self.classes.get(class).map_or(&[], |class| &class.bases)
    }

    pub(super) fn set_bases(&mut self, class: ClassId, bases: Vec<Value>) {
        let Some(known) = self.classes.get_mut(class).filter(|known| known.bases != bases) else { return };
        let old = derived_from(&known.bases);
        let new = derived_from(&bases);
        known.bases = bases;
        self.change(Seen::Bases(class));
        for base in old.symmetric_difference(&new) {
            let Some(base_class) = self.classes.get_mut(*base) else { continue };
            if new.contains(base) {
                base_class.below.insert(class);
            } else {
                base_class.below.remove(&class);
            }
            self.change(Seen::Below(*base));
        }
    }

    /// Returns the fields of a class, in order.
    pub(super) fn fields(&self, class: ClassId) -> &[String] {
        self.see(Seen::Fields(class));
        self.classes.get(class).map_or(&[], |class| &class.fields)
    }

    /// Returns the name of the state that a setter sets.
    pub(super) fn setter(&self, function: FunctionId, name: &str) -> Option<&str> {
        self.see(Seen::Setters(function));
        self.setters.get(&function)?.get(name).map(String::as_str)
    }

    pub(super) fn add_setter(&mut self, function: FunctionId, setter: &str, state: &str) {
        let all = self.setters.entry(function).or_default();
        let old = all.insert(setter.to_owned(), state.to_owned());
        if old.as_deref() != Some(state) {
            self.change(Seen::Setters(function));
        }
    }

    /// Looks up a name of a module, including star imports.
    pub(super) fn global(&self, module: ModuleId, name: &str) -> Option<Value> {
        self.exported(module, name, 0)
    }

    /// Returns a name that a module exports, its own or one that it re-exports.
    fn exported(&self, module: ModuleId, name: &str, depth: usize) -> Option<Value> {
        if depth > 7 {
            return None;
        }
        self.see(Seen::Global(module, name));
        self.globals.get(module)?.get(name).map(|(_, value)| value.clone()).or_else(|| {
            self.see(Seen::Stars(module));
            let stars = self.stars.get(module)?;
            stars.iter().find_map(|other| self.exported(*other, name, depth + 1))
        })
    }

    /// Iterates over all names of a module.
    pub(super) fn names(&self, module: ModuleId) -> impl Iterator<Item = (&str, &Value)> {
        self.see(Seen::Names(module));
        self.globals.get(module).into_iter().flatten().map(|(name, (_, value))| (&**name, value))
    }

    /// Returns the default export: `export default`, `module.exports = …`.
    pub(super) fn default_export(&self, module: ModuleId) -> Option<Value> {
        self.global(module, super::DEFAULT_EXPORT)
    }

    /// Joins what an inner function assigns to a variable of an enclosing one.
    pub(super) fn write_outer(&mut self, function: FunctionId, name: &str, value: Value) {
        let turn = self.turn();
        let names = self.written.entry(function).or_default();
        join_name(names, turn, name, value, Owner::Function(function), &mut self.touched);
    }

    pub(super) fn set_global(&mut self, module: ModuleId, name: &str, value: Value) {
        let turn = self.turn();
        let Some(names) = self.globals.get_mut(module) else { return };
        join_name(names, turn, name, value, Owner::Module(module), &mut self.touched);
    }

    pub(super) fn set_attribute(&mut self, class: ClassId, name: &str, value: Value) {
        let turn = self.turn();
        let Some(known) = self.classes.get_mut(class) else { return };
        join_name(&mut known.attributes, turn, name, value, Owner::Class(class), &mut self.touched);
    }

    /// Iterates over the attributes that a class gives its objects.
    pub(super) fn attributes(&self, class: ClassId) -> impl Iterator<Item = (&str, &Value)> {
        let all = self.classes.get(class).into_iter().flat_map(|class| &class.attributes);
        all.map(|(name, (_, value))| (&**name, value))
    }

    pub(super) fn add_field(&mut self, class: ClassId, name: &str) {
        let Some(known) = self.classes.get_mut(class) else { return };
        if !known.fields.iter().any(|field| field == name) {
            known.fields.push(name.to_owned());
            self.change(Seen::Fields(class));
        }
    }

    /// Returns a method or attribute of a class of the project, or of its bases.
    pub(super) fn member(&self, class: ClassId, name: &str, bound: bool, depth: usize) -> Option<Value> {
        if depth > 8 {
            return None;
        }
        let definition = self.project.classes.get(class)?;
        if let Some(method) = definition.methods.get(name) {
            let hangs = self.hangs(*method);
            let shape = if (bound && hangs != Hangs::Free) || hangs == Hangs::OnClass {
                Shape::Bound(*method)
            } else {
                Shape::Functions(vec![*method].into())
            };
            return Some(Value::new(shape, Taint::NONE));
        }
        self.see(Seen::Member(class, name));
        if let Some((_, value)) = self.classes.get(class)?.attributes.get(name) {
            return Some(value.clone());
        }
        self.bases(class).iter().find_map(|base| match &base.shape {
            Shape::Class(base) => self.member(*base, name, bound, depth + 1),
            Shape::Path(path) if super::api::frameworks::calls_methods(path) => {
                Some(base.attribute_of_instance(name))
            }
            _ => None,
        })
    }

    /// The same for an object of one of several classes. An object that is known by its base class may belong to any
    /// subclass, so what subclasses override or add is included.
    pub(super) fn any_member(&self, classes: &[ClassId], name: &str) -> Option<Value> {
        let found = classes.iter().filter_map(|class| self.member(*class, name, true, 0));
        let one = found.reduce(|one, other| one.join(&other));
        // `__init__` and other dunder methods are looked up on the class itself.
        if name.starts_with("__") || !matches!(&one, None | Some(Value { shape: Shape::Bound(_), .. })) {
            return one;
        }
        let below = classes.iter().flat_map(|class| self.below(*class));
        let methods = below.filter_map(|class| self.project.classes.get(class)?.methods.get(name).copied());
        let bound = methods.map(|method| Value::new(Shape::Bound(method), Taint::NONE));
        let whole = one.into_iter().chain(bound).reduce(|sum, method| sum.join(&method));
        // What a class leaves undefined may be a field of its subclasses.
        whole.or_else(|| {
            let below = classes.iter().flat_map(|class| self.below(*class));
            below.filter_map(|class| self.own_field(class, name)).reduce(|one, other| one.join(&other))
        })
    }

    /// Returns an attribute that a class itself defines, if it can be called or has methods.
    fn own_field(&self, class: ClassId, name: &str) -> Option<Value> {
        self.see(Seen::Member(class, name));
        let (_, value) = self.classes.get(class)?.attributes.get(name)?;
        value.shape.acts().then(|| value.clone())
    }

    /// Returns the subclasses of a class, nearest first.
    pub(super) fn below(&self, class: ClassId) -> Vec<ClassId> {
        let mut found = vec![class];
        let mut next = 0;
        while let Some(at) = found.get(next).copied() {
            self.see(Seen::Below(at));
            let derived = self.classes.get(at).map(|class| &class.below).into_iter().flatten();
            for class in derived {
                if found.len() <= MOST_BELOW && !found.contains(class) {
                    found.push(*class);
                }
            }
            next += 1;
        }
        found.split_off(1)
    }

    /// Returns which kind of method a function in a class is.
    pub(super) fn hangs(&self, method: FunctionId) -> Hangs {
        self.project.functions.get(method).map_or(Hangs::OnObject, |func| func.hangs)
    }

    /// Returns the method that a name resolves to on an object of a class.
    pub(super) fn method(&self, class: ClassId, name: &str) -> Option<FunctionId> {
        let Shape::Bound(method) = self.member(class, name, true, 0)?.shape else { return None };
        Some(method)
    }

    /// Joins the arguments of a caller into what was passed to a function.
    pub(super) fn hand_in(&mut self, function: FunctionId, arguments: &[Value]) {
        let Some(summary) = self.summaries.get_mut(function) else { return };
        let mut changed = summary.handed.len() < arguments.len();
        summary.handed.resize(summary.handed.len().max(arguments.len()), Value::default());
        for (slot, argument) in summary.handed.iter_mut().zip(arguments) {
            let value = Value {
                taint: argument.deep_taint().sources().without(Taint::CHECKED),
                shape: argument.shape.clone(),
            }
            .bounded(2);
            if *slot == value {
                continue;
            }
            let before = std::mem::replace(slot, slot.join(&value));
            changed |= before != *slot;
        }
        if changed {
            self.change(Seen::Handed(function));
        }
    }
}

/// Returns those bases that are classes of the project.
fn derived_from(bases: &[Value]) -> BTreeSet<ClassId> {
    let class = |base: &Value| match base.shape {
        Shape::Class(class) => Some(class),
        _ => None,
    };
    bases.iter().filter_map(class).collect()
}

impl Value {
    fn attribute_of_instance(&self, name: &str) -> Self {
        Self::new(self.called(&[]), self.taint).attribute(name)
    }
}
