//! From the tree of JavaScript to the tree that the evaluator reads.
//!
//! A function in an expression becomes a definition before the statement in which it stands, and its name stands in the
//! expression; destructuring becomes assignments; a name that the file does not bind becomes `js.name`.

use oxc_ast::ast::{IdentifierReference, Program, Statement};
use oxc_semantic::Scoping;
use oxc_span::Span;
use oxc_syntax::symbol::SymbolId;
use ruff_python_ast::{Expr, Stmt, Suite};
use ruff_text_size::TextRange;

use super::build::{self, at};
use super::resolve::Resolver;

/// Deeper code is not followed.
const MAX_DEPTH: usize = 200;

/// What a module exports when it exports one thing.
pub(super) const DEFAULT: &str = crate::code::DEFAULT_EXPORT;

/// What stands around the place that is read.
pub(super) enum Around {
    Loop,
    Switch,
}

/// One file on its way.
pub(super) struct Lower<'l> {
    pub scoping: &'l Scoping,
    pub resolver: &'l Resolver,
    /// Path of the file.
    pub path: &'l str,
    /// The statements of the block that is being written.
    pub out: Vec<Stmt>,
    /// How many functions are around the place.
    pub functions: usize,
    pub around: Vec<Around>,
    /// Names that the module gives away.
    pub exports: Vec<String>,
    /// What it exports by default takes requests.
    pub worker: bool,
    /// The name of the object in whose methods the place is, and whether one of them speaks of it.
    pub own: Option<(String, bool)>,
    /// A `yield` awaits: a compiler has put it in the place of that.
    pub awaits: bool,
    depth: usize,
}

impl<'l> Lower<'l> {
    pub(super) fn new(scoping: &'l Scoping, resolver: &'l Resolver, path: &'l str) -> Self {
        let (out, around, exports) = (Vec::new(), Vec::new(), Vec::new());
        let (worker, own, awaits) = (false, None, false);
        Self { scoping, resolver, path, out, functions: 0, around, exports, worker, own, awaits, depth: 0 }
    }

    /// The whole file.
    pub(super) fn program(mut self, program: &Program<'_>) -> ruff_python_ast::ModModule {
        self.statements(&program.body);
        let server = program.directives.iter().any(|line| line.directive == "use server");
        self.enter_exports(server, at(program.span));
        build::module(self.out.into(), at(program.span))
    }

    /// Writes a block of its own.
    pub(super) fn block(&mut self, write: impl FnOnce(&mut Self)) -> Suite {
        let outside = std::mem::take(&mut self.out);
        write(self);
        std::mem::replace(&mut self.out, outside).into()
    }

    /// One level deeper; nothing if it is too deep.
    pub(super) fn deeper<T>(&mut self, go: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth > MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let made = go(self);
        self.depth -= 1;
        Some(made)
    }

    /// Statements, functions first: they can be called before they are written down.
    pub(super) fn statements(&mut self, all: &[Statement<'_>]) {
        let (first, rest): (Vec<_>, Vec<_>) = all.iter().partition(|one| is_function(one));
        first.into_iter().chain(rest).for_each(|one| {
            self.deeper(|lower| lower.statement(one));
        });
    }

    /// A name that is read.
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

    /// A name that is assigned to: says first whose it is, if it is not the function's own.
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

    /// A name that no program uses, for the thing at a place.
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
