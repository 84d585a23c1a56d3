//! Which expressions are the answer to a consent question.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprBoolOp, ExprCompare, Stmt, StmtFunctionDef, UnaryOp};

use super::api::names;
use super::asked::{is_kept_answer, opts_in};
use super::eval::with_default;
use super::value::{Shape, Value};
use super::walk::Walk;
use crate::facts::Taint;

/// Whether consent is certain when an expression is true, and when it is false.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Judged {
    pub when_true: bool,
    pub when_false: bool,
}

impl Judged {
    fn and(self, other: Self) -> Self {
        Self { when_true: self.when_true || other.when_true, when_false: self.when_false && other.when_false }
    }

    fn or(self, other: Self) -> Self {
        Self { when_true: self.when_true && other.when_true, when_false: self.when_false || other.when_false }
    }
}

const CONSENT: &[&str] = &["consent", "consents", "consented", "consenting", "agreed", "optin"];
/// Words of functions that concern consent without answering whether it was given.
const OTHER: &[&str] = &[
    "record",
    "save",
    "set",
    "revoke",
    "withdraw",
    "log",
    "show",
    "render",
    "print",
    "give",
    "grant",
    "reset",
    "delete",
    "text",
    "notice",
    "message",
    "banner",
    "form",
    "url",
    "page",
    "template",
    "router",
    "handler",
    "purpose",
    "version",
    "update",
    "write",
    "init",
    "load",
    "prompt",
    "configure",
    "manager",
    "client",
    "store",
    "receipt",
    "register",
    "add",
    "create",
    "send",
    "format",
    "build",
    "make",
];
/// Words of functions that return only with consent.
const INSISTS: &[&str] = &["require", "required", "requires", "ensure", "assert", "demand", "enforce"];

/// Whether a function's name says that it answers whether consent was given.
pub(crate) fn answers(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or(name);
    (names(name, CONSENT) || opts_in(name) || name.contains("同意")) && !names(name, OTHER)
}

/// Whether its name says that it returns only with consent.
pub(super) fn insists(name: &str) -> bool {
    answers(name) && names(name.rsplit('.').next().unwrap_or(name), INSISTS)
}

/// Whether data with this name holds a consent answer.
fn holds(name: &str) -> bool {
    names(name, CONSENT) || opts_in(name) || name.contains("同意")
}

/// Whether a function adds whoever it is asked about to those who agreed, and answers from that list:
/// `if user not in agreed: agreed.add(user)`, `return user in agreed`.
pub(super) fn grants_itself(definition: &StmtFunctionDef) -> bool {
    let mut grants = Grants::default();
    definition.body.iter().for_each(|statement| grants.visit_stmt(statement));
    !grants.hears && grants.returned.iter().any(|name| grants.added.contains(name))
}

/// The lists that a function adds to and answers from.
#[derive(Default)]
struct Grants {
    added: Vec<String>,
    returned: Vec<String>,
    /// Whether it asks somebody, or looks at their reply.
    hears: bool,
}

impl<'a> Visitor<'a> for Grants {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::Return(node) = statement
            && let Some(Expr::Compare(test)) = node.value.as_deref()
            && test.ops.first() == Some(&CmpOp::In)
        {
            self.returned.extend(test.comparators.first().and_then(super::project::dotted));
        }
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Call(call) = expression {
            let called = super::project::dotted(&call.func).unwrap_or_default();
            match called.rsplit_once('.') {
                Some((set, "add" | "append")) => self.added.push(set.to_owned()),
                _ => {
                    self.hears |=
                        names(&called, &["input", "ask*", "confirm*", "prompt*", "answer*", "get", "wait*"]);
                }
            }
        }
        walk_expr(self, expression);
    }
}

/// Whether a terminal prompt asks for consent.
pub(crate) fn asks(prompt: &str) -> bool {
    const ENGLISH: &[&str] = &["consent", "agree", "allow", "permission", "may", "permit"];
    const CHINESE: &[&str] = &["同意", "允许", "授权", "许可", "是否可以"];
    names(prompt, ENGLISH) || CHINESE.iter().any(|word| prompt.contains(word))
}

/// Whether the title of a button means yes to a consent question.
pub(super) fn is_yes(title: &str) -> bool {
    let small = title.trim().to_lowercase();
    let yes = [
        "agree",
        "i agree",
        "i consent",
        "agree and continue",
        "allow",
        "accept",
        "i accept",
        "同意",
        "我同意",
        "同意并继续",
        "允许",
    ];
    yes.contains(&small.as_str())
}

impl Walk<'_, '_> {
    /// Evaluates an expression, and what its truth value says about consent.
    pub(super) fn weigh(&mut self, expression: &Expr) -> (Value, Judged) {
        if self.depth > super::MAX_DEPTH || !self.state.spend() {
            return (Value::default(), Judged::default());
        }
        self.depth += 1;
        let found = self.weigh_inner(expression);
        self.depth -= 1;
        found
    }

