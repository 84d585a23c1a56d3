//! What the files of an app share without imports: types with their members, functions, and constants.

use std::collections::{BTreeSet, HashMap};

use tree_sitter::Node;

use super::node::{child, children, field, fields, text, words};

/// Types nested more deeply are ignored.
const MAX_DEPTH: usize = 24;

/// How many base types of a type are searched.
const MAX_BASES: usize = 24;

/// The names of a project.
#[derive(Debug, Default)]
pub(super) struct Index {
    types: HashMap<String, Type>,
    globals: HashMap<String, BTreeSet<String>>,
    /// Members stored in the preferences, whatever their type, and their keys.
    kept: HashMap<String, String>,
}

/// A type of the project, or an outside type that the project extends.
#[derive(Debug, Default)]
pub(super) struct Type {
    /// Files that define it; empty if the project only extends it.
    files: BTreeSet<String>,
    members: HashMap<String, Member>,
    pub bases: BTreeSet<String>,
}

/// A member.
#[derive(Debug, Clone, Default)]
pub(super) struct Member {
    pub is_static: bool,
    /// Its key, if it is stored in the preferences.
    pub kept: Option<String>,
}

impl Index {
    /// Indexes files, given their stems, trees and texts.
    pub(super) fn new<'t>(files: impl Iterator<Item = (&'t str, Node<'t>, &'t str)>) -> Self {
        let mut index = Self::default();
        for (stem, root, source) in files {
            for node in children(root) {
                index.top(node, stem, source);
            }
        }
        index
    }

    fn top(&mut self, node: Node<'_>, stem: &str, source: &str) {
        match node.kind() {
            "class_declaration" | "protocol_declaration" => self.declare(node, stem, source, 0),
            "function_declaration" => {
                if let Some(name) = field(node, "name") {
                    self.global(text(name, source), stem);
                }
            }
            "property_declaration" => {
                for name in bound(node, source) {
                    self.global(name, stem);
                }
            }
            _ => {}
        }
    }

    fn global(&mut self, name: &str, stem: &str) {
        self.globals.entry(name.to_owned()).or_default().insert(stem.to_owned());
    }

    fn declare(&mut self, node: Node<'_>, stem: &str, source: &str, depth: usize) {
        let Some(name) = field(node, "name").map(|name| type_name(name, source)) else { return };
        let extension = is_extension(node, source);
        let known = self.types.entry(name.to_owned()).or_default();
        if !extension {
            known.files.insert(stem.to_owned());
        }
        known.bases.extend(bases(node, source).into_iter().map(str::to_owned));
        let Some(body) = field(node, "body").filter(|_| depth < MAX_DEPTH) else { return };
        for member in children(body) {
            if member.kind() == "class_declaration" {
                self.declare(member, stem, source, depth + 1);
            } else if let Some(known) = self.types.get_mut(name) {
                let kept = known.add(member, source);
                self.kept.extend(kept);
            }
        }
    }

    /// Returns the preferences key of a member accessed through some object: `settings.key`.
    pub(super) fn kept(&self, name: &str) -> Option<&String> {
        self.kept.get(name)
    }

    /// Returns a type that the project defines.
    pub(super) fn own(&self, name: &str) -> Option<&Type> {
        self.types.get(name).filter(|known| !known.files.is_empty())
    }

    /// Returns the member that an unqualified name refers to inside a type.
    pub(super) fn member(&self, owner: &str, name: &str) -> Option<&Member> {
        let mut waiting = vec![owner];
        let mut looked = 0;
        while let Some(known) = waiting.get(looked).map(|one| self.types.get(*one)) {
            looked += 1;
            let Some(known) = known else { continue };
            if let Some(member) = known.members.get(name) {
                return Some(member);
            }
            for base in known.bases.iter().map(String::as_str) {
                if waiting.len() < MAX_BASES && !waiting.contains(&base) {
                    waiting.push(base);
                }
            }
        }
        None
    }

    /// Returns the file that defines a name: the current one, or the closest to it by path.
    pub(super) fn home(&self, name: &str, from: &str) -> Option<&str> {
        let files = self.own(name).map(|known| &known.files).or_else(|| self.globals.get(name))?;
        let near = |file: &&String| {
            std::cmp::Reverse(file.bytes().zip(from.bytes()).take_while(|(one, other)| one == other).count())
        };
        files.get(from).or_else(|| files.iter().min_by_key(near)).map(String::as_str)
    }

    /// Returns the base types and protocols of a type, from the project or outside.
    pub(super) fn bases(&self, name: &str) -> BTreeSet<&str> {
        self.types.get(name).map(|known| known.bases.iter().map(String::as_str).collect()).unwrap_or_default()
    }
}

impl Type {
    /// Adds a member; returns its name and key if it is stored in the preferences.
    fn add(&mut self, node: Node<'_>, source: &str) -> Option<(String, String)> {
        let words = words(node, source);
        let is_static = words.iter().any(|word| matches!(*word, "static" | "class"));
        let kept = words.iter().find_map(|word| word.strip_prefix("@AppStorage(\"")?.split('"').next());
        let member = Member { is_static, kept: kept.map(str::to_owned) };
        for name in declared(node, source) {
            self.members.insert(name.to_owned(), member.clone());
        }
        let name = declared(node, source).into_iter().next()?.to_owned();
        member.kept.map(|key| (name, key))
    }
}

/// Returns the names that a member declares.
fn declared<'s>(node: Node<'_>, source: &'s str) -> Vec<&'s str> {
    match node.kind() {
        "function_declaration" | "protocol_function_declaration" => {
            field(node, "name").map(|name| text(name, source)).into_iter().collect()
        }
        "property_declaration" | "protocol_property_declaration" => bound(node, source),
        _ => Vec::new(),
    }
}

/// Returns the names that a property binds.
pub(super) fn bound<'s>(node: Node<'_>, source: &'s str) -> Vec<&'s str> {
    let names = fields(node, "name").into_iter().filter(|name| name.kind() == "pattern");
    names.filter_map(|pattern| field(pattern, "bound_identifier")).map(|name| text(name, source)).collect()
}

/// Returns the name of a type, without enclosing types and generic arguments.
pub(super) fn type_name<'s>(node: Node<'_>, source: &'s str) -> &'s str {
    let last = children(node).into_iter().rfind(|child| child.kind() == "type_identifier");
    text(last.unwrap_or(node), source)
}

pub(super) fn is_extension(node: Node<'_>, source: &str) -> bool {
    node.child_by_field_name("declaration_kind").is_some_and(|kind| text(kind, source) == "extension")
}

/// Returns the types that a declaration inherits from.
pub(super) fn bases<'s>(node: Node<'_>, source: &'s str) -> Vec<&'s str> {
    let all = children(node).into_iter().filter(|part| part.kind() == "inheritance_specifier");
    let named = all.filter_map(|part| field(part, "inherits_from"));
    named.map(|base| child(base, "type_identifier").map_or("", |_| type_name(base, source))).collect()
}
