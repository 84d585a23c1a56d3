//! `POST …/chat/completions`, the wire that almost every provider supports.

use ombud_core::{OpaqueKind, Origin, Role};

use super::collect::Collector;
use super::frame::{Channel, ChannelKind, Frame, Mark};
use super::json::{Doc, Kind, Node};
use super::places::Places;
use super::{Calls, Dialect, Format};

/// The number of the single call in `function_call`, distinct from those of `tool_calls`.
pub(crate) const FUNCTION_CALL: u32 = u32::MAX;

/// The format.
pub static FORMAT: Format = Format {
    id: "openai.chat",
    method: "POST",
    path: "/chat/completions",
    // Mistral: responses are those of a chat; `prompt` and `suffix` are ordinary texts.
    others: &["/fim/completions", "/agents/completions"],
    dialect: Some(Dialect::OpenAi),
    request: Some(request),
    frame,
    calls: Calls::Choices,
    across_sessions: false,
};

/// Walks a request.
pub fn request(c: &mut Collector<'_, '_>) {
    let root = c.doc.root();
    c.members(root, Role::Other, &Origin::Operator, |c, key, value| match key {
        "model" => c.model(value),
        "stream" => c.stream(value),
        "messages" => c.objects(value, Role::Other, &Origin::Unknown, message),
        "tools" => c.objects(value, Role::ToolDefinition, &Origin::Operator, tool),
        "functions" => c.objects(value, Role::ToolDefinition, &Origin::Operator, offered),
        "response_format" => response_format(c, value),
        // Settings without user text.
        "tool_choice" | "function_call" | "modalities" | "logit_bias" | "audio" | "stream_options"
        | "reasoning_effort" | "service_tier" | "verbosity" => c.settings(value),
        _ => other(c, root, key, value),
    });
}

/// Reads a field of a request that is not part of the conversation, or is unknown.
pub(super) fn other(c: &mut Collector<'_, '_>, root: Node, key: &str, value: Node) {
    match key {
        // A seed may be any number and identifies nobody.
        "seed" if c.doc.kind(value) == Kind::Number => {}
        "user" | "metadata" | "safety_identifier" | "prompt_cache_key" => {
            c.text(value, Role::Metadata, &Origin::Operator);
        }
        _ => c.field(root, key, value, Role::Other, &Origin::Operator),
    }
}

fn message(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    let call = doc.get_str(node, "tool_call_id");
    let (role, origin) = role_of(doc.get_str(node, "role").as_deref(), || c.tool_origin(call.as_deref()));
    c.members(node, role, &origin, |c, key, value| match key {
        "role" => c.settings(value),
        "tool_call_id" | "id" => c.identifier(value),
        "content" => content(c, value, role, &origin),
        "tool_calls" => c.objects(value, Role::ToolCall, &Origin::Model, tool_call),
        "function_call" => {
            past_call(c, None, value);
            function_call(c, value);
        }
        "audio" if doc.get(value, "data").is_none() => c.settings(value),
        _ => c.field(node, key, value, role, &origin),
    });
}

/// Role and origin of a message; an unknown role is read like any other, with an unknown origin.
pub(super) fn role_of(role: Option<&str>, tool: impl Fn() -> Origin) -> (Role, Origin) {
    match role {
        Some("system") => (Role::System, Origin::Operator),
        Some("developer") => (Role::Developer, Origin::Operator),
        Some("user") => (Role::User, Origin::User),
        Some("assistant") => (Role::Assistant, Origin::Model),
        Some("tool" | "function") => (Role::ToolResult, tool()),
        _ => (Role::Other, Origin::Unknown),
    }
}

fn content(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    let parts = c.doc.kind(node) == Kind::Array;
    if parts {
        c.objects(node, role, origin, |c, item| part(c, item, role, origin));
    } else {
        c.text(node, role, origin);
    }
}

fn part(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    c.members(node, role, origin, |c, key, value| match key {
        "type" | "cache_control" => c.settings(value),
        "text" => c.text(value, role, origin),
        "image_url" | "video_url" => url(c, value, role, origin),
        "input_audio" => within(c, value, "data", OpaqueKind::Audio, (role, origin)),
        "file" => within(c, value, "file_data", OpaqueKind::File, (role, origin)),
        _ => c.field(node, key, value, role, origin),
    });
}

