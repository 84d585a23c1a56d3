//! Accessors for the parser's nodes.

use ruff_text_size::{TextRange, TextSize};
use tree_sitter::Node;

/// Returns the span of a node.
pub(super) fn at(node: Node<'_>) -> TextRange {
    let offset = |byte: usize| TextSize::from(u32::try_from(byte).unwrap_or(u32::MAX));
    TextRange::new(offset(node.start_byte()), offset(node.end_byte().max(node.start_byte())))
}

/// Returns the named children, without comments.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    let all = node.named_children(&mut cursor);
    all.filter(|child| !matches!(child.kind(), "comment" | "multiline_comment" | "directive")).collect()
}

/// Returns all children, including punctuation.
pub(super) fn parts(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    let all = node.children(&mut cursor);
    all.filter(|child| !matches!(child.kind(), "comment" | "multiline_comment" | "directive")).collect()
}

/// Returns the first child of a kind.
pub(super) fn child<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| child.kind() == kind)
}

/// Returns the named children of a field.
pub(super) fn fields<'t>(node: Node<'t>, name: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(name, &mut cursor).filter(Node::is_named).collect()
}

pub(super) fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    fields(node, name).into_iter().next()
}

pub(super) fn text<'s>(node: Node<'_>, source: &'s str) -> &'s str {
    source.get(node.byte_range()).unwrap_or_default()
}

/// Returns the attributes and modifiers of a declaration: `@State`, `static`, `override`.
pub(super) fn words<'s>(declaration: Node<'_>, source: &'s str) -> Vec<&'s str> {
    let mut found = Vec::new();
    for part in children(declaration) {
        match part.kind() {
            "modifiers" => found.extend(children(part).into_iter().map(|one| text(one, source))),
            "attribute" | "property_behavior_modifier" => found.push(text(part, source)),
            _ => {}
        }
    }
    found
}

/// Returns how many bytes the parser skipped, and the line of the first.
pub(super) fn skipped(root: Node<'_>) -> (usize, u32) {
    let (mut sum, mut line) = (0, 0);
    let mut cursor = root.walk();
    let mut down = root.has_error();
    loop {
        let node = cursor.node();
        if node.is_error() {
            sum += node.byte_range().len();
            if line == 0 {
                line = u32::try_from(node.start_position().row + 1).unwrap_or(u32::MAX);
            }
            down = false;
        }
        if down && node.has_error() && cursor.goto_first_child() {
            continue;
        }
        down = true;
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return (sum, line);
            }
        }
    }
}
