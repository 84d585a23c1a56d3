//! A file's syntax tree with what edits need: calls and literals by span, imports, line endings.

use std::ops::Range;
use std::sync::Arc;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, ModModule, Stmt, StmtFunctionDef};
use ruff_text_size::{Ranged, TextRange};

use super::spot::{Node, Spot};
use crate::facts::File;
use crate::memory::Memory;
use crate::{python, script};

/// Source text with its tree.
pub(super) struct Code<'t> {
    pub text: &'t str,
    pub path: &'t str,
    body: Arc<ModModule>,
    /// True for JavaScript and TypeScript.
    pub script: bool,
}

/// Returns the byte range of a node.
pub(super) fn span(range: TextRange) -> Range<usize> {
    range.start().to_usize()..range.end().to_usize()
}

impl<'t> Code<'t> {
    /// Returns the tree of a file, if it is Python or a script and can be parsed.
    pub(super) fn of(file: &'t File, memory: &Memory) -> Option<Self> {
        let script = !python::is_source(&file.path);
        let read = || if script { script::tree(file) } else { python::tree(file) };
        let known = memory.known(&file.path, &file.text);
        let body = known.or_else(|| read().map(Arc::new))?;
        Some(Self { text: &file.text, path: &file.path, body, script })
    }

    /// Returns the call with exactly this span.
    pub(super) fn call(&self, at: &Range<usize>) -> Option<&ExprCall> {
        self.first(|node, _| match node {
            Node::Expr(Expr::Call(call)) if span(call.range()) == *at => Some(call),
            _ => None,
        })
    }

