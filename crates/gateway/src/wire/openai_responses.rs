//! `POST …/responses` of OpenAI.

use ombud_core::{OpaqueKind, Origin, Role};

use super::collect::Collector;
use super::frame::{Channel, ChannelKind, Frame, Mark};
use super::json::{Doc, Kind, Node};
use super::openai_chat::{number, response_format, role_of, within};
use super::{Calls, Dialect, Format};

/// Items by which the model asks the agent to do something; the other calls are the provider's own.
pub(super) const AGENT_CALLS: &[&str] = &[
    "function_call",
    "custom_tool_call",
    "local_shell_call",
    "shell_call",
    "apply_patch_call",
    "computer_call",
];

/// The format.
pub static FORMAT: Format = Format {
    id: "openai.responses",
    method: "POST",
    path: "/responses",
    dialect: Some(Dialect::OpenAi),
    request: Some(request),
    frame,
    calls: Calls::Items,
    across_sessions: false,
};

/// Walks a request.
pub fn request(c: &mut Collector<'_, '_>) {
    let doc = c.doc;
    for (key, value) in doc.members(doc.root()) {
        match &*key {
            "model" => c.model(value),
            "stream" => c.stream(value),
            "instructions" => c.text(value, Role::System, &Origin::Operator),
            "input" => input(c, value),
            "tools" => doc.items(value).for_each(|item| tool(c, item)),
            "text" => {
                for (key, value) in doc.members(value) {
                    if key == "format" {
                        response_format(c, value);
                    }
                }
            }
            "tool_choice"
            | "previous_response_id"
            | "conversation"
            | "include"
            | "reasoning"
            | "truncation"
            | "service_tier"
            | "stream_options"
            | "context_management"
            | "prompt_cache_retention" => {}
            "user" | "metadata" | "safety_identifier" | "prompt_cache_key" => {
                c.text(value, Role::Metadata, &Origin::Operator);
            }
            _ => c.text(value, Role::Other, &Origin::Operator),
        }
    }
}

fn input(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    if doc.kind(node) == Kind::Array {
        doc.items(node).for_each(|node| item(c, node));
    } else {
        c.text(node, Role::User, &Origin::User);
    }
}

fn item(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    let kind = doc.get_str(node, "type");
    match kind.as_deref() {
        None | Some("message") if doc.kind(node) == Kind::Object => message(c, node),
        Some("reasoning")
            if doc.get_str(node, "encrypted_content").is_some_and(|sealed| !sealed.is_empty()) =>
        {
            c.opaque(node, OpaqueKind::Sealed);
        }
        Some("compaction") => c.opaque(node, OpaqueKind::Sealed),
        Some(kind) if kind.ends_with("_output") => output(c, node),
        Some(kind) if kind.ends_with("_call") => call(c, node),
        _ if doc.kind(node) == Kind::Object => {
            members(c, node, &["type", "id", "status", "role"], Role::Other, &Origin::Unknown);
        }
        _ => c.text(node, Role::Other, &Origin::Unknown),
    }
}

/// Every member but the named ones is text.
fn members(c: &mut Collector<'_, '_>, node: Node, except: &[&str], role: Role, origin: &Origin) {
    let doc = c.doc;
    for (key, value) in doc.members(node) {
        if !except.contains(&&*key) {
            c.text(value, role, origin);
        }
    }
}

fn message(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    let (role, origin) = role_of(doc.get_str(node, "role").as_deref(), || Origin::Unknown);
    for (key, value) in doc.members(node) {
        match &*key {
            "type" | "role" | "id" | "status" => {}
            "content" => content(c, value, role, &origin),
            _ => c.text(value, role, &origin),
        }
    }
}

fn content(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    let doc = c.doc;
    if doc.kind(node) == Kind::Array {
        doc.items(node).for_each(|item| part(c, item, role, origin));
    } else {
        c.text(node, role, origin);
    }
}

fn part(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    let doc = c.doc;
    if doc.kind(node) != Kind::Object {
        return c.text(node, role, origin);
    }
    for (key, value) in doc.members(node) {
        match &*key {
            "type" | "file_id" | "detail" => {}
            "image_url" => c.media(value, OpaqueKind::Image, origin),
            "file_data" => c.opaque(value, OpaqueKind::File),
            "input_audio" => within(c, value, "data", OpaqueKind::Audio, origin),
            _ => c.text(value, role, origin),
        }
    }
}

/// A tool call in the history.
fn call(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    if let Some(name) = doc.get_str(node, "name") {
        let arguments = doc.get(node, "arguments").or_else(|| doc.get(node, "input"));
        c.call(doc.get_str(node, "call_id").as_deref(), &name, arguments);
    }
    // A picture that the provider made comes back as base64.
    let except = ["type", "id", "call_id", "name", "status", "namespace"];
    for (key, value) in doc.members(node) {
        if key == "result" && doc.get_str(node, "type").as_deref() == Some("image_generation_call") {
            c.opaque(value, OpaqueKind::Image);
        } else if !except.contains(&&*key) {
            c.text(value, Role::ToolCall, &Origin::Model);
        }
    }
}

