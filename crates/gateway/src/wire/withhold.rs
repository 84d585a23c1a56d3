//! Replaces tool calls that are not released by an explanation. What is left is a valid response of its wire: calls keep
//! their ids, indexes have no gap, and a response without calls ends like one.

use std::collections::BTreeMap;

use ombud_core::exchange::escape_json;
use serde_json::{Value, json};

use super::frame::Channel;
use super::json::{Doc, Kind, Node};
use super::openai_chat::FUNCTION_CALL;
use super::places::Places;
use super::splice::{Patch, splice};
use super::{Calls, Wire};

/// A call that is not released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// Its position in the response.
    pub place: Channel,
    /// The provider's id of the call.
    pub id: Option<String>,
    /// What the user reads instead.
    pub text: String,
}

/// A response that arrived whole, without the withheld calls. `calls` is how many it holds in total.
pub fn whole(wire: Wire, doc: &Doc<'_>, body: &[u8], withheld: &[Withheld], calls: usize) -> Vec<u8> {
    let mut patches = match wire.calls() {
        Calls::Choices => choices(doc, withheld),
        Calls::Blocks => blocks(doc, withheld, calls),
        Calls::Items => items(doc, doc.root(), withheld),
        Calls::None => Vec::new(),
    };
    splice(body, &mut patches)
}

/// The source of a value, with the quotes of a string.
fn source(doc: &Doc<'_>, node: Node) -> String {
    match doc.kind(node) {
        Kind::String | Kind::Key => format!("\"{}\"", doc.raw(node)),
        _ => doc.raw(node).to_owned(),
    }
}

/// The span of a value, with the quotes of a string.
fn place(doc: &Doc<'_>, node: Node) -> std::ops::Range<usize> {
    let span = doc.span(node);
    match doc.kind(node) {
        Kind::String | Kind::Key => span.start.saturating_sub(1)..span.end + 1,
        _ => span,
    }
}

fn replace(doc: &Doc<'_>, node: Node, with: impl Into<String>) -> Patch {
    Patch { range: place(doc, node), with: with.into() }
}

fn choices(doc: &Doc<'_>, withheld: &[Withheld]) -> Vec<Patch> {
    let mut patches = Vec::new();
    for (index, choice) in
        doc.get(doc.root(), "choices").into_iter().flat_map(|list| doc.items(list)).enumerate()
    {
        let own = Own::of(withheld, u32::try_from(index).unwrap_or(u32::MAX));
        let Some(message) = doc.get(choice, "message").filter(|_| !own.subs.is_empty()) else { continue };
        let (rebuilt, left) = without_calls(doc, message, &own, &mut Places::default(), Some(&own.text()));
        patches.push(replace(doc, message, rebuilt));
        if left == 0 {
            patches.extend(stop(doc, choice));
        }
    }
    patches
}

/// The withheld calls of one choice.
pub(crate) struct Own<'w> {
    /// The choice.
    pub index: u32,
    /// Their numbers and replacement texts, in order.
    pub subs: BTreeMap<u32, &'w str>,
}

impl<'w> Own<'w> {
    /// The withheld calls of the choice with this index.
    pub(crate) fn of(withheld: &'w [Withheld], index: u32) -> Self {
        let own = withheld.iter().filter(|call| call.place.index == index);
        Self { index, subs: own.map(|call| (call.place.sub, call.text.as_str())).collect() }
    }

    /// The text that replaces all of them.
    pub(crate) fn text(&self) -> String {
        self.subs.values().copied().collect::<Vec<_>>().join("\n\n")
    }
}

