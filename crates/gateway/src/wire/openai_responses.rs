//! OpenAI's `POST …/responses`.

use ombud_core::{OpaqueKind, Origin, Role};

use super::collect::Collector;
use super::frame::{Channel, ChannelKind, Frame, Mark, path};
use super::held::is_id_key;
use super::json::{Doc, Kind, Node};
use super::openai_chat::{number, other, response_format, role_of, url, within};
use super::places::Places;
use super::{Calls, Dialect, Format};

/// Items by which the model asks the agent to do something; other calls are carried out by the provider.
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
    others: &[],
    dialect: Some(Dialect::OpenAi),
    request: Some(request),
    frame,
    calls: Calls::Items,
    across_sessions: false,
};

/// Walks a request.
pub fn request(c: &mut Collector<'_, '_>) {
    let root = c.doc.root();
    c.members(root, Role::Other, &Origin::Operator, |c, key, value| match key {
        "model" => c.model(value),
        "stream" => c.stream(value),
        "instructions" => c.text(value, Role::System, &Origin::Operator),
        "input" => input(c, value),
        "prompt" => prompt(c, value),
        "tools" => c.objects(value, Role::ToolDefinition, &Origin::Operator, tool),
        "text" => c.members(value, Role::Other, &Origin::Operator, |c, key, inner| match key {
            "format" => response_format(c, inner),
            "verbosity" => c.settings(inner),
            _ => c.field(value, key, inner, Role::Other, &Origin::Operator),
        }),
        "previous_response_id" | "conversation" => c.identifier(value),
        "tool_choice"
        | "include"
        | "reasoning"
        | "truncation"
        | "service_tier"
        | "stream_options"
        | "context_management"
        | "prompt_cache_retention" => c.settings(value),
        _ => other(c, root, key, value),
    });
}

fn input(c: &mut Collector<'_, '_>, node: Node) {
    if c.doc.kind(node) == Kind::Array {
        c.objects(node, Role::Other, &Origin::Unknown, item);
    } else {
        c.text(node, Role::User, &Origin::User);
    }
}

/// A prompt stored at the provider, and the values filled into it: texts, or parts like those of a message.
fn prompt(c: &mut Collector<'_, '_>, node: Node) {
    let (role, origin) = (Role::Other, Origin::Operator);
    c.members(node, role, &origin, |c, key, value| match key {
        "id" => c.identifier(value),
        "version" => c.settings(value),
        "variables" => c.members(value, role, &origin, |c, key, filled| {
            if c.doc.kind(filled) == Kind::Object {
                part(c, filled, role, &origin);
            } else {
                c.field(value, key, filled, role, &origin);
            }
        }),
        _ => c.field(node, key, value, role, &origin),
    });
}

fn item(c: &mut Collector<'_, '_>, node: Node) {
    let kind = c.doc.get_str(node, "type");
    match kind.as_deref() {
        None | Some("message") => message(c, node),
        // Only encrypted data must come back unchanged. The summary is shown to people with restored values, and is masked
        // again here.
        Some("reasoning" | "compaction") => plain_item(c, node, Role::Assistant, &Origin::Model),
        Some("input_text" | "input_image" | "input_file" | "input_audio") => {
            part(c, node, Role::Other, &Origin::Unknown);
        }
        Some(kind) if kind.ends_with("_output") => result(c, node),
        Some(kind) if kind.ends_with("_call") => call(c, node),
        _ => plain_item(c, node, Role::Other, &Origin::Unknown),
    }
}

fn plain_item(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    c.members(node, role, origin, |c, key, value| match key {
        "type" | "status" | "role" => c.settings(value),
        "encrypted_content" => c.sealed(value, role, origin),
        "content" | "summary" => content(c, value, role, origin),
        key if is_id_key(key) => c.identifier(value),
        _ => c.field(node, key, value, role, origin),
    });
}

fn message(c: &mut Collector<'_, '_>, node: Node) {
    let (role, origin) = role_of(c.doc.get_str(node, "role").as_deref(), || Origin::Unknown);
    c.members(node, role, &origin, |c, key, value| match key {
        "type" | "role" | "status" | "phase" => c.settings(value),
        "id" => c.identifier(value),
        "content" => content(c, value, role, &origin),
        _ => c.field(node, key, value, role, &origin),
    });
}

