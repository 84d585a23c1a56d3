//! `POST …/embeddings`.

use ombud_core::{OpaqueKind, Origin, Role};

use super::collect::Collector;
use super::json::{Doc, Kind, Node};
use super::openai_chat::other;
use super::{Calls, Dialect, Format, no_frames};

/// The format.
pub static FORMAT: Format = Format {
    id: "openai.embeddings",
    method: "POST",
    path: "/embeddings",
    others: &[],
    dialect: Some(Dialect::OpenAi),
    request: Some(request),
    frame: no_frames,
    calls: Calls::None,
    across_sessions: true,
};

/// Walks a request.
pub fn request(c: &mut Collector<'_, '_>) {
    let root = c.doc.root();
    c.members(root, Role::Other, &Origin::Operator, |c, key, value| match key {
        "model" => c.model(value),
        "encoding_format" => c.settings(value),
        "input" => texts(c, value, Role::EmbeddingInput),
        _ => other(c, root, key, value),
    });
}

/// Reads a text, texts, or token numbers. Numbers carry everything the text said, and nothing can be masked in them. Who
/// wrote which part of such a text is unknown.
pub(super) fn texts(c: &mut Collector<'_, '_>, node: Node, role: Role) {
    let doc = c.doc;
    if doc.kind(node) != Kind::Array {
        return c.text(node, role, &Origin::Unknown);
    }
    for item in doc.items(node) {
        if holds_tokens(doc, item) {
            return c.opaque(node, OpaqueKind::Tokens);
        }
        c.text(item, role, &Origin::Unknown);
    }
}

/// Whether a value is a number, or nested lists with a number in them.
fn holds_tokens(doc: &Doc<'_>, node: Node) -> bool {
    match doc.kind(node) {
        Kind::Number => true,
        Kind::Array => doc.items(node).any(|item| holds_tokens(doc, item)),
        _ => false,
    }
}