/// The result of a tool call: a text, or parts like those of a message.
fn output(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    let origin = c.tool_origin(doc.get_str(node, "call_id").as_deref());
    for (key, value) in doc.members(node) {
        match &*key {
            "type" | "id" | "call_id" | "status" => {}
            "output" if doc.kind(value) == Kind::Object => part(c, value, Role::ToolResult, &origin),
            "output" => content(c, value, Role::ToolResult, &origin),
            _ => c.text(value, Role::ToolResult, &origin),
        }
    }
}

/// A tool; the login of an MCP server is meant for the provider, which calls the server for us.
fn tool(c: &mut Collector<'_, '_>, node: Node) {
    c.offer(node);
    let except = ["type", "name", "authorization", "headers", "server_label", "container"];
    members(c, node, &except, Role::ToolDefinition, &Origin::Operator);
}

/// Reads one frame of a streamed answer.
pub fn frame(doc: &Doc<'_>) -> Frame {
    let root = doc.root();
    let kind = doc.get_str(root, "type").unwrap_or_default();
    let mut frame = Frame::default();
    let index = number(doc, root, "output_index").unwrap_or(0);
    let sub = number(doc, root, "content_index").unwrap_or(0);
    let text = Channel { index, sub, kind: ChannelKind::Text };
    let refusal = Channel { index, sub, kind: ChannelKind::Refusal };
    let arguments = Channel { index, sub: 0, kind: ChannelKind::Arguments };
    match &*kind {
        "response.output_text.delta" => delta_of(doc, text, &mut frame),
        "response.refusal.delta" => delta_of(doc, refusal, &mut frame),
        "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
            delta_of(doc, arguments, &mut frame);
        }
        "response.output_text.done" => frame.marks.push(Mark::End(text)),
        "response.refusal.done" => frame.marks.push(Mark::End(refusal)),
        "response.function_call_arguments.done" | "response.custom_tool_call_input.done" => {
            frame.marks.push(Mark::End(arguments));
        }
        "response.output_item.added" => added(doc, arguments, &mut frame),
        "response.output_item.done" => {
            done(doc, arguments, &mut frame);
            frame.marks.push(Mark::Close(index));
        }
        "response.completed" | "response.incomplete" | "response.failed" | "error" => {
            frame.last = true;
            frame.finish =
                doc.path(root, &["response", "status"]).map(|status| doc.string(status).into_owned());
            frame.model = doc.path(root, &["response", "model"]).map(|model| doc.string(model).into_owned());
        }
        _ => {}
    }
    seal_reasoning(doc, &kind, &mut frame);
    frame
}

fn delta_of(doc: &Doc<'_>, channel: Channel, frame: &mut Frame) {
    if let Some(delta) = doc.get(doc.root(), "delta") {
        frame.delta(doc, delta, channel);
    }
}

fn added(doc: &Doc<'_>, channel: Channel, frame: &mut Frame) {
    let Some(item) = doc.get(doc.root(), "item") else { return };
    if let Some(kind) = doc.get_str(item, "type").filter(|kind| AGENT_CALLS.contains(&&**kind)) {
        let text = |key| doc.get_str(item, key).map(Into::into);
        let name = text("name").or_else(|| Some(kind.into_owned()));
        frame.marks.push(Mark::Call { channel, id: text("call_id"), name });
    }
}

/// What a call of any kind is made with.
pub(super) fn call_arguments(doc: &Doc<'_>, item: Node) -> Option<Node> {
    ["arguments", "input", "action", "operation"].iter().find_map(|key| doc.get(item, key))
}

/// A call that is complete says its arguments once more, and SDKs take them from there.
fn done(doc: &Doc<'_>, channel: Channel, frame: &mut Frame) {
    let Some(item) = doc.get(doc.root(), "item") else { return };
    if let Some(arguments) = call_arguments(doc, item) {
        frame.arguments.push((channel, doc.string(arguments).into_owned()));
    }
}

/// Reasoning goes back to the provider in the next request; it must be what the provider wrote.
fn seal_reasoning(doc: &Doc<'_>, kind: &str, frame: &mut Frame) {
    if kind.starts_with("response.reasoning") {
        frame.sealed.push(doc.root());
    }
    let items = [doc.path(doc.root(), &["item"])].into_iter().flatten().chain(
        doc.path(doc.root(), &["response", "output"]).into_iter().flat_map(|output| doc.items(output)),
    );
    frame.sealed.extend(items.filter(|&item| doc.get_str(item, "type").as_deref() == Some("reasoning")));
}
