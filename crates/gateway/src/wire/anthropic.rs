//! `POST …/v1/messages` of Anthropic, and `…/messages/count_tokens` with the same body.

use ombud_core::{OpaqueKind, Origin, Role};

use super::collect::Collector;
use super::frame::{Channel, ChannelKind, Frame, Mark};
use super::json::{Doc, Kind, Node};
use super::openai_chat::{number, role_of};
use super::{Calls, Dialect, Format};

/// The format.
pub static FORMAT: Format = Format {
    id: "anthropic.messages",
    method: "POST",
    path: "/messages",
    dialect: Some(Dialect::Anthropic),
    request: Some(request),
    frame,
    calls: Calls::Blocks,
    across_sessions: false,
};

/// Walks a request.
pub fn request(c: &mut Collector<'_, '_>) {
    let doc = c.doc;
    for (key, value) in doc.members(doc.root()) {
        match &*key {
            "model" => c.model(value),
            "stream" => c.stream(value),
            "system" => content(c, value, Role::System, &Origin::Operator),
            "messages" => doc.items(value).for_each(|item| message(c, item)),
            "tools" => doc.items(value).for_each(|item| tool(c, item)),
            "mcp_servers" => doc.items(value).for_each(|item| mcp_server(c, item)),
            "tool_choice" | "thinking" | "service_tier" | "betas" | "container" => {}
            "metadata" => c.text(value, Role::Metadata, &Origin::Operator),
            _ => c.text(value, Role::Other, &Origin::Operator),
        }
    }
}

fn message(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    let (role, origin) = role_of(doc.get_str(node, "role").as_deref(), || Origin::Unknown);
    for (key, value) in doc.members(node) {
        match &*key {
            "role" => {}
            "content" => content(c, value, role, &origin),
            _ => c.text(value, role, &origin),
        }
    }
}

fn content(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    let doc = c.doc;
    if doc.kind(node) == Kind::Array {
        doc.items(node).for_each(|item| block(c, item, role, origin));
    } else {
        c.text(node, role, origin);
    }
}

fn block(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    let doc = c.doc;
    match doc.get_str(node, "type").as_deref() {
        Some("image") => source(c, node, OpaqueKind::Image, role, origin),
        Some("document") => source(c, node, OpaqueKind::File, role, origin),
        // Without a signature it is no block of the provider's, and is read like any text.
        Some("thinking") if doc.get_str(node, "signature").is_some_and(|signature| !signature.is_empty()) => {
            c.opaque(node, OpaqueKind::Sealed);
        }
        Some("redacted_thinking") => c.opaque(node, OpaqueKind::Sealed),
        Some("tool_use" | "server_tool_use" | "mcp_tool_use") => tool_use(c, node),
        Some(kind) if kind.ends_with("tool_result") => tool_result(c, node),
        _ if doc.kind(node) == Kind::Object => other_block(c, node, role, origin),
        _ => c.text(node, role, origin),
    }
}

fn other_block(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    let doc = c.doc;
    for (key, value) in doc.members(node) {
        match &*key {
            "type" | "cache_control" => {}
            "content" => content(c, value, role, origin),
            "encrypted_content" | "encrypted_index" => c.opaque(value, OpaqueKind::Sealed),
            _ => c.text(value, role, origin),
        }
    }
}

/// A picture or document: its `source` may hold bytes, an address, or readable text.
fn source(c: &mut Collector<'_, '_>, node: Node, kind: OpaqueKind, role: Role, origin: &Origin) {
    let doc = c.doc;
    for (key, value) in doc.members(node) {
        match &*key {
            "type" | "cache_control" | "citations" => {}
            "source" => {
                let encoded = doc.get_str(value, "type").as_deref() == Some("base64");
                for (key, value) in doc.members(value) {
                    match &*key {
                        "type" | "media_type" | "file_id" => {}
                        "data" if encoded => c.opaque(value, kind),
                        "content" => content(c, value, role, origin),
                        _ => c.text(value, role, origin),
                    }
                }
            }
            _ => c.text(value, role, origin),
        }
    }
}

fn tool_use(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    if let Some(name) = doc.get_str(node, "name") {
        c.call(doc.get_str(node, "id").as_deref(), &name, doc.get(node, "input"));
    }
    for (key, value) in doc.members(node) {
        if !matches!(&*key, "type" | "id" | "name" | "server_name" | "cache_control" | "caller") {
            c.text(value, Role::ToolCall, &Origin::Model);
        }
    }
}

fn tool_result(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    let origin = c.tool_origin(doc.get_str(node, "tool_use_id").as_deref());
    for (key, value) in doc.members(node) {
        match &*key {
            "type" | "tool_use_id" | "cache_control" => {}
            "content" => content(c, value, Role::ToolResult, &origin),
            _ => c.text(value, Role::ToolResult, &origin),
        }
    }
}

fn tool(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    c.offer(node);
    for (key, value) in doc.members(node) {
        if !matches!(&*key, "type" | "name" | "cache_control") {
            c.text(value, Role::ToolDefinition, &Origin::Operator);
        }
    }
}

/// A server that the provider calls for us: its token is meant for it, and everything else is text.
fn mcp_server(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    for (key, value) in doc.members(node) {
        if !matches!(&*key, "type" | "name" | "authorization_token") {
            c.text(value, Role::Other, &Origin::Operator);
        }
    }
}

/// Reads one frame of a streamed answer.
pub fn frame(doc: &Doc<'_>) -> Frame {
    let root = doc.root();
    let mut frame = Frame::default();
    let index = number(doc, root, "index").unwrap_or(0);
    match doc.get_str(root, "type").as_deref() {
        Some("message_start") => {
            frame.model = doc.path(root, &["message", "model"]).map(|model| doc.string(model).into_owned());
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
        _ => {}
    }
    frame
}

fn start(doc: &Doc<'_>, index: u32, frame: &mut Frame) {
    let Some(block) = doc.get(doc.root(), "content_block") else { return };
    match doc.get_str(block, "type").as_deref() {
        Some("tool_use") => {
            let text = |key| doc.get_str(block, key).map(Into::into);
            let channel = Channel { index, sub: 0, kind: ChannelKind::Arguments };
            frame.marks.push(Mark::Call { channel, id: text("id"), name: text("name") });
            if let Some(input) = doc.get(block, "input").filter(|input| doc.members(*input).next().is_some())
            {
                frame.unquoted(doc, input, channel);
            }
        }
        Some("thinking" | "redacted_thinking") => frame.sealed.push(block),
        _ => {}
    }
}

fn delta_of(doc: &Doc<'_>, delta: Node, index: u32, frame: &mut Frame) {
    let (key, kind) = match doc.get_str(delta, "type").as_deref() {
        Some("text_delta") => ("text", ChannelKind::Text),
        Some("input_json_delta") => ("partial_json", ChannelKind::Arguments),
        // Thinking is signed: what the client sends back must be what the provider wrote.
        Some("thinking_delta" | "signature_delta") => return frame.sealed.push(delta),
        _ => return,
    };
    if let Some(value) = doc.get(delta, key) {
        frame.delta(doc, value, Channel { index, sub: 0, kind });
    }
}
