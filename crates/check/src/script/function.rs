//! Lowers functions and classes.

use oxc_ast::ast::{
    ArrowFunctionBody, ArrowFunctionExpression, BindingPattern, Class, ClassElement, Decorator, Expression,
    FormalParameter, FormalParameters, Function, FunctionBody, MethodDefinition, MethodDefinitionKind,
    PropertyDefinition, TSType, TSTypeName,
};
use oxc_span::{GetSpan, Span};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::build::{self, Parameter, at};
use super::expression::written;
use super::lower::Lower;
use crate::code::{GETTER, names};

/// The parts of a function.
struct Shape<'f, 'a> {
    name: &'f str,
    /// Span of its name.
    place: TextRange,
    parameters: &'f FormalParameters<'a>,
    body: Body<'f, 'a>,
    span: Span,
    kind: Kind,
}

enum Body<'f, 'a> {
    Block(Option<&'f FunctionBody<'a>>),
    Value(&'f Expression<'a>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Method,
    Constructor,
    Static,
}

/// Names of class decorators that restrict access.
const GUARDS: &[&str] = &["guard", "guards", "authorized", "auth", "authenticated", "roles"];

impl Lower<'_> {
    /// Defines an arrow function before the statement, and returns its name in its place.
    pub(super) fn arrow(&mut self, node: &ArrowFunctionExpression<'_>, name: &str) -> Expr {
        let place = TextRange::empty(at(node.span).start());
        self.define_arrow(node, name, place, Kind::Plain, Vec::new());
        build::name(name, at(node.span))
    }

    /// Defines an arrow function that a constant holds.
    pub(super) fn arrow_definition(&mut self, node: &ArrowFunctionExpression<'_>, name: &str, place: Span) {
        self.define_arrow(node, name, at(place), Kind::Plain, Vec::new());
    }

    fn define_arrow(
        &mut self,
        node: &ArrowFunctionExpression<'_>,
        name: &str,
        place: TextRange,
        kind: Kind,
        decorators: Vec<Expr>,
    ) {
        let body = match &node.body {
            ArrowFunctionBody::FunctionBody(body) => Body::Block(Some(body)),
            value => value.as_expression().map_or(Body::Block(None), Body::Value),
        };
        let shape = Shape { name, place, parameters: &node.params, body, span: node.span, kind };
        self.add(&shape, decorators);
    }

    pub(super) fn function_expression(&mut self, node: &Function<'_>, name: &str) -> Expr {
        let place = TextRange::empty(at(node.span).start());
        self.define(node, name, place, Kind::Plain, Vec::new());
        build::name(name, at(node.span))
    }

    pub(super) fn function_definition(&mut self, node: &Function<'_>, name: &str) {
        let place =
            node.id.as_ref().map_or_else(|| TextRange::empty(at(node.span).start()), |id| at(id.span));
        if node.body.is_some() {
            self.define(node, name, place, Kind::Plain, Vec::new());
        }
    }

    fn define(
        &mut self,
        node: &Function<'_>,
        name: &str,
        place: TextRange,
        kind: Kind,
        decorators: Vec<Expr>,
    ) {
        let body = Body::Block(node.body.as_deref());
        let shape = Shape { name, place, parameters: &node.params, body, span: node.span, kind };
        self.add(&shape, decorators);
    }

    /// Adds a definition; a function with the directive `"use server"` can be called by browsers.
    fn add(&mut self, shape: &Shape<'_, '_>, decorators: Vec<Expr>) {
        let definition = self.definition(shape, decorators);
        self.out.push(definition);
        if let Body::Block(Some(body)) = &shape.body
            && body.directives.iter().any(|line| line.directive == "use server")
        {
            let own = build::name(shape.name, shape.place);
            let call = build::call(build::name("js.framework", shape.place), vec![own], shape.place);
            self.out.push(build::evaluate(call, shape.place));
        }
    }

