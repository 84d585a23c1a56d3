//! Lowers string, array and dictionary literals.

use ruff_python_ast::Expr;
use tree_sitter::Node;

use super::lower::Lower;
use super::node::{at, children, fields, parts};
use crate::code::build;

impl Lower<'_> {
    /// Lowers a string with its interpolations.
    pub(super) fn string(&mut self, node: Node<'_>) -> Expr {
        let range = at(node);
        let (mut pieces, mut known) = (Vec::new(), String::new());
        let mut holes = false;
        for part in children(node) {
            match part.kind() {
                "str_escaped_char" => known.push_str(escaped(self.text(part))),
                "interpolated_expression" | "raw_str_interpolation" => {
                    pieces.push(build::piece(&std::mem::take(&mut known), range));
                    let value = self.hole(part);
                    pieces.push(build::hole(value, at(part)));
                    holes = true;
                }
                "raw_str_part" | "raw_str_end_part" => {
                    known.push_str(self.text(part).trim_matches('#').trim_matches('"'));
                }
                _ => known.push_str(self.text(part)),
            }
        }
        if !holes {
            return build::text(&known, range);
        }
        pieces.push(build::piece(&known, range));
        build::template(pieces, range)
    }

    fn hole(&mut self, node: Node<'_>) -> Expr {
        let inner = fields(node, "interpolation").into_iter().next().unwrap_or(node);
        match fields(inner, "value").into_iter().next() {
            Some(value) => self.expression(value),
            None => build::unknown(at(node)),
        }
    }

    pub(super) fn array(&mut self, node: Node<'_>) -> Expr {
        let items = fields(node, "element").into_iter().map(|item| self.expression(item)).collect();
        build::list(items, at(node))
    }

    pub(super) fn dictionary(&mut self, node: Node<'_>) -> Expr {
        let mut items: Vec<(Option<Expr>, Expr)> = Vec::new();
        let (mut key, mut value) = (None, false);
        for part in parts(node) {
            match part.kind() {
                "," => (key, value) = (None, false),
                ":" => value = true,
                _ if part.is_named() && value => {
                    let made = self.expression(part);
                    items.push((key.take(), made));
                }
                _ if part.is_named() => key = Some(self.expression(part)),
                _ => {}
            }
        }
        build::dict(items, at(node))
    }
}

fn escaped(written: &str) -> &str {
    match written {
        "\\n" => "\n",
        "\\t" => "\t",
        "\\\"" => "\"",
        "\\\\" => "\\",
        _ => " ",
    }
}
