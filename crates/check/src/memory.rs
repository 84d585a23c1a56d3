//! What was read before, for whoever looks at a project again and again: trees and what the text rules found, by file and content.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use ombud_core::finding::Finding;
use ruff_python_ast::ModModule;

use crate::facts::Gap;

/// A tree, or why there is none.
type Tree = Result<Arc<ModModule>, Gap>;

/// What was read before. One that forgets costs nothing: a project that is looked at once needs none.
#[derive(Default)]
pub(crate) struct Memory {
    keep: bool,
    trees: BTreeMap<String, (u64, Tree)>,
    findings: BTreeMap<String, (u64, Vec<Finding>)>,
    parsed: usize,
}

impl Memory {
    /// One that keeps.
    pub(crate) fn keeping() -> Self {
        Self { keep: true, ..Self::default() }
    }

    /// How many files were parsed since the beginning.
    pub(crate) fn parsed(&self) -> usize {
        self.parsed
    }

    /// The tree of a file whose content has this key.
    pub(crate) fn tree(
        &mut self,
        path: &str,
        key: u64,
        parse: impl FnOnce() -> Result<ModModule, Gap>,
    ) -> Tree {
        if let Some((_, known)) = self.trees.get(path).filter(|(known, _)| *known == key) {
            return known.clone();
        }
        self.parsed += 1;
        let tree = parse().map(Arc::new);
        if self.keep {
            self.trees.insert(path.to_owned(), (key, tree.clone()));
        }
        tree
    }

    /// What rules over the text of a file found.
    pub(crate) fn findings(
        &mut self,
        path: &str,
        text: &str,
        find: impl FnOnce() -> Vec<Finding>,
    ) -> Vec<Finding> {
        if !self.keep {
            return find();
        }
        let key = key(&[text]);
        if let Some((_, known)) = self.findings.get(path).filter(|(known, _)| *known == key) {
            return known.clone();
        }
        let found = find();
        self.findings.insert(path.to_owned(), (key, found.clone()));
        found
    }

    /// Forgets files that are gone.
    pub(crate) fn retain(&mut self, paths: &BTreeSet<&str>) {
        self.trees.retain(|path, _| paths.contains(path.as_str()));
        self.findings.retain(|path, _| paths.contains(path.as_str()));
    }
}

/// A key for texts in their order.
pub(crate) fn key(texts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    hasher.finish()
}
