//! The held frames of a stream, without the calls that are not released.

use serde_json::{Value, json};

use super::sse;
use crate::wire::frame::Channel;
use crate::wire::json::{Doc, Keys, Node};
use crate::wire::openai_chat::number;
use crate::wire::places::Places;
use crate::wire::splice::{Patch, splice};
use crate::wire::withhold::{Own, Withheld, end_turn, item_id, items, message_item, stop, without_calls};
use crate::wire::{Calls, Wire};

/// The frames that replace the held ones, and by how many the number of numbered frames has grown (or shrunk). `decided`
/// are the positions of all calls among them; `spoke` tells whether a choice produced text before them.
pub fn frames(
    wire: Wire,
    held: Vec<Vec<u8>>,
    decided: &[Channel],
    withheld: &[Withheld],
    spoke: &dyn Fn(u32) -> bool,
) -> (Vec<Vec<u8>>, i64) {
    match wire.calls() {
        Calls::Choices => (chat(held, decided, withheld, spoke), 0),
        Calls::Blocks => (messages(held, withheld), 0),
        Calls::Items => responses(held, withheld),
        Calls::None => (held, 0),
    }
}

/// Adjusts a frame that comes after the decision: what it says about the whole response must match what is left of it.
pub fn later(wire: Wire, frame: &[u8], withheld: &[Withheld], released: usize) -> Option<Vec<u8>> {
    let data = sse::data(frame)?;
    let doc = Doc::parse(&data, Keys::Lenient).ok()?;
    let mut patches: Vec<Patch> = match wire.calls() {
        Calls::Blocks if released == 0 => {
            doc.get(doc.root(), "delta").and_then(|delta| end_turn(&doc, delta)).into_iter().collect()
        }
        Calls::Items => doc
            .get(doc.root(), "response")
            .map(|response| items(&doc, response, withheld))
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    (!patches.is_empty()).then(|| sse::with_data(frame, &splice(&data, &mut patches)))
}

/// Applies `look` to the JSON of a frame, if it has any.
fn read<T>(frame: &[u8], look: impl FnOnce(&Doc<'_>, &[u8]) -> T) -> Option<T> {
    let data = sse::data(frame)?;
    let doc = Doc::parse(&data, Keys::Lenient).ok()?;
    Some(look(&doc, &data))
}

fn chat(
    held: Vec<Vec<u8>>,
    decided: &[Channel],
    withheld: &[Withheld],
    spoke: &dyn Fn(u32) -> bool,
) -> Vec<Vec<u8>> {
    let mut told: Vec<u32> = Vec::new();
    let mut places = Places::default();
    let mut out = Vec::new();
    for frame in held {
        let changed = read(&frame, |doc, data| {
            let mut patches = Vec::new();
            let mut empty = false;
            for (place, choice) in
                doc.get(doc.root(), "choices").into_iter().flat_map(|list| doc.items(list)).enumerate()
            {
                let index = number(doc, choice, "index").unwrap_or(u32::try_from(place).unwrap_or(0));
                let own = Own::of(withheld, index);
                if own.subs.is_empty() {
                    continue;
                }
                let ends = stop(doc, choice);
                let said = ["delta", "message"].into_iter().filter_map(|key| doc.get(choice, key));
                for delta in said.filter(|said| has_calls(doc, *said)) {
                    let first = !told.contains(&index);
                    told.push(index);
                    let text = format!("{}{}", if spoke(index) { "\n\n" } else { "" }, own.text());
                    let (rebuilt, _) = without_calls(doc, delta, &own, &mut places, first.then_some(&*text));
                    empty = rebuilt == "{}" && ends.is_none();
                    patches.push(Patch { range: doc.span(delta), with: rebuilt });
                }
                let calls = decided.iter().filter(|call| call.index == index).count();
                patches.extend(ends.filter(|_| calls > 0 && own.subs.len() == calls));
            }
            let alone = doc.get(doc.root(), "choices").is_some_and(|list| doc.items(list).count() == 1);
            let gone = empty && alone;
            (gone, (!patches.is_empty()).then(|| sse::with_data(&frame, &splice(data, &mut patches))))
        });
        match changed {
            Some((true, _)) => {}
            Some((false, Some(changed))) => out.push(changed),
            _ => out.push(frame),
        }
    }
    out
}

fn has_calls(doc: &Doc<'_>, delta: Node) -> bool {
    doc.get(delta, "tool_calls").is_some() || doc.get(delta, "function_call").is_some()
}

/// An event of a stream with named events.
fn event(value: &Value) -> Vec<u8> {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    format!("event: {kind}\ndata: {value}\n\n").into_bytes()
}

fn messages(held: Vec<Vec<u8>>, withheld: &[Withheld]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for frame in held {
        let about = read(&frame, |doc, _| {
            let index = number(doc, doc.root(), "index")?;
            let call = withheld.iter().find(|call| call.place.index == index)?;
            Some((doc.get_str(doc.root(), "type")?.into_owned(), index, call))
        });
        match about.flatten() {
            Some((kind, index, call)) if kind == "content_block_start" => {
                let block = json!({ "type": "text", "text": "" });
                out.push(event(&json!({ "type": kind, "index": index, "content_block": block })));
                let delta = json!({ "type": "text_delta", "text": call.text });
                out.push(event(&json!({ "type": "content_block_delta", "index": index, "delta": delta })));
            }
            Some((kind, ..)) if kind == "content_block_delta" => {}
            _ => out.push(frame),
        }
    }
    out
}

fn responses(held: Vec<Vec<u8>>, withheld: &[Withheld]) -> (Vec<Vec<u8>>, i64) {
    let mut out = Vec::new();
    let mut shift = 0_i64;
    for frame in held {
        let about = read(&frame, |doc, _| {
            let index = number(doc, doc.root(), "output_index");
            let call = withheld.iter().find(|call| Some(call.place.index) == index);
            let kind = doc.get_str(doc.root(), "type").unwrap_or_default();
            let sequence =
                doc.get(doc.root(), "sequence_number").and_then(|node| doc.raw(node).parse::<i64>().ok());
            (call.map(|call| (call, kind == "response.output_item.added")), sequence)
        });
        match about {
            Some((Some((call, true)), sequence)) => {
                let mut frames = item_events(call);
                for (place, frame) in (0..).zip(&mut frames) {
                    if let (Some(sequence), Some(fields)) = (sequence, frame.as_object_mut()) {
                        fields.insert("sequence_number".to_owned(), (sequence + shift + place).into());
                    }
                }
                shift += i64::try_from(frames.len()).unwrap_or(0) - 1;
                out.extend(frames.iter().map(event));
            }
            Some((Some((_, false)), _)) => shift -= 1,
            // The last frame may hold the whole response and repeat its calls.
            _ => {
                let frame = later(Wire::Responses, &frame, withheld, 0).unwrap_or(frame);
                out.push(shifted(frame, shift));
            }
        }
    }
    (out, shift)
}

/// A frame with its number shifted.
fn shifted(frame: Vec<u8>, by: i64) -> Vec<u8> {
    let moved = read(&frame, |doc, data| {
        let node = doc.get(doc.root(), "sequence_number").filter(|_| by != 0)?;
        let number: i64 = doc.raw(node).parse().ok()?;
        let patch = Patch { range: doc.span(node), with: number.saturating_add(by).to_string() };
        Some(sse::with_data(&frame, &splice(data, &mut [patch])))
    });
    moved.flatten().unwrap_or(frame)
}

/// The events by which a message item is streamed.
fn item_events(call: &Withheld) -> Vec<Value> {
    let (id, index, text) = (item_id(call), call.place.index, &call.text);
    let part = |text: &str| json!({ "type": "output_text", "text": text, "annotations": [] });
    let at = |kind: &str, more: Value| {
        let mut event = json!({ "type": kind, "item_id": id, "output_index": index, "content_index": 0 });
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
        }
        event
    };
    vec![
        json!({ "type": "response.output_item.added", "output_index": index, "item": message_item(call, false) }),
        at("response.content_part.added", json!({ "part": part("") })),
        at("response.output_text.delta", json!({ "delta": text, "logprobs": [] })),
        at("response.output_text.done", json!({ "text": text, "logprobs": [] })),
        at("response.content_part.done", json!({ "part": part(text) })),
        json!({ "type": "response.output_item.done", "output_index": index, "item": message_item(call, true) }),
    ]
}
