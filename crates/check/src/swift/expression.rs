//! Lowers expressions.

use ruff_python_ast::{BoolOp, CmpOp, Expr, Operator, UnaryOp};
use tree_sitter::Node;

use super::lower::Lower;
use super::node::{at, children, field, fields, parts};
use crate::code::build;

impl Lower<'_> {
    pub(super) fn expression(&mut self, node: Node<'_>) -> Expr {
        self.deeper(|lower| lower.inside(node)).unwrap_or_else(|| build::unknown(at(node)))
    }

    fn inside(&mut self, node: Node<'_>) -> Expr {
        let range = at(node);
        match node.kind() {
            "simple_identifier" => self.reference(self.text(node), range),
            "self_expression" => self.own(range),
            "super_expression" => build::name("swift.super", range),
            "boolean_literal" => build::boolean(self.text(node) == "true", range),
            "nil_literal" => build::none(range),
            "integer_literal" | "real_literal" | "hex_literal" | "bin_literal" | "oct_literal" => {
                build::number(self.text(node).parse().unwrap_or(1), range)
            }
            "line_string_literal" | "multi_line_string_literal" | "raw_string_literal" => self.string(node),
            "array_literal" => self.array(node),
            "dictionary_literal" => self.dictionary(node),
            "tuple_expression" => self.tuple(node),
            "call_expression" | "constructor_expression" => self.call(node),
            "navigation_expression" => self.navigation(node),
            "lambda_literal" => self.closure(node),
            "await_expression" => build::awaited(self.only(node, "expr"), range),
            "try_expression" | "as_expression" | "consume_expression" | "unsafe_expression" => {
                self.only(node, "expr")
            }
            "postfix_expression" => self.only(node, "target"),
            "directly_assignable_expression" => self.first(node),
            "if_statement" | "switch_statement" => self.value_of_statement(node),
            _ => self.operation(node),
        }
    }

    /// Returns `self`: the instance, or the type in a static member.
    pub(super) fn own(&mut self, range: ruff_text_size::TextRange) -> Expr {
        match self.around().cloned() {
            Some(around) if around.is_static => self.outer(&around.name, range),
            _ => build::name("self", range),
        }
    }

    fn only(&mut self, node: Node<'_>, name: &str) -> Expr {
        match field(node, name) {
            Some(inner) => self.expression(inner),
            None => self.first(node),
        }
    }

    fn first(&mut self, node: Node<'_>) -> Expr {
        match children(node).into_iter().next() {
            Some(inner) => self.expression(inner),
            None => build::unknown(at(node)),
        }
    }

    fn two(&mut self, node: Node<'_>, left: &str, right: &str) -> (Expr, Expr) {
        (
            self.only(node, left),
            field(node, right).map_or_else(|| build::unknown(at(node)), |one| self.expression(one)),
        )
    }

    fn operation(&mut self, node: Node<'_>) -> Expr {
        let range = at(node);
        match node.kind() {
            "additive_expression" => {
                let plus = node.child_by_field_name("op").is_some_and(|op| op.kind() == "+");
                let (left, right) = self.two(node, "lhs", "rhs");
                build::operate(left, if plus { Operator::Add } else { Operator::Sub }, right, range)
            }
            "bitwise_operation" => {
                // `optionA | optionB`
                let (left, right) = self.two(node, "lhs", "rhs");
                build::list(vec![left, right], range)
            }
            "multiplicative_expression" | "infix_expression" => {
                let (left, right) = self.two(node, "lhs", "rhs");
                build::operate(left, Operator::Sub, right, range)
            }
            "range_expression" => {
                let (start, end) = self.two(node, "start", "end");
                build::operate(start, Operator::Sub, end, range)
            }
            "comparison_expression" | "equality_expression" => {
                let op = node.child_by_field_name("op").map_or("==", |op| op.kind());
                let (left, right) = self.two(node, "lhs", "rhs");
                build::compare(left, compared(op), right, range)
            }
            "conjunction_expression" => self.logical(node, BoolOp::And),
            "disjunction_expression" => self.logical(node, BoolOp::Or),
            "nil_coalescing_expression" => {
                let (value, other) = self.two(node, "value", "if_nil");
                build::either(BoolOp::Or, vec![value, other], range)
            }
            "ternary_expression" => {
                let test = self.only(node, "condition");
                let (yes, no) = self.two(node, "if_true", "if_false");
                build::choice(test, yes, no, range)
            }
            "prefix_expression" => self.prefix(node),
            "check_expression" => {
                let value = self.only(node, "target");
                build::compare(value, CmpOp::Is, build::unknown(range), range)
            }
            _ => build::unknown(range),
        }
    }

    /// Flattens `a && b && c` into one node, so that long chains stay shallow.
    fn logical(&mut self, node: Node<'_>, op: BoolOp) -> Expr {
        let (left, right) = self.two(node, "lhs", "rhs");
        let mut values = match left {
            Expr::BoolOp(left) if left.op == op => left.values,
            left => vec![left],
        };
        values.push(right);
        build::either(op, values, at(node))
    }

    fn prefix(&mut self, node: Node<'_>) -> Expr {
        let range = at(node);
        let sign = parts(node).first().map_or("", |part| self.text(*part));
        if sign == "." {
            // `.system` of an inferred type.
            let name = field(node, "target").map_or("", |target| self.text(target));
            return build::text(name, range);
        }
        let value = self.only(node, "target");
        match sign {
            "!" => build::unary(UnaryOp::Not, value, range),
            "-" => build::unary(UnaryOp::USub, value, range),
            _ => value,
        }
    }

    pub(super) fn navigation(&mut self, node: Node<'_>) -> Expr {
        let range = at(node);
        let Some(target) = field(node, "target") else { return build::unknown(range) };
        let suffix = field(node, "suffix").and_then(|suffix| field(suffix, "suffix"));
        let name = suffix.map_or("", |suffix| self.text(suffix)).trim_matches('`');
        // A nested type is known by its own name.
        let is_type = name.starts_with(|ch: char| ch.is_ascii_uppercase()) && self.index.own(name).is_some();
        if is_type && self.text(target).starts_with(|ch: char| ch.is_ascii_uppercase()) {
            return self.outer(name, range);
        }
        if target.kind() == "key_path_expression" {
            return build::unknown(range);
        }
        let object = match target.kind() {
            "simple_identifier" if self.text(target) == "Self" => {
                let name = self.around().map(|around| around.name.clone()).unwrap_or_default();
                self.outer(&name, at(target))
            }
            _ => self.expression(target),
        };
        match name {
            "self" | "wrappedValue" | "projectedValue" => object,
            _ => build::attribute(object, name, range),
        }
    }

    fn tuple(&mut self, node: Node<'_>) -> Expr {
        let mut values: Vec<Expr> =
            fields(node, "value").into_iter().map(|value| self.expression(value)).collect();
        match values.len() {
            1 => values.pop().unwrap_or_else(|| build::unknown(at(node))),
            _ => build::list(values, at(node)),
        }
    }

    /// Lowers `let x = if a { 1 } else { 2 }`.
    fn value_of_statement(&mut self, node: Node<'_>) -> Expr {
        let range = at(node);
        let name = Self::fresh("value", range);
        let outside = self.into.replace(name.clone());
        self.bind(&name);
        self.statement(node);
        self.into = outside;
        build::name(&name, range)
    }
}

fn compared(operator: &str) -> CmpOp {
    match operator {
        "==" | "===" => CmpOp::Eq,
        "!=" | "!==" => CmpOp::NotEq,
        "<" => CmpOp::Lt,
        "<=" => CmpOp::LtE,
        ">" => CmpOp::Gt,
        _ => CmpOp::GtE,
    }
}
