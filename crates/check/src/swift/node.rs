//! Reading the nodes of the parser.

use ruff_text_size::{TextRange, TextSize};
use tree_sitter::Node;

/// Bytes of the source.
pub(super) fn at(node: Node<'_>) -> TextRange {
    let offset = |byte: usize| TextSize::from(u32::try_from(byte).unwrap_or(u32::MAX));
    TextRange::new(offset(node.start_byte()), offset(node.end_byte().max(node.start_byte())))
}

/// The named children, without comments.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    let all = node.named_children(&mut cursor);
    all.filter(|child| !matches!(child.kind(), "comment" | "multiline_comment" | "directive")).collect()
}

/// All children, marks too.
pub(super) fn parts(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    let all = node.children(&mut cursor);
    all.filter(|child| !matches!(child.kind(), "comment" | "multiline_comment" | "directive")).collect()
}

/// The first child of a kind.
pub(super) fn child<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| child.kind() == kind)
}

/// The children of a field that are no marks.
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

/// Attributes of a declaration and words before it: `@State`, `static`, `override`.
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

/// How many bytes the parser could not make sense of, and the line of the first.
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
