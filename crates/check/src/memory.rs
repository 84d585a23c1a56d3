//! Cache for repeated checks of a project: trees and findings of the text rules, by path and content.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use ombud_core::category::DataCategory;
use ombud_core::finding::Finding;
use ruff_python_ast::ModModule;

use crate::facts::Gap;

/// A tree, or why there is none.
type Tree = Result<Arc<ModModule>, Gap>;

/// Cached results by path, with a key of the input they were made from.
struct Kept<T>(BTreeMap<String, ((u64, u64), T)>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Clone> Kept<T> {
    fn get(&self, path: &str, is: impl Fn(&(u64, u64)) -> bool) -> Option<T> {
        self.0.get(path).filter(|(key, _)| is(key)).map(|(_, made)| made.clone())
    }

    fn put(&mut self, path: &str, key: (u64, u64), made: &T) {
        self.0.insert(path.to_owned(), (key, made.clone()));
    }

    /// Returns the cached result for a text, or computes it.
    fn of(&mut self, path: &str, text: &str, make: impl FnOnce() -> T) -> T {
        let key = (key(text), 0);
        let known = self.get(path, |known| *known == key);
        known.unwrap_or_else(|| {
            let new = make();
            self.put(path, key, &new);
            new
        })
    }
}

/// The cache. A disabled one costs nothing: a project that is checked once needs none.
#[derive(Default)]
pub(crate) struct Memory {
    keep: bool,
    trees: Kept<Tree>,
    findings: Kept<Vec<Finding>>,
    written: Kept<BTreeSet<DataCategory>>,
    parsed: usize,
}

impl Memory {
    /// Creates an enabled cache.
    pub(crate) fn keeping() -> Self {
        Self { keep: true, ..Self::default() }
    }

    /// Returns how many files have been parsed so far.
    pub(crate) fn parsed(&self) -> usize {
        self.parsed
    }

    /// Returns a key for context other than the text that affects how a tree is built; 0 if the cache is disabled.
    pub(crate) fn aside(&self, names: impl FnOnce() -> String) -> u64 {
        if self.keep { key(&names()) } else { 0 }
    }

    /// Returns the tree of a file with this text, parsed in the context that `aside` identifies.
    pub(crate) fn tree(
        &mut self,
        path: &str,
        text: &str,
        aside: u64,
        parse: impl FnOnce() -> Result<ModModule, Gap>,
    ) -> Tree {
        let key = if self.keep { (key(text), aside) } else { (0, 0) };
        if let Some(known) = self.trees.get(path, |known| *known == key) {
            return known;
        }
        self.parsed += 1;
        let tree = parse().map(Arc::new);
        if self.keep {
            self.trees.put(path, key, &tree);
        }
        tree
    }

    /// Returns the tree of a file with this text, if it is cached.
    pub(crate) fn known(&self, path: &str, text: &str) -> Option<Arc<ModModule>> {
        let key = self.keep.then(|| key(text))?;
        self.trees.get(path, |known| known.0 == key)?.ok()
    }

    /// Returns what text rules find in a file.
    pub(crate) fn findings(
        &mut self,
        path: &str,
        text: &str,
        find: impl FnOnce() -> Vec<Finding>,
    ) -> Vec<Finding> {
        if self.keep { self.findings.of(path, text, find) } else { find() }
    }

    /// Returns the categories of data hard-coded in a file.
    pub(crate) fn written(
        &mut self,
        path: &str,
        text: &str,
        find: impl FnOnce() -> BTreeSet<DataCategory>,
    ) -> BTreeSet<DataCategory> {
        if self.keep { self.written.of(path, text, find) } else { find() }
    }

    /// Removes files that no longer exist.
    pub(crate) fn retain(&mut self, paths: &BTreeSet<&str>) {
        self.trees.0.retain(|path, _| paths.contains(path.as_str()));
        self.findings.0.retain(|path, _| paths.contains(path.as_str()));
        self.written.0.retain(|path, _| paths.contains(path.as_str()));
    }
}

fn key(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
