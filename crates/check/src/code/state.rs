//! What is known of a project between two rounds of evaluation.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::define::{Hangs, hangs};
use super::project::Project;
use super::value::{ClassId, ModuleId, Shape, Value};
use crate::facts::{Agent, Function, FunctionId, Gap, Model, Prompt, Store, StoreId, Taint, Template, Tool};
use crate::providers::Providers;

/// Names and their values.
pub(super) type Names = HashMap<String, Value>;

/// What callers need to know of a function.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each asked for by itself")]
pub(super) struct Summary {
    /// What it returns, in terms of its parameters.
    pub returns: Value,
    /// It comes back only with consent.
    pub ensures: bool,
    /// Every return says yes.
    pub always_yes: bool,
    /// It answers something.
    pub answers: bool,
    /// It, or something in it, can refuse by raising.
    pub raises: bool,
    /// Requests to addresses that its callers choose.
    pub lifted: Vec<Lifted>,
    /// Everything that callers handed in.
    pub handed: Vec<Value>,
    /// Values of parameters that are not given.
    pub defaults: Vec<Option<Value>>,
    /// For a decorator: whether what it wraps is called with consent only.
    pub wraps: Option<bool>,
    /// A working consent decorator stands before it.
    pub consented: bool,
}

/// A request whose address a caller chooses.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lifted {
    pub address: Template,
    pub content: Taint,
}

/// A class between two rounds.
#[derive(Debug, Clone, Default)]
pub(super) struct ClassState {
    pub attributes: Names,
    pub bases: Vec<Value>,
    /// Attributes that are declared with a type, in their order: the fields of a dataclass.
    pub fields: Vec<String>,
}

/// Everything between two rounds.
pub(super) struct State<'a> {
    pub project: &'a Project<'a>,
    pub providers: &'a Providers,
    pub consent_functions: &'a [String],
    pub globals: Vec<Names>,
    pub stars: Vec<BTreeSet<ModuleId>>,
    pub imported: BTreeSet<ModuleId>,
    pub classes: Vec<ClassState>,
    pub summaries: Vec<Summary>,
    /// Names of functions that have functions inside.
    pub locals: HashMap<FunctionId, Names>,
    /// Functions that set the state of a component, by the function in which they are named, and the name of the state.
    pub setters: HashMap<(FunctionId, String), String>,
    /// What inner functions assign to names of the functions around them.
    pub written: HashMap<FunctionId, Names>,
    pub functions: Vec<Function>,
    pub stores: Vec<Store>,
    pub tools: Vec<Tool>,
    pub agents: Vec<Agent>,
    /// Models that are asked, and what they are told, by the function and place: the last round knows most.
    pub models: BTreeMap<(FunctionId, usize, usize), Model>,
    pub prompts: BTreeMap<(FunctionId, usize, usize), Prompt>,
    pub gaps: Vec<Gap>,
    pub texts: &'a [crate::facts::File],
    pub changed: bool,
    /// Functions that are handed out behind a question for consent.
    pub asked: BTreeSet<FunctionId>,
    /// What the round before found out about decorators.
    pub wrapped: Vec<Option<bool>>,
    /// Evaluations that are left for the whole project.
    pub budget: u64,
}

