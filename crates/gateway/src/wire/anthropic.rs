//! Anthropic's `POST …/v1/messages`, and `…/messages/count_tokens` with the same body.

use ombud_core::{OpaqueKind, Origin, Role};

use super::collect::Collector;
use super::frame::{Channel, ChannelKind, Frame, Mark, PLACE, grows};
use super::held::{is_sealed, of_media_type};
use super::json::{Doc, Kind, Node};
use super::openai_chat::{number, other, role_of};
use super::places::Places;
use super::{Calls, Dialect, Format};

/// The format.
pub static FORMAT: Format = Format {
    id: "anthropic.messages",
    method: "POST",
    path: "/messages",
    others: &[],
    dialect: Some(Dialect::Anthropic),
    request: Some(request),
    frame,
    calls: Calls::Blocks,
    across_sessions: false,
};

/// Walks a request.
pub fn request(c: &mut Collector<'_, '_>) {
    let root = c.doc.root();
    c.members(root, Role::Other, &Origin::Operator, |c, key, value| match key {
        "model" => c.model(value),
        "stream" => c.stream(value),
        "system" => content(c, value, Role::System, &Origin::Operator),
        "messages" => c.objects(value, Role::Other, &Origin::Unknown, message),
        "tools" => c.objects(value, Role::ToolDefinition, &Origin::Operator, tool),
        "mcp_servers" => c.objects(value, Role::Other, &Origin::Operator, mcp_server),
        "container" => c.identifier(value),
        "tool_choice" | "thinking" | "service_tier" | "betas" | "cache_control" => c.settings(value),
        _ => other(c, root, key, value),
    });
}

fn message(c: &mut Collector<'_, '_>, node: Node) {
    let (role, origin) = role_of(c.doc.get_str(node, "role").as_deref(), || Origin::Unknown);
    c.members(node, role, &origin, |c, key, value| match key {
        "role" => c.settings(value),
        "content" => content(c, value, role, &origin),
        _ => c.field(node, key, value, role, &origin),
    });
}

/// A text, a list of blocks, or a single block.
fn content(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    match c.doc.kind(node) {
        Kind::Array => c.objects(node, role, origin, |c, item| block(c, item, role, origin)),
        Kind::Object => block(c, node, role, origin),
        _ => c.text(node, role, origin),
    }
}

fn block(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    let doc = c.doc;
    match doc.get_str(node, "type").as_deref() {
        Some("image") => source(c, node, OpaqueKind::Image, role, origin),
        Some("document") => source(c, node, OpaqueKind::File, role, origin),
        // Without a signature it is not one of the provider's blocks, and is read like any text.
        Some("thinking") if doc.get_str(node, "signature").is_some_and(|signature| is_sealed(&signature)) => {
            thinking(c, node, role, origin);
        }
        Some("tool_use" | "server_tool_use" | "mcp_tool_use") => tool_use(c, node),
        Some(kind) if kind.ends_with("tool_result") => tool_result(c, node),
        _ => other_block(c, node, role, origin),
    }
}

/// The signed text, and only that, must come back unchanged.
fn thinking(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    let doc = c.doc;
    c.members(node, role, origin, |c, key, value| match key {
        "thinking" if doc.kind(value) == Kind::String => c.opaque(value, OpaqueKind::Sealed),
        "type" | "cache_control" => c.settings(value),
        _ => c.field(node, key, value, role, origin),
    });
}

fn other_block(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    c.members(node, role, origin, |c, key, value| match key {
        "type" | "cache_control" => c.settings(value),
        "text" => c.text(value, role, origin),
        "content" => content(c, value, role, origin),
        _ => c.field(node, key, value, role, origin),
    });
}

/// An image or document: its `source` may hold bytes, an address, or readable text.
fn source(c: &mut Collector<'_, '_>, node: Node, kind: OpaqueKind, role: Role, origin: &Origin) {
    c.members(node, role, origin, |c, key, value| match key {
        "type" | "cache_control" | "citations" => c.settings(value),
        "source" => source_of(c, value, kind, role, origin),
        _ => c.field(node, key, value, role, origin),
    });
}

fn source_of(c: &mut Collector<'_, '_>, node: Node, kind: OpaqueKind, role: Role, origin: &Origin) {
    let doc = c.doc;
    let encoded = doc.get_str(node, "type").is_none_or(|kind| !matches!(&*kind, "text" | "url" | "content"));
    // Readable text does not become an image by being declared as one.
    let said = doc.get_str(node, "media_type").map(|said| of_media_type(&said));
    let kind = if kind == OpaqueKind::File { kind } else { said.unwrap_or(kind) };
    c.members(node, role, origin, |c, key, value| match key {
        "type" | "media_type" => c.settings(value),
        "file_id" => c.identifier(value),
        "data" if encoded => c.bytes(value, kind, role, origin),
        "content" => content(c, value, role, origin),
        _ => c.field(node, key, value, role, origin),
    });
}

fn tool_use(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    if let Some(name) = doc.get_str(node, "name") {
        c.call(doc.get_str(node, "id").as_deref(), &name, doc.get(node, "input"));
    }
    c.members(node, Role::ToolCall, &Origin::Model, |c, key, value| match key {
        "id" | "name" | "server_name" => c.identifier(value),
        "type" | "cache_control" | "caller" => c.settings(value),
        "input" => c.document(value, Role::ToolCall, &Origin::Model),
        _ => c.field(node, key, value, Role::ToolCall, &Origin::Model),
    });
}