fn content(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    if c.doc.kind(node) == Kind::Array {
        c.objects(node, role, origin, |c, item| part(c, item, role, origin));
    } else {
        c.text(node, role, origin);
    }
}

fn part(c: &mut Collector<'_, '_>, node: Node, role: Role, origin: &Origin) {
    c.members(node, role, origin, |c, key, value| match key {
        "type" | "detail" => c.settings(value),
        "text" => c.text(value, role, origin),
        "file_id" => c.identifier(value),
        "image_url" => url(c, value, role, origin),
        "file_data" => c.bytes(value, OpaqueKind::File, role, origin),
        "input_audio" => within(c, value, "data", OpaqueKind::Audio, (role, origin)),
        _ => c.field(node, key, value, role, origin),
    });
}

/// A tool call in the history.
fn call(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    if let Some(name) = doc.get_str(node, "name") {
        let arguments = doc.get(node, "arguments").or_else(|| doc.get(node, "input"));
        c.call(doc.get_str(node, "call_id").as_deref(), &name, arguments);
    }
    c.members(node, Role::ToolCall, &Origin::Model, |c, key, value| match key {
        "type" | "status" | "namespace" => c.settings(value),
        "name" | "server_label" => c.identifier(value),
        "arguments" | "input" | "action" | "operation" => {
            c.document(value, Role::ToolCall, &Origin::Model);
        }
        key if is_id_key(key) => c.identifier(value),
        // An image generated by the provider comes back as base64; it is recognised by the type of its item.
        _ => c.field(node, key, value, Role::ToolCall, &Origin::Model),
    });
}

/// The result of a tool call: a text, or parts like those of a message.
fn result(c: &mut Collector<'_, '_>, node: Node) {
    let doc = c.doc;
    let origin = c.tool_origin(doc.get_str(node, "call_id").as_deref());
    let role = Role::ToolResult;
    c.members(node, role, &origin, |c, key, value| match key {
        "type" | "status" => c.settings(value),
        "id" | "call_id" => c.identifier(value),
        "output" if doc.kind(value) == Kind::Object => part(c, value, role, &origin),
        "output" => content(c, value, role, &origin),
        _ => c.field(node, key, value, role, &origin),
    });
}

/// A tool; the credentials of an MCP server are meant for the provider, which calls the server on our behalf.
fn tool(c: &mut Collector<'_, '_>, node: Node) {
    c.offer(node);
    c.members(node, Role::ToolDefinition, &Origin::Operator, |c, key, value| match key {
        "authorization" | "headers" => {}
        "type" | "container" => c.settings(value),
        "name" | "server_label" => c.identifier(value),
        _ => c.document(value, Role::ToolDefinition, &Origin::Operator),
    });
}

/// Reads one frame of a streamed response.
pub fn frame(doc: &Doc<'_>, _: &mut Places) -> Frame {
    let root = doc.root();
    let kind = doc.get_str(root, "type").unwrap_or_default();
    let mut frame = Frame::default();
    let index = number(doc, root, "output_index").unwrap_or(0);
    let arguments = Channel { index, sub: 0, kind: ChannelKind::Arguments };
    match &*kind {
        "response.output_item.added" => added(doc, arguments, &mut frame),
        "response.output_item.done" => {
            if let Some(item) = doc.get(root, "item") {
                done(doc, item, arguments, &mut frame);
            }
            frame.marks.push(Mark::Close(index));
        }
        "response.completed" | "response.incomplete" | "response.failed" | "error" => {
            frame.last = true;
            frame.finish =
                doc.path(root, &["response", "status"]).map(|status| doc.string(status).into_owned());
            frame.model = doc.path(root, &["response", "model"]).map(|model| doc.string(model).into_owned());
            all_calls(doc, &mut frame);
        }
        kind => {
            let (delta, done) = (kind.strip_suffix(".delta"), kind.strip_suffix(".done"));
            let channel_of = delta.and_then(|of| channel(doc, of, index));
            if let Some((channel, delta)) = channel_of.zip(doc.get(root, "delta")) {
                frame.delta(doc, delta, channel);
            }
            let ended = done.and_then(|of| channel(doc, of, index));
            // Some clients take the arguments from the end event.
            let whole = ended.filter(|channel| channel.kind == ChannelKind::Arguments);
            let said = ["arguments", "input"].iter().find_map(|key| doc.get(root, key));
            frame
                .arguments
                .extend(whole.zip(said).map(|(channel, said)| (channel, doc.string(said).into_owned())));
            frame.marks.extend(ended.map(Mark::End));
            // A response begins empty; its items are judged when they arrive.
            frame.unfit = output(doc).any(|(_, item)| is_agents(doc, item));
        }
    }
    let items = doc.get(root, "item").into_iter().chain(output(doc).map(|(_, item)| item));
    frame.sealed.extend(items.filter_map(|item| doc.get(item, "encrypted_content")));
    frame
}

