//! What is known of a value.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ruff_text_size::TextRange;

use crate::facts::{FunctionId, Piece, Taint, Template};

pub(super) type ModuleId = usize;
pub(super) type ClassId = usize;

/// A value: what it is, and where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    pub shape: Shape,
    pub taint: Taint,
}

/// What a value is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Shape {
    #[default]
    Unknown,
    None,
    Bool(bool),
    /// The number, if it is an integer literal; `None` also for a boolean whose value varies.
    Number(Option<i64>),
    Text(Rc<Template>),
    /// Something imported from outside the project: `openai.OpenAI`.
    Path(Rc<str>),
    /// The result of calling such a thing, or an attribute of the result.
    Made(Rc<Made>),
    /// Functions of the project, any of which it may be.
    Functions(Rc<Vec<FunctionId>>),
    /// A method of the project, bound to its object.
    Bound(FunctionId),
    Class(ClassId),
    Object(ClassId),
    /// An object of one of several classes.
    Objects(Rc<Vec<ClassId>>),
    Module(ModuleId),
    /// A parameter of a function that encloses the one in which the value is seen.
    Outer(FunctionId, usize),
    Dict(Rc<BTreeMap<String, Value>>),
    List(Rc<Vec<Value>>),
}

/// The result of a call outside the project.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Made {
    /// Its path with `()` for calls: `openai.OpenAI().chat`.
    pub path: String,
    /// The arguments it was made with.
    pub given: Rc<Vec<Argument>>,
    /// The object it was made from.
    pub parent: Option<Rc<Self>>,
    /// The call site, if known.
    pub at: Option<(ModuleId, TextRange)>,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    pub name: Option<String>,
    pub value: Value,
    /// `*x` or `**x`.
    pub spread: bool,
}

/// The dictionary key for values under unknown keys.
pub(super) const ANY_KEY: &str = "*";

/// Maximum length of a path in bytes.
const MAX_CHAIN: usize = 160;
const MAX_ITEMS: usize = 64;
/// Maximum values in a list or dictionary, including nested ones.
const MAX_VALUES: usize = 2048;

impl Value {
    pub(super) fn new(shape: Shape, taint: Taint) -> Self {
        Self { shape, taint }
    }

    pub(super) fn of(taint: Taint) -> Self {
        Self { shape: Shape::Unknown, taint }
    }

    pub(super) fn text(text: &str) -> Self {
        Self { shape: Shape::text(Template::text(text)), taint: Taint::NONE }
    }

    pub(super) fn path(path: &str) -> Self {
        Self { shape: Shape::Path(path.into()), taint: Taint::NONE }
    }

