//! Hoists lambdas that take arguments and call something: each becomes a function before its statement, as in scripts.
//! `{"send": lambda to: mail(to)}`, `Tool(name="run", func=lambda code: run(code))`

use std::cell::RefCell;

use ruff_python_ast::visitor::transformer::{Transformer, walk_expr, walk_stmt};
use ruff_python_ast::visitor::{Visitor, walk_expr as look_into};
use ruff_python_ast::{Expr, ExprLambda, Stmt, Suite};
use ruff_text_size::Ranged;

use crate::code::build;

/// Rewrites the lambdas of a module as functions.
pub(super) fn hoist(body: &mut Suite) {
    let lower = Lower { out: RefCell::default() };
    lower.suite(body);
}

struct Lower {
    /// Functions hoisted out of the current statement.
    out: RefCell<Vec<Stmt>>,
}

impl Lower {
    fn suite(&self, body: &mut Suite) {
        // Most bodies contain none and are left unchanged.
        let mut before: Vec<(usize, Vec<Stmt>)> = Vec::new();
        for (index, statement) in body.iter_mut().enumerate() {
            let around = self.out.take();
            self.visit_stmt(statement);
            let own = self.out.replace(around);
            if !own.is_empty() {
                before.push((index, own));
            }
        }
        for (index, own) in before.into_iter().rev() {
            for function in own.into_iter().rev() {
                body.insert(index, function);
            }
        }
    }
}

impl Transformer for Lower {
    fn visit_stmt(&self, node: &mut Stmt) {
        match node {
            Stmt::FunctionDef(node) => {
                node.decorator_list.iter_mut().for_each(|one| self.visit_decorator(one));
                self.visit_parameters(&mut node.parameters);
                self.suite(&mut node.body);
            }
            // A function hoisted into a class body would become a method.
            Stmt::ClassDef(node) => {
                for member in &mut node.body {
                    if let Stmt::FunctionDef(_) | Stmt::ClassDef(_) = member {
                        self.visit_stmt(member);
                    }
                }
            }
            Stmt::If(node) => {
                self.visit_expr(&mut node.test);
                self.suite(&mut node.body);
                for clause in &mut node.elif_else_clauses {
                    clause.test.iter_mut().for_each(|test| self.visit_expr(test));
                    self.suite(&mut clause.body);
                }
            }
            Stmt::For(node) => {
                self.visit_expr(&mut node.iter);
                self.suite(&mut node.body);
                self.suite(&mut node.orelse);
            }
            Stmt::While(node) => {
                self.visit_expr(&mut node.test);
                self.suite(&mut node.body);
                self.suite(&mut node.orelse);
            }
            Stmt::With(node) => {
                node.items.iter_mut().for_each(|item| self.visit_with_item(item));
                self.suite(&mut node.body);
            }
            Stmt::Try(node) => {
                self.suite(&mut node.body);
                for handler in &mut node.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.suite(&mut handler.body);
                }
                self.suite(&mut node.orelse);
                self.suite(&mut node.finalbody);
            }
            Stmt::Match(node) => {
                self.visit_expr(&mut node.subject);
                node.cases.iter_mut().for_each(|case| self.suite(&mut case.body));
            }
            other => walk_stmt(self, other),
        }
    }

    fn visit_expr(&self, node: &mut Expr) {
        match node {
            // A lambda in a comprehension uses the comprehension's variables, which exist nowhere else.
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => return,
            _ => walk_expr(self, node),
        }
        let Expr::Lambda(lambda) = node else { return };
        if !is_handed(lambda) || !calls(&lambda.body) {
            return;
        }
        let range = lambda.range();
        let name = format!("lambda@{}", range.start().to_u32());
        let Some(parameters) = lambda.parameters.take() else { return };
        let answer = build::leave(Some((*lambda.body).clone()), lambda.body.range());
        let place = ruff_text_size::TextRange::empty(range.start());
        let function = build::function(
            build::identifier(&name, place),
            *parameters,
            vec![answer].into(),
            Vec::new(),
            range,
        );
        self.out.borrow_mut().push(function);
        *node = build::name(&name, range);
    }
}

/// Whether a lambda requires an argument. One without arguments is evaluated in place, with what is known there.
fn is_handed(node: &ExprLambda) -> bool {
    let mut all = node.parameters.iter().flat_map(|all| all.iter_non_variadic_params());
    all.any(|one| one.default.is_none())
}

/// Whether a lambda's body calls anything.
fn calls(body: &Expr) -> bool {
    struct Calls(bool);
    impl<'a> Visitor<'a> for Calls {
        fn visit_expr(&mut self, node: &'a Expr) {
            self.0 |= node.is_call_expr();
            if !self.0 {
                look_into(self, node);
            }
        }
    }
    let mut found = Calls(false);
    found.visit_expr(body);
    found.0
}
