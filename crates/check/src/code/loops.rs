//! What the form of a test or a loop tells by itself.

use std::rc::Rc;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{
    BoolOp, CmpOp, Expr, Number, Pattern, Stmt, StmtFor, StmtFunctionDef, StmtWhile, UnaryOp,
};
use ruff_text_size::Ranged;

use super::api::web::waits;
use super::value::{Shape, Value};
use super::walk::{Walk, span};
use crate::facts::{Call, Loop, Taint};

/// Maximum literal items for each of which a loop is walked.
const MOST_NAMES: usize = 8;

impl Walk<'_, '_> {
    pub(super) fn for_loop(&mut self, node: &StmtFor) {
        let all = self.eval(&node.iter);
        // What is done for each of a few literal names is done for all of them, and not for one joined value:
        // `for table in ("messages", "consents")`.
        if self.breaks.is_empty() {
            for one in few_names(&all) {
                let before = self.env.clone();
                self.assign(&node.target, one);
                self.breaks.push(None);
                self.block(&node.body);
                self.breaks.pop();
                self.env = before;
            }
        }
        let items = gone_through(&all, self.script);
        let broken = self.rounds(&node.body, |walk| walk.assign(&node.target, items.clone()));
        self.block(&node.orelse);
        if let Some(broken) = broken {
            self.env.merge(broken);
        }
    }

    /// Marks the inputs of a tool call: the model chose them.
    pub(super) fn called_by_model(&mut self) {
        let names: Vec<(Rc<str>, Value)> =
            self.env.names.iter().map(|(name, value)| (Rc::clone(name), value.clone())).collect();
        for (name, value) in names {
            if value.taint.is_symbolic() || value.taint.has(Taint::LOCAL) {
                self.env.set(name, Value { taint: value.taint | Taint::TOOL, ..value });
            }
        }
    }

    /// Records a function that calls itself without counting how often.
    pub(super) fn note_recursion(&mut self, definition: &StmtFunctionDef) {
        let own = self.function;
        let again =
            // A dispatcher that picks one of many functions by name may pick any of them.
            self.calls.values().find(|call| call.callees.contains(&own) && call.callees.len() < 4).map(|call| call.span.clone());
        let Some(again) = again.filter(|_| !counts_itself(definition)) else { return };
        let paced = self.calls.values().any(|call| waits(&call.target));
        let tools = speaks_of_tools(&definition.body);
        self.loops.push(Loop { span: again, tools, paced, body: span(definition.range()) });
    }

    /// Records a loop without a certain end.
    pub(super) fn note_loop(&mut self, node: &StmtWhile) {
        let range = node.range();
        let body = span(range);
        if self.loops.iter().any(|other| other.body == body) {
            return;
        }
        let within = |call: &&Call| body.start <= call.span.start && call.span.end <= body.end;
        let paced = self.calls.values().filter(within).any(|call| waits(&call.target));
        let head = body.start..node.test.range().end().to_usize();
        self.loops.push(Loop { span: head, tools: handles_tools(node), paced, body });
    }
}

/// Iterates over a dictionary: its keys, or pairs of keys and values.
pub(super) fn by_key(dict: &Value, with_items: bool) -> Value {
    let key = Value::of(dict.taint.without(Taint::CONSENT));
    let each = if with_items {
        Value::new(Shape::List(Rc::new(vec![key, dict.item(None)])), Taint::NONE)
    } else {
        key
    };
    Value::new(Shape::List(Rc::new(vec![each])), Taint::NONE)
}

/// Returns an item of what a loop iterates over; for a Python dictionary, a key.
pub(super) fn gone_through(all: &Value, script: bool) -> Value {
    match &all.shape {
        Shape::Dict(items) if !script && !items.is_empty() => by_key(all, false).item(None),
        _ => all.item(None),
    }
}

/// Whether a recursive function counts how often: by a parameter, or by a test that leaves.
fn counts_itself(definition: &StmtFunctionDef) -> bool {
    const COUNTS: &[&str] = &[
        "depth",
        "round*",
        "step*",
        "count*",
        "iter*",
        "max*",
        "limit*",
        "remaining",
        "left",
        "turn*",
        "attempt*",
        "retries",
        "retry*",
        "level",
        "hops",
        "n",
    ];
    let counted = |name: &str| super::api::names(name, COUNTS);
    definition.parameters.iter().any(|one| counted(one.name().as_str())) || leaves_by_size(&definition.body)
}

