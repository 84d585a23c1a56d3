//! JSX: a component is called with its properties; a plain element passes its handlers to the browser.

use oxc_ast::ast::{
    JSXAttributeItem, JSXAttributeName, JSXAttributeValue, JSXChild, JSXElement, JSXElementName,
    JSXExpressionContainer, JSXMemberExpression, JSXMemberExpressionObject,
};
use ruff_python_ast::Expr;
use ruff_text_size::TextRange;

use super::build::{self, at};
use super::lower::Lower;

type Item = (Option<Expr>, Expr);

impl Lower<'_> {
    pub(super) fn element_of_jsx(&mut self, node: &JSXElement<'_>) -> Expr {
        let opening = &node.opening_element;
        let range = at(opening.span);
        let component = self.component(&opening.name, range);
        let mut items: Vec<Item> =
            opening.attributes.iter().map(|attribute| self.property(attribute)).collect();
        if !node.children.is_empty() {
            let children = self.children(&node.children, at(node.span));
            items.push((Some(build::text("children", range)), children));
        }
        build::call(component, vec![build::dict(items, range)], range)
    }

    fn component(&mut self, name: &JSXElementName<'_>, range: TextRange) -> Expr {
        match name {
            JSXElementName::IdentifierReference(node) => self.reference(node),
            JSXElementName::MemberExpression(node) => self.component_member(node),
            JSXElementName::Identifier(node) => {
                build::attribute(build::name("js.jsx", range), node.name.as_str(), range)
            }
            _ => build::attribute(build::name("js.jsx", range), "element", range),
        }
    }

    fn component_member(&mut self, node: &JSXMemberExpression<'_>) -> Expr {
        let range = at(node.span);
        let object = match &node.object {
            JSXMemberExpressionObject::IdentifierReference(node) => self.reference(node),
            JSXMemberExpressionObject::MemberExpression(node) => {
                self.deeper(|lower| lower.component_member(node)).unwrap_or_else(|| build::unknown(range))
            }
            JSXMemberExpressionObject::ThisExpression(_) => build::name("this", range),
        };
        build::attribute(object, node.property.name.as_str(), range)
    }

    fn property(&mut self, item: &JSXAttributeItem<'_>) -> Item {
        match item {
            JSXAttributeItem::SpreadAttribute(node) => (None, self.expression(&node.argument)),
            JSXAttributeItem::Attribute(node) => {
                let range = at(node.span);
                let name = match &node.name {
                    JSXAttributeName::Identifier(name) => name.name.as_str(),
                    JSXAttributeName::NamespacedName(name) => name.name.name.as_str(),
                };
                let value = match &node.value {
                    Some(value) => self.property_value(value, name),
                    None => build::boolean(true, range),
                };
                (Some(build::text(name, range)), value)
            }
        }
    }

    fn property_value(&mut self, value: &JSXAttributeValue<'_>, name: &str) -> Expr {
        match value {
            JSXAttributeValue::StringLiteral(node) => build::text(node.value.as_str(), at(node.span)),
            JSXAttributeValue::ExpressionContainer(node) => self.container(node, name),
            JSXAttributeValue::Element(node) => self.element_of_jsx(node),
            JSXAttributeValue::Fragment(node) => self.children(&node.children, at(node.span)),
        }
    }

    fn container(&mut self, node: &JSXExpressionContainer<'_>, hint: &str) -> Expr {
        let range = at(node.span);
        match node.expression.as_expression() {
            Some(expression) => self.named_after(expression, hint),
            None => build::none(range),
        }
    }

    pub(super) fn children(&mut self, all: &[JSXChild<'_>], range: TextRange) -> Expr {
        let made: Vec<Expr> = all.iter().filter_map(|child| self.child(child)).collect();
        build::list(made, range)
    }

    fn child(&mut self, child: &JSXChild<'_>) -> Option<Expr> {
        match child {
            JSXChild::Text(_) => None,
            JSXChild::Element(node) => self.deeper(|lower| lower.element_of_jsx(node)),
            JSXChild::Fragment(node) => self.deeper(|lower| lower.children(&node.children, at(node.span))),
            JSXChild::ExpressionContainer(node) => Some(self.container(node, "")),
            JSXChild::Spread(node) => Some(self.expression(&node.expression)),
        }
    }
}
