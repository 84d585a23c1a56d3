//! A frame that carries more text of a channel: made from one that came, of which only that is kept by which clients know the
//! place of the text. Whatever else a frame says (calls, pictures, counts) would be said twice.

use super::sse;
use crate::wire::frame::PLACE;
use crate::wire::json::{Doc, Keys, Kind, Node};

/// A frame of which one more is made, if it comes to that: of all that are kept for it, one in twenty is needed.
#[derive(Default)]
pub(super) struct Template {
    frame: Vec<u8>,
    /// The text in it, where all else is to be left out yet.
    own: Option<Node>,
}

impl Template {
    /// Keeps a frame.
    pub(super) fn is(&mut self, frame: &[u8], own: Option<Node>) {
        self.clear();
        self.frame.extend_from_slice(frame);
        self.own = own;
    }

    /// Keeps none.
    pub(super) fn clear(&mut self) {
        self.frame.clear();
    }

    /// The frame with a place for text; empty if there is none.
    pub(super) fn made(self) -> Vec<u8> {
        let Self { frame, own } = self;
        let Some(own) = own.filter(|_| !frame.is_empty()) else { return frame };
        let made = sse::data(&frame).and_then(|data| {
            // It was read before, by the same reader.
            let doc = Doc::parse(&data, Keys::Lenient).ok()?;
            Some(sse::with_data(&frame, of(&doc, own).as_bytes()))
        });
        made.unwrap_or_default()
    }
}

/// What a frame says of itself.
const OWN: &[&str] = &[
    "id",
    "object",
    "created",
    "model",
    "type",
    "item_id",
    "output_index",
    "content_index",
    "summary_index",
    "sequence_number",
    "index",
];

/// What an object around the text says of itself.
const AROUND: &[&str] = &["type", "index"];

/// The JSON of a frame with nothing but a place for the text of `own`.
fn of(doc: &Doc<'_>, own: Node) -> String {
    around(doc, doc.root(), own, OWN)
}

fn around(doc: &Doc<'_>, node: Node, own: Node, kept: &[&str]) -> String {
    let holds = |inner: &Node| *inner <= own && own < doc.after(*inner);
    match doc.kind(node) {
        Kind::Object => {
            let members = doc.members(node).filter_map(|(key, value)| {
                let with = if holds(&value) {
                    around(doc, value, own, AROUND)
                } else if kept.contains(&&*key) && !is_calls(doc, &key, value) {
                    source(doc, value)
                } else if key == "finish_reason" {
                    // Some clients want to see that there is none.
                    "null".to_owned()
                } else {
                    return None;
                };
                Some(format!("\"{}\":{with}", ombud_core::exchange::escape_json(&key)))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Kind::Array => {
            let item = doc.items(node).find(holds).map(|item| around(doc, item, own, AROUND));
            format!("[{}]", item.unwrap_or_default())
        }
        _ => format!("\"{PLACE}\""),
    }
}

/// The type of a call, which some clients put together like its arguments.
fn is_calls(doc: &Doc<'_>, key: &str, value: Node) -> bool {
    key == "type" && matches!(&*doc.string(value), "function" | "custom")
}

fn source(doc: &Doc<'_>, node: Node) -> String {
    match doc.kind(node) {
        Kind::String => format!("\"{}\"", doc.raw(node)),
        _ => doc.raw(node).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(body: &str, text: &str) -> String {
        let doc = Doc::parse(body.as_bytes(), Keys::Any).unwrap();
        let own = doc.nodes().find(|node| doc.kind(*node) == Kind::String && doc.raw(*node) == text).unwrap();
        of(&doc, own).replace(PLACE, "@")
    }

    #[test]
    fn only_the_place_of_the_text_is_kept() {
        let chat = r#"{"id":"x","model":"m","usage":{"total_tokens":3},"choices":[{"index":1,"delta":{"role":"assistant","content":"Hm","images":[{"type":"image_url"}],"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},"logprobs":{"content":[]},"finish_reason":"tool_calls"}]}"#;
        assert_eq!(
            made(chat, "Hm"),
            r#"{"id":"x","model":"m","choices":[{"index":1,"delta":{"content":"@"},"finish_reason":null}]}"#
        );
        assert_eq!(
            made(chat, "{}"),
            r#"{"id":"x","model":"m","choices":[{"index":1,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"@"}}]},"finish_reason":null}]}"#
        );
        let block = r#"{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Hm"}}"#;
        assert_eq!(made(block, "Hm"), block.replace("Hm", "@"));
        let item = r#"{"type":"response.output_text.delta","item_id":"i","output_index":0,"content_index":0,"delta":"Hm","logprobs":[1],"sequence_number":4}"#;
        assert_eq!(
            made(item, "Hm"),
            r#"{"type":"response.output_text.delta","item_id":"i","output_index":0,"content_index":0,"delta":"@","sequence_number":4}"#
        );
    }
}
