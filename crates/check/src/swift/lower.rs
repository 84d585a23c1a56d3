//! Lowers the Swift tree to the tree that the evaluator reads.
//!
//! A closure becomes a definition before its statement, replaced by its name. An unqualified name is a local one, a member of
//! the enclosing type, one of another file (which is then imported), or else `swift.name`, something from outside.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, ModModule, Stmt, Suite};
use ruff_text_size::TextRange;
use tree_sitter::Node;

use super::index::Index;
use super::node::{at, children, text};
use crate::code::build;

/// Code nested more deeply is not followed.
const MAX_DEPTH: usize = 100;

/// Global functions, which belong to no type.
const FREE: &[&str] =
    &["print", "fatalError", "min", "max", "withCheckedContinuation", "withCheckedThrowingContinuation"];

/// Names bound in a block.
#[derive(Debug, Default)]
struct Scope {
    /// How many functions enclose it.
    functions: usize,
    names: BTreeSet<String>,
}

/// The type that encloses the current position.
#[derive(Debug, Clone)]
pub(super) struct Around {
    pub name: String,
    /// Whether the position is in a static member.
    pub is_static: bool,
}

/// The state of lowering one file.
pub(super) struct Lower<'l> {
    pub source: &'l str,
    pub index: &'l Index,
    stem: &'l str,
    /// The statements of the block that is being written.
    pub out: Vec<Stmt>,
    scopes: Vec<Scope>,
    pub types: Vec<Around>,
    /// How many functions enclose the current position.
    pub functions: usize,
    /// The variable that receives the value of the block, where a block is used as a value.
    pub into: Option<String>,
    used: BTreeMap<String, BTreeSet<String>>,
    depth: usize,
}

impl<'l> Lower<'l> {
    pub(super) fn new(source: &'l str, index: &'l Index, stem: &'l str) -> Self {
        let (out, scopes, types) = (Vec::new(), Vec::new(), Vec::new());
        let used = BTreeMap::new();
        Self { source, index, stem, out, scopes, types, functions: 0, into: None, used, depth: 0 }
    }

    /// Lowers the whole file.
    pub(super) fn program(mut self, root: Node<'_>) -> ModModule {
        self.statements(&children(root));
        let range = at(root);
        let mut body: Vec<Stmt> = Vec::new();
        for (stem, names) in &self.used {
            let names = names.iter().map(|name| build::alias(name, name, TextRange::empty(range.start())));
            let start = TextRange::empty(range.start());
            body.push(build::import_from(&format!("/{stem}"), names.collect(), start));
        }
        body.append(&mut self.out);
        build::module(body.into(), range)
    }

