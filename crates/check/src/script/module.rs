//! Lowers imports and exports of both module systems, and marks exports that are called from outside.

use oxc_ast::ast::{
    Argument, AssignmentTarget, CallExpression, Declaration, ExportDefaultDeclaration,
    ExportDefaultDeclarationKind, ExportSpecifier, Expression, ImportDeclaration, ImportDeclarationSpecifier,
    ModuleDeclaration, ModuleExportName, ObjectPropertyKind, TSImportEqualsDeclaration, TSModuleReference,
    VariableDeclaration,
};
use oxc_span::Span;
use ruff_python_ast::Expr;
use ruff_text_size::TextRange;

use super::build::{self, at};
use super::lower::{DEFAULT, Lower};
use super::routes;

impl Lower<'_> {
    pub(super) fn module_declaration(&mut self, node: &ModuleDeclaration<'_>) {
        match node {
            ModuleDeclaration::ImportDeclaration(node) => self.import(node),
            ModuleDeclaration::ExportDeclaration(node) => {
                self.exports.extend(declared(&node.declaration));
                self.declaration(&node.declaration);
            }
            ModuleDeclaration::ExportDefaultDeclaration(node) => self.export_default(node),
            ModuleDeclaration::ExportNamedDeclaration(node) => {
                node.specifiers.iter().for_each(|one| self.export_name(one, at(node.span)));
            }
            ModuleDeclaration::ExportFromDeclaration(node) => {
                let names = node
                    .specifiers
                    .iter()
                    .map(|one| build::alias(exported(&one.local), exported(&one.exported), at(one.span)));
                let names = names.collect();
                let module = self.resolver.module(self.path, node.source.value.as_str());
                self.out.push(build::import_from(&module, names, at(node.span)));
                // `export { auth as middleware } from "./auth"`
                let shown = node.specifiers.iter().map(|one| exported(&one.exported));
                let path = self.path;
                self.exports
                    .extend(shown.filter(|name| routes::is_middleware(path, name)).map(str::to_owned));
            }
            ModuleDeclaration::ExportAllDeclaration(node) => {
                let module = self.resolver.module(self.path, node.source.value.as_str());
                let range = at(node.span);
                self.out.push(match &node.exported {
                    Some(name) => build::import(&module, exported(name), range),
                    None => build::import_from(&module, vec![build::alias("*", "*", range)], range),
                });
            }
            ModuleDeclaration::TSExportAssignment(node) => {
                let value = self.expression(&node.expression);
                self.assign(DEFAULT, value, at(node.span));
            }
            ModuleDeclaration::TSNamespaceExportDeclaration(_) => {}
        }
    }

    fn import(&mut self, node: &ImportDeclaration<'_>) {
        self.hosted |= routes::is_platform(node.source.value.as_str());
        let module = self.resolver.module(self.path, node.source.value.as_str());
        let range = at(node.span);
        let Some(specifiers) = node.specifiers.as_ref().filter(|all| !all.is_empty()) else {
            self.out.push(build::import(&module, &Self::fresh("import", node.span), range));
            return;
        };
        let mut names = Vec::new();
        for one in specifiers {
            match one {
                ImportDeclarationSpecifier::ImportSpecifier(one) => {
                    names.push(build::alias(exported(&one.imported), one.local.name.as_str(), at(one.span)));
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => {
                    self.import_default(&module, one.local.name.as_str(), range);
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => {
                    self.out.push(build::import(&module, one.local.name.as_str(), range));
                }
            }
        }
        if !names.is_empty() {
            self.out.push(build::import_from(&module, names, range));
        }
    }

    /// Imports a package's default export: the package itself, or a class of it.
    fn import_default(&mut self, module: &str, bound: &str, range: TextRange) {
        let class = bound.starts_with(|ch: char| ch.is_ascii_uppercase());
        self.out.push(if module.starts_with('/') {
            build::import_from(module, vec![build::alias(DEFAULT, bound, range)], range)
        } else if class {
            build::import_from(module, vec![build::alias(bound, bound, range)], range)
        } else {
            build::import(module, bound, range)
        });
    }

    fn import_bound(&mut self, specifier: &str, range: TextRange) -> Expr {
        let module = self.resolver.module(self.path, specifier);
        let bound = format!("import@{}", u32::from(range.start()));
        self.out.push(build::import(&module, &bound, range));
        build::name(&bound, range)
    }

    /// Lowers `require("…")`.
    pub(super) fn required(&mut self, node: &CallExpression<'_>) -> Option<Expr> {
        let Expression::Identifier(callee) = &node.callee else { return None };
        let Some(Argument::StringLiteral(source)) = node.arguments.first() else { return None };
        let asks = callee.name == "require" && self.symbol(callee).is_none();
        self.hosted |= asks && routes::is_platform(source.value.as_str());
        asks.then(|| self.import_bound(source.value.as_str(), at(node.span)))
    }

    /// Lowers `__exportStar(require("./a"), exports)`, the compiled form of `export * from "./a"`. True if it was one.
    pub(super) fn export_all(&mut self, call: &CallExpression<'_>) -> bool {
        let Some(Argument::StringLiteral(source)) = call.arguments.first() else { return false };
        if !self.is_global(&call.callee, "require") {
            return false;
        }
        let (module, range) = (self.resolver.module(self.path, source.value.as_str()), at(call.span));
        self.out.push(build::import_from(&module, vec![build::alias("*", "*", range)], range));
        true
    }

    /// Lowers `import("…")`.
    pub(super) fn import_expression(&mut self, source: &Expression<'_>, range: TextRange) -> Expr {
        match source {
            Expression::StringLiteral(source) => self.import_bound(source.value.as_str(), range),
            other => self.expression(other),
        }
    }

    pub(super) fn import_equals(&mut self, node: &TSImportEqualsDeclaration<'_>) {
        if let TSModuleReference::ExternalModuleReference(source) = &node.module_reference {
            let module = self.resolver.module(self.path, source.expression.value.as_str());
            self.out.push(build::import(&module, node.id.name.as_str(), at(node.span)));
        }
    }

    fn export_default(&mut self, node: &ExportDefaultDeclaration<'_>) {
        let range = at(node.span);
        let value = match &node.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                let name = default_name(function.id.as_ref().map(|id| id.name.as_str()), node.span);
                self.function_definition(function, &name);
                build::name(&name, range)
            }
            ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                let name = default_name(class.id.as_ref().map(|id| id.name.as_str()), node.span);
                self.class(class, &name);
                build::name(&name, range)
            }
            other => match other.as_expression() {
                Some(value) => {
                    self.worker |= answers_requests(value);
                    self.given_whole(value)
                }
                None => return,
            },
        };
        self.exports.push(DEFAULT.to_owned());
        self.assign(DEFAULT, value, range);
    }

    fn export_name(&mut self, one: &ExportSpecifier<'_>, range: TextRange) {
        let (local, shown) = (exported(&one.local), exported(&one.exported));
        self.exports.push(shown.to_owned());
        if local != shown {
            self.assign(shown, build::name(local, range), range);
        }
    }

    /// Lowers `module.exports = …` and `exports.name = …`. True if it was one.
    pub(super) fn export_of_commonjs(&mut self, left: &AssignmentTarget<'_>, right: &Expression<'_>) -> bool {
        let AssignmentTarget::StaticMemberExpression(member) = left else { return false };
        let name = member.property.name.as_str();
        let range = at(member.span);
        if self.is_global(&member.object, "module") && name == "exports" {
            let value = self.given_whole(right);
            self.exports.push(DEFAULT.to_owned());
            self.assign(DEFAULT, value, range);
            return true;
        }
        let of_module = matches!(&member.object, Expression::StaticMemberExpression(inner)
            if inner.property.name == "exports" && self.is_global(&inner.object, "module"));
        if !of_module && !self.is_global(&member.object, "exports") {
            return false;
        }
        self.exports.push(name.to_owned());
        let itself = matches!(right, Expression::Identifier(id) if id.name == name);
        if !itself {
            let value = self.named_after(right, name);
            self.assign(name, value, range);
        }
        true
    }

    /// Lowers the value that a module exports as a whole.
    fn given_whole(&mut self, value: &Expression<'_>) -> Expr {
        match value.without_parentheses() {
            Expression::ObjectExpression(node) => self.object(node, Some(DEFAULT)),
            _ => self.named_after(value, "default"),
        }
    }

    fn is_global(&self, node: &Expression<'_>, name: &str) -> bool {
        matches!(node, Expression::Identifier(id) if id.name == name && self.symbol(id).is_none())
    }

    /// Marks exports that a framework calls with requests from outside, judging by the path of the file.
    pub(super) fn enter_exports(&mut self, server: bool, range: TextRange) {
        let end = TextRange::empty(range.end());
        let called = self.exports.iter().filter(|name| {
            server
                || routes::is_called(self.path, name)
                || self.worker && *name == DEFAULT
                || self.hosted && routes::is_run(name)
        });
        let (before, called): (Vec<_>, Vec<_>) =
            called.partition(|name| routes::is_middleware(self.path, name));
        let (pages, doors): (Vec<_>, Vec<_>) = called
            .into_iter()
            .partition(|name| !server && !self.worker && !self.hosted && routes::is_page(self.path, name));
        let doors_of = if routes::is_guarded(self.path) { "js.guarded" } else { "js.framework" };
        for (framework, names) in [("js.middleware", before), ("js.page", pages), (doors_of, doors)] {
            // One call each, so that none counts as middleware for another.
            for name in names {
                let call = build::call(build::name(framework, end), vec![build::name(name, end)], end);
                self.out.push(build::evaluate(call, end));
            }
        }
    }
}