    /// Returns the string literal that contains this span, with its context.
    pub(super) fn spot(&self, at: &Range<usize>) -> Option<Spot<'_>> {
        self.first(|node, above| match node {
            Node::Expr(Expr::StringLiteral(text)) if around(text.range(), at) => {
                Some(Spot::of(text, above)).flatten()
            }
            _ => None,
        })
    }

    /// Returns the innermost function or method that contains this span.
    pub(super) fn function(&self, at: &Range<usize>) -> Option<&StmtFunctionDef> {
        let mut found: Option<&StmtFunctionDef> = None;
        self.first::<()>(|node, _| {
            if let Node::Stmt(Stmt::FunctionDef(function)) = node
                && around(function.range(), at)
            {
                found = Some(function);
            }
            None
        });
        found
    }

    /// True if this span is inside a class whose fields are filled from the environment automatically (`BaseSettings`).
    pub(super) fn in_settings(&self, at: &Range<usize>) -> bool {
        let is_settings = |base: &Expr| match base {
            Expr::Name(name) => name.id.as_str() == "BaseSettings",
            Expr::Attribute(part) => part.attr.as_str() == "BaseSettings",
            _ => false,
        };
        let found = self.statement(|statement| match statement {
            Stmt::ClassDef(class) if around(class.range(), at) => {
                let mut bases = class.arguments.iter().flat_map(|arguments| arguments.args.iter());
                bases.any(is_settings).then_some(())
            }
            _ => None,
        });
        found.is_some()
    }

    /// Returns what `test` makes of the first statement it accepts.
    pub(super) fn statement<T>(&self, mut test: impl FnMut(&Stmt) -> Option<T>) -> Option<T> {
        self.first(|node, _| match node {
            Node::Stmt(statement) => test(statement),
            Node::Expr(_) => None,
        })
    }

    /// Returns what `test` makes of the first node it accepts, in source order.
    fn first<'s, T>(&'s self, test: impl FnMut(Node<'s>, &[Node<'s>]) -> Option<T>) -> Option<T> {
        let mut look = Look { test, above: Vec::new(), found: None };
        self.body.body.iter().for_each(|statement| look.visit_stmt(statement));
        look.found
    }

    /// Returns the file's line ending.
    pub(super) fn newline(&self) -> &'static str {
        newline(self.text)
    }

    /// Returns the indentation of the line that contains a byte.
    pub(super) fn indent(&self, at: usize) -> &'t str {
        let start = self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let line = self.text.get(start..).unwrap_or_default();
        line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
    }

    /// Returns where to insert an import statement such as `import os`, and the text; `None` if it is already there.
    pub(super) fn import(&self, statement: &str) -> Option<(Range<usize>, String)> {
        if self.imports(statement) {
            return None;
        }
        let newline = self.newline();
        let at = self.first_import();
        let blank = if at == self.text.len() && !self.text.ends_with('\n') && at > 0 { newline } else { "" };
        Some((at..at, format!("{blank}{statement}{newline}")))
    }

    fn imports(&self, statement: &str) -> bool {
        self.body
            .body
            .iter()
            .any(|one| matches!(one, Stmt::Import(_) | Stmt::ImportFrom(_)) && self.shows(one, statement))
    }

    fn shows(&self, one: &Stmt, statement: &str) -> bool {
        let shown = self.text.get(span(one.range())).unwrap_or_default();
        let name = statement.strip_prefix("import ");
        let among = name.zip(shown.strip_prefix("import "));
        shown == statement || among.is_some_and(|(name, all)| all.split(',').any(|part| part.trim() == name))
    }

    /// Returns the start of the line of the first statement that is neither a docstring nor `from __future__`.
    fn first_import(&self) -> usize {
        let head = |one: &&Stmt| match one {
            Stmt::Expr(node) => node.value.is_string_literal_expr(),
            Stmt::ImportFrom(node) => node.module.as_ref().is_some_and(|name| name.as_str() == "__future__"),
            _ => false,
        };
        let body = &self.body.body;
        let first = body.iter().find(|one| !head(one));
        let last_of_head = body.iter().take_while(|one| head(one)).last();
        match (first, last_of_head) {
            (Some(first), _) => self.line_start(span(first.range()).start),
            (None, Some(last)) => self.line_end(span(last.range()).end),
            (None, None) => self.text.len(),
        }
    }

    /// Returns the offset of the first byte of the line that contains a byte.
    pub(super) fn line_start(&self, at: usize) -> usize {
        let mark = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let before = self.text.get(..at).unwrap_or_default();
        before.rfind('\n').map_or(mark, |end| end + 1)
    }

    /// Returns the offset just after the end of the line that contains a byte.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.find('\n').map_or(self.text.len(), |end| at + end + 1)
    }
}

/// Returns the line ending of a text, taken from its first line.
pub(super) fn newline(text: &str) -> &'static str {
    let first = text.find('\n').and_then(|at| text.get(..at));
    if first.is_some_and(|line| line.ends_with('\r')) { "\r\n" } else { "\n" }
}

fn around(range: TextRange, at: &Range<usize>) -> bool {
    let own = span(range);
    own.start <= at.start && at.end <= own.end
}

struct Look<'s, T, F> {
    test: F,
    above: Vec<Node<'s>>,
    found: Option<T>,
}

impl<'s, T, F: FnMut(Node<'s>, &[Node<'s>]) -> Option<T>> Look<'s, T, F> {
    fn enter(&mut self, node: Node<'s>, walk: impl FnOnce(&mut Self)) {
        if self.found.is_none() {
            self.found = (self.test)(node, &self.above);
        }
        if self.found.is_none() {
            self.above.push(node);
            walk(self);
            self.above.pop();
        }
    }
}

impl<'s, T, F: FnMut(Node<'s>, &[Node<'s>]) -> Option<T>> Visitor<'s> for Look<'s, T, F> {
    fn visit_stmt(&mut self, statement: &'s Stmt) {
        self.enter(Node::Stmt(statement), |look| walk_stmt(look, statement));
    }

    fn visit_expr(&mut self, expression: &'s Expr) {
        self.enter(Node::Expr(expression), |look| walk_expr(look, expression));
    }
}