    pub(super) fn text(&self, node: Node<'_>) -> &'l str {
        text(node, self.source)
    }

    /// Writes a separate block.
    pub(super) fn block(&mut self, write: impl FnOnce(&mut Self)) -> Suite {
        let outside = std::mem::take(&mut self.out);
        self.scopes.push(Scope { functions: self.functions, names: BTreeSet::new() });
        write(self);
        self.scopes.pop();
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

    /// Lowers statements, types and functions first: they can be used before their declaration.
    pub(super) fn statements(&mut self, all: &[Node<'_>]) {
        let first = |node: &&Node<'_>| matches!(node.kind(), "function_declaration" | "class_declaration");
        let (early, late): (Vec<Node<'_>>, Vec<Node<'_>>) =
            all.iter().copied().partition(|node| first(&node));
        for node in &early {
            if let Some(name) = node.child_by_field_name("name").filter(|_| self.functions > 0) {
                self.bind(self.text(name));
            }
        }
        early.into_iter().chain(late).for_each(|node| {
            self.deeper(|lower| lower.statement(node));
        });
    }

    /// Records that a name is bound here. Top-level names of the file are looked up in the index.
    pub(super) fn bind(&mut self, name: &str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.insert(name.to_owned());
        }
    }

    /// Returns how many functions enclose the binding of a name; `None` if it is not local.
    fn bound(&self, name: &str) -> Option<usize> {
        self.scopes.iter().rev().find(|scope| scope.names.contains(name)).map(|scope| scope.functions)
    }

    /// Returns the enclosing type.
    pub(super) fn around(&self) -> Option<&Around> {
        self.types.last()
    }

    /// Lowers a name that is read.
    pub(super) fn reference(&mut self, name: &str, range: TextRange) -> Expr {
        let name = name.trim_matches('`');
        let name = name
            .strip_prefix('$')
            .filter(|rest| !rest.starts_with(|ch: char| ch.is_ascii_digit()))
            .unwrap_or(name);
        if self.bound(name).is_some() {
            return build::name(name, range);
        }
        if let Some(owner) = self.owner(name) {
            return build::attribute(owner, name, range);
        }
        self.outer(name, range)
    }

    /// Returns the owner (`self` or `Type`) of a member of an enclosing type.
    fn owner(&mut self, name: &str) -> Option<Expr> {
        for (depth, around) in self.types.iter().rev().enumerate() {
            let Some(member) = self.index.member(&around.name, name) else { continue };
            let inner = depth == 0 && !around.is_static && !member.is_static;
            if !inner && !member.is_static && depth > 0 {
                continue;
            }
            let owner = around.name.clone();
            let range = TextRange::default();
            return Some(if inner { build::name("self", range) } else { self.outer(&owner, range) });
        }
        None
    }

    /// Lowers a name of the project, or of something outside.
    pub(super) fn outer(&mut self, name: &str, range: TextRange) -> Expr {
        let Some(home) = self.index.home(name, self.stem) else {
            return self.outside(name, range);
        };
        if home != self.stem {
            self.used.entry(home.to_owned()).or_default().insert(name.to_owned());
        }
        build::name(name, range)
    }

    /// Lowers an outside name. In an extension of an outside type, it may be a member of that type.
    fn outside(&self, name: &str, range: TextRange) -> Expr {
        let foreign = self.around().filter(|around| self.index.own(&around.name).is_none());
        let member = name.starts_with(|ch: char| ch.is_ascii_lowercase()) && !FREE.contains(&name);
        match foreign.filter(|_| member) {
            Some(around) => build::name(&format!("swift.{}.{name}", around.name), range),
            None => build::name(&format!("swift.{name}"), range),
        }
    }

    /// Returns the preferences key of an assignment target: `key`, `self.key`, `settings.key`.
    pub(super) fn kept(&self, written: &str) -> Option<String> {
        let name = written.strip_prefix("self.").unwrap_or(written);
        if let Some((_, member)) = name.rsplit_once('.') {
            return self.index.kept(member).cloned();
        }
        let free = self.bound(name).is_none();
        let around = self.around().filter(|_| free)?;
        self.index.member(&around.name, name)?.kept.clone()
    }

    /// Lowers a name that is assigned to, declaring it global or nonlocal first if it is not the function's own.
    pub(super) fn assigned(&mut self, name: &str, range: TextRange) -> Expr {
        match self.bound(name) {
            Some(functions) if functions < self.functions => {
                self.out.push(build::nonlocal(name, range));
                build::name(name, range)
            }
            Some(_) => build::name(name, range),
            None => {
                let target = self.reference(name, range);
                if matches!(target, Expr::Name(_)) && self.functions > 0 {
                    self.out.push(build::global(name, range));
                }
                target
            }
        }
    }

    /// Returns a name that no program uses, unique to this position.
    pub(super) fn fresh(hint: &str, range: TextRange) -> String {
        format!("{hint}@{}", u32::from(range.start()))
    }

    pub(super) fn assign(&mut self, target: Expr, value: Expr, range: TextRange) {
        self.out.push(build::assign(target, value, range));
    }

    pub(super) fn evaluate(&mut self, value: Expr, range: TextRange) {
        self.out.push(build::evaluate(value, range));
    }
}
