//! Lowers conditions: those of `if`, `guard` and `while`, and the patterns of `case`.

use ruff_python_ast::{BoolOp, CmpOp, Expr};
use tree_sitter::Node;

use super::lower::Lower;
use super::node::{at, children, field, parts};
use crate::code::build;

impl Lower<'_> {
    /// Lowers all conditions of a statement to one test, including the bindings they make.
    pub(super) fn test(&mut self, node: Node<'_>) -> Expr {
        let mut groups: Vec<Vec<Node<'_>>> = vec![Vec::new()];
        for part in parts(node) {
            match part.kind() {
                "if" | "guard" | "while" => {}
                "{" | "else" => break,
                "," => groups.push(Vec::new()),
                _ => {
                    if let Some(group) = groups.last_mut() {
                        group.push(part);
                    }
                }
            }
        }
        let mut all: Vec<Expr> = groups.iter().filter_map(|group| self.condition(group)).collect();
        match all.len() {
            1 => all.pop().unwrap_or_else(|| build::unknown(at(node))),
            _ => build::either(BoolOp::And, all, at(node)),
        }
    }

    fn condition(&mut self, group: &[Node<'_>]) -> Option<Expr> {
        let (first, last) = (group.first()?, group.last()?);
        let range = at(*first).cover(at(*last));
        match first.kind() {
            "value_binding_pattern" => {
                let name = group.iter().find(|part| part.kind() == "simple_identifier")?;
                let written = self.text(*name);
                // `if let x` means `if let x = x`.
                let value =
                    if group.len() > 2 { self.expression(*last) } else { self.reference(written, range) };
                let value = if written == "self" { build::name("self", range) } else { value };
                self.bind(written);
                let bound = build::named(build::name(written, at(*name)), value, range);
                Some(build::compare(bound, CmpOp::IsNot, build::none(range), range))
            }
            "case" => {
                let pattern = group.get(1)?;
                let value = self.expression(*last);
                let mut tests = vec![build::unknown(range)];
                for name in self.names(*pattern, 0) {
                    self.bind(&name);
                    tests.push(build::named(build::name(&name, range), value.clone(), range));
                }
                tests.push(self.matches(*pattern, value));
                Some(build::either(BoolOp::And, tests, range))
            }
            "availability_condition" => Some(build::unknown(range)),
            _ => Some(self.expression(*last)),
        }
    }

    /// Lowers a test of a value against a pattern.
    pub(super) fn matches(&mut self, pattern: Node<'_>, value: Expr) -> Expr {
        let range = at(pattern);
        let inner = children(pattern);
        let written = self.text(pattern).trim_start_matches('.').to_owned();
        match inner.as_slice() {
            [one] if one.kind() != "simple_identifier" && one.kind() != "value_binding_pattern" => {
                let said = self.expression(*one);
                build::compare(value, CmpOp::Eq, said, range)
            }
            [one] if one.kind() == "simple_identifier" && self.text(pattern).starts_with('.') => {
                build::compare(value, CmpOp::Eq, build::text(&written, range), range)
            }
            _ => build::unknown(range),
        }
    }

    /// Returns the names that a pattern binds.
    pub(super) fn names(&self, pattern: Node<'_>, depth: usize) -> Vec<String> {
        if depth > 12 {
            return Vec::new();
        }
        if let Some(name) = field(pattern, "bound_identifier") {
            return vec![self.text(name).to_owned()];
        }
        let inner = children(pattern).into_iter().filter(|part| part.kind() == "pattern");
        inner.flat_map(|part| self.names(part, depth + 1)).collect()
    }
}