    fn definition(&mut self, shape: &Shape<'_, '_>, mut decorators: Vec<Expr>) -> Stmt {
        let range = at(shape.span);
        let mut all = Vec::new();
        if matches!(shape.kind, Kind::Method | Kind::Constructor) {
            all.push(plain("this", shape.place));
        }
        if shape.kind == Kind::Static {
            decorators.push(build::name("staticmethod", range));
        }
        all.extend(shape.parameters.items.iter().map(|one| self.parameter(one)));
        let rest = shape.parameters.rest.as_ref();
        let rest = rest.map(|rest| plain(&binding_name(&rest.rest.argument), at(rest.span)));
        let around = std::mem::take(&mut self.around);
        // In a method of a class, `this` is the instance.
        let own = if shape.kind == Kind::Plain { None } else { self.own.take() };
        self.functions += 1;
        let body = self.block(|lower| lower.body(shape));
        self.functions -= 1;
        self.own = own.or_else(|| self.own.take());
        self.around = around;
        let parameters = build::parameters(all, rest, at(shape.parameters.span));
        build::function(build::identifier(shape.name, shape.place), parameters, body, decorators, range)
    }

    fn parameter(&mut self, node: &FormalParameter<'_>) -> Parameter {
        let annotation = node.type_annotation.as_ref();
        Parameter {
            name: binding_name(&node.pattern),
            annotation: annotation.and_then(|annotation| self.type_name(&annotation.type_annotation)),
            default: node.initializer.as_ref().map(|default| self.expression(default)),
            range: at(node.span),
        }
    }

    fn body(&mut self, shape: &Shape<'_, '_>) {
        for node in &shape.parameters.items {
            if shape.kind == Kind::Constructor && (node.accessibility.is_some() || node.readonly) {
                self.keep(node);
            }
            if !matches!(node.pattern, BindingPattern::BindingIdentifier(_)) {
                let whole = build::name(&binding_name(&node.pattern), at(node.span));
                self.take_apart(&node.pattern, whole);
            }
        }
        match &shape.body {
            Body::Block(Some(body)) if self.awaited_block(body) => {}
            Body::Value(value) if self.awaited_value(value) => {}
            Body::Block(Some(body)) => self.statements(&body.statements),
            Body::Block(None) => {}
            Body::Value(value) => {
                let made = self.expression(value);
                self.out.push(build::leave(Some(made), at(value.span())));
            }
        }
    }

    /// `constructor(private db: Db)` stores the parameter in a field.
    fn keep(&mut self, node: &FormalParameter<'_>) {
        let range = at(node.span);
        let name = binding_name(&node.pattern);
        let field = build::attribute(build::name("this", range), &name, range);
        self.out.push(build::assign(field, build::name(&name, range), range));
    }

    /// Returns the class or interface that a type names, if the file binds that name.
    pub(super) fn type_name(&self, node: &TSType<'_>) -> Option<Expr> {
        let TSType::TSTypeReference(reference) = node else { return None };
        self.qualified(&reference.type_name)
    }

    fn qualified(&self, name: &TSTypeName<'_>) -> Option<Expr> {
        match name {
            TSTypeName::IdentifierReference(node) => self.symbol(node).map(|_| self.reference(node)),
            TSTypeName::QualifiedName(node) => {
                let left = self.qualified(&node.left)?;
                Some(build::attribute(left, node.right.name.as_str(), at(node.span)))
            }
            TSTypeName::ThisExpression(_) => None,
        }
    }

    /// Defines a class.
    pub(super) fn class(&mut self, node: &Class<'_>, name: &str) {
        let range = at(node.span);
        let place = node.id.as_ref().map_or_else(|| TextRange::empty(range.start()), |id| at(id.span));
        let base = node.heritage.as_ref().map(|heritage| self.expression(&heritage.expression));
        let (mut members, mut fields) = (Vec::new(), Vec::new());
        for element in &node.body.body {
            self.deeper(|lower| lower.class_element(element, &mut members, &mut fields));
        }
        if let Some(whole) = fields.last().map(Ranged::range) {
            let this = build::parameters(vec![plain("this", whole)], None, whole);
            let own = build::identifier(crate::code::FIELDS, TextRange::empty(whole.start()));
            members.push(build::function(own, this, fields.into(), Vec::new(), whole));
        }
        self.guard(&node.decorators, &mut members);
        self.configured(&node.decorators);
        let name = build::identifier(name, place);
        self.out.push(build::class(name, base.into_iter().collect(), members.into(), range));
    }

