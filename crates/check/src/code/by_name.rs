//! Methods of objects of which nothing is known, found by their name: what a registry, a container of anything or a
//! framework holds is often one of the project's own objects.

use std::collections::BTreeMap;

use ruff_python_ast::ExprCall;
use ruff_text_size::Ranged as _;

use super::api::words;
use super::project::Project;
use super::value::{Argument, ClassId, Shape, Value};
use super::walk::{Walk, span};
use crate::facts::Piece;

/// Fewest words of a name that few libraries are likely to have as well: `ask_plain`, and not `ask`.
const FEWEST_WORDS: usize = 2;

/// Most classes that may have a method of one name.
const MOST_CLASSES: usize = 24;

impl Walk<'_, '_> {
    /// Enters the method of that name, if one class of the project has it, or one and its subclasses. Returns the result.
    pub(super) fn only_method(
        &mut self,
        node: &ExprCall,
        object: &Value,
        name: &str,
        arguments: &[Argument],
    ) -> Option<Value> {
        if self.script || !is_unknown(object) {
            return None;
        }
        let known = self.state.project.methods.get_or_init(|| by_name(self.state.project));
        let class = self.topmost(known.get(name)?)?;
        let holder = Value::new(Shape::Object(class), object.taint);
        let ids = match self.state.any_member(&[class], name)?.shape {
            Shape::Bound(method) => vec![method],
            Shape::Functions(methods) => methods.to_vec(),
            _ => return None,
        };
        let ids: Vec<_> = ids.into_iter().filter(|id| self.takes(*id, arguments)).collect();
        if ids.is_empty() {
            return None;
        }
        let span = span(node.range());
        self.state.guessed.insert((self.function, span.start, span.end));
        Some(self.enter(&ids, Some(&holder), arguments, node.range()))
    }

    /// Returns the one of several classes from which all others are derived.
    fn topmost(&self, classes: &[ClassId]) -> Option<ClassId> {
        let derived =
            |class: ClassId, from: ClassId| class == from || self.state.below(from).contains(&class);
        classes.iter().copied().find(|top| classes.iter().all(|class| derived(*class, *top)))
    }

    /// Whether a method accepts that many arguments.
    fn takes(&self, method: usize, arguments: &[Argument]) -> bool {
        let Some(func) = self.state.project.functions.get(method) else { return false };
        let Some(definition) = func.definition else { return false };
        let plain = arguments.iter().filter(|one| one.name.is_none() && !one.spread).count();
        let named = arguments.iter().filter_map(|one| one.name.as_deref());
        let (any, any_name) = (definition.parameters.vararg.is_some(), definition.parameters.kwarg.is_some());
        (any || plain < func.parameters.len())
            && (any_name || named.into_iter().all(|name| func.named(name).is_some()))
    }
}

/// Whether nothing is known of an object, not even what it was taken from.
pub(super) fn is_unknown(object: &Value) -> bool {
    match &object.shape {
        Shape::Unknown => true,
        Shape::Text(text) => matches!(text.pieces.as_slice(), [Piece::Parameter(_)]),
        _ => false,
    }
}

/// Returns the classes that define each method with a telling name.
fn by_name(project: &Project<'_>) -> BTreeMap<String, Vec<ClassId>> {
    let mut found: BTreeMap<String, Vec<ClassId>> = BTreeMap::new();
    for (class, known) in project.classes.iter().enumerate() {
        for name in
            known.methods.keys().filter(|name| !name.starts_with('_') && words(name).len() >= FEWEST_WORDS)
        {
            found.entry(name.clone()).or_default().push(class);
        }
    }
    found.retain(|_, classes| classes.len() <= MOST_CLASSES);
    found
}
