//! Lowers the JavaScript tree to the tree that the evaluator reads.
//!
//! A function expression becomes a definition before its statement, replaced by its name; destructuring becomes assignments; a
//! name that the file does not bind becomes `js.name`.

use oxc_ast::ast::{IdentifierReference, Program, Statement};
use oxc_semantic::Scoping;
use oxc_span::Span;
use oxc_syntax::symbol::SymbolId;
use ruff_python_ast::{Expr, Stmt, Suite};
use ruff_text_size::TextRange;

use super::build::{self, at};
use super::resolve::Resolver;

/// Code nested more deeply is not followed.
const MAX_DEPTH: usize = 200;

/// The name under which a module's default export is kept.
pub(super) const DEFAULT: &str = crate::code::DEFAULT_EXPORT;

/// What encloses the current position.
pub(super) enum Around {
    Loop,
    Switch,
}

/// The state of lowering one file.
pub(super) struct Lower<'l> {
    pub scoping: &'l Scoping,
    pub resolver: &'l Resolver,
    /// Path of the file.
    pub path: &'l str,
    /// The statements of the block that is being written.
    pub out: Vec<Stmt>,
    /// How many functions enclose the current position.
    pub functions: usize,
    pub around: Vec<Around>,
    /// Names that the module exports.
    pub exports: Vec<String>,
    /// Whether its default export handles requests.
    pub worker: bool,
    /// Whether the file uses the package of a platform that runs its export with what is sent to it.
    pub hosted: bool,
    /// The name of the object literal whose method is being read, and whether any method uses `this`.
    pub own: Option<(String, bool)>,
    /// Whether `yield` means `await`, as in compiled async functions.
    pub awaits: bool,
    depth: usize,
}

impl<'l> Lower<'l> {
    pub(super) fn new(scoping: &'l Scoping, resolver: &'l Resolver, path: &'l str) -> Self {
        let (out, around, exports) = (Vec::new(), Vec::new(), Vec::new());
        let (worker, hosted, own, awaits) = (false, false, None, false);
        Self {
            scoping,
            resolver,
            path,
            out,
            functions: 0,
            around,
            exports,
            worker,
            hosted,
            own,
            awaits,
            depth: 0,
        }
    }

    /// Lowers the whole file.
    pub(super) fn program(mut self, program: &Program<'_>) -> ruff_python_ast::ModModule {
        self.statements(&program.body);
        let server = program.directives.iter().any(|line| line.directive == "use server");
        self.enter_exports(server, at(program.span));
        build::module(self.out.into(), at(program.span))
    }

    /// Writes a separate block.
    pub(super) fn block(&mut self, write: impl FnOnce(&mut Self)) -> Suite {
        let outside = std::mem::take(&mut self.out);
        write(self);
        std::mem::replace(&mut self.out, outside).into()
    }

    /// Goes one level deeper; `None` if that is too deep.
    pub(super) fn deeper<T>(&mut self, go: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth > MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let made = go(self);
        self.depth -= 1;
        Some(made)
    }

    /// Lowers statements, functions first: they are hoisted.
    pub(super) fn statements(&mut self, all: &[Statement<'_>]) {
        let (first, rest): (Vec<_>, Vec<_>) = all.iter().partition(|one| is_function(one));
        first.into_iter().chain(rest).for_each(|one| {
            self.deeper(|lower| lower.statement(one));
        });
    }

    /// Lowers a name that is read.
    pub(super) fn reference(&self, node: &IdentifierReference<'_>) -> Expr {
        let range = at(node.span);
        match (self.symbol(node), node.name.as_str()) {
            (Some(_), name) => build::name(name, range),
            (None, "undefined") => build::none(range),
            (None, name) => build::name(&format!("js.{name}"), range),
        }
    }

    pub(super) fn symbol(&self, node: &IdentifierReference<'_>) -> Option<SymbolId> {
        self.scoping.get_reference(node.reference_id.get()?).symbol_id()
    }

    /// Lowers a name that is assigned to, declaring it global or nonlocal first if it is not the function's own.
    pub(super) fn assigned(&mut self, node: &IdentifierReference<'_>) -> Expr {
        let range = at(node.span);
        let Some(symbol) = self.symbol(node) else { return self.reference(node) };
        let scope = self.scoping.symbol_scope_id(symbol);
        let mut functions = 0;
        for scope in self.scoping.scope_ancestors(scope) {
            functions += usize::from(self.scoping.scope_flags(scope).is_function());
        }
        if functions == 0 && self.functions > 0 {
            self.out.push(build::global(node.name.as_str(), range));
        } else if functions < self.functions {
            self.out.push(build::nonlocal(node.name.as_str(), range));
        }
        build::name(node.name.as_str(), range)
    }

    /// Returns a name that no program uses, unique to this position.
    pub(super) fn fresh(hint: &str, span: Span) -> String {
        format!("{hint}@{}", span.start)
    }

    pub(super) fn assign(&mut self, name: &str, value: Expr, range: TextRange) {
        self.out.push(build::assign(build::name(name, range), value, range));
    }
}

fn is_function(statement: &Statement<'_>) -> bool {
    use oxc_ast::ast::{Declaration, ExportDefaultDeclarationKind};
    match statement {
        Statement::FunctionDeclaration(_) => true,
        Statement::ExportDeclaration(export) => {
            matches!(export.declaration, Declaration::FunctionDeclaration(_))
        }
        Statement::ExportDefaultDeclaration(export) => {
            matches!(export.declaration, ExportDefaultDeclarationKind::FunctionDeclaration(_))
        }
        _ => false,
    }
}