    /// Applies `@UseGuards(…)` on a class to each of its methods.
    fn guard(&mut self, decorators: &[Decorator<'_>], members: &mut [Stmt]) {
        let all = self.decorators(decorators);
        let guards = |one: &Expr| match one {
            Expr::Call(call) => matches!(&*call.func, Expr::Name(name) if names(name.id.as_str(), GUARDS)),
            _ => false,
        };
        for guard in all.into_iter().filter(guards) {
            for member in members.iter_mut() {
                if let Stmt::FunctionDef(method) = member {
                    method.decorator_list.push(build::decorator(guard.clone(), method.range));
                }
            }
        }
    }

    /// Evaluates the parts of `@Module({ providers: […] })`, from which an application is composed.
    fn configured(&mut self, decorators: &[Decorator<'_>]) {
        for decorator in self.decorators(decorators) {
            let Expr::Call(call) = decorator else { continue };
            let is_module = matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "Module");
            if let Some(parts) = call.arguments.args.first().filter(|_| is_module) {
                self.out.push(build::evaluate(parts.clone(), parts.range()));
            }
        }
    }

    /// Statements that a field needs go before the class; methods and fields go into it. Fields that hold functions are
    /// assigned when an instance is created, since the functions may refer to it.
    fn class_element(&mut self, element: &ClassElement<'_>, members: &mut Vec<Stmt>, fields: &mut Vec<Stmt>) {
        match element {
            ClassElement::MethodDefinition(node) => self.method(node, members),
            ClassElement::PropertyDefinition(node) => self.field(node, members, fields),
            ClassElement::StaticBlock(node) => self.statements(&node.body),
            _ => {}
        }
    }

    fn method(&mut self, node: &MethodDefinition<'_>, members: &mut Vec<Stmt>) {
        let kind = match node.kind {
            MethodDefinitionKind::Constructor => Kind::Constructor,
            _ if node.r#static => Kind::Static,
            _ => Kind::Method,
        };
        let written = match written(&node.key) {
            // A setter must not share its property's name.
            Some(name) if node.kind == MethodDefinitionKind::Set => Self::fresh(&name, node.span),
            Some(name) => name,
            None => Self::fresh("method", node.span),
        };
        let name = if kind == Kind::Constructor { "__init__" } else { &written };
        if node.value.body.is_none() {
            return;
        }
        let mut decorators = self.decorators(&node.decorators);
        if node.kind == MethodDefinitionKind::Get {
            decorators.push(build::name(GETTER, at(node.key.span())));
        }
        let outside = std::mem::take(&mut self.out);
        self.define(&node.value, name, at(node.key.span()), kind, decorators);
        members.append(&mut std::mem::replace(&mut self.out, outside));
    }

    fn decorators(&mut self, all: &[Decorator<'_>]) -> Vec<Expr> {
        all.iter().map(|one| self.expression(&one.expression)).collect()
    }

    fn field(&mut self, node: &PropertyDefinition<'_>, members: &mut Vec<Stmt>, fields: &mut Vec<Stmt>) {
        let Some(name) = written(&node.key) else { return };
        let (range, place) = (at(node.span), at(node.key.span()));
        if let Some(Expression::ArrowFunctionExpression(arrow)) = &node.value {
            let decorators = self.decorators(&node.decorators);
            let outside = std::mem::take(&mut self.out);
            self.define_arrow(arrow, &name, place, Kind::Method, decorators);
            members.append(&mut std::mem::replace(&mut self.out, outside));
            return;
        }
        let annotation = node.type_annotation.as_ref();
        let annotation = annotation.and_then(|annotation| self.type_name(&annotation.type_annotation));
        let outside = std::mem::take(&mut self.out);
        let value = node.value.as_ref().map(|value| self.expression(value));
        let mut before = std::mem::replace(&mut self.out, outside);
        if let Some(value) = value.as_ref().filter(|_| !node.r#static)
            && before.iter().any(Stmt::is_function_def_stmt)
        {
            fields.append(&mut before);
            let held = build::attribute(build::name("this", place), &name, range);
            fields.push(build::assign(held, value.clone(), range));
            return;
        }
        self.out.append(&mut before);
        members.extend(match (annotation, value) {
            (Some(annotation), value) => {
                Some(build::declare(build::name(&name, place), annotation, value, range))
            }
            (None, Some(value)) => Some(build::assign(build::name(&name, place), value, range)),
            (None, None) => None,
        });
    }
}

fn plain(name: &str, range: TextRange) -> Parameter {
    Parameter { name: name.to_owned(), annotation: None, default: None, range }
}

/// Returns the name of a parameter; a pattern gets a name that no program uses.
fn binding_name(pattern: &BindingPattern<'_>) -> String {
    match pattern {
        BindingPattern::BindingIdentifier(node) => node.name.as_str().to_owned(),
        other => Lower::fresh("given", other.span()),
    }
}
