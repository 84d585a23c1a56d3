//! Enums as the TypeScript compiler emits them: `(function (Kind) { Kind["A"] = "a"; })(Kind || (Kind = {}));`

use oxc_ast::ast::{
    AssignmentTarget, CallExpression, Expression, FunctionBody, LogicalExpression, Statement,
};
use ruff_python_ast::Expr;

use super::build::{self, at};
use super::lower::Lower;

impl Lower<'_> {
    /// Assigns such an enum, if a call is one.
    pub(super) fn enumerated(&mut self, node: &CallExpression<'_>) -> bool {
        let Some((name, body, given)) = parts(node) else { return false };
        let range = at(node.span);
        let mut items = Vec::new();
        for statement in &body.statements {
            let Some(item) = self.named_value(statement) else { return false };
            items.push(item);
        }
        self.assign(name, build::dict(items, range), range);
        if let Expression::AssignmentExpression(put) = given.right.get_inner_expression() {
            self.export_of_commonjs(&put.left, &given.left);
        }
        true
    }

    /// Reads `Kind["A"] = "a"` and `Kind[Kind["A"] = 0] = "A"`.
    fn named_value(&mut self, statement: &Statement<'_>) -> Option<(Option<Expr>, Expr)> {
        let Statement::ExpressionStatement(statement) = statement else { return None };
        let Expression::AssignmentExpression(put) = &statement.expression else { return None };
        let AssignmentTarget::ComputedMemberExpression(target) = &put.left else { return None };
        let range = at(put.span);
        match &target.expression {
            Expression::StringLiteral(key) => {
                Some((Some(build::text(key.value.as_str(), range)), self.expression(&put.right)))
            }
            Expression::AssignmentExpression(_) => {
                let Expression::StringLiteral(key) = &put.right else { return None };
                Some((Some(build::text(key.value.as_str(), range)), build::number(1, range)))
            }
            _ => None,
        }
    }
}

/// Returns the enum's name, the function body and the argument.
fn parts<'n, 'a>(
    node: &'n CallExpression<'a>,
) -> Option<(&'n str, &'n FunctionBody<'a>, &'n LogicalExpression<'a>)> {
    let Expression::FunctionExpression(function) = node.callee.get_inner_expression() else { return None };
    let [parameter] = function.params.items.as_slice() else { return None };
    let name = parameter.pattern.get_identifier_name()?;
    let [given] = node.arguments.as_slice() else { return None };
    let Expression::LogicalExpression(given) = given.as_expression()? else { return None };
    let own = matches!(&given.left, Expression::Identifier(id) if id.name == name);
    let body = function.body.as_deref().filter(|_| own)?;
    Some((name.as_str(), body, &**given))
}
