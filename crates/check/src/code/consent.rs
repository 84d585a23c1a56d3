//! Which expressions are the answer to a question for consent.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{BoolOp, CmpOp, Expr, Stmt, StmtFunctionDef, UnaryOp};

use super::api::names;
use super::value::{Shape, Value};
use super::walk::Walk;
use crate::facts::Taint;

/// What is certain when an expression is true, and when it is false.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Judged {
    pub when_true: bool,
    pub when_false: bool,
}

const CONSENT: &[&str] = &["consent", "consents", "consented", "consenting", "agreed", "optin"];
/// Words of functions that speak of consent without answering whether there is one.
const OTHER: &[&str] = &[
    "record",
    "save",
    "store",
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
/// Words of functions that come back only with consent.
const INSISTS: &[&str] = &["require", "required", "requires", "ensure", "assert", "demand", "enforce"];

/// Whether a function's name says that it answers whether there is consent.
pub(crate) fn answers(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or(name);
    (names(name, CONSENT) || name.contains("同意")) && !names(name, OTHER)
}

/// Whether its name says that it does not come back without.
pub(super) fn insists(name: &str) -> bool {
    answers(name) && names(name.rsplit('.').next().unwrap_or(name), INSISTS)
}

/// Whether data with this name holds an answer.
fn holds(name: &str) -> bool {
    names(name, CONSENT) || name.contains("同意")
}

/// Whether a function adds whoever it is asked about to those who agreed, and answers from them:
/// `if user not in agreed: agreed.add(user)`, `return user in agreed`.
pub(super) fn grants_itself(definition: &StmtFunctionDef) -> bool {
    let mut grants = Grants::default();
    definition.body.iter().for_each(|statement| grants.visit_stmt(statement));
    !grants.hears && grants.returned.iter().any(|name| grants.added.contains(name))
}

/// What a function adds to and answers from.
#[derive(Default)]
struct Grants {
    added: Vec<String>,
    returned: Vec<String>,
    /// It asks somebody, or looks at what they said.
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

/// Whether a question on the terminal asks for consent.
pub(crate) fn asks(prompt: &str) -> bool {
    const ENGLISH: &[&str] = &["consent", "agree", "allow", "permission", "may", "permit"];
    const CHINESE: &[&str] = &["同意", "允许", "授权", "许可", "是否可以"];
    names(prompt, ENGLISH) || CHINESE.iter().any(|word| prompt.contains(word))
}

/// Whether what a button says is a yes to a question for consent.
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
    /// What is certain about consent when an expression is true, and when it is false.
    pub(super) fn judge(&mut self, expression: &Expr) -> Judged {
        match expression {
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                let inner = self.judge(&node.operand);
                Judged { when_true: inner.when_false, when_false: inner.when_true }
            }
            Expr::BoolOp(node) => {
                let all: Vec<Judged> = node.values.iter().map(|value| self.judge(value)).collect();
                let (any_true, all_true) = (all.iter().any(|j| j.when_true), all.iter().all(|j| j.when_true));
                let (any_false, all_false) =
                    (all.iter().any(|j| j.when_false), all.iter().all(|j| j.when_false));
                match node.op {
                    BoolOp::And => Judged { when_true: any_true, when_false: all_false },
                    BoolOp::Or => Judged { when_true: all_true, when_false: any_false },
                }
            }
            Expr::Named(node) => self.judge(&node.value),
            Expr::Await(node) => self.judge(&node.value),
            Expr::Compare(node) => self.judge_comparison(node),
            other => Judged { when_true: self.is_answer(other), when_false: false },
        }
    }

    fn judge_comparison(&mut self, node: &ruff_python_ast::ExprCompare) -> Judged {
        let (Some(op), Some(right)) = (node.ops.first(), node.comparators.first()) else {
            return Judged::default();
        };
        let left = self.is_answer(&node.left) || self.is_consent_word(right);
        let among = matches!(op, CmpOp::In | CmpOp::NotIn) && self.is_answer(right);
        if !left && !among {
            return Judged::default();
        }
        let no = !among && self.is_no(right);
        let same = matches!(op, CmpOp::Eq | CmpOp::Is | CmpOp::In);
        let different = matches!(op, CmpOp::NotEq | CmpOp::IsNot | CmpOp::NotIn);
        Judged {
            when_true: (same && !no) || (different && no),
            when_false: (same && no) || (different && !no),
        }
    }

    /// Whether a value stands for no.
    fn is_no(&mut self, expression: &Expr) -> bool {
        let value = self.eval(expression);
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

    /// Whether an expression is the answer to a question for consent.
    fn is_answer(&mut self, expression: &Expr) -> bool {
        let value = self.eval(expression);
        if value.taint.has(Taint::CONSENT) {
            return true;
        }
        let named = match expression {
            Expr::Name(name) => holds(name.id.as_str()),
            Expr::Attribute(attribute) => holds(attribute.attr.as_str()),
            Expr::Subscript(subscript) => self.is_consent_key(&subscript.slice),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(function) if function.attr.as_str() == "get" => {
                    holds(&super::project::dotted(&function.value).unwrap_or_default())
                        || call.arguments.args.first().is_some_and(|key| self.is_consent_key(key))
                }
                Expr::Attribute(function) => unresolved(&value) && answers(function.attr.as_str()),
                _ => false,
            },
            _ => false,
        };
        // A constant is no answer of anybody.
        named && !matches!(value.shape, Shape::Bool(_) | Shape::None | Shape::Functions(_) | Shape::Class(_))
    }

    /// `answers[user] == "同意"`: a word that people say only when they are asked for their consent.
    fn is_consent_word(&mut self, expression: &Expr) -> bool {
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
        let value = self.eval(expression);
        value.known_text().is_some_and(|text| WORDS.contains(&text.trim().to_lowercase().as_str()))
    }

    fn is_consent_key(&mut self, key: &Expr) -> bool {
        self.eval(key).known_text().is_some_and(holds)
    }
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
