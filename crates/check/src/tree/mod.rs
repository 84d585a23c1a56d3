//! Data files with spans: YAML and JSON yield the same tree.

pub(crate) mod json;
pub(crate) mod yaml;

use std::ops::Range;

/// A value with its span.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node {
    /// Span in the file.
    pub span: Range<usize>,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, Default)]
pub(crate) enum Value {
    #[default]
    Empty,
    Text(String),
    Items(Vec<Node>),
    Fields(Vec<(String, Node)>),
}

/// Why a file cannot be parsed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub line: u32,
    pub too_complex: bool,
}

pub(crate) const MAX_DEPTH: usize = 64;
pub(crate) const MAX_NODES: usize = 200_000;

impl Node {
    pub(crate) fn text(&self) -> &str {
        match &self.value {
            Value::Text(text) => text,
            _ => "",
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::Items(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn fields(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Fields(fields) => fields,
            _ => &[],
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.fields().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns the text of a field; empty if there is none.
    pub(crate) fn text_of(&self, key: &str) -> &str {
        self.get(key).map_or("", Self::text)
    }

    /// Whether a field is `true`.
    pub(crate) fn is_on(&self, key: &str) -> bool {
        self.text_of(key) == "true"
    }

    /// Collects every text in the tree.
    pub(crate) fn texts<'n>(&'n self, found: &mut Vec<&'n Self>) {
        match &self.value {
            Value::Text(_) => found.push(self),
            Value::Items(items) => items.iter().for_each(|item| item.texts(found)),
            Value::Fields(fields) => fields.iter().for_each(|(_, node)| node.texts(found)),
            Value::Empty => {}
        }
    }
}
