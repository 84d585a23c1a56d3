//! Lowers functions and closures.

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::TextRange;
use tree_sitter::Node;

use super::lower::Lower;
use super::node::{at, child, children, field, fields};
use crate::code::build::{self, Parameter};

/// The header of a function.
pub(super) struct Frame<'f> {
    pub name: &'f str,
    /// Span of its name.
    pub place: TextRange,
    /// Span of the whole definition.
    pub range: TextRange,
    /// Whether its first parameter is `self`.
    pub method: bool,
    pub marks: Vec<Expr>,
}

/// A parameter, with its external and internal name.
pub(super) struct Given {
    pub outside: String,
    pub inside: String,
    pub annotation: Option<Expr>,
    pub default: Option<Expr>,
    pub range: TextRange,
}

impl Given {
    pub(super) fn plain(name: &str, range: TextRange) -> Self {
        let name = name.to_owned();
        Self { outside: name.clone(), inside: name, annotation: None, default: None, range }
    }
}

impl Lower<'_> {
    /// Defines a closure before the statement, and returns its name in its place.
    pub(super) fn closure(&mut self, node: Node<'_>) -> Expr {
        let range = at(node);
        let name = Self::fresh("closure", range);
        let given = self.closure_parameters(node);
        let in_type = self.functions == 0 && self.around().is_some();
        let place = TextRange::empty(range.start());
        let frame = Frame { name: &name, place, range, method: in_type, marks: Vec::new() };
        let body = child(node, "statements").map(children).unwrap_or_default();
        let definition = self.function(&frame, given, |lower| lower.body(&body));
        self.out.push(definition);
        self.bind(&name);
        build::name(&name, range)
    }

    fn closure_parameters(&mut self, node: Node<'_>) -> Vec<Given> {
        if let Some(list) =
            field(node, "type").and_then(|kind| child(kind, "lambda_function_type_parameters"))
        {
            return children(list).into_iter().map(|one| self.closure_parameter(one)).collect();
        }
        // `$0`, `$1`: as many as are used.
        let body = self.text(node);
        let used = ["$0", "$1", "$2"].into_iter().take_while(|name| body.contains(name));
        used.map(|name| Given::plain(name, at(node))).collect()
    }

    fn closure_parameter(&mut self, node: Node<'_>) -> Given {
        let named = fields(node, "name").into_iter().find(|name| name.kind() == "simple_identifier");
        let annotation = field(node, "type").and_then(|kind| self.type_of(kind));
        Given { annotation, ..Given::plain(named.map_or("_", |name| self.text(name)), at(node)) }
    }

    /// Builds a definition from its header, its parameters and its body.
    pub(super) fn function(
        &mut self,
        frame: &Frame<'_>,
        given: Vec<Given>,
        write: impl FnOnce(&mut Self),
    ) -> Stmt {
        let own = frame.method.then(|| Given::plain("self", frame.place));
        let all: Vec<Given> = own.into_iter().chain(given).collect();
        self.functions += 1;
        let into = self.into.take();
        let body = self.block(|lower| {
            for one in &all {
                lower.receive(one);
            }
            write(lower);
        });
        self.into = into;
        self.functions -= 1;
        let parameters = all.into_iter().map(|one| Parameter {
            name: one.outside,
            annotation: one.annotation,
            default: one.default,
            range: one.range,
        });
        let parameters = build::parameters(parameters.collect(), None, frame.place);
        let name = build::identifier(frame.name, frame.place);
        build::function(name, parameters, body, frame.marks.clone(), frame.range)
    }

    /// Binds a parameter's internal name to its external one.
    fn receive(&mut self, one: &Given) {
        self.bind(&one.inside);
        if one.inside != one.outside {
            let value = build::name(&one.outside, one.range);
            self.assign(build::name(&one.inside, one.range), value, one.range);
        }
    }

    /// Lowers the statements of a body; a single expression is its return value.
    pub(super) fn body(&mut self, all: &[Node<'_>]) {
        match all {
            [only] if is_value(*only) => {
                let value = self.expression(*only);
                self.out.push(build::leave(Some(value), at(*only)));
            }
            _ => self.statements(all),
        }
    }

    /// Lowers the parameters of a declaration. A default value follows its parameter.
    pub(super) fn parameters(&mut self, node: Node<'_>) -> Vec<Given> {
        let defaults = fields(node, "default_value");
        let mut given: Vec<Given> = Vec::new();
        let mut cursor = node.walk();
        let all: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        for part in all {
            if part.kind() == "parameter" {
                given.push(self.parameter(part));
            } else if defaults.contains(&part) {
                let value = self.expression(part);
                if let Some(last) = given.last_mut() {
                    last.default = Some(value);
                }
            }
        }
        given
    }

    fn parameter(&mut self, node: Node<'_>) -> Given {
        let names = fields(node, "name");
        let inside = names.first().map_or("_", |name| self.text(*name)).to_owned();
        let outside = field(node, "external_name").map(|name| self.text(name)).filter(|name| *name != "_");
        let outside = outside.map_or_else(|| inside.clone(), str::to_owned);
        let annotation = names.last().filter(|_| names.len() > 1).and_then(|kind| self.type_of(*kind));
        Given { outside, inside, annotation, default: None, range: at(node) }
    }
}

/// Whether a statement is an expression.
pub(super) fn is_value(node: Node<'_>) -> bool {
    node.kind().ends_with("_expression")
        || node.kind().ends_with("_literal")
        || matches!(node.kind(), "simple_identifier" | "if_statement" | "switch_statement")
}