    pub(super) fn template(&self) -> Option<&Template> {
        match &self.shape {
            Shape::Text(template) => Some(template),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<i64> {
        match self.shape {
            Shape::Number(number) => number,
            _ => None,
        }
    }

    pub(super) fn known_text(&self) -> Option<&str> {
        self.template().and_then(Template::known)
    }

    pub(super) fn made(&self) -> Option<&Rc<Made>> {
        match &self.shape {
            Shape::Made(made) => Some(made),
            _ => None,
        }
    }

    /// Returns its path outside the project, if it has one.
    pub(super) fn outside(&self) -> Option<&str> {
        match &self.shape {
            Shape::Path(path) => Some(path),
            Shape::Made(made) => Some(&made.path),
            _ => None,
        }
    }

    /// Joins two values that are both possible.
    pub(super) fn join(&self, other: &Self) -> Self {
        Self { shape: self.shape.join(&other.shape), taint: self.taint | other.taint }
    }

    /// Joins the values of two control-flow paths: the result is checked only if it is on both.
    pub(super) fn either(&self, other: &Self) -> Self {
        let joined = self.join(other);
        let sure = |value: &Self| value.taint.has(Taint::CHECKED) || value.deep_taint() == Taint::NONE;
        if sure(self) && sure(other) {
            return joined;
        }
        Self { taint: joined.taint.without(Taint::CHECKED), ..joined }
    }

    /// The taint of the value and of everything in it.
    pub(super) fn deep_taint(&self) -> Taint {
        match &self.shape {
            Shape::Dict(items) => items.values().fold(self.taint, |sum, item| sum.beside(item.deep_taint())),
            Shape::List(items) => items.iter().fold(self.taint, |sum, item| sum.beside(item.deep_taint())),
            _ => self.taint,
        }
    }

    /// Returns an attribute of something outside the project.
    pub(super) fn attribute(&self, name: &str) -> Self {
        let shape = match &self.shape {
            Shape::Path(path) if path.len() < MAX_CHAIN => Shape::Path([path, ".", name].concat().into()),
            Shape::Made(made) if made.path.len() < MAX_CHAIN => Shape::Made(Rc::new(Made {
                path: [&made.path, ".", name].concat(),
                given: Rc::clone(&made.given),
                parent: made.parent.clone(),
                at: made.at,
            })),
            _ => Shape::Unknown,
        };
        Self { shape, taint: self.taint.without(Taint::CONSENT) }
    }

    /// Returns the result of calling something outside the project.
    pub(super) fn called(&self, given: &[Argument]) -> Shape {
        self.called_at(given, None)
    }

    /// The same, with the call site.
    pub(super) fn called_at(&self, given: &[Argument], at: Option<(ModuleId, TextRange)>) -> Shape {
        match &self.shape {
            Shape::Path(path) => Shape::Made(Rc::new(Made {
                path: [path, "()"].concat(),
                given: Rc::new(given.to_vec()),
                parent: None,
                at,
            })),
            Shape::Made(made) if made.path.len() < MAX_CHAIN => Shape::Made(Rc::new(Made {
                path: [&made.path, "()"].concat(),
                given: Rc::new(given.to_vec()),
                parent: Some(Rc::clone(made)),
                at,
            })),
            _ => Shape::Unknown,
        }
    }

    /// Returns an item of it.
    pub(super) fn item(&self, key: Option<&str>) -> Self {
        match &self.shape {
            Shape::Dict(items) => {
                let found = key.and_then(|key| items.get(key).cloned());
                let mut value = found.unwrap_or_else(|| any_of(items.values()));
                value.taint |= self.taint;
                value
            }
            Shape::List(items) => {
                let mut value = any_of(items.iter());
                value.taint |= self.taint;
                value
            }
            Shape::Functions(_) => self.clone(),
            Shape::Made(made) if is_listing(&made.path) => {
                Self::new(Self::path("pathlib.Path").called(&[]), self.taint.without(Taint::CONSENT))
            }
            Shape::Made(_) | Shape::Path(_) => match key {
                Some(key) => self.attribute(key),
                None => Self::of(self.taint.without(Taint::CONSENT)),
            },
            _ => Self::of(self.taint.without(Taint::CONSENT)),
        }
    }

    /// Returns what iterating over its values yields.
    pub(super) fn listed(&self) -> Shape {
        match &self.shape {
            Shape::Dict(items) => Shape::List(Rc::new(items.values().cloned().collect())),
            other => other.clone(),
        }
    }

    /// Whether it depends on a parameter.
    fn is_symbolic(&self) -> bool {
        self.taint.is_symbolic()
            || match &self.shape {
                Shape::Text(template) => template.has_parameters(),
                Shape::Dict(items) => items.values().any(Self::is_symbolic),
                Shape::List(items) => items.iter().any(Self::is_symbolic),
                _ => false,
            }
    }

    /// Replaces parameters with arguments.
    pub(super) fn filled(&self, arguments: &[Self]) -> Self {
        if !self.is_symbolic() {
            return self.clone();
        }
        let taints: Vec<Taint> = arguments.iter().map(Self::deep_taint).collect();
        self.filled_by(arguments, &taints)
    }

    fn filled_by(&self, arguments: &[Self], taints: &[Taint]) -> Self {
        let shape = match &self.shape {
            Shape::Text(template) if !template.has_parameters() => self.shape.clone(),
            Shape::Text(template) => {
                if let [Piece::Parameter(index)] = template.pieces.as_slice() {
                    arguments.get(*index).map_or(Shape::Unknown, |argument| argument.shape.clone())
                } else {
                    let texts: Vec<Option<Template>> =
                        arguments.iter().map(|argument| argument.template().cloned()).collect();
                    Shape::text(template.filled(&texts))
                }
            }
            Shape::Dict(items) => Shape::Dict(Rc::new(
                items.iter().map(|(key, item)| (key.clone(), item.filled_by(arguments, taints))).collect(),
            )),
            Shape::List(items) => {
                Shape::List(Rc::new(items.iter().map(|item| item.filled_by(arguments, taints)).collect()))
            }
            other => other.clone(),
        };
        Self { shape, taint: self.taint.filled(taints) }
    }

    /// The same, also within the arguments that an object from outside was made with.
    pub(super) fn filled_within(&self, arguments: &[Self]) -> Self {
        match &self.shape {
            Shape::Made(made) if made.is_symbolic() => {
                let taint = self.filled(arguments).taint;
                Self { shape: Shape::Made(Rc::new(made.filled(arguments))), taint }
            }
            _ => self.filled(arguments),
        }
    }

    /// Whether it is within the bounds, with `left` more values allowed.
    fn is_bounded(&self, depth: usize, left: &mut usize) -> bool {
        let fits = |count: usize| depth > 0 && count <= MAX_ITEMS;
        let mut deeper = |item: &Self| {
            *left = left.saturating_sub(1);
            *left > 0 && item.is_bounded(depth.saturating_sub(1), left)
        };
        match &self.shape {
            Shape::Dict(items) => fits(items.len()) && items.values().all(deeper),
            Shape::List(items) => fits(items.len()) && items.iter().all(&mut deeper),
            _ => true,
        }
    }

    /// Bounds lists and dictionaries: of whatever is too deep or too long only the origins are kept. A value that
    /// contains itself many times would otherwise grow to the third power of what one level may hold.
    pub(super) fn bounded(self, depth: usize) -> Self {
        // Most values are scalars, or were bounded when they were made.
        if self.is_bounded(depth, &mut { MAX_VALUES }) {
            return self;
        }
        self.cut(depth, &mut { MAX_VALUES })
    }

    /// The number of values it holds, up to the maximum.
    pub(super) fn weight(&self) -> usize {
        let mut left = MAX_VALUES;
        self.is_bounded(MAX_ITEMS, &mut left);
        MAX_VALUES - left
    }

    /// Keeps this many of its items, and only the origins of what they contain.
    pub(super) fn first_level(&self, items: usize) -> Self {
        self.cut(1, &mut { items })
    }

    fn cut(&self, depth: usize, left: &mut usize) -> Self {
        let taint = self.deep_taint();
        let shape = match &self.shape {
            Shape::Dict(_) | Shape::List(_) if depth == 0 || *left == 0 => Shape::Unknown,
            Shape::Dict(items) => {
                *left = left.saturating_sub(items.len());
                let items = items.iter().take(MAX_ITEMS);
                Shape::Dict(Rc::new(
                    items.map(|(key, item)| (key.clone(), item.cut(depth - 1, left))).collect(),
                ))
            }
            Shape::List(items) => {
                *left = left.saturating_sub(items.len());
                Shape::List(Rc::new(
                    items.iter().take(MAX_ITEMS).map(|item| item.cut(depth - 1, left)).collect(),
                ))
            }
            other => other.clone(),
        };
        Self { shape, taint }
    }
}

/// `folder.glob("*.md")`: its items are paths again.
fn is_listing(path: &str) -> bool {
    path.starts_with("pathlib.") && ["glob()", "rglob()", "iterdir()"].iter().any(|end| path.ends_with(end))
}

fn any_of<'v>(items: impl Iterator<Item = &'v Value>) -> Value {
    items.take(MAX_ITEMS).fold(Value::default(), |sum, item| sum.join(item))
}

impl Shape {
    pub(super) fn text(template: Template) -> Self {
        Self::Text(Rc::new(template))
    }

