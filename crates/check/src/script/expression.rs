//! Lowers expressions.

use oxc_ast::ast::{
    Argument, ArrayExpressionElement, AssignmentExpression, BinaryExpression, CallExpression, ChainElement,
    Expression, LogicalExpression, MemberExpression, ObjectExpression, ObjectPropertyKind, PropertyKey,
    TaggedTemplateExpression, TemplateLiteral, UnaryExpression,
};
use oxc_span::GetSpan;
use oxc_syntax::operator::{AssignmentOperator, BinaryOperator, LogicalOperator, UnaryOperator};
use ruff_python_ast::{BoolOp, CmpOp, Expr, Operator, UnaryOp};

use super::build::{self, at};
use super::lower::Lower;

impl Lower<'_> {
    pub(super) fn expression(&mut self, node: &Expression<'_>) -> Expr {
        let range = at(node.span());
        self.deeper(|lower| lower.expression_inside(node)).unwrap_or_else(|| build::unknown(range))
    }

    fn boxed(&mut self, node: Option<&Expression<'_>>) -> Option<Expr> {
        node.map(|node| self.expression(node))
    }

    fn expression_inside(&mut self, node: &Expression<'_>) -> Expr {
        let range = at(node.span());
        match node {
            Expression::BooleanLiteral(node) => build::boolean(node.value, range),
            Expression::NullLiteral(_) => build::none(range),
            Expression::NumericLiteral(node) => build::number(whole(node), range),
            Expression::StringLiteral(node) => build::text(node.value.as_str(), range),
            Expression::TemplateLiteral(node) => self.template(node),
            Expression::RegExpLiteral(node) => {
                let pattern = build::text(node.regex.pattern.text.as_str(), range);
                let flags = build::text(&node.regex.flags.to_string(), range);
                build::call(build::name("js.RegExp", range), vec![pattern, flags], range)
            }
            Expression::Identifier(node) => self.reference(node),
            Expression::ArrayExpression(node) => {
                let items = node.elements.iter().map(|item| self.element(item)).collect();
                build::list(items, range)
            }
            Expression::ObjectExpression(node) => self.object(node, None),
            Expression::ArrowFunctionExpression(node) => {
                let name = Self::fresh("callback", node.span);
                self.arrow(node, &name)
            }
            Expression::FunctionExpression(node) => {
                let own = node.id.as_ref().map_or("callback", |id| id.name.as_str());
                let name = Self::fresh(own, node.span);
                self.function_expression(node, &name)
            }
            Expression::ClassExpression(node) => {
                let name = Self::fresh("Class", node.span);
                self.class(node, &name);
                build::name(&name, range)
            }
            Expression::AssignmentExpression(node) => self.assignment(node),
            Expression::AwaitExpression(node) => build::awaited(self.expression(&node.argument), range),
            Expression::BinaryExpression(node) => self.binary(node),
            Expression::LogicalExpression(node) => self.logical(node),
            Expression::UnaryExpression(node) => self.unary(node),
            Expression::ConditionalExpression(node) => {
                let test = self.expression(&node.test);
                let (yes, no) = (self.expression(&node.consequent), self.expression(&node.alternate));
                build::choice(test, yes, no, range)
            }
            Expression::CallExpression(node) => self.call(node),
            Expression::NewExpression(node) => {
                let callee = self.expression(&node.callee);
                let given = self.arguments(&node.arguments);
                build::call(callee, given, range)
            }
            Expression::ChainExpression(node) => self.chain(&node.expression),
            Expression::ImportExpression(node) => self.import_expression(&node.source, range),
            Expression::ParenthesizedExpression(node) => self.expression(&node.expression),
            Expression::SequenceExpression(node) => self.sequence(&node.expressions, range),
            Expression::TaggedTemplateExpression(node) => self.tagged(node),
            Expression::ThisExpression(_) => self.this(range),
            Expression::Super(_) => build::name("this", range),
            Expression::YieldExpression(node) if self.awaits => {
                let awaited = self.boxed(node.argument.as_ref());
                awaited.map_or_else(|| build::none(range), |value| build::awaited(value, range))
            }
            Expression::YieldExpression(node) => build::yielded(self.boxed(node.argument.as_ref()), range),
            Expression::ImportMeta(_) => build::name("js.import_meta", range),
            Expression::JSXElement(node) => self.element_of_jsx(node),
            Expression::JSXFragment(node) => self.children(&node.children, range),
            Expression::TSAsExpression(node) => self.expression(&node.expression),
            Expression::TSSatisfiesExpression(node) => self.expression(&node.expression),
            Expression::TSTypeAssertion(node) => self.expression(&node.expression),
            Expression::TSNonNullExpression(node) => self.expression(&node.expression),
            Expression::TSInstantiationExpression(node) => self.expression(&node.expression),
            _ => match node.as_member_expression() {
                Some(member) => self.member(member),
                None => build::unknown(range),
            },
        }
    }

    fn element(&mut self, item: &ArrayExpressionElement<'_>) -> Expr {
        match item {
            ArrayExpressionElement::SpreadElement(node) => {
                build::starred(self.expression(&node.argument), at(node.span))
            }
            ArrayExpressionElement::Elision(node) => build::none(at(node.span)),
            other => self.boxed(other.as_expression()).unwrap_or_else(|| build::unknown(at(other.span()))),
        }
    }

    pub(super) fn arguments(&mut self, all: &[Argument<'_>]) -> Vec<Expr> {
        all.iter().map(|one| self.argument(one)).collect()
    }

    fn argument(&mut self, one: &Argument<'_>) -> Expr {
        match one {
            Argument::SpreadElement(node) => build::starred(self.expression(&node.argument), at(node.span)),
            other => self.boxed(other.as_expression()).unwrap_or_else(|| build::unknown(at(other.span()))),
        }
    }

    fn call(&mut self, node: &CallExpression<'_>) -> Expr {
        let range = at(node.span);
        if let Some(imported) = self.required(node) {
            return imported;
        }
        if let Some(meant) = self.compiled(node) {
            return meant;
        }
        let callee = self.expression(&node.callee);
        let given = self.arguments(&node.arguments);
        build::call(callee, given, range)
    }

    fn chain(&mut self, node: &ChainElement<'_>) -> Expr {
        match node {
            ChainElement::CallExpression(node) => self.call(node),
            ChainElement::TSNonNullExpression(node) => self.expression(&node.expression),
            other => match other.as_member_expression() {
                Some(member) => self.member(member),
                None => build::unknown(at(other.span())),
            },
        }
    }

    pub(super) fn member(&mut self, node: &MemberExpression<'_>) -> Expr {
        let range = at(node.span());
        match node {
            MemberExpression::StaticMemberExpression(node) => {
                build::attribute(self.expression(&node.object), node.property.name.as_str(), range)
            }
            MemberExpression::PrivateFieldExpression(node) => {
                build::attribute(self.expression(&node.object), node.field.name.as_str(), range)
            }
            MemberExpression::ComputedMemberExpression(node) => {
                let object = self.expression(&node.object);
                build::subscript(object, self.expression(&node.expression), range)
            }
        }
    }

    /// Returns what `this` refers to: a method's first parameter in a class, the object's name in an object literal.
    fn this(&mut self, range: ruff_text_size::TextRange) -> Expr {
        match &mut self.own {
            Some((name, spoken)) => {
                *spoken = true;
                build::name(name, range)
            }
            None => build::name("this", range),
        }
    }

    /// Lowers an object literal. If its methods use `this`, it gets a name, unless the program has given it one.
    pub(super) fn object(&mut self, node: &ObjectExpression<'_>, named: Option<&str>) -> Expr {
        let range = at(node.span);
        let fresh = Self::fresh("object", node.span);
        let (mut items, mut spoken) = (Vec::with_capacity(node.properties.len()), false);
        for property in &node.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else {
                if let ObjectPropertyKind::SpreadProperty(spread) = property {
                    items.push((None, self.expression(&spread.argument)));
                }
                continue;
            };
            let key = self.key(&property.key);
            let hint = written(&property.key).unwrap_or_default();
            // Arrow functions have no `this` of their own.
            let value = if matches!(property.value, Expression::FunctionExpression(_)) {
                let around = self.own.replace((named.unwrap_or(&fresh).to_owned(), false));
                let value = self.named_after(&property.value, &hint);
                spoken |= std::mem::replace(&mut self.own, around).is_some_and(|(_, spoken)| spoken);
                value
            } else {
                self.named_after(&property.value, &hint)
            };
            items.push((Some(key), value));
        }
        let made = build::dict(items, range);
        if !spoken || named.is_some() {
            return made;
        }
        self.assign(&fresh, made, range);
        build::name(&fresh, range)
    }

    /// Lowers a value; a function gets the name that it is assigned to.
    pub(super) fn named_after(&mut self, value: &Expression<'_>, hint: &str) -> Expr {
        match value {
            Expression::ArrowFunctionExpression(node) if !hint.is_empty() => {
                let name = Self::fresh(hint, node.span);
                self.arrow(node, &name)
            }
            Expression::FunctionExpression(node) if !hint.is_empty() => {
                let name = Self::fresh(hint, node.span);
                self.function_expression(node, &name)
            }
            other => self.expression(other),
        }
    }

    pub(super) fn key(&mut self, key: &PropertyKey<'_>) -> Expr {
        let range = at(key.span());
        match written(key) {
            Some(text) => build::text(&text, range),
            None => self.boxed(key.as_expression()).unwrap_or_else(|| build::unknown(range)),
        }
    }

    pub(super) fn template(&mut self, node: &TemplateLiteral<'_>) -> Expr {
        let range = at(node.span);
        let mut pieces = Vec::new();
        let mut holes = node.expressions.iter();
        for quasi in &node.quasis {
            let shown = quasi.value.cooked.as_ref().unwrap_or(&quasi.value.raw);
            pieces.push(build::piece(shown.as_str(), at(quasi.span)));
            if let Some(hole) = holes.next() {
                let place = at(hole.span());
                pieces.push(build::hole(self.expression(hole), place));
            }
        }
        build::template(pieces, range)
    }

    /// `` tag`…${x}…` `` is a call with the strings, then the values, as the language defines it.
    fn tagged(&mut self, node: &TaggedTemplateExpression<'_>) -> Expr {
        let range = at(node.span);
        let tag = self.expression(&node.tag);
        let mut given = Vec::with_capacity(node.quasi.expressions.len() + 1);
        let shown: Vec<&str> = node.quasi.quasis.iter().map(|quasi| quasi.value.raw.as_str()).collect();
        given.push(build::list(vec![build::text(&shown.join("?"), range)], range));
        given.extend(node.quasi.expressions.iter().map(|hole| self.expression(hole)));
        build::call(build::attribute(tag, "tagged", range), given, range)
    }

    fn binary(&mut self, node: &BinaryExpression<'_>) -> Expr {
        let (left, right) = (self.expression(&node.left), self.expression(&node.right));
        let range = at(node.span);
        match compared(node.operator) {
            Some(op) => build::compare(left, op, right, range),
            None if node.operator == BinaryOperator::Addition => {
                build::operate(left, Operator::Add, right, range)
            }
            None => build::operate(left, Operator::Sub, right, range),
        }
    }

    /// Flattens `a && b && c` into one node, so that long chains stay shallow.
    fn logical(&mut self, node: &LogicalExpression<'_>) -> Expr {
        let op = if node.operator == LogicalOperator::And { BoolOp::And } else { BoolOp::Or };
        let mut values = match self.expression(&node.left) {
            Expr::BoolOp(left) if left.op == op => left.values,
            left => vec![left],
        };
        values.push(self.expression(&node.right));
        build::either(op, values, at(node.span))
    }

    fn unary(&mut self, node: &UnaryExpression<'_>) -> Expr {
        let operand = self.expression(&node.argument);
        let range = at(node.span);
        match node.operator {
            UnaryOperator::LogicalNot => build::unary(UnaryOp::Not, operand, range),
            UnaryOperator::Void => build::none(range),
            UnaryOperator::Typeof | UnaryOperator::Delete => build::unknown(range),
            _ => build::unary(UnaryOp::USub, operand, range),
        }
    }

    fn sequence(&mut self, all: &[Expression<'_>], range: ruff_text_size::TextRange) -> Expr {
        let Some((last, before)) = all.split_last() else { return build::unknown(range) };
        for one in before {
            let value = self.expression(one);
            self.out.push(build::evaluate(value, at(one.span())));
        }
        self.expression(last)
    }

    fn assignment(&mut self, node: &AssignmentExpression<'_>) -> Expr {
        let range = at(node.span);
        let value = self.expression(&node.right);
        let target = self.target(&node.left);
        let value = match node.operator {
            AssignmentOperator::Assign | AssignmentOperator::LogicalAnd => value,
            AssignmentOperator::Addition => build::operate(target.clone(), Operator::Add, value, range),
            operator if operator.is_logical() => {
                build::either(BoolOp::Or, vec![target.clone(), value], range)
            }
            _ => build::operate(target.clone(), Operator::Sub, value, range),
        };
        build::named(target, value, range)
    }
}

