//! From the tree of Swift to the tree that the evaluator reads.
//!
//! A closure becomes a definition before the statement in which it stands, and its name stands in the expression. A name
//! without anything before it is a local one, a member of the type around it, one of another file (which is imported), or
//! else `swift.name`, something from outside.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, ModModule, Stmt, Suite};
use ruff_text_size::TextRange;
use tree_sitter::Node;

use super::index::Index;
use super::node::{at, children, text};
use crate::code::build;

/// Deeper code is not followed.
const MAX_DEPTH: usize = 100;

/// Functions that belong to no type.
const FREE: &[&str] =
    &["print", "fatalError", "min", "max", "withCheckedContinuation", "withCheckedThrowingContinuation"];

/// Names that are bound in a block.
#[derive(Debug, Default)]
struct Scope {
    /// How many functions are around it.
    functions: usize,
    names: BTreeSet<String>,
}

/// The type around a place.
#[derive(Debug, Clone)]
pub(super) struct Around {
    pub name: String,
    /// The place belongs to the type itself and not to one of its objects.
    pub is_static: bool,
}

/// One file on its way.
pub(super) struct Lower<'l> {
    pub source: &'l str,
    pub index: &'l Index,
    stem: &'l str,
    /// The statements of the block that is being written.
    pub out: Vec<Stmt>,
    scopes: Vec<Scope>,
    pub types: Vec<Around>,
    /// How many functions are around the place.
    pub functions: usize,
    /// The name that gets the value of the block, where a block stands for a value.
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

    /// The whole file.
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

    /// Writes a block of its own.
    pub(super) fn block(&mut self, write: impl FnOnce(&mut Self)) -> Suite {
        let outside = std::mem::take(&mut self.out);
        self.scopes.push(Scope { functions: self.functions, names: BTreeSet::new() });
        write(self);
        self.scopes.pop();
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

    /// Statements, types and functions first: they can be used before they are written down.
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

    /// Says that a name is bound here. Names of the file itself are looked up in the index.
    pub(super) fn bind(&mut self, name: &str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.insert(name.to_owned());
        }
    }

    /// How many functions are around the place where a name is bound; nothing if it is no local name.
    fn bound(&self, name: &str) -> Option<usize> {
        self.scopes.iter().rev().find(|scope| scope.names.contains(name)).map(|scope| scope.functions)
    }

    /// The type around the place.
    pub(super) fn around(&self) -> Option<&Around> {
        self.types.last()
    }

    /// A name that is read.
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

    /// `self.` or `Type.`, for a member of a type around the place.
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

    /// A name of the project, or of something outside.
    pub(super) fn outer(&mut self, name: &str, range: TextRange) -> Expr {
        let Some(home) = self.index.home(name, self.stem) else {
            return self.outside(name, range);
        };
        if home != self.stem {
            self.used.entry(home.to_owned()).or_default().insert(name.to_owned());
        }
        build::name(name, range)
    }

    /// A name from outside. In what the project adds to a type from outside, it may be a member of that.
    fn outside(&self, name: &str, range: TextRange) -> Expr {
        let foreign = self.around().filter(|around| self.index.own(&around.name).is_none());
        let member = name.starts_with(|ch: char| ch.is_ascii_lowercase()) && !FREE.contains(&name);
        match foreign.filter(|_| member) {
            Some(around) => build::name(&format!("swift.{}.{name}", around.name), range),
            None => build::name(&format!("swift.{name}"), range),
        }
    }

    /// The key under which the preferences keep what is written here: `key`, `self.key`, `settings.key`.
    pub(super) fn kept(&self, written: &str) -> Option<String> {
        let name = written.strip_prefix("self.").unwrap_or(written);
        if let Some((_, member)) = name.rsplit_once('.') {
            return self.index.kept(member).cloned();
        }
        let free = self.bound(name).is_none();
        let around = self.around().filter(|_| free)?;
        self.index.member(&around.name, name)?.kept.clone()
    }

    /// A name that is assigned to: says first whose it is, if it is not the function's own.
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

    /// A name that no program uses, for the thing at a place.
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
