//! The texts of a response, without calls and reasoning, for reading a logged one again.

use std::collections::BTreeMap;

use super::frame::{Channel, ChannelKind};
use super::json::{Doc, Keys, Kind, Node};
use super::places::Places;
use super::{Calls, Wire};
use crate::channel::sse::{self, Splitter};

/// The texts of a response as the provider sent it, whole or streamed, in order.
pub fn said(wire: Wire, body: &[u8]) -> Vec<String> {
    let texts = match Doc::parse(body, Keys::Lenient) {
        Ok(doc) => whole(wire, &doc),
        Err(_) => streamed(wire, body),
    };
    texts.into_iter().filter(|text| !text.trim().is_empty()).collect()
}

fn items<'d>(doc: &'d Doc<'_>, node: Node, key: &str) -> impl Iterator<Item = Node> + use<'d> {
    let list: Vec<Node> = doc.get(node, key).map(|list| doc.items(list).collect()).unwrap_or_default();
    list.into_iter()
}

fn whole(wire: Wire, doc: &Doc<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    let mut text = |node: Option<Node>| {
        let node = node.filter(|node| doc.kind(*node) == Kind::String);
        texts.extend(node.map(|node| doc.string(node).into_owned()));
    };
    match wire.calls() {
        Calls::Choices => {
            for choice in items(doc, doc.root(), "choices") {
                text(doc.path(choice, &["message", "content"]));
            }
        }
        Calls::Blocks => {
            for block in items(doc, doc.root(), "content") {
                text(doc.get(block, "text"));
            }
        }
        Calls::Items => {
            for part in items(doc, doc.root(), "output").flat_map(|item| items(doc, item, "content")) {
                text(doc.get(part, "text"));
            }
        }
        Calls::None => {}
    }
    texts
}

fn streamed(wire: Wire, body: &[u8]) -> Vec<String> {
    let mut texts: BTreeMap<Channel, String> = BTreeMap::new();
    let mut splitter = Splitter::default();
    if splitter.push(body).is_err() {
        return Vec::new();
    }
    while let Some(frame) = splitter.next_frame() {
        let Some(data) = sse::data(&frame) else { continue };
        let Ok(doc) = Doc::parse(&data, Keys::Lenient) else { continue };
        for (node, channel) in wire.frame(&doc, &mut Places::default()).deltas {
            if channel.kind == ChannelKind::Text {
                texts.entry(channel).or_default().push_str(&doc.string(node));
            }
        }
    }
    texts.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_streamed_answers_say_the_same() {
        for (wire, body) in [
            (Wire::Chat, r#"{"choices":[{"message":{"content":"hi you"}}]}"#),
            (
                Wire::Chat,
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi \"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"you\"}}]}\n\n",
            ),
            (
                Wire::Messages,
                r#"{"content":[{"type":"text","text":"hi you"},{"type":"tool_use","input":{"text":"no"}}]}"#,
            ),
            (
                Wire::Responses,
                r#"{"output":[{"type":"message","content":[{"type":"output_text","text":"hi you"}]}]}"#,
            ),
        ] {
            assert_eq!(said(wire, body.as_bytes()), ["hi you"], "{body}");
        }
        assert!(said(Wire::Chat, b"\xff<html>").is_empty());
    }
}