/// Returns a key that is a literal or identifier.
pub(super) fn written(key: &PropertyKey<'_>) -> Option<String> {
    match key {
        PropertyKey::StaticIdentifier(node) => Some(node.name.as_str().to_owned()),
        PropertyKey::PrivateIdentifier(node) => Some(node.name.as_str().to_owned()),
        PropertyKey::StringLiteral(node) => Some(node.value.as_str().to_owned()),
        _ => None,
    }
}

fn compared(operator: BinaryOperator) -> Option<CmpOp> {
    Some(match operator {
        BinaryOperator::Equality | BinaryOperator::StrictEquality => CmpOp::Eq,
        BinaryOperator::Inequality | BinaryOperator::StrictInequality => CmpOp::NotEq,
        BinaryOperator::LessThan => CmpOp::Lt,
        BinaryOperator::LessEqualThan => CmpOp::LtE,
        BinaryOperator::GreaterThan => CmpOp::Gt,
        BinaryOperator::GreaterEqualThan => CmpOp::GtE,
        BinaryOperator::In => CmpOp::In,
        BinaryOperator::Instanceof => CmpOp::Is,
        _ => return None,
    })
}

/// Returns the number, if it is written as a whole one; otherwise only whether it is zero is kept.
fn whole(node: &oxc_ast::ast::NumericLiteral<'_>) -> u64 {
    let written = node.raw.and_then(|raw| raw.parse().ok());
    written.unwrap_or(u64::from(node.value != 0.0))
}