/// `"…"` or `{"url": "…", "detail": …}`.
pub(super) fn url(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    if c.doc.kind(node) != Kind::Object {
        return c.media(node, OpaqueKind::Image, role, origin);
    }
    c.members(node, role, origin, |c, key, value| match key {
        "url" => c.media(value, OpaqueKind::Image, role, origin),
        "detail" => c.settings(value),
        _ => c.field(node, key, value, role, origin),
    });
}

/// An object whose member `data` holds content that cannot be read; every other member is text.
pub(super) fn within(
    c: &mut Collector<'_, '_>,
    node: Node,
    data: &str,
    kind: OpaqueKind,
    (role, origin): (Role, &Origin),
) {
    c.members(node, role, origin, |c, key, value| match key {
        "format" => c.settings(value),
        "file_id" => c.identifier(value),
        name if name == data => c.bytes(value, kind, role, origin),
        _ => c.field(node, key, value, role, origin),
    });
}

fn tool_call(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    if let Some(function) = doc.get(node, "function").or_else(|| doc.get(node, "custom")) {
        past_call(c, doc.get_str(node, "id").as_deref(), function);
    }
    c.members(node, Role::ToolCall, &Origin::Model, |c, key, value| match key {
        "id" => c.identifier(value),
        "type" | "index" => c.settings(value),
        "function" | "custom" => function_call(c, value),
        _ => c.field(node, key, value, Role::ToolCall, &Origin::Model),
    });
}

fn past_call(c: &mut Collector<'_, '_>, id: Option<&str>, function: Node) {
    let doc = c.doc;
    if let Some(name) = doc.get_str(function, "name") {
        let arguments = doc.get(function, "arguments").or_else(|| doc.get(function, "input"));
        c.call(id, &name, arguments);
    }
}

fn function_call(c: &mut Collector<'_, '_>, node: Node) {
    c.members(node, Role::ToolCall, &Origin::Model, |c, key, value| match key {
        "name" => c.identifier(value),
        "arguments" | "input" => c.document(value, Role::ToolCall, &Origin::Model),
        _ => c.field(node, key, value, Role::ToolCall, &Origin::Model),
    });
}

fn tool(c: &mut Collector<'_, '_>, node: Node) {
    c.members(node, Role::ToolDefinition, &Origin::Operator, |c, key, value| match key {
        "type" | "cache_control" => c.settings(value),
        "function" | "custom" => offered(c, value),
        _ => c.text(value, Role::ToolDefinition, &Origin::Operator),
    });
}

fn offered(c: &mut Collector<'_, '_>, node: Node) {
    c.offer(node);
    definition(c, node);
}

/// `{"name", "description", "parameters", "strict"}`: the name is an identifier that calls refer to.
pub(super) fn definition(c: &mut Collector<'_, '_>, node: Node) {
    c.members(node, Role::ToolDefinition, &Origin::Operator, |c, key, value| match key {
        "name" => c.identifier(value),
        "type" => c.settings(value),
        _ => c.document(value, Role::ToolDefinition, &Origin::Operator),
    });
}

pub(super) fn response_format(c: &mut Collector<'_, '_>, node: Node) {
    c.members(node, Role::ToolDefinition, &Origin::Operator, |c, key, value| match key {
        "type" | "strict" => c.settings(value),
        "name" => c.identifier(value),
        "json_schema" => definition(c, value),
        _ => c.document(value, Role::ToolDefinition, &Origin::Operator),
    });
}

/// Reads one frame of a streamed response.
pub fn frame(doc: &Doc<'_>, places: &mut Places) -> Frame {
    let mut frame = Frame { model: doc.get_str(doc.root(), "model").map(Into::into), ..Frame::default() };
    let Some(choices) = doc.get(doc.root(), "choices") else { return frame };
    for (place, choice) in doc.items(choices).enumerate() {
        let index = number(doc, choice, "index").unwrap_or(u32::try_from(place).unwrap_or(0));
        if let Some(delta) = doc.get(choice, "delta") {
            delta_of(doc, delta, index, places, &mut frame);
        }
        if let Some(message) = doc.get(choice, "message") {
            calls_of(doc, message, index, places, &mut frame);
        }
        // Some servers send an empty reason with every frame, and a real one at the end.
        if let Some(reason) = doc.get_str(choice, "finish_reason").filter(|reason| !reason.trim().is_empty())
        {
            frame.finish = Some(reason.into());
            frame.marks.push(Mark::Close(index));
        }
    }
    frame
}

