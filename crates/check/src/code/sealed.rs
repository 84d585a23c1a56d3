//! What a service signed or encrypted: no client chose the sender, but the words are still a stranger's.

use std::collections::BTreeSet;
use std::rc::Rc;

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef, StmtIf};

use super::api::{last, names};
use super::project::dotted;
use super::refuse::refuses_unsigned;
use super::value::{Shape, Value};
use super::walk::Walk;
use crate::facts::Taint;

/// Parts of a request that no signature of its body covers.
const BESIDE: &[&str] =
    &["args", "query", "query_params", "params", "path_params", "headers", "cookies", "GET", "path_info"];
/// Maximum steps by which names are traced to those they were made from, and to those made from them.
const STEPS: usize = 4;

impl Walk<'_, '_> {
    /// Marks what remains after unsigned requests were rejected: names derived from what was verified. A check of
    /// something else says nothing about them.
    pub(super) fn signed(&mut self, node: &StmtIf) {
        let Some(call) = refuses_unsigned(node) else { return };
        let http = self.state.functions.get(self.function).is_some_and(|function| function.http);
        let definition = self.state.project.functions.get(self.function).and_then(|func| func.definition);
        let made = definition.map_or_else(|| mentioned_by(call), |definition| made_from(definition, call));
        for (name, value) in Rc::make_mut(&mut self.env.names) {
            // The argument of a request handler is the request.
            let asked = http && value.taint.is_symbolic();
            if made.contains(&**name) && (asked || value.taint.has(Taint::SENT)) {
                let own = if asked { value.taint.sources() | Taint::USER } else { value.taint };
                value.taint = opened(own);
            }
        }
    }

    /// Marks the result of a call that decrypts: whoever has the key wrote it. A function of the project decrypts
    /// only if its code does, whatever it is called.
    pub(super) fn unsealed(&self, node: &ExprCall, callee: &Shape, value: &mut Value) {
        if !value.taint.has(Taint::BODY) {
            return;
        }
        let name = dotted(&node.func).unwrap_or_default();
        let does = |id: &usize| {
            let known = self.state.project.functions.get(*id).and_then(|func| func.definition);
            known.is_some_and(decrypts)
        };
        let own = match callee {
            Shape::Functions(ids) => ids.iter().all(does),
            Shape::Bound(id) => does(id),
            _ => true,
        };
        if own && names(last(&name), &["decrypt*"]) {
            value.taint = opened(value.taint);
        }
    }
}

fn opened(taint: Taint) -> Taint {
    taint.without(Taint::SENT) | Taint::SIGNED
}

/// Returns the taint of a part of signed content taken by name: the service assigned the ids in it.
pub(super) fn number(taint: Taint, name: &str) -> Taint {
    let is_number = name == "id" || name.ends_with("_id") || name.ends_with("Id");
    if is_number { taint.without(Taint::SIGNED) } else { taint }
}

/// Whether the code of a function decrypts something.
fn decrypts(definition: &StmtFunctionDef) -> bool {
    struct Opens(bool);
    impl<'a> Visitor<'a> for Opens {
        fn visit_expr(&mut self, node: &'a Expr) {
            if let Expr::Call(call) = node {
                let name = dotted(&call.func).unwrap_or_default();
                self.0 |=
                    names(&name, &["decrypt*", "decipher*", "createdecipheriv", "fernet", "aes", "cipher"]);
            }
            walk_expr(self, node);
        }
    }
    let mut seen = Opens(false);
    definition.body.iter().for_each(|statement| seen.visit_stmt(statement));
    seen.0
}

/// Returns the names that a call is given, those they were made from, and all that were made from the same.
fn made_from(definition: &StmtFunctionDef, check: &ExprCall) -> BTreeSet<String> {
    let mut all = Assigned::default();
    definition.body.iter().for_each(|statement| all.visit_stmt(statement));
    let mut roots = mentioned_by(check);
    for _ in 0..STEPS {
        let sources: Vec<String> =
            all.0.iter().filter(|(name, _)| roots.contains(name)).flat_map(|one| one.1.clone()).collect();
        roots.extend(sources);
    }
    for _ in 0..STEPS {
        let made: Vec<String> = all
            .0
            .iter()
            .filter(|(_, sources)| sources.iter().any(|source| roots.contains(source)))
            .map(|(name, _)| name.clone())
            .collect();
        roots.extend(made);
    }
    roots
}

fn mentioned_by(check: &ExprCall) -> BTreeSet<String> {
    let mut names = Mentioned::default();
    check.arguments.args.iter().for_each(|argument| names.visit_expr(argument));
    check.arguments.keywords.iter().for_each(|argument| names.visit_expr(&argument.value));
    names.0
}

/// Each assigned name, and the names in its value.
#[derive(Default)]
struct Assigned(Vec<(String, BTreeSet<String>)>);

impl<'a> Visitor<'a> for Assigned {
    fn visit_stmt(&mut self, node: &'a Stmt) {
        let (targets, value) = match node {
            Stmt::Assign(node) => (node.targets.as_slice(), Some(&*node.value)),
            Stmt::AnnAssign(node) => (std::slice::from_ref(&*node.target), node.value.as_deref()),
            _ => (&[][..], None),
        };
        if let Some(value) = value {
            let mut sources = Mentioned::default();
            sources.visit_expr(value);
            let mut own = Mentioned::default();
            for target in targets {
                own.visit_expr(target);
            }
            self.0.extend(own.0.into_iter().map(|name| (name, sources.0.clone())));
        }
        ruff_python_ast::visitor::walk_stmt(self, node);
    }
}

/// Names whose content is in an expression. A module's name does not count: `json.loads(raw)` is made from `raw`.
#[derive(Default)]
struct Mentioned(BTreeSet<String>);

impl<'a> Visitor<'a> for Mentioned {
    fn visit_expr(&mut self, node: &'a Expr) {
        match node {
            Expr::Attribute(part) if BESIDE.contains(&part.attr.as_str()) => {}
            Expr::Name(name) if !matches!(name.id.as_str(), "self" | "this" | "cls") => {
                self.0.insert(name.id.to_string());
            }
            Expr::Call(call) if !call.arguments.args.is_empty() => {
                call.arguments.args.iter().for_each(|argument| self.visit_expr(argument));
                // `request.get_data(True)`, `hmac.new(key, raw, x).hexdigest()`
                if call.arguments.args.iter().all(Expr::is_literal_expr)
                    || !call.func.as_attribute_expr().is_some_and(|part| part.value.is_name_expr())
                {
                    self.visit_expr(&call.func);
                }
            }
            _ => walk_expr(self, node),
        }
    }
}
