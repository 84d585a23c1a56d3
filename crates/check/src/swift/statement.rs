//! Lowers statements.

use ruff_python_ast::{BoolOp, Expr, Suite, UnaryOp};
use ruff_text_size::TextRange;
use tree_sitter::Node;

use super::call::patterns;
use super::closure::is_value;
use super::lower::Lower;
use super::node::{at, child, children, field, fields, parts};
use crate::code::build;

impl Lower<'_> {
    pub(super) fn statement(&mut self, node: Node<'_>) {
        let range = at(node);
        match node.kind() {
            "statements" => self.statements(&children(node)),
            "property_declaration" => self.variable(node),
            "function_declaration" => self.function_declaration(node),
            "class_declaration" | "protocol_declaration" => self.class(node),
            "if_statement" => self.branch(node),
            "guard_statement" => self.guard(node),
            "for_statement" => self.for_loop(node),
            "while_statement" | "repeat_while_statement" => self.while_loop(node),
            "do_statement" => self.attempt(node),
            "switch_statement" => self.switch(node),
            "assignment" => self.assignment(node),
            "control_transfer_statement" => self.leave(node),
            "macro_invocation" | "import_declaration" | "typealias_declaration" => {}
            _ if is_value(node) => {
                let value = self.expression(node);
                match self.into.clone() {
                    Some(name) => self.assign(build::name(&name, range), value, range),
                    None => self.evaluate(value, range),
                }
            }
            _ => {}
        }
    }

    fn nested(&mut self, node: Option<Node<'_>>) -> Suite {
        let all = node.map(children).unwrap_or_default();
        self.block(|lower| lower.statements(&all))
    }

    fn branch(&mut self, node: Node<'_>) {
        let test = self.test(node);
        let blocks: Vec<Node<'_>> = children(node)
            .into_iter()
            .filter(|part| matches!(part.kind(), "statements" | "else" | "if_statement"))
            .collect();
        let otherwise = blocks.iter().position(|part| part.kind() == "else").unwrap_or(blocks.len());
        let (yes, no) = blocks.split_at(otherwise);
        let yes = self.nested(yes.first().copied());
        let mut all = vec![(Some(test), yes)];
        match no.get(1) {
            Some(other) if other.kind() == "if_statement" => {
                let other = self.block(|lower| {
                    lower.deeper(|lower| lower.branch(*other));
                });
                all.push((None, other));
            }
            Some(other) => all.push((None, self.nested(Some(*other)))),
            None => {}
        }
        self.out.push(build::branches(all, at(node)));
    }

    /// Lowers `guard a else { return }`: the block runs if the test is false.
    fn guard(&mut self, node: Node<'_>) {
        let range = at(node);
        let test = self.test(node);
        let body = self.nested(child(node, "statements"));
        let failed = build::unary(UnaryOp::Not, test, range);
        self.out.push(build::branches(vec![(Some(failed), body)], range));
    }

    fn for_loop(&mut self, node: Node<'_>) {
        let range = at(node);
        let items =
            field(node, "collection").map_or_else(|| build::unknown(range), |one| self.expression(one));
        let names = field(node, "item").map(|item| self.names(item, 0)).unwrap_or_default();
        let target = match names.as_slice() {
            [name] => build::name(name, range),
            _ => build::list(names.iter().map(|name| build::name(name, range)).collect(), range),
        };
        let statements = child(node, "statements");
        let filter = child(node, "where_clause");
        let body = self.block(|lower| {
            for name in &names {
                lower.bind(name);
            }
            let test = filter.and_then(|filter| children(filter).into_iter().next_back());
            let test = test.map(|test| lower.expression(test));
            let body = lower.nested(statements);
            match test {
                Some(test) => lower.out.push(build::branches(vec![(Some(test), body)], range)),
                None => lower.out.extend(body),
            }
        });
        self.out.push(build::for_loop(target, items, body, range));
    }

    fn while_loop(&mut self, node: Node<'_>) {
        let test = match node.kind() {
            "while_statement" => self.test(node),
            _ => field(node, "condition")
                .map_or_else(|| build::unknown(at(node)), |test| self.expression(test)),
        };
        let body = self.nested(child(node, "statements"));
        self.out.push(build::while_loop(test, body, at(node)));
    }

    fn attempt(&mut self, node: Node<'_>) {
        let range = at(node);
        let body = self.nested(child(node, "statements"));
        let catches: Vec<Node<'_>> =
            children(node).into_iter().filter(|part| part.kind() == "catch_block").collect();
        if catches.is_empty() {
            self.out.extend(body);
            return;
        }
        let handler = self.block(|lower| {
            let all =
                catches.iter().map(|one| (Some(build::unknown(at(*one))), lower.handler(*one))).collect();
            lower.out.push(build::branches(all, range));
        });
        self.out.push(build::attempt(body, Some(handler), Suite::new(), range));
    }

    fn handler(&mut self, node: Node<'_>) -> Suite {
        let names = field(node, "error").map(|error| self.names(error, 0)).unwrap_or_default();
        let statements = child(node, "statements");
        self.block(|lower| {
            for name in names.iter().map(String::as_str).chain(["error"]) {
                lower.bind(name);
                lower.assign(build::name(name, at(node)), build::unknown(at(node)), at(node));
            }
            lower.statements(&statements.map(children).unwrap_or_default());
        })
    }

    /// Lowers a `switch` to a chain of tests.
    fn switch(&mut self, node: Node<'_>) {
        let range = at(node);
        let subject = field(node, "expr").map_or_else(|| build::unknown(range), |one| self.expression(one));
        let held = Self::fresh("subject", range);
        self.bind(&held);
        self.assign(build::name(&held, range), subject, range);
        let entries = children(node).into_iter().filter(|part| part.kind() == "switch_entry");
        let all = entries.map(|entry| self.entry(entry, &build::name(&held, range))).collect();
        self.out.push(build::branches(all, range));
    }

    fn entry(&mut self, node: Node<'_>, subject: &Expr) -> (Option<Expr>, Suite) {
        let range = at(node);
        let found = children(node).into_iter().filter(|part| part.kind() == "switch_pattern");
        let found: Vec<Node<'_>> = found.flat_map(children).collect();
        let tests: Vec<Expr> = found.iter().map(|one| self.matches(*one, subject.clone())).collect();
        let statements = child(node, "statements");
        let body = self.block(|lower| {
            for name in found.iter().flat_map(|one| lower.names(*one, 0)).collect::<Vec<_>>() {
                lower.bind(&name);
                lower.assign(build::name(&name, range), subject.clone(), range);
            }
            lower.statements(&statements.map(children).unwrap_or_default());
        });
        let fallback = child(node, "default_keyword").is_some();
        ((!fallback).then(|| build::either(BoolOp::Or, tests, range)), body)
    }

    fn leave(&mut self, node: Node<'_>) {
        let range = at(node);
        let value = fields(node, "result").into_iter().next();
        let kind = parts(node).first().map_or("", |part| self.text(*part));
        match kind {
            // A `break` that leaves a `switch` ends no loop. One with a label leaves what has that label.
            "break" if value.is_some() || leaves_loop(node) => self.out.push(build::stop(range)),
            "continue" => self.out.push(build::next(range)),
            _ if kind.starts_with("throw") => {
                let value = children(node).into_iter().next_back().map(|value| self.expression(value));
                self.out.push(build::raise(value.unwrap_or_else(|| build::unknown(range)), range));
            }
            "return" => {
                let value = value.map(|value| self.expression(value));
                self.out.push(build::leave(value, range));
            }
            _ => {}
        }
    }

    fn assignment(&mut self, node: Node<'_>) {
        let range = at(node);
        let Some(target) = field(node, "target").and_then(|target| children(target).into_iter().next())
        else {
            return;
        };
        let value = field(node, "result").map_or_else(|| build::unknown(range), |one| self.expression(one));
        let plain = node.child_by_field_name("operator").is_none_or(|sign| sign.kind() == "=");
        let place = self.place(target, range);
        let value = if plain {
            value
        } else {
            build::operate(place.clone(), ruff_python_ast::Operator::Add, value, range)
        };
        let name = self.text(target);
        if let Some(key) = self.kept(name) {
            self.keep(&key, value.clone(), range);
        }
        self.assign(place, value, range);
    }

    fn place(&mut self, target: Node<'_>, range: TextRange) -> Expr {
        match target.kind() {
            "simple_identifier" => self.assigned(self.text(target), range),
            _ => self.expression(target),
        }
    }

    /// Lowers a local or global variable.
    fn variable(&mut self, node: Node<'_>) {
        let range = at(node);
        let values = fields(node, "value");
        for (index, pattern) in patterns(node).into_iter().enumerate() {
            let value = values.get(index).map(|value| self.expression(*value));
            let value = match field(node, "computed_value") {
                Some(body) if value.is_none() => Some(self.computed_at_once(body)),
                _ => value,
            };
            let Some(name) = field(pattern, "bound_identifier").map(|name| self.text(name)) else {
                self.take_apart(pattern, value, range);
                continue;
            };
            let target = build::name(name, at(pattern));
            let annotation = child(node, "type_annotation").and_then(|said| self.annotation(said));
            self.bind(name);
            self.out.push(match annotation {
                Some(annotation) => build::declare(target, annotation, value, range),
                None => build::assign(target, value.unwrap_or_else(|| build::none(range)), range),
            });
        }
    }

    /// Lowers `let (data, response) = …`.
    fn take_apart(&mut self, pattern: Node<'_>, value: Option<Expr>, range: TextRange) {
        let parts = children(pattern).into_iter().filter(|part| part.kind() == "pattern");
        let names: Vec<Expr> = parts.map(|part| build::name(self.text(part), at(part))).collect();
        for part in children(pattern) {
            self.bind(self.text(part));
        }
        if let Some(value) = value.filter(|_| !names.is_empty()) {
            self.assign(build::list(names, at(pattern)), value, range);
        }
    }
}

/// Whether the innermost statement that a `break` can leave is a loop.
fn leaves_loop(node: Node<'_>) -> bool {
    let around = std::iter::successors(node.parent(), Node::parent);
    let kinds = around.map(|one| one.kind()).find(|kind| {
        matches!(
            *kind,
            "for_statement"
                | "while_statement"
                | "repeat_while_statement"
                | "switch_statement"
                | "lambda_literal"
                | "function_declaration"
        )
    });
    matches!(kinds, Some("for_statement" | "while_statement" | "repeat_while_statement"))
}