/// A message or delta without the withheld calls, with a text added to its content; and how many calls are left in it.
pub(crate) fn without_calls(
    doc: &Doc<'_>,
    object: Node,
    own: &Own<'_>,
    places: &mut Places,
    text: Option<&str>,
) -> (String, usize) {
    let mut members: Vec<(String, String)> = Vec::new();
    let mut left = 0;
    let mut owed = text;
    for (key, value) in doc.members(object) {
        let kept = match &*key {
            "tool_calls" if doc.kind(value) == Kind::Array => {
                let calls = kept_calls(doc, value, own, places);
                left += calls.len();
                (!calls.is_empty()).then(|| format!("[{}]", calls.join(",")))
            }
            "function_call" if own.subs.contains_key(&FUNCTION_CALL) => None,
            "function_call" if doc.kind(value) == Kind::Object => {
                left += 1;
                Some(source(doc, value))
            }
            "content" => Some(match owed.take() {
                Some(text) => with_text(doc, value, text),
                None => source(doc, value),
            }),
            _ => Some(source(doc, value)),
        };
        members.extend(kept.map(|value| (key.into_owned(), value)));
    }
    members.extend(owed.map(|text| ("content".to_owned(), quoted(text))));
    let members: Vec<String> =
        members.iter().map(|(key, value)| format!("{}:{value}", quoted(key))).collect();
    (format!("{{{}}}", members.join(",")), left)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escape_json(text))
}

/// The content with a text appended.
fn with_text(doc: &Doc<'_>, content: Node, text: &str) -> String {
    match doc.kind(content) {
        Kind::String if !doc.raw(content).is_empty() => {
            format!("\"{}\\n\\n{}\"", doc.raw(content), escape_json(text))
        }
        Kind::Array => {
            let mut parts: Vec<String> = doc.items(content).map(|part| source(doc, part)).collect();
            parts.push(json!({ "type": "text", "text": text }).to_string());
            format!("[{}]", parts.join(","))
        }
        _ => quoted(text),
    }
}

/// The calls that stay, renumbered without a gap if they are numbered.
fn kept_calls(doc: &Doc<'_>, calls: Node, own: &Own<'_>, places: &mut Places) -> Vec<String> {
    let mut kept = Vec::new();
    for (position, call) in doc.items(calls).enumerate() {
        let (place, index) = places.of(doc, own.index, position, call);
        if own.subs.contains_key(&place) {
            continue;
        }
        let before = own.subs.range(..index).count();
        let moved = index.saturating_sub(u32::try_from(before).unwrap_or(0));
        kept.push(match doc.get(call, "index") {
            Some(node) if before > 0 => {
                let (base, at) = (doc.span(call).start, doc.span(node));
                let patch = Patch { range: at.start - base..at.end - base, with: moved.to_string() };
                let call = splice(doc.raw(call).as_bytes(), &mut [patch]);
                String::from_utf8_lossy(&call).into_owned()
            }
            _ => source(doc, call),
        });
    }
    kept
}

/// Changes the finish reason of a choice in which no call is left.
pub(crate) fn stop(doc: &Doc<'_>, choice: Node) -> Option<Patch> {
    let reason = doc.get(choice, "finish_reason")?;
    matches!(&*doc.string(reason), "tool_calls" | "function_call").then(|| replace(doc, reason, "\"stop\""))
}

fn blocks(doc: &Doc<'_>, withheld: &[Withheld], calls: usize) -> Vec<Patch> {
    let content: Vec<Node> =
        doc.get(doc.root(), "content").into_iter().flat_map(|content| doc.items(content)).collect();
    let mut patches: Vec<Patch> = withheld
        .iter()
        .filter_map(|call| {
            let block = content.get(call.place.index as usize)?;
            Some(replace(doc, *block, json!({ "type": "text", "text": call.text }).to_string()))
        })
        .collect();
    if withheld.len() == calls {
        patches.extend(end_turn(doc, doc.root()));
    }
    patches
}

/// Changes the stop reason of a message (or of its last frame's `delta`) in which no call is left.
pub(crate) fn end_turn(doc: &Doc<'_>, node: Node) -> Option<Patch> {
    let reason = doc.get(node, "stop_reason")?;
    (doc.string(reason) == "tool_use").then(|| replace(doc, reason, "\"end_turn\""))
}

/// Replaces the items of withheld calls in a response.
pub(crate) fn items(doc: &Doc<'_>, response: Node, withheld: &[Withheld]) -> Vec<Patch> {
    let output = doc.get(response, "output").into_iter().flat_map(|output| doc.items(output));
    output
        .enumerate()
        .filter_map(|(position, item)| {
            let call = doc.get_str(item, "type").is_some_and(|kind| kind.ends_with("_call"));
            let id = doc.get_str(item, "call_id");
            let found = withheld.iter().find(|held| match (&held.id, &id) {
                (Some(held), Some(id)) => held == id,
                _ => held.place.index as usize == position,
            });
            let held = found.filter(|_| call)?;
            Some(replace(doc, item, message_item(held, true).to_string()))
        })
        .collect()
}

