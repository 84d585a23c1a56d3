//! `POST …/embeddings`.

use ombud_core::{OpaqueKind, Origin, Role};

use super::collect::Collector;
use super::json::{Kind, Node};
use super::{Calls, Dialect, Format, no_frames};

/// The format.
pub static FORMAT: Format = Format {
    id: "openai.embeddings",
    method: "POST",
    path: "/embeddings",
    dialect: Some(Dialect::OpenAi),
    request: Some(request),
    frame: no_frames,
    calls: Calls::None,
    across_sessions: true,
};

/// Walks a request.
pub fn request(c: &mut Collector<'_, '_>) {
    let doc = c.doc;
    for (key, value) in doc.members(doc.root()) {
        match &*key {
            "model" => c.model(value),
            "encoding_format" => {}
            "input" => texts(c, value, Role::EmbeddingInput),
            "user" => c.text(value, Role::Metadata, &Origin::Operator),
            _ => c.text(value, Role::Other, &Origin::Operator),
        }
    }
}

/// A text, texts, or token numbers. Numbers say all that the text said, and nothing can be masked in them. Nobody can say
/// who wrote which part of such a text.
pub(super) fn texts(c: &mut Collector<'_, '_>, node: Node, role: Role) {
    let doc = c.doc;
    if doc.kind(node) != Kind::Array {
        return c.text(node, role, &Origin::Unknown);
    }
    for item in doc.items(node) {
        let tokens = match doc.kind(item) {
            Kind::Number => true,
            Kind::Array => doc.items(item).any(|token| doc.kind(token) == Kind::Number),
            _ => false,
        };
        if tokens {
            return c.opaque(node, OpaqueKind::Tokens);
        }
        c.text(item, role, &Origin::Unknown);
    }
}
