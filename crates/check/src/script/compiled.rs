//! Recognises what compilers and bundlers emit for newer syntax (`__awaiter`, `__toESM`, `__commonJS`, `__publicField`) and
//! reads it as what it was compiled from.

use oxc_ast::ast::{
    Argument, ArrowFunctionBody, CallExpression, Expression, Function, FunctionBody, ObjectPropertyKind,
    Statement,
};
use oxc_span::GetSpan;
use ruff_python_ast::{BoolOp, Expr};
use ruff_text_size::TextRange;

use super::build::{self, at};
use super::expression::written;
use super::lower::Lower;

/// Helpers that return their argument: a module, or a function whose name is preserved.
const SAME: &[&str] = &[
    "__importDefault",
    "__importStar",
    "__toESM",
    "__toCommonJS",
    "_interopRequireDefault",
    "_interopRequireWildcard",
    "_interop_require_default",
    "_interop_require_wildcard",
    "_interopDefault",
    "_interopDefaultLegacy",
    "_interopNamespace",
    "_interopNamespaceDefault",
    "__name",
];
/// Helpers that run a generator in which `yield` means `await`.
const AWAITERS: &[&str] = &["__awaiter", "__async"];
/// Helpers that turn such a generator into an async function.
const ASYNC: &[&str] = &["_asyncToGenerator", "_async_to_generator"];
/// Helpers that define a field on an object.
const FIELDS: &[&str] = &["__publicField", "_defineProperty", "_define_property", "__defNormalProp"];