    pub(super) fn weigh_inner(&mut self, expression: &Expr) -> (Value, Judged) {
        match expression {
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                let (value, inner) = self.weigh(&node.operand);
                let judged = Judged { when_true: inner.when_false, when_false: inner.when_true };
                (Value::of(value.taint.and(Taint::CONSENT)), judged)
            }
            Expr::BoolOp(node) => self.either(node),
            Expr::Compare(node) => self.compare(node),
            Expr::Named(node) => {
                let (value, judged) = self.weigh(&node.value);
                self.assign(&node.target, value.clone());
                (value, judged)
            }
            Expr::Await(node) => self.weigh(&node.value),
            other => {
                let value = self.eval_inner(other);
                let when_true = self.is_answer(other, &value);
                (value, Judged { when_true, when_false: false })
            }
        }
    }

    fn either(&mut self, node: &ExprBoolOp) -> (Value, Judged) {
        let before = self.env.consent;
        let and = node.op == BoolOp::And;
        let mut sum: Option<(Value, Judged)> = None;
        for operand in &node.values {
            let (value, judged) = self.weigh(operand);
            self.env.consent |= if and { judged.when_true } else { judged.when_false };
            sum = Some(match sum {
                None => (value, judged),
                Some((left, so_far)) if and => {
                    let value = Value { taint: left.taint | value.taint, shape: value.shape };
                    (value, so_far.and(judged))
                }
                Some((left, so_far)) => (with_default(&left, &value), so_far.or(judged)),
            });
        }
        self.env.consent = before;
        sum.unwrap_or_default()
    }

    fn compare(&mut self, node: &ExprCompare) -> (Value, Judged) {
        let left = self.eval(&node.left);
        let others: Vec<Value> = node.comparators.iter().map(|other| self.eval(other)).collect();
        // `if "user" not in session`
        let holds = node.ops.iter().all(|op| matches!(op, CmpOp::In | CmpOp::NotIn));
        if holds
            && others.iter().any(|other| matches!(other.outside(), Some("flask.session" | "quart.session")))
        {
            self.caller_is_known();
        }
        let judged = match (node.comparators.first(), others.first()) {
            (Some(right), Some(value)) => self.judge_comparison(node, &left, right, value),
            _ => Judged::default(),
        };
        let told = judged.when_true || judged.when_false;
        (Value::of(if told { Taint::CONSENT } else { Taint::NONE }), judged)
    }

    fn judge_comparison(&mut self, node: &ExprCompare, left: &Value, right: &Expr, value: &Value) -> Judged {
        let Some(op) = node.ops.first() else { return Judged::default() };
        let asked = self.is_answer(&node.left, left) || is_consent_word(value);
        let among = matches!(op, CmpOp::In | CmpOp::NotIn) && self.is_answer(right, value);
        if !asked && !among {
            return Judged::default();
        }
        let no = !among && is_no(value);
        let same = matches!(op, CmpOp::Eq | CmpOp::Is | CmpOp::In);
        let different = matches!(op, CmpOp::NotEq | CmpOp::IsNot | CmpOp::NotIn);
        Judged {
            when_true: (same && !no) || (different && no),
            when_false: (same && no) || (different && !no),
        }
    }

    /// Whether an expression is the answer to a consent question. A test within it is judged on its own.
    fn is_answer(&mut self, expression: &Expr, value: &Value) -> bool {
        if value.taint.has(Taint::CONSENT) {
            return true;
        }
        // A constant is nobody's answer.
        if matches!(value.shape, Shape::Bool(_) | Shape::None | Shape::Functions(_) | Shape::Class(_)) {
            return false;
        }
        if is_kept_answer(expression, value) {
            return true;
        }
        match expression {
            Expr::Name(name) => holds(name.id.as_str()),
            Expr::Attribute(attribute) => holds(attribute.attr.as_str()),
            Expr::Subscript(subscript) => self.is_consent_key(&subscript.slice),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(function) if function.attr.as_str() == "get" => {
                    holds(&super::project::dotted(&function.value).unwrap_or_default())
                        || call.arguments.args.first().is_some_and(|key| self.is_consent_key(key))
                }
                Expr::Attribute(function) => unresolved(value) && answers(function.attr.as_str()),
                _ => false,
            },
            _ => false,
        }
    }

    fn is_consent_key(&mut self, key: &Expr) -> bool {
        self.eval(key).known_text().is_some_and(holds)
    }
}

/// Whether a value means no.
fn is_no(value: &Value) -> bool {
    match &value.shape {
        Shape::None | Shape::Bool(false) => true,
        Shape::Text(text) => text.known().is_some_and(|text| {
            let word = text.trim().to_lowercase();
            matches!(
                word.as_str(),
                "" | "n" | "no" | "false" | "deny" | "denied" | "0" | "否" | "不" | "不同意" | "拒绝"
            )
        }),
        Shape::List(items) => items.iter().all(|item| {
            item.known_text()
                .is_some_and(|word| matches!(word.to_lowercase().as_str(), "" | "n" | "no" | "否" | "不"))
        }),
        _ => false,
    }
}

/// `answers[user] == "同意"`: a word that people use only when asked for consent.
fn is_consent_word(value: &Value) -> bool {
    const WORDS: &[&str] = &[
        "同意",
        "不同意",
        "我同意",
        "允许",
        "agree",
        "agreed",
        "i agree",
        "consented",
        "opted_in",
        "opt-in",
    ];
    const LONGEST: usize = 16;
    let word = value.known_text().map(str::trim).filter(|text| text.len() <= LONGEST);
    word.is_some_and(|word| WORDS.contains(&word.to_lowercase().as_str()))
}

fn unresolved(value: &Value) -> bool {
    matches!(value.shape, Shape::Unknown | Shape::Made(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_answers() {
        assert!(answers("has_consent") && answers("app.ask_user_consent") && answers("userConsented"));
        assert!(!answers("record_consent") && !answers("consent_text") && !answers("nonconsensual"));
        assert!(insists("require_consent") && !insists("has_consent"));
        assert!(asks("May I remember this? [y/N]") && asks("是否同意？") && !asks("You: "));
    }
}
