//! Lowers calls: labels, trailing closures, and form fields bound to a property.

use ruff_python_ast::Expr;
use ruff_text_size::TextRange;
use tree_sitter::Node;

use super::lower::Lower;
use super::node::{at, children, field, fields, parts};
use crate::code::{TRAILING, build};

/// Views in which people enter or choose something.
const TYPED: &[&str] = &[
    "TextField",
    "SecureField",
    "TextEditor",
    "searchable",
    "DatePicker",
    "PhotosPicker",
    "Toggle",
    "photosPicker",
    "fileImporter",
];

impl Lower<'_> {
    pub(super) fn call(&mut self, node: Node<'_>) -> Expr {
        let range = at(node);
        let Some(target) = children(node).into_iter().next() else { return build::unknown(range) };
        let suffix = children(node)
            .into_iter()
            .find(|part| matches!(part.kind(), "call_suffix" | "constructor_suffix"));
        let Some(suffix) = suffix else { return self.expression(target) };
        if self.is_subscript(suffix) {
            return self.subscript(target, suffix, range);
        }
        let callee = self.callee(target);
        let given = self.arguments(suffix);
        self.write_bindings(target, suffix);
        build::call_labelled(callee, given, range)
    }

    fn is_subscript(&self, suffix: Node<'_>) -> bool {
        self.text(suffix).starts_with('[')
    }

    fn subscript(&mut self, target: Node<'_>, suffix: Node<'_>, range: TextRange) -> Expr {
        let object = self.expression(target);
        let key = arguments_of(suffix).into_iter().next().and_then(|one| field(one, "value"));
        let key = key.map_or_else(|| build::unknown(range), |key| self.expression(key));
        build::subscript(object, key, range)
    }

    fn callee(&mut self, target: Node<'_>) -> Expr {
        let range = at(target);
        match target.kind() {
            // `.user(…)` or `.init(…)` of an inferred type.
            "prefix_expression" if self.text(target).starts_with('.') => {
                let name = self.text(target).trim_start_matches('.').to_owned();
                build::name(&format!("swift.implicit.{name}"), range)
            }
            // `Type<Other>(…)`
            "user_type" => self.type_of(target).unwrap_or_else(|| build::unknown(range)),
            "navigation_expression" => match self.navigation(target) {
                // `Type.init(…)`
                Expr::Attribute(made) if made.attr.as_str() == "init" => *made.value,
                other => other,
            },
            _ => self.expression(target),
        }
    }

    fn arguments(&mut self, suffix: Node<'_>) -> Vec<(Option<String>, Expr)> {
        let mut given: Vec<(Option<String>, Expr)> =
            arguments_of(suffix).into_iter().map(|one| self.argument(one)).collect();
        let mut label = TRAILING.to_owned();
        for part in children(suffix) {
            match part.kind() {
                "simple_identifier" => self.text(part).clone_into(&mut label),
                "lambda_literal" => {
                    let closure = self.expression(part);
                    given.push((Some(std::mem::take(&mut label)), closure));
                }
                _ => {}
            }
        }
        given
    }

    fn argument(&mut self, node: Node<'_>) -> (Option<String>, Expr) {
        let label = field(node, "name").map(|label| self.text(label).to_owned());
        let value = match field(node, "value") {
            Some(value) => self.expression(value),
            None => build::unknown(at(node)),
        };
        (label, value)
    }

    /// Lowers the binding in `TextField("…", text: $said)`: the property then holds what is typed. A view of the project passes
    /// on what it was given.
    fn write_bindings(&mut self, target: Node<'_>, suffix: Node<'_>) {
        for one in arguments_of(suffix) {
            let Some(value) = field(one, "value").filter(|value| self.text(*value).starts_with('$')) else {
                continue;
            };
            let label = field(one, "name").map(|label| self.text(label)).unwrap_or_default();
            let range = at(value);
            let Some(typed) = self.typed(target, label, range) else { continue };
            let written = self.text(value).trim_start_matches('$');
            if let Some(key) = self.kept(written) {
                self.keep(&key, typed.clone(), range);
            }
            let place = self.expression(value);
            self.assign(place, typed, range);
        }
    }

    /// Returns what a view writes to its binding.
    fn typed(&mut self, target: Node<'_>, label: &str, range: TextRange) -> Option<Expr> {
        let name = match target.kind() {
            "navigation_expression" => self.text(field(field(target, "suffix")?, "suffix")?),
            _ => self.text(target),
        };
        if TYPED.contains(&name) {
            return Some(build::call(build::name(&format!("swift.typed.{name}"), range), Vec::new(), range));
        }
        let own = self.index.own(name).is_some() && target.kind() == "simple_identifier";
        own.then(|| build::attribute(self.outer(name, range), label, range))
    }

    /// Stores the value of an `@AppStorage` property in the preferences.
    pub(super) fn keep(&mut self, key: &str, value: Expr, range: TextRange) {
        let set = build::name("swift.UserDefaults.standard.set", range);
        let key = (Some("forKey".to_owned()), build::text(key, range));
        let call = build::call_labelled(set, vec![(None, value), key], range);
        self.evaluate(call, range);
    }
}

/// Returns the arguments inside the brackets of a call.
fn arguments_of(suffix: Node<'_>) -> Vec<Node<'_>> {
    let lists = parts(suffix).into_iter().filter(|part| part.kind() == "value_arguments");
    lists.flat_map(children).filter(|part| part.kind() == "value_argument").collect()
}

/// Returns the patterns of a declaration.
pub(super) fn patterns(node: Node<'_>) -> Vec<Node<'_>> {
    fields(node, "name").into_iter().filter(|name| name.kind() == "pattern").collect()
}