/// Returns the items of a short list, if all of them are literals.
fn few_names(all: &Value) -> Vec<Value> {
    match &all.shape {
        Shape::List(items) if (2..=MOST_NAMES).contains(&items.len()) => {
            let written = items.iter().all(|item| item.known_text().is_some());
            if written { items.to_vec() } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// Returns the truth value of a literal test.
pub(super) fn constant(test: &Expr) -> Option<bool> {
    match test {
        Expr::BooleanLiteral(node) => Some(node.value),
        Expr::NoneLiteral(_) => Some(false),
        Expr::NumberLiteral(node) => match &node.value {
            Number::Int(value) => Some(value.as_u8() != Some(0)),
            _ => None,
        },
        Expr::UnaryOp(node) if node.op == UnaryOp::Not => constant(&node.operand).map(|value| !value),
        _ => None,
    }
}

/// `method === "tools/call"`: a tool server that implements the protocol itself.
pub(super) fn is_tool_call(test: &Expr) -> bool {
    let Expr::Compare(node) = test else { return false };
    let says = |side: &Expr| matches!(side, Expr::StringLiteral(said) if said.value.to_str() == "tools/call");
    node.ops.first() == Some(&CmpOp::Eq) && (says(&node.left) || node.comparators.first().is_some_and(says))
}

/// `__name__ == "__main__"`
pub(super) fn is_main(test: &Expr) -> bool {
    let Expr::Compare(node) = test else { return false };
    let is_name = |side: &Expr| matches!(side, Expr::Name(name) if name.id.as_str() == "__name__");
    node.comparators.first().is_some_and(|right| is_name(&node.left) || is_name(right))
}

/// Whether a loop is bounded: its test compares a count, or its body leaves when a count is reached.
pub(super) fn is_bounded(node: &StmtWhile) -> bool {
    goes_on_by_count(&node.test) || leaves_by_size(&node.body)
}

/// Whether a loop that goes on while a test holds ends by a count: `while more and rounds < 9`. A loop that goes on for
/// either of two reasons needs a count for both.
fn goes_on_by_count(test: &Expr) -> bool {
    match test {
        Expr::BoolOp(node) if node.op == BoolOp::Or => node.values.iter().all(goes_on_by_count),
        Expr::BoolOp(node) => node.values.iter().any(goes_on_by_count),
        Expr::UnaryOp(node) if node.op == UnaryOp::Not => leaves_by_count(&node.operand),
        other => compares_count(other),
    }
}

/// Whether a test that ends a loop where it holds counts: `if done or rounds > 9`. A loop that also wants something else
/// before it leaves at its limit still has one.
fn leaves_by_count(test: &Expr) -> bool {
    match test {
        Expr::BoolOp(node) => node.values.iter().any(leaves_by_count),
        Expr::UnaryOp(node) if node.op == UnaryOp::Not => goes_on_by_count(&node.operand),
        other => compares_count(other),
    }
}

/// Whether something leaves when a count is reached.
fn leaves_by_size(body: &[Stmt]) -> bool {
    struct Counts {
        found: bool,
    }
    impl<'a> Visitor<'a> for Counts {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            if let Stmt::If(node) = statement
                && leaves_by_count(&node.test)
                && node
                    .body
                    .iter()
                    .any(|inner| matches!(inner, Stmt::Break(_) | Stmt::Return(_) | Stmt::Raise(_)))
            {
                self.found = true;
            }
            walk_stmt(self, statement);
        }
    }
    let mut counts = Counts { found: false };
    for statement in body {
        counts.visit_stmt(statement);
    }
    counts.found
}

/// Whether a comparison limits something. Whether a list is empty limits nothing: `while len(calls) > 0` goes on for as long
/// as the model calls tools.
fn compares_count(test: &Expr) -> bool {
    let Expr::Compare(node) = test else { return false };
    let sized = node.ops.iter().any(|op| matches!(op, CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE));
    let few = |side: &Expr| matches!(side, Expr::NumberLiteral(number) if matches!(&number.value, Number::Int(value) if value.as_u8().is_some_and(|value| value < 2)));
    let mut sides = std::iter::once(&*node.left).chain(node.comparators.iter());
    let empty = sides.clone().any(few) && sides.any(is_length);
    sized && !empty
}

/// `len(calls)`, `calls.length`
fn is_length(side: &Expr) -> bool {
    match side {
        Expr::Call(call) => matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "len"),
        Expr::Attribute(part) => matches!(part.attr.as_str(), "length" | "size"),
        _ => false,
    }
}

/// Whether a loop handles tool calls.
pub(super) fn handles_tools(node: &StmtWhile) -> bool {
    let mut test = Tools { found: false };
    test.visit_expr(&node.test);
    test.found || speaks_of_tools(&node.body)
}

struct Tools {
    found: bool,
}

fn speaks_of_tools(body: &[Stmt]) -> bool {
    let mut tools = Tools { found: false };
    for statement in body {
        tools.visit_stmt(statement);
    }
    tools.found
}

impl<'a> Visitor<'a> for Tools {
    fn visit_expr(&mut self, expression: &'a Expr) {
        const WORDS: &[&str] = &[
            "tool_calls",
            "tool_call",
            "function_call",
            "tool_use",
            "tool_call_id",
            "call_tool",
            "stop_reason",
            "toolCalls",
            "toolCall",
            "functionCalls",
            "functionCall",
            "function_calls",
            "function_response",
            "functionResponse",
            "toolUse",
            "tool_uses",
            "toolUseId",
            "tool_result",
            "toolResult",
            "callTool",
            "submit_tool_outputs",
            "submitToolOutputs",
            "stopReason",
        ];
        self.found |= match expression {
            Expr::StringLiteral(text) => WORDS.contains(&text.value.to_str()),
            Expr::Attribute(attribute) => WORDS.contains(&attribute.attr.as_str()),
            Expr::Name(name) => WORDS.contains(&name.id.as_str()),
            _ => false,
        };
        walk_expr(self, expression);
    }
}

/// Returns the names that a pattern binds.
pub(super) fn captured(pattern: &Pattern) -> Vec<&str> {
    struct Names<'a> {
        found: Vec<&'a str>,
    }
    impl<'a> Visitor<'a> for Names<'a> {
        fn visit_pattern(&mut self, pattern: &'a Pattern) {
            let name = match pattern {
                Pattern::MatchAs(node) => node.name.as_ref(),
                Pattern::MatchStar(node) => node.name.as_ref(),
                Pattern::MatchMapping(node) => node.rest.as_ref(),
                _ => None,
            };
            self.found.extend(name.map(ruff_python_ast::Identifier::as_str));
            walk_pattern(self, pattern);
        }
    }
    let mut names = Names { found: Vec::new() };
    names.visit_pattern(pattern);
    names.found
}