impl State<'_> {
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

    /// A name of a module, looked up through star imports too.
    pub(super) fn global(&self, module: ModuleId, name: &str) -> Option<Value> {
        self.globals.get(module)?.get(name).cloned().or_else(|| {
            let stars = self.stars.get(module)?;
            stars.iter().find_map(|other| self.exported(*other, name, 0))
        })
    }

    /// A name that a module gives away, its own or one that it passes on.
    fn exported(&self, module: ModuleId, name: &str, depth: usize) -> Option<Value> {
        if depth > 6 {
            return None;
        }
        self.globals.get(module)?.get(name).cloned().or_else(|| {
            let stars = self.stars.get(module)?;
            stars.iter().find_map(|other| self.exported(*other, name, depth + 1))
        })
    }

    /// Something that is given away by itself: `export default`, `module.exports = …`.
    pub(super) fn default_export(&self, module: ModuleId) -> Option<Value> {
        self.global(module, super::DEFAULT_EXPORT)
    }

    /// Joins what an inner function assigns to a name of a function around it.
    pub(super) fn write_outer(&mut self, function: FunctionId, name: &str, value: Value) {
        let value = Value { taint: value.taint.sources(), ..value }.bounded(3);
        let names = self.written.entry(function).or_default();
        let joined = names.get(name).map_or_else(|| value.clone(), |old| value.join(old));
        if names.get(name) != Some(&joined) {
            names.insert(name.to_owned(), joined);
            self.changed = true;
        }
    }

    pub(super) fn set_global(&mut self, module: ModuleId, name: &str, value: Value) {
        let Some(names) = self.globals.get_mut(module) else { return };
        let value = Value { taint: value.taint.sources(), ..value }.bounded(3);
        let joined = names.get(name).map_or_else(|| value.clone(), |old| value.join(old));
        if names.get(name) != Some(&joined) {
            names.insert(name.to_owned(), joined);
            self.changed = true;
        }
    }

    pub(super) fn set_attribute(&mut self, class: ClassId, name: &str, value: Value) {
        let Some(class) = self.classes.get_mut(class) else { return };
        let value = Value { taint: value.taint.sources(), ..value }.bounded(3);
        let joined = class.attributes.get(name).map_or_else(|| value.clone(), |old| value.join(old));
        if class.attributes.get(name) != Some(&joined) {
            class.attributes.insert(name.to_owned(), joined);
            self.changed = true;
        }
    }

    pub(super) fn add_field(&mut self, class: ClassId, name: &str) {
        let Some(class) = self.classes.get_mut(class) else { return };
        if !class.fields.iter().any(|field| field == name) {
            class.fields.push(name.to_owned());
        }
    }

    /// A method or attribute of a class of the project, or of its bases.
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
        let state = self.classes.get(class)?;
        if let Some(value) = state.attributes.get(name) {
            return Some(value.clone());
        }
        state.bases.iter().find_map(|base| match &base.shape {
            Shape::Class(base) => self.member(*base, name, bound, depth + 1),
            Shape::Path(path) if super::api::frameworks::calls_methods(path) => {
                Some(base.attribute_of_instance(name))
            }
            _ => None,
        })
    }

    /// Which kind of method a function in a class is.
    fn hangs(&self, method: FunctionId) -> Hangs {
        let definition = self.project.functions.get(method).and_then(|func| func.definition);
        definition.map_or(Hangs::OnObject, hangs)
    }

    /// The method that an object of a class answers with.
    pub(super) fn method(&self, class: ClassId, name: &str) -> Option<FunctionId> {
        match self.member(class, name, true, 0)?.shape {
            Shape::Bound(method) => Some(method),
            _ => None,
        }
    }

    /// Takes one evaluation from what is left.
    pub(super) fn spend(&mut self) -> bool {
        self.budget = self.budget.saturating_sub(1);
        self.budget > 0
    }

    /// Joins what a caller hands in.
    pub(super) fn hand_in(&mut self, function: FunctionId, arguments: &[Value]) {
        let Some(summary) = self.summaries.get_mut(function) else { return };
        summary.handed.resize(summary.handed.len().max(arguments.len()), Value::default());
        for (slot, argument) in summary.handed.iter_mut().zip(arguments) {
            let value =
                Value { taint: argument.deep_taint().sources(), shape: argument.shape.clone() }.bounded(2);
            let joined = slot.join(&value);
            if *slot != joined {
                *slot = joined;
                self.changed = true;
            }
        }
    }
}

impl Value {
    fn attribute_of_instance(&self, name: &str) -> Self {
        Self::new(self.called(&[]), self.taint).attribute(name)
    }
}
