//! Lowers assignment targets: names, members, and destructuring patterns.

use oxc_ast::ast::{
    ArrayAssignmentTarget, ArrayPattern, AssignmentTarget, AssignmentTargetMaybeDefault,
    AssignmentTargetProperty, BindingPattern, ForStatementLeft, ObjectAssignmentTarget, ObjectPattern,
    PropertyKey, SimpleAssignmentTarget,
};
use oxc_span::GetSpan;
use ruff_python_ast::{BoolOp, Expr};
use ruff_text_size::TextRange;

use super::build::{self, at};
use super::expression::written;
use super::lower::Lower;

impl Lower<'_> {
    /// Binds the names of a pattern to the parts of a value.
    pub(super) fn take_apart(&mut self, pattern: &BindingPattern<'_>, value: Expr) {
        let range = at(pattern.span());
        match pattern {
            BindingPattern::BindingIdentifier(node) => self.assign(node.name.as_str(), value, range),
            BindingPattern::AssignmentPattern(node) => {
                let default = self.expression(&node.right);
                let either = build::either(BoolOp::Or, vec![value, default], range);
                self.deeper(|lower| lower.take_apart(&node.left, either));
            }
            BindingPattern::ObjectPattern(node) => self.take_object(node, value, range),
            BindingPattern::ArrayPattern(node) => self.take_list(node, value, range),
        }
    }

    fn take_object(&mut self, node: &ObjectPattern<'_>, value: Expr, range: TextRange) {
        let held = self.hold(value, range);
        for property in &node.properties {
            let part = self.part(&held, &property.key, property.computed);
            self.deeper(|lower| lower.take_apart(&property.value, part));
        }
        if let Some(rest) = &node.rest {
            self.take_apart(&rest.argument, held);
        }
    }

    fn take_list(&mut self, node: &ArrayPattern<'_>, value: Expr, range: TextRange) {
        let held = self.hold(value, range);
        let rest = node.rest.as_ref().map(|rest| &rest.argument);
        let mut later = Vec::new();
        let all = node.elements.iter().map(Option::as_ref).chain(rest.map(Some));
        let targets = all.map(|element| match element {
            Some(BindingPattern::BindingIdentifier(name)) => build::name(name.name.as_str(), at(name.span)),
            Some(pattern) => {
                let name = build::name(&Self::fresh("part", pattern.span()), at(pattern.span()));
                later.push((pattern, name.clone()));
                name
            }
            None => build::name("_", range),
        });
        let targets = build::list(targets.collect(), range);
        self.out.push(build::assign(targets, held, range));
        for (pattern, name) in later {
            self.deeper(|lower| lower.take_apart(pattern, name));
        }
    }

    /// Binds a value that is used more than once to a name.
    pub(super) fn hold(&mut self, value: Expr, range: TextRange) -> Expr {
        let plain = |object: &Expr| matches!(object, Expr::Name(_));
        if plain(&value) || matches!(&value, Expr::Attribute(member) if plain(&member.value)) {
            return value;
        }
        let name = format!("held@{}", u32::from(range.start()));
        self.assign(&name, value, range);
        build::name(&name, range)
    }

    fn part(&mut self, held: &Expr, key: &PropertyKey<'_>, computed: bool) -> Expr {
        let range = at(key.span());
        match written(key).filter(|_| !computed) {
            Some(name) => build::attribute(held.clone(), &name, range),
            None => build::subscript(held.clone(), self.key(key), range),
        }
    }

    /// Lowers an assignment target.
    pub(super) fn target(&mut self, target: &AssignmentTarget<'_>) -> Expr {
        let range = at(target.span());
        match target {
            AssignmentTarget::ArrayAssignmentTarget(node) => self.list_target(node, range),
            AssignmentTarget::ObjectAssignmentTarget(node) => self.object_target(node, range),
            other => match other.as_simple_assignment_target() {
                Some(simple) => self.simple_target(simple),
                None => build::unknown(range),
            },
        }
    }

    fn simple_target(&mut self, target: &SimpleAssignmentTarget<'_>) -> Expr {
        match target {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(node) => self.assigned(node),
            SimpleAssignmentTarget::TSAsExpression(node) => self.expression(&node.expression),
            SimpleAssignmentTarget::TSNonNullExpression(node) => self.expression(&node.expression),
            other => match other.as_member_expression() {
                Some(member) => self.member(member),
                None => build::unknown(at(other.span())),
            },
        }
    }

    fn list_target(&mut self, node: &ArrayAssignmentTarget<'_>, range: TextRange) -> Expr {
        let parts = node.elements.iter().map(|element| match element {
            Some(element) => self.maybe_default(element),
            None => build::name("_", range),
        });
        build::list(parts.collect(), range)
    }

    /// Lowers an object pattern to a list of its names, each of which gets the taint of the whole.
    fn object_target(&mut self, node: &ObjectAssignmentTarget<'_>, range: TextRange) -> Expr {
        let parts = node.properties.iter().map(|property| match property {
            AssignmentTargetProperty::AssignmentTargetPropertyIdentifier(node) => {
                self.assigned(&node.binding)
            }
            AssignmentTargetProperty::AssignmentTargetPropertyProperty(node) => {
                self.maybe_default(&node.binding)
            }
        });
        build::list(parts.collect(), range)
    }

    fn maybe_default(&mut self, target: &AssignmentTargetMaybeDefault<'_>) -> Expr {
        match target {
            AssignmentTargetMaybeDefault::AssignmentTargetWithDefault(node) => self.target(&node.binding),
            other => match other.as_assignment_target() {
                Some(target) => self.target(target),
                None => build::unknown(at(other.span())),
            },
        }
    }

    /// Returns a loop's target, and the pattern that takes it apart in each round.
    pub(super) fn loop_target<'p, 'a>(
        &mut self,
        left: &'p ForStatementLeft<'a>,
    ) -> (Expr, Option<&'p BindingPattern<'a>>) {
        let range = at(left.span());
        if let ForStatementLeft::VariableDeclaration(node) = left {
            return match node.declarations.first().map(|one| &one.id) {
                Some(BindingPattern::BindingIdentifier(name)) => {
                    (build::name(name.name.as_str(), range), None)
                }
                Some(pattern) => (build::name(&Self::fresh("round", pattern.span()), range), Some(pattern)),
                None => (build::name("_", range), None),
            };
        }
        let target = left.as_assignment_target().map(|target| self.target(target));
        (target.unwrap_or_else(|| build::name("_", range)), None)
    }
}