impl Lower<'_> {
    /// Returns what a call of such a helper means, if it is one.
    pub(super) fn compiled(&mut self, node: &CallExpression<'_>) -> Option<Expr> {
        let name = called_by(&node.callee).filter(|name| name.starts_with('_'))?;
        let range = at(node.span);
        match name {
            "__exportStar" | "__reExport" | "_export_star" => {
                let Some(Argument::CallExpression(call)) = node.arguments.iter().find(|one| is_call(one))
                else {
                    return None;
                };
                self.export_all(call).then(|| build::none(range))
            }
            "__commonJS" => self.wrapped_module(node, range),
            "__export" => self.exported_getters(node, range),
            name if SAME.contains(&name) => {
                node.arguments.first()?.as_expression().map(|given| self.expression(given))
            }
            name if AWAITERS.contains(&name) => {
                let function = generator(node)?;
                let name = Self::fresh("awaited", function.span);
                let made = self.awaiting(|lower| lower.function_expression(function, &name));
                Some(build::call(made, Vec::new(), range))
            }
            name if ASYNC.contains(&name) => {
                let function = generator(node)?;
                let name = Self::fresh("callback", function.span);
                Some(self.awaiting(|lower| lower.function_expression(function, &name)))
            }
            name if FIELDS.contains(&name) => {
                let [object, Argument::StringLiteral(key), value] = node.arguments.as_slice() else {
                    return None;
                };
                let object = self.expression(object.as_expression()?);
                let value = self.named_after(value.as_expression()?, key.value.as_str());
                let field = build::attribute(object.clone(), key.value.as_str(), range);
                self.out.push(build::assign(field, value, range));
                Some(object)
            }
            _ => None,
        }
    }

    /// Runs `write` in a context where `yield` means `await`.
    fn awaiting<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let around = std::mem::replace(&mut self.awaits, true);
        let made = write(self);
        self.awaits = around;
        made
    }

    /// Reads a function body that consists only of `return __awaiter(this, …, function* () { … })`. True if it was one.
    pub(super) fn awaited_block(&mut self, body: &FunctionBody<'_>) -> bool {
        let [Statement::ReturnStatement(only)] = body.statements.as_slice() else { return false };
        only.argument.as_ref().is_some_and(|value| self.awaited_value(value))
    }

    /// The same for an arrow function whose value is the helper's result.
    pub(super) fn awaited_value(&mut self, value: &Expression<'_>) -> bool {
        let Expression::CallExpression(call) = value.without_parentheses() else { return false };
        let awaits = called_by(&call.callee).is_some_and(|name| AWAITERS.contains(&name));
        let Some(inner) = generator(call).filter(|_| awaits).and_then(|function| function.body.as_ref())
        else {
            return false;
        };
        self.awaiting(|lower| lower.statements(&inner.statements));
        true
    }

    /// Reads `__commonJS({ "a.js"(exports, module) { … } })` as a function that returns the exports of a bundled module.
    fn wrapped_module(&mut self, node: &CallExpression<'_>, range: TextRange) -> Option<Expr> {
        let Argument::ObjectExpression(modules) = node.arguments.first()? else { return None };
        let ObjectPropertyKind::ObjectProperty(module) = modules.properties.first()? else { return None };
        let (parameters, body) = match &module.value {
            Expression::FunctionExpression(function) => (&function.params, function.body.as_deref()?),
            Expression::ArrowFunctionExpression(function) => match &function.body {
                ArrowFunctionBody::FunctionBody(body) => (&function.params, &**body),
                _ => return None,
            },
            _ => return None,
        };
        let named: Vec<&str> = parameters
            .items
            .iter()
            .filter_map(|one| Some(one.pattern.get_binding_identifier()?.name.as_str()))
            .collect();
        let name = Self::fresh("required", node.span);
        self.functions += 1;
        let block = self.block(|lower| {
            let empty = || build::dict(Vec::new(), range);
            let given = |name: &str| build::name(name, range);
            let exports = named.first().copied().unwrap_or("exports@");
            lower.assign(exports, empty(), range);
            let whole = build::dict(vec![(Some(build::text("exports", range)), given(exports))], range);
            lower.assign(named.get(1).copied().unwrap_or("module@"), whole, range);
            lower.statements(&body.statements);
            let made = named.get(1).map(|module| build::attribute(given(module), "exports", range));
            let all = made.into_iter().chain([given(exports)]).collect();
            lower.out.push(build::leave(Some(build::either(BoolOp::Or, all, range)), range));
        });
        self.functions -= 1;
        let empty = build::parameters(Vec::new(), None, range);
        let own = build::identifier(&name, TextRange::empty(range.start()));
        self.out.push(build::function(own, empty, block, Vec::new(), range));
        Some(build::name(&name, range))
    }

    /// Reads `__export(all, { send: () => send })`.
    fn exported_getters(&mut self, node: &CallExpression<'_>, range: TextRange) -> Option<Expr> {
        let [target, Argument::ObjectExpression(members)] = node.arguments.as_slice() else { return None };
        let target = self.expression(target.as_expression()?);
        for member in &members.properties {
            let ObjectPropertyKind::ObjectProperty(member) = member else { continue };
            let Expression::ArrowFunctionExpression(getter) = &member.value else { continue };
            let (Some(name), Some(value)) = (written(&member.key), getter.body.as_expression()) else {
                continue;
            };
            let value = self.expression(value);
            self.out.push(build::assign(build::attribute(target.clone(), &name, range), value, range));
        }
        Some(build::none(at(node.callee.span())))
    }
}

fn is_call(one: &Argument<'_>) -> bool {
    matches!(one, Argument::CallExpression(_))
}

/// Returns the generator passed to a helper.
fn generator<'n, 'a>(node: &'n CallExpression<'a>) -> Option<&'n Function<'a>> {
    node.arguments.iter().find_map(|one| match one {
        Argument::FunctionExpression(function) if function.generator => Some(&**function),
        _ => None,
    })
}

/// Returns the name of the callee, without its object: `(0, tslib_1.__importDefault)(…)`.
fn called_by<'n>(callee: &'n Expression<'_>) -> Option<&'n str> {
    match callee.without_parentheses() {
        Expression::Identifier(callee) => Some(callee.name.as_str()),
        Expression::StaticMemberExpression(callee) => Some(callee.property.name.as_str()),
        Expression::SequenceExpression(callee) => called_by(callee.expressions.last()?),
        _ => None,
    }
}