/// Whether this is `export default { fetch(request) {…} }`: a worker, which its platform passes requests to.
fn answers_requests(value: &Expression<'_>) -> bool {
    let Expression::ObjectExpression(object) = value.without_parentheses() else { return false };
    object.properties.iter().any(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            let called = property.key.is_specific_static_name("fetch");
            let function = matches!(
                property.value,
                Expression::FunctionExpression(_)
                    | Expression::ArrowFunctionExpression(_)
                    | Expression::Identifier(_)
            );
            called && function
        }
        ObjectPropertyKind::SpreadProperty(_) => false,
    })
}

fn default_name(own: Option<&str>, span: Span) -> String {
    own.map_or_else(|| Lower::fresh("default", span), str::to_owned)
}

fn exported<'n>(name: &'n ModuleExportName<'_>) -> &'n str {
    let name = match name {
        ModuleExportName::IdentifierName(name) => name.name.as_str(),
        ModuleExportName::IdentifierReference(name) => name.name.as_str(),
        ModuleExportName::StringLiteral(name) => name.value.as_str(),
    };
    if name == "default" { DEFAULT } else { name }
}

fn declared(node: &Declaration<'_>) -> Vec<String> {
    match node {
        Declaration::VariableDeclaration(node) => variable_names(node),
        Declaration::FunctionDeclaration(node) => {
            node.id.iter().map(|id| id.name.as_str().to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

fn variable_names(node: &VariableDeclaration<'_>) -> Vec<String> {
    let names = node.declarations.iter().filter_map(|one| one.id.get_binding_identifier());
    names.map(|id| id.name.as_str().to_owned()).collect()
}
