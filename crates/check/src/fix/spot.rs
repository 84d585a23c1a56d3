//! A string literal and its context.

use std::ops::Range;

use ruff_python_ast::{
    DictItem, Expr, ExprCall, ExprStringLiteral, Identifier, Keyword, Stmt, StmtFunctionDef,
};
use ruff_text_size::{Ranged, TextRange};

use super::code::span;

/// A node of the tree.
#[derive(Clone, Copy)]
pub(super) enum Node<'s> {
    Stmt(&'s Stmt),
    Expr(&'s Expr),
}

/// An argument of the same call, or an item of the same dictionary.
pub(super) struct Beside<'s> {
    /// Its name; empty if it has none that can be read, as for `**settings`.
    pub name: &'s str,
    /// The strings it may be: also the default of `process.env.X ?? "…"` or of `os.environ.get("X", "…")`.
    pub texts: Vec<&'s str>,
}

impl<'s> Beside<'s> {
    fn new(name: Option<&'s str>, value: &'s Expr) -> Self {
        let mut texts = Vec::new();
        gather(value, &mut texts);
        Self { name: name.unwrap_or_default(), texts }
    }
}

/// A string literal that can be replaced by an expression.
pub(super) struct Spot<'s> {
    /// Span of the literal, including its quotation marks.
    pub span: Range<usize>,
    /// Its value.
    pub text: &'s str,
    /// The argument, key or variable it is assigned to; empty if there is none.
    pub name: &'s str,
    /// The callee it is passed to, if any.
    pub callee: Option<&'s Expr>,
    /// What else the same call or dictionary is given.
    pub beside: Vec<Beside<'s>>,
    /// If the literal is the default of an environment lookup: the span of the whole expression, and the variable.
    pub default_of: Option<(Range<usize>, &'s str)>,
}

impl<'s> Spot<'s> {
    /// `None` where an expression cannot replace the literal: docstrings, annotations, keys.
    pub(super) fn of(literal: &'s ExprStringLiteral, above: &[Node<'s>]) -> Option<Self> {
        if literal.value.is_implicit_concatenated() {
            return None;
        }
        let range = literal.range();
        let mut spot = Self {
            span: span(range),
            text: literal.value.to_str(),
            name: "",
            callee: None,
            beside: Vec::new(),
            default_of: None,
        };
        match *above.last()? {
            Node::Stmt(statement) => spot.name = of_statement(statement, range)?,
            Node::Expr(Expr::Call(call)) => spot.given(call, range),
            Node::Expr(Expr::Dict(dict)) => {
                let item = dict.items.iter().find(|item| item.value.range() == range)?;
                spot.name = item.key.as_ref().and_then(literal_text).unwrap_or_default();
                spot.callee = above.iter().rev().nth(1).and_then(callee);
                let beside =
                    |item: &'s DictItem| Beside::new(item.key.as_ref().and_then(literal_text), &item.value);
                spot.beside = dict.items.iter().map(beside).collect();
            }
            Node::Expr(Expr::BoolOp(node)) => {
                let variable = node.values.first().and_then(variable)?;
                spot.default_of = Some((span(node.range()), variable));
            }
            Node::Expr(_) => return None,
        }
        Some(spot)
    }

    fn given(&mut self, call: &'s ExprCall, range: TextRange) {
        let keywords = call.arguments.keywords.iter();
        let named = keywords.clone().find(|keyword| keyword.value.range() == range);
        self.name = named.and_then(|keyword| keyword.arg.as_ref()).map_or("", |name| name.as_str());
        self.callee = Some(&call.func);
        let beside =
            |keyword: &'s Keyword| Beside::new(keyword.arg.as_ref().map(Identifier::as_str), &keyword.value);
        self.beside = keywords.map(beside).collect();
        let first = call.arguments.args.first().filter(|first| first.range() != range);
        if asks_environment(&call.func) {
            self.default_of = first.and_then(literal_text).map(|name| (span(call.range()), name));
        }
    }

    /// Returns the last component of the callee: `OpenAI` of `openai.OpenAI`.
    pub(super) fn called(&self) -> &'s str {
        self.callee.map_or("", last)
    }
}

/// Returns the last component of a dotted name.
pub(super) fn last(expression: &Expr) -> &str {
    match expression {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => "",
    }
}

fn callee<'s>(node: &Node<'s>) -> Option<&'s Expr> {
    match node {
        Node::Expr(Expr::Call(call)) => Some(&call.func),
        _ => None,
    }
}

fn literal_text(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::StringLiteral(text) => Some(text.value.to_str()),
        _ => None,
    }
}

/// Collects the string literals that an expression may evaluate to, or that its value is built from.
fn gather<'s>(expression: &'s Expr, texts: &mut Vec<&'s str>) {
    match expression {
        Expr::StringLiteral(text) => texts.push(text.value.to_str()),
        Expr::BoolOp(node) => node.values.iter().for_each(|value| gather(value, texts)),
        Expr::BinOp(node) => [&node.left, &node.right].into_iter().for_each(|side| gather(side, texts)),
        Expr::If(node) => [&node.body, &node.orelse].into_iter().for_each(|side| gather(side, texts)),
        Expr::Call(call) => {
            let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
            call.arguments.args.iter().chain(keywords).for_each(|argument| gather(argument, texts));
        }
        Expr::Dict(dict) => dict.items.iter().for_each(|item| gather(&item.value, texts)),
        _ => {}
    }
}

/// `os.getenv`, `os.environ.get`
fn asks_environment(callee: &Expr) -> bool {
    match callee {
        Expr::Attribute(node) if node.attr.as_str() == "get" => last(&node.value) == "environ",
        other => last(other) == "getenv",
    }
}

/// The variable of `process.env.NAME`.
fn variable(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Attribute(node) if last(&node.value) == "env" => Some(node.attr.as_str()),
        _ => None,
    }
}

/// Returns the name a statement assigns a value to, empty if it has none; `None` if the literal is not used as a value.
fn of_statement(statement: &Stmt, range: TextRange) -> Option<&str> {
    match statement {
        Stmt::Assign(node) if node.value.range() == range => Some(node.targets.first().map_or("", last)),
        Stmt::AnnAssign(node) if node.value.as_ref().is_some_and(|value| value.range() == range) => {
            Some(last(&node.target))
        }
        Stmt::FunctionDef(function) => default(function, range),
        Stmt::Return(_) => Some(""),
        _ => None,
    }
}

/// Returns the parameter whose default value this is.
fn default(function: &StmtFunctionDef, range: TextRange) -> Option<&str> {
    let mut all = function.parameters.iter_non_variadic_params();
    let one = all.find(|one| one.default.as_ref().is_some_and(|value| value.range() == range))?;
    Some(one.parameter.name.as_str())
}