    fn functions(&self) -> Option<Vec<FunctionId>> {
        match self {
            Self::Functions(all) => Some(all.to_vec()),
            Self::Bound(one) => Some(vec![*one]),
            _ => None,
        }
    }

    /// The classes it may be an instance of.
    pub(super) fn classes(&self) -> &[ClassId] {
        match self {
            Self::Object(class) => std::slice::from_ref(class),
            Self::Objects(classes) => classes,
            _ => &[],
        }
    }

    /// Whether it can be called or has methods, so that it matters which of several it is.
    pub(super) fn acts(&self) -> bool {
        matches!(self, Self::Functions(_) | Self::Bound(_) | Self::Made(_) | Self::Class(_))
            || !self.classes().is_empty()
    }

    /// Joins two shapes into the one that says more; functions and objects are collected.
    fn join(&self, other: &Self) -> Self {
        if self == other {
            return self.clone();
        }
        match (self, other) {
            (Self::Unknown | Self::None, known) | (known, Self::Unknown | Self::None) => known.clone(),
            // Not unknown: a third value would otherwise be taken for the only one.
            (Self::Bool(_), Self::Bool(_)) | (Self::Number(_), Self::Number(_)) => Self::Number(None),
            (Self::Text(one), Self::Text(two)) => {
                if telling(one) >= telling(two) {
                    self.clone()
                } else {
                    other.clone()
                }
            }
            (Self::List(one), Self::List(two)) => Self::List(Rc::new(either_list(one, two))),
            (Self::Dict(one), Self::Dict(two)) => Self::Dict(either_dict(one, two)),
            // Of a local model and a provider's, keep the provider's: text leaves the machine for it.
            (Self::Made(one), Self::Made(two)) => {
                if is_own_model(&one.path) && !is_own_model(&two.path) {
                    other.clone()
                } else {
                    self.clone()
                }
            }
            _ if !self.classes().is_empty() && !other.classes().is_empty() => {
                either_object(self.classes(), other.classes())
            }
            _ => match (self.functions(), other.functions()) {
                (Some(mut one), Some(two)) => {
                    for id in two {
                        if !one.contains(&id) && one.len() < MAX_ITEMS {
                            one.push(id);
                        }
                    }
                    Self::Functions(Rc::new(one))
                }
                (None, Some(_)) => other.clone(),
                _ => self.clone(),
            },
        }
    }
}

/// How much a text says where several are possible: an address that a variable can change ranks highest, then one of
/// another machine, then any other. Ties are broken by the texts, so that the order does not matter.
fn telling(text: &Template) -> (u8, std::cmp::Reverse<String>) {
    let shown = text.shown();
    let host = crate::facts::host_of(&shown);
    let rank = match &host {
        _ if text.starts_with_variable() => 3,
        Some(host) if !crate::facts::loopback(host) => 2,
        Some(_) => 1,
        None => 0,
    };
    (rank, std::cmp::Reverse(shown))
}

/// Joins two lists: item by item if they have the same length, such as rows of a table.
fn either_list(one: &[Value], two: &[Value]) -> Vec<Value> {
    if one.len() == two.len() {
        return one.iter().zip(two).map(|(one, two)| one.join(two)).collect();
    }
    match (one, two) {
        // The first item often says what the rest is for, such as the program of a command.
        ([first, rest @ ..], [other, others @ ..]) => {
            vec![first.join(other), any_of(rest.iter().chain(others))]
        }
        _ => vec![any_of(one.iter().chain(two))],
    }
}

fn is_own_model(path: &str) -> bool {
    path.to_ascii_lowercase().contains("ollama")
}

/// Returns an object of any of these classes.
fn either_object(one: &[ClassId], two: &[ClassId]) -> Shape {
    let all: BTreeSet<ClassId> = one.iter().chain(two).copied().collect();
    Shape::Objects(Rc::new(all.into_iter().take(MAX_ITEMS).collect()))
}

/// The items of a dictionary.
type Items = Rc<BTreeMap<String, Value>>;

/// Joins two dictionaries, keeping every key of either.
fn either_dict(one: &Items, two: &Items) -> Items {
    let new = |(key, value): (&String, &Value)| match one.get(key) {
        Some(held) if held == value => None,
        Some(held) => {
            Some(held.join(value)).filter(|joined| joined != held).map(|joined| (key.clone(), joined))
        }
        None => Some((key.clone(), value.clone())),
    };
    let new: Vec<(String, Value)> = two.iter().take(MAX_ITEMS).filter_map(new).collect();
    let mut all = Rc::clone(one);
    if !new.is_empty() {
        Rc::make_mut(&mut all).extend(new);
    }
    all
}

impl Made {
    /// Whether its arguments depend on a parameter.
    fn is_symbolic(&self) -> bool {
        self.chain().any(|made| made.given.iter().any(|argument| argument.value.is_symbolic()))
    }