fn tool_result(c: &mut Collector<'_, '_>, node: Node) {
    let origin = c.tool_origin(c.doc.get_str(node, "tool_use_id").as_deref());
    c.members(node, Role::ToolResult, &origin, |c, key, value| match key {
        "tool_use_id" => c.identifier(value),
        "type" | "cache_control" => c.settings(value),
        "content" => content(c, value, Role::ToolResult, &origin),
        _ => c.field(node, key, value, Role::ToolResult, &origin),
    });
}

fn tool(c: &mut Collector<'_, '_>, node: Node) {
    c.offer(node);
    c.members(node, Role::ToolDefinition, &Origin::Operator, |c, key, value| match key {
        "name" => c.identifier(value),
        "type" | "cache_control" => c.settings(value),
        _ => c.document(value, Role::ToolDefinition, &Origin::Operator),
    });
}

/// A server that the provider calls on our behalf: its token is meant for it; everything else is text.
fn mcp_server(c: &mut Collector<'_, '_>, node: Node) {
    c.members(node, Role::Other, &Origin::Operator, |c, key, value| match key {
        "authorization_token" => {}
        "name" => c.identifier(value),
        "type" => c.settings(value),
        _ => c.field(node, key, value, Role::Other, &Origin::Operator),
    });
}

/// Reads one frame of a streamed response.
pub fn frame(doc: &Doc<'_>, _: &mut Places) -> Frame {
    let root = doc.root();
    let mut frame = Frame::default();
    let index = number(doc, root, "index").unwrap_or(0);
    match doc.get_str(root, "type").as_deref() {
        Some("message_start") => {
            frame.model = doc.path(root, &["message", "model"]).map(|model| doc.string(model).into_owned());
            // A message begins empty; its blocks are judged when they arrive.
            frame.unfit =
                doc.path(root, &["message", "content"]).is_some_and(|blocks| has_calls(doc, blocks));
        }
        Some("content_block_start") => start(doc, index, &mut frame),
        Some("content_block_delta") => {
            if let Some(delta) = doc.get(root, "delta") {
                delta_of(doc, delta, index, &mut frame);
            }
        }
        Some("content_block_stop") => frame.marks.push(Mark::Close(index)),
        Some("message_delta") => {
            frame.finish =
                doc.path(root, &["delta", "stop_reason"]).map(|reason| doc.string(reason).into_owned());
        }
        Some("message_stop" | "error") => frame.last = true,
        Some("message") => {
            frame.unfit = doc.get(root, "content").is_some_and(|blocks| has_calls(doc, blocks));
        }
        _ => {}
    }
    frame
}

fn has_calls(doc: &Doc<'_>, blocks: Node) -> bool {
    doc.items(blocks).any(|block| doc.get_str(block, "type").as_deref() == Some("tool_use"))
}

fn start(doc: &Doc<'_>, index: u32, frame: &mut Frame) {
    let Some(block) = doc.get(doc.root(), "content_block") else { return };
    match doc.get_str(block, "type").as_deref() {
        Some("tool_use") => {
            let text = |key| doc.get_str(block, key).map(Into::into);
            let channel = Channel { index, sub: 0, kind: ChannelKind::Arguments };
            frame.marks.push(Mark::Call { channel, id: text("id"), name: text("name") });
            // The arguments arrive in pieces, but some clients start with what is given here.
            let empty = |said: &str| matches!(said, "" | "{}" | "[]" | "null");
            let said = doc.get(block, "input").map(|input| doc.string(input));
            let said = said.filter(|said| !empty(&said.split_whitespace().collect::<String>()));
            frame.arguments.extend(said.map(|said| (channel, said.into_owned())));
        }
        Some("thinking" | "redacted_thinking") => frame.sealed.push(block),
        Some("text") => {
            // Most blocks begin empty; if one does not, the rest of a token may follow in its first delta.
            if let Some(text) = doc.get(block, "text").filter(|text| !doc.raw(*text).is_empty()) {
                frame.delta(doc, text, Channel { index, sub: 0, kind: ChannelKind::Text });
                frame.again = Some(format!(
                    "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":{{\"type\":\"text_delta\",\"text\":\"{PLACE}\"}}}}\n\n"
                ));
            }
        }
        _ => {}
    }
}

fn delta_of(doc: &Doc<'_>, delta: Node, index: u32, frame: &mut Frame) {
    let (key, kind) = match doc.get_str(delta, "type").as_deref() {
        Some("text_delta") => ("text", ChannelKind::Text),
        Some("input_json_delta") => ("partial_json", ChannelKind::Arguments),
        // Thinking is signed: what the client sends back must be what the provider wrote.
        Some("thinking_delta" | "signature_delta") => return frame.sealed.push(delta),
        // Citations arrive whole.
        Some("citations_delta") | None => return,
        Some(_) => {
            let texts = doc.members(delta).filter(|(key, _)| grows(key));
            return texts.for_each(|(key, text)| frame.grown(doc, &key, text, index));
        }
    };
    if let Some(value) = doc.get(delta, key) {
        frame.delta(doc, value, Channel { index, sub: 0, kind });
    }
}