fn delta_of(doc: &Doc<'_>, delta: Node, index: u32, places: &mut Places, frame: &mut Frame) {
    for (key, value) in doc.members(delta) {
        match &*key {
            "content" if doc.kind(value) == Kind::String => {
                frame.delta(doc, value, Channel { index, sub: 0, kind: ChannelKind::Text });
            }
            "refusal" => frame.delta(doc, value, Channel { index, sub: 0, kind: ChannelKind::Refusal }),
            "reasoning_content" | "reasoning" => {
                // Some providers send the same reasoning under both names.
                frame.delta(
                    doc,
                    value,
                    Channel { index, sub: u32::from(key == "reasoning"), kind: ChannelKind::Reasoning },
                );
            }
            "tool_calls" => {
                for (place, call) in doc.items(value).enumerate() {
                    let (sub, _) = places.of(doc, index, place, call);
                    if let Some(function) = function_of(doc, call) {
                        call_delta(doc, function, doc.get_str(call, "id").as_deref(), index, sub, frame);
                    }
                }
            }
            "function_call" if doc.kind(value) != Kind::Object => {}
            "function_call" => call_delta(doc, value, None, index, FUNCTION_CALL, frame),
            // Citations arrive whole.
            "annotations" | "citations" => {}
            _ => frame.grown(doc, &key, value, index),
        }
    }
}

/// The calls of a message given whole in a frame: some servers send one as the last frame.
fn calls_of(doc: &Doc<'_>, message: Node, index: u32, places: &mut Places, frame: &mut Frame) {
    let calls = doc.get(message, "tool_calls").into_iter().flat_map(|calls| doc.items(calls));
    for (place, call) in calls.enumerate() {
        let (sub, _) = places.of(doc, index, place, call);
        if let Some(function) = function_of(doc, call) {
            whole_call(doc, function, doc.get_str(call, "id").as_deref(), (index, sub), frame);
        }
    }
    if let Some(function) = doc.get(message, "function_call").filter(|node| doc.kind(*node) == Kind::Object) {
        whole_call(doc, function, None, (index, FUNCTION_CALL), frame);
    }
}

/// The function that a call names; some providers send `null` for one that is absent.
pub(crate) fn function_of(doc: &Doc<'_>, call: Node) -> Option<Node> {
    let of = |key| doc.get(call, key).filter(|node| doc.kind(*node) == Kind::Object);
    of("function").or_else(|| of("custom"))
}

fn whole_call(doc: &Doc<'_>, function: Node, id: Option<&str>, at: (u32, u32), frame: &mut Frame) {
    let channel = Channel { index: at.0, sub: at.1, kind: ChannelKind::Arguments };
    let name = doc.get_str(function, "name").map(Into::into);
    frame.marks.push(Mark::Call { channel, id: id.map(Into::into), name });
    let arguments = doc.get(function, "arguments").or_else(|| doc.get(function, "input"));
    frame.arguments.extend(arguments.map(|arguments| (channel, doc.string(arguments).into_owned())));
}

fn call_delta(doc: &Doc<'_>, function: Node, id: Option<&str>, index: u32, sub: u32, frame: &mut Frame) {
    let channel = Channel { index, sub, kind: ChannelKind::Arguments };
    frame.marks.push(Mark::Call {
        channel,
        id: id.map(Into::into),
        name: doc.get_str(function, "name").map(Into::into),
    });
    for key in ["arguments", "input"] {
        if let Some(arguments) = doc.get(function, key) {
            frame.delta(doc, arguments, channel);
            frame.unquoted(doc, arguments, channel);
        }
    }
}

/// A small number under a key.
pub(crate) fn number(doc: &Doc<'_>, node: Node, key: &str) -> Option<u32> {
    doc.get(node, key).and_then(|value| doc.raw(value).parse().ok())
}