    /// Replaces parameters with arguments.
    pub(super) fn filled(&self, arguments: &[Value]) -> Self {
        let one = |argument: &Argument| Argument {
            name: argument.name.clone(),
            value: argument.value.filled(arguments),
            spread: argument.spread,
        };
        Self {
            path: self.path.clone(),
            given: Rc::new(self.given.iter().map(one).collect()),
            parent: self.parent.as_ref().map(|parent| Rc::new(parent.filled(arguments))),
            at: self.at,
        }
    }

    /// Iterates over it and everything it was made from, nearest first.
    pub(super) fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |made| made.parent.as_deref())
    }

    /// The path of the function whose call made it: `open` for `open().write`.
    pub(super) fn maker(&self) -> &str {
        // A path contains a bracket only where something is called.
        self.path.rsplit_once('(').map_or("", |parts| parts.0)
    }

    /// Returns an argument with one of these names anywhere in the chain.
    pub(super) fn setting(&self, names: &[&str]) -> Option<&Value> {
        self.chain().find_map(|made| named(&made.given, names))
    }
}

/// Returns the argument with one of these names.
pub(super) fn named<'v>(given: &'v [Argument], names: &[&str]) -> Option<&'v Value> {
    given
        .iter()
        .find(|argument| argument.name.as_deref().is_some_and(|name| names.contains(&name)))
        .map(|argument| &argument.value)
}

/// Returns the argument with this name, or the positional one with this index.
pub(super) fn given<'v>(arguments: &'v [Argument], index: usize, name: &str) -> Option<&'v Value> {
    named(arguments, &[name]).or_else(|| {
        arguments
            .iter()
            .filter(|argument| argument.name.is_none() && !argument.spread)
            .nth(index)
            .map(|argument| &argument.value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(value: &Value) -> usize {
        match &value.shape {
            Shape::Dict(items) => items.values().map(count).sum::<usize>() + 1,
            Shape::List(items) => items.iter().map(count).sum::<usize>() + 1,
            _ => 1,
        }
    }

    #[test]
    fn what_holds_itself_many_times_stays_small_and_keeps_its_origins() {
        let mut value = Value::of(Taint::MODEL);
        for _ in 0..6 {
            value = Value::new(Shape::List(Rc::new(vec![value; 40])), Taint::NONE).bounded(3);
        }
        assert!(count(&value) <= 2 * MAX_VALUES, "{}", count(&value));
        assert!(value.deep_taint().has(Taint::MODEL));
        let small = Value::new(Shape::List(Rc::new(vec![Value::text("a"); 3])), Taint::NONE);
        assert_eq!(small.clone().bounded(3), small);
    }
}