/// The channel of the events with this name (without `.delta` or `.done`): each kind of streamed text has its own.
fn channel(doc: &Doc<'_>, of: &str, index: u32) -> Option<Channel> {
    let part = |key| number(doc, doc.root(), key);
    let sub = part("content_index").or_else(|| part("summary_index")).unwrap_or(0);
    let (sub, kind) = match of {
        "response.output_text" => (sub, ChannelKind::Text),
        "response.refusal" => (sub, ChannelKind::Refusal),
        "response.function_call_arguments"
        | "response.custom_tool_call_input"
        | "response.mcp_call_arguments" => (0, ChannelKind::Arguments),
        // Base64 audio.
        "response.audio" | "response.output_audio" => return None,
        _ => {
            let kind = if of.contains("reasoning") { ChannelKind::Reasoning } else { ChannelKind::Text };
            (path(path(0, of.as_bytes()), &sub.to_be_bytes()), kind)
        }
    };
    Some(Channel { index, sub, kind })
}

/// The items of a response given whole in a frame, with their indexes.
fn output<'d>(doc: &'d Doc<'_>) -> impl Iterator<Item = (u32, Node)> + use<'d> {
    let output = doc.path(doc.root(), &["response", "output"]);
    (0..).zip(output.into_iter().flat_map(|output| doc.items(output)))
}

/// The calls of a response given whole in its last frame. Most arrived earlier; one that did not is judged here.
fn all_calls(doc: &Doc<'_>, frame: &mut Frame) {
    for (index, item) in output(doc) {
        let count = frame.marks.len();
        done(doc, item, Channel { index, sub: 0, kind: ChannelKind::Arguments }, frame);
        if frame.marks.len() > count {
            frame.marks.push(Mark::Close(index));
        }
    }
}

fn added(doc: &Doc<'_>, channel: Channel, frame: &mut Frame) {
    if let Some(item) = doc.get(doc.root(), "item") {
        begun(doc, item, channel, frame);
    }
}

/// Whether an item asks the agent to do something.
fn is_agents(doc: &Doc<'_>, item: Node) -> bool {
    doc.get_str(item, "type").is_some_and(|kind| AGENT_CALLS.contains(&&*kind))
}

/// Records a call addressed to the agent.
fn begun(doc: &Doc<'_>, item: Node, channel: Channel, frame: &mut Frame) {
    if let Some(kind) = doc.get_str(item, "type").filter(|_| is_agents(doc, item)) {
        let text = |key| doc.get_str(item, key).map(Into::into);
        let name = text("name").or_else(|| Some(kind.into_owned()));
        frame.marks.push(Mark::Call { channel, id: text("call_id"), name });
    }
}

/// The arguments of a call of any kind.
pub(super) fn call_arguments(doc: &Doc<'_>, item: Node) -> Option<Node> {
    ["arguments", "input", "action", "operation"].iter().find_map(|key| doc.get(item, key))
}

/// Records a completed call, which repeats its arguments; SDKs take them from there.
fn done(doc: &Doc<'_>, item: Node, channel: Channel, frame: &mut Frame) {
    begun(doc, item, channel, frame);
    if let Some(arguments) = call_arguments(doc, item) {
        frame.arguments.push((channel, doc.string(arguments).into_owned()));
    }
}
