//! Lowers statements.

use oxc_ast::ast::{
    AssignmentTarget, BindingPattern, Declaration, Expression, ForInStatement, ForOfStatement, ForStatement,
    ForStatementInit, ForStatementLeft, IfStatement, Statement, SwitchStatement, TSEnumDeclaration,
    TSEnumMemberName, TSNamespaceDeclaration, TSNamespaceDeclarationBody, TryStatement, VariableDeclaration,
    VariableDeclarator,
};
use oxc_span::GetSpan;
use oxc_syntax::operator::AssignmentOperator;
use ruff_python_ast::{BoolOp, CmpOp, Expr, Suite};
use ruff_text_size::TextRange;

use super::build::{self, at};
use super::lower::{Around, Lower};

impl Lower<'_> {
    pub(super) fn statement(&mut self, node: &Statement<'_>) {
        let range = at(node.span());
        match node {
            Statement::BlockStatement(node) => self.statements(&node.body),
            Statement::ExpressionStatement(node) => self.expression_statement(&node.expression, range),
            Statement::IfStatement(node) => self.if_statement(node),
            Statement::ForStatement(node) => self.for_statement(node),
            Statement::ForOfStatement(node) => self.for_of(node),
            Statement::ForInStatement(node) => self.for_in(node),
            Statement::WhileStatement(node) => self.while_statement(&node.test, &node.body, range),
            Statement::DoWhileStatement(node) => self.while_statement(&node.test, &node.body, range),
            Statement::ReturnStatement(node) => {
                let value = node.argument.as_ref().map(|value| self.expression(value));
                self.out.push(build::leave(value, range));
            }
            Statement::ThrowStatement(node) => {
                let value = self.expression(&node.argument);
                self.out.push(build::raise(value, range));
            }
            Statement::TryStatement(node) => self.try_statement(node),
            Statement::SwitchStatement(node) => self.switch(node),
            Statement::BreakStatement(node) => self.leave_loop(node.label.is_some(), range),
            Statement::ContinueStatement(_) => self.out.push(build::next(range)),
            Statement::LabeledStatement(node) => self.statement(&node.body),
            Statement::WithStatement(node) => self.statement(&node.body),
            other => match (other.as_declaration(), other.as_module_declaration()) {
                (Some(declaration), _) => self.declaration(declaration),
                (_, Some(module)) => self.module_declaration(module),
                _ => {}
            },
        }
    }

    /// A `break` that leaves a `switch` ends no loop.
    fn leave_loop(&mut self, labelled: bool, range: TextRange) {
        if labelled || matches!(self.around.last(), Some(Around::Loop)) {
            self.out.push(build::stop(range));
        }
    }

    fn expression_statement(&mut self, node: &Expression<'_>, range: TextRange) {
        if let Expression::AssignmentExpression(assignment) = node
            && assignment.operator == AssignmentOperator::Assign
        {
            if self.export_of_commonjs(&assignment.left, &assignment.right) {
                return;
            }
            let value = self.expression(&assignment.right);
            self.put(&assignment.left, value, range);
            return;
        }
        if let Expression::CallExpression(call) = node
            && self.enumerated(call)
        {
            return;
        }
        let value = self.expression(node);
        self.out.push(build::evaluate(value, range));
    }

    fn put(&mut self, target: &AssignmentTarget<'_>, value: Expr, range: TextRange) {
        let target = self.target(target);
        self.out.push(build::assign(target, value, range));
    }

    pub(super) fn declaration(&mut self, node: &Declaration<'_>) {
        match node {
            Declaration::VariableDeclaration(node) => self.variables(node),
            Declaration::FunctionDeclaration(node) => {
                let name = node.id.as_ref().map_or("callback", |id| id.name.as_str());
                self.function_definition(node, name);
            }
            Declaration::ClassDeclaration(node) => {
                let name = node.id.as_ref().map_or("Class", |id| id.name.as_str());
                self.class(node, name);
            }
            Declaration::TSEnumDeclaration(node) => self.enumeration(node),
            Declaration::TSImportEqualsDeclaration(node) => self.import_equals(node),
            Declaration::TSNamespaceDeclaration(node) if !node.declare => self.namespace(node),
            _ => {}
        }
    }

    /// Lowers `namespace Store { export function find() {…} }`: its members are members of the file, which has its name.
    fn namespace(&mut self, node: &TSNamespaceDeclaration<'_>) {
        let exports = self.exports.len();
        match &node.body {
            TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => {
                self.deeper(|lower| lower.namespace(inner));
            }
            TSNamespaceDeclarationBody::TSModuleBlock(block) => self.statements(&block.body),
        }
        self.exports.truncate(exports);
        let own = format!("/{}", super::resolve::stem(self.path));
        self.out.push(build::import(&own, node.id.name.as_str(), at(node.span)));
    }

    pub(super) fn variables(&mut self, node: &VariableDeclaration<'_>) {
        if !node.declare {
            node.declarations.iter().for_each(|one| self.variable(one));
        }
    }

    fn variable(&mut self, node: &VariableDeclarator<'_>) {
        let range = at(node.span);
        let BindingPattern::BindingIdentifier(id) = &node.id else {
            if let Some(value) = &node.init {
                let value = self.expression(value);
                self.take_apart(&node.id, value);
            }
            return;
        };
        let name = id.name.as_str();
        match &node.init {
            Some(Expression::ArrowFunctionExpression(arrow)) => self.arrow_definition(arrow, name, id.span),
            Some(Expression::FunctionExpression(function)) => self.function_definition(function, name),
            Some(Expression::ClassExpression(class)) => self.class(class, name),
            init => {
                let own = init.as_ref().map(Expression::without_parentheses);
                let annotation = node.type_annotation.as_ref();
                let annotation = annotation.and_then(|one| self.type_name(&one.type_annotation));
                let value = own.map(|value| match value {
                    Expression::ObjectExpression(object) => self.object(object, Some(name)),
                    value => self.expression(value),
                });
                let target = build::name(name, at(id.span));
                self.out.push(match annotation {
                    Some(annotation) => build::declare(target, annotation, value, range),
                    None => build::assign(target, value.unwrap_or_else(|| build::none(range)), range),
                });
            }
        }
    }

    fn enumeration(&mut self, node: &TSEnumDeclaration<'_>) {
        let range = at(node.span);
        let mut items = Vec::new();
        for member in &node.body.members {
            let name = match &member.id {
                TSEnumMemberName::Identifier(name) => name.name.as_str(),
                TSEnumMemberName::String(name) | TSEnumMemberName::ComputedString(name) => {
                    name.value.as_str()
                }
                TSEnumMemberName::ComputedTemplateString(_) => continue,
            };
            let value = member.initializer.as_ref().map(|value| self.expression(value));
            items.push((Some(build::text(name, range)), value.unwrap_or_else(|| build::number(1, range))));
        }
        self.assign(node.id.name.as_str(), build::dict(items, range), range);
    }

    fn nested(&mut self, node: &Statement<'_>) -> Suite {
        self.block(|lower| {
            lower.deeper(|lower| lower.statement(node));
        })
    }

    fn if_statement(&mut self, node: &IfStatement<'_>) {
        let test = self.expression(&node.test);
        let mut all = vec![(Some(test), self.nested(&node.consequent))];
        all.extend(node.alternate.as_ref().map(|other| (None, self.nested(other))));
        self.out.push(build::branches(all, at(node.span)));
    }

    fn loop_body(&mut self, write: impl FnOnce(&mut Self)) -> Suite {
        self.around.push(Around::Loop);
        let body = self.block(write);
        self.around.pop();
        body
    }

    fn while_statement(&mut self, test: &Expression<'_>, body: &Statement<'_>, range: TextRange) {
        let test = self.expression(test);
        let body = self.loop_body(|lower| {
            lower.deeper(|lower| lower.statement(body));
        });
        self.out.push(build::while_loop(test, body, range));
    }

    fn for_statement(&mut self, node: &ForStatement<'_>) {
        let range = at(node.span);
        match &node.init {
            Some(ForStatementInit::VariableDeclaration(init)) => self.variables(init),
            Some(init) => {
                if let Some(value) = init.as_expression().map(|init| self.expression(init)) {
                    self.out.push(build::evaluate(value, range));
                }
            }
            None => {}
        }
        let test = node.test.as_ref().map(|test| self.expression(test));
        let body = self.loop_body(|lower| {
            lower.deeper(|lower| lower.statement(&node.body));
            if let Some(update) = &node.update {
                let value = lower.expression(update);
                lower.out.push(build::evaluate(value, range));
            }
        });
        let test = test.unwrap_or_else(|| build::boolean(true, range));
        self.out.push(build::while_loop(test, body, range));
    }

    fn for_of(&mut self, node: &ForOfStatement<'_>) {
        let items = self.expression(&node.right);
        self.for_each(&node.left, items, &node.body, at(node.span));
    }

    /// Lowers a loop over the keys of an object; nothing more is known of them than of the object.
    fn for_in(&mut self, node: &ForInStatement<'_>) {
        let range = at(node.span);
        let object = self.expression(&node.right);
        let keys = build::call(build::name("js.Object.keys", range), vec![object], range);
        self.for_each(&node.left, keys, &node.body, range);
    }

    fn for_each(&mut self, left: &ForStatementLeft<'_>, items: Expr, body: &Statement<'_>, range: TextRange) {
        let (target, pattern) = self.loop_target(left);
        let round = target.clone();
        let body = self.loop_body(|lower| {
            if let Some(pattern) = pattern {
                lower.take_apart(pattern, round);
            }
            lower.deeper(|lower| lower.statement(body));
        });
        self.out.push(build::for_loop(target, items, body, range));
    }

    fn try_statement(&mut self, node: &TryStatement<'_>) {
        let range = at(node.span);
        let body = self.block(|lower| lower.statements(&node.block.body));
        let handler = node.handler.as_ref().map(|handler| {
            self.block(|lower| {
                if let Some(parameter) = &handler.param {
                    lower.take_apart(&parameter.pattern, build::unknown(at(parameter.span)));
                }
                lower.statements(&handler.body.body);
            })
        });
        let finally = node.finalizer.as_ref();
        let finally = finally.map(|last| self.block(|lower| lower.statements(&last.body)));
        self.out.push(build::attempt(body, handler, finally.unwrap_or_default(), range));
    }

    /// Lowers a `switch` to a chain of tests. Cases without statements share those of the next.
    fn switch(&mut self, node: &SwitchStatement<'_>) {
        let range = at(node.span);
        let subject = self.expression(&node.discriminant);
        let always = matches!(&subject, Expr::BooleanLiteral(literal) if literal.value);
        let held = self.hold(subject, range);
        let (mut branches, mut default, mut tests) = (Vec::new(), None, Vec::new());
        for case in &node.cases {
            let place = at(case.span);
            let test = case.test.as_ref().map(|test| self.expression(test));
            let fallback = test.is_none();
            tests.extend(test.map(|test| {
                let same = || build::compare(held.clone(), CmpOp::Eq, test.clone(), place);
                if always { test.clone() } else { same() }
            }));
            if case.consequent.is_empty() && !fallback {
                continue;
            }
            self.around.push(Around::Switch);
            let body = self.block(|lower| lower.statements(&case.consequent));
            self.around.pop();
            if fallback {
                default = Some((None, body));
                tests.clear();
            } else {
                branches.push((Some(any(std::mem::take(&mut tests), place)), body));
            }
        }
        branches.extend(default);
        self.out.push(build::branches(branches, range));
    }
}

fn any(mut tests: Vec<Expr>, range: TextRange) -> Expr {
    match tests.len() {
        1 => tests.pop().unwrap_or_else(|| build::unknown(range)),
        _ => build::either(BoolOp::Or, tests, range),
    }
}