/// A message item of a response; empty until it is done.
pub(crate) fn message_item(held: &Withheld, done: bool) -> Value {
    let part = json!({ "type": "output_text", "text": held.text, "annotations": [] });
    json!({
        "id": item_id(held),
        "type": "message",
        "role": "assistant",
        "status": if done { "completed" } else { "in_progress" },
        "content": if done { vec![part] } else { Vec::new() },
    })
}

/// The id of the item that replaces a call.
pub(crate) fn item_id(held: &Withheld) -> String {
    let id = held.id.as_deref().unwrap_or_default();
    let plain: String = id.chars().filter(char::is_ascii_alphanumeric).take(48).collect();
    format!("msg_ombud_{}_{plain}", held.place.index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::ChannelKind;
    use crate::wire::json::Keys;

    fn held(index: u32, sub: u32, id: &str) -> Withheld {
        let place = Channel { index, sub, kind: ChannelKind::Arguments };
        Withheld { place, id: Some(id.to_owned()), text: format!("no “{id}”\n") }
    }

    fn after(wire: Wire, body: &Value, withheld: &[Withheld], calls: usize) -> Value {
        let text = body.to_string();
        let doc = Doc::parse(text.as_bytes(), Keys::Any).unwrap();
        serde_json::from_slice(&whole(wire, &doc, text.as_bytes(), withheld, calls)).unwrap()
    }

    fn chat(content: &Value) -> Value {
        let call = |id: &str| json!({ "id": id, "type": "function", "function": { "name": "f", "arguments": "{}" } });
        json!({ "id": "x", "choices": [{ "index": 0, "finish_reason": "tool_calls", "logprobs": null,
            "message": { "role": "assistant", "content": content, "tool_calls": [call("a"), call("b")] } }] })
    }

    #[test]
    fn a_chat_keeps_the_calls_that_are_left() {
        let some = after(Wire::Chat, &chat(&Value::Null), &[held(0, 0, "a")], 2);
        assert_eq!(some["choices"][0]["message"]["tool_calls"].as_array().unwrap().len(), 1);
        assert_eq!(some["choices"][0]["message"]["tool_calls"][0]["id"], "b");
        assert_eq!(some["choices"][0]["finish_reason"], "tool_calls");
        assert_eq!(some["choices"][0]["message"]["content"], "no “a”\n");
        let none = after(Wire::Chat, &chat(&json!("Hm.")), &[held(0, 0, "a"), held(0, 1, "b")], 2);
        assert_eq!(none["choices"][0]["message"].get("tool_calls"), None);
        assert_eq!(none["choices"][0]["finish_reason"], "stop");
        assert_eq!(none["choices"][0]["message"]["content"], "Hm.\n\nno “a”\n\n\nno “b”\n");
    }

    #[test]
    fn a_message_of_anthropic_gets_text_blocks() {
        let use_of = |id: &str| json!({ "type": "tool_use", "id": id, "name": "f", "input": {} });
        let body = json!({ "content": [{ "type": "text", "text": "Hm." }, use_of("a"), use_of("b")], "stop_reason": "tool_use" });
        let some = after(Wire::Messages, &body, &[held(1, 0, "a")], 2);
        assert_eq!((&some["content"][1]["type"], &some["content"][2]["id"]), (&json!("text"), &json!("b")));
        assert_eq!(some["stop_reason"], "tool_use");
        let none = after(Wire::Messages, &body, &[held(1, 0, "a"), held(2, 0, "b")], 2);
        assert_eq!(none["stop_reason"], "end_turn");
    }

    #[test]
    fn a_response_gets_message_items() {
        let call = |id: &str| json!({ "type": "function_call", "id": "fc", "call_id": id, "name": "f", "arguments": "{}" });
        let body =
            json!({ "status": "completed", "output": [{ "type": "reasoning" }, call("a"), call("b")] });
        let some = after(Wire::Responses, &body, &[held(2, 0, "b")], 2);
        assert_eq!(some["output"][1]["call_id"], "a");
        assert_eq!(some["output"][2]["content"][0]["text"], "no “b”\n");
    }
}
