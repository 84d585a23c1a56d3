//! A frame that carries more text of a channel, made from a received one. Only the fields by which clients locate the text
//! are kept: anything else in the frame (calls, images, counts) would be sent twice.

use super::sse;
use crate::wire::frame::PLACE;
use crate::wire::json::{Doc, Keys, Kind, Node};

/// A frame from which another can be made. It is built only on demand: about one in twenty that are kept is needed.
#[derive(Default)]
pub(super) struct Template {
    frame: Vec<u8>,
    /// The text node in it, where everything else still has to be removed.
    own: Option<Node>,
}

impl Template {
    /// Keeps a frame.
    pub(super) fn is(&mut self, frame: &[u8], own: Option<Node>) {
        self.clear();
        self.frame.extend_from_slice(frame);
        self.own = own;
    }

    /// Keeps no frame.
    pub(super) fn clear(&mut self) {
        self.frame.clear();
    }

    /// The frame with a placeholder for text; empty if there is none.
    pub(super) fn made(self) -> Vec<u8> {
        let Self { frame, own } = self;
        let Some(own) = own.filter(|_| !frame.is_empty()) else { return frame };
        let made = sse::data(&frame).and_then(|data| {
            // It was parsed before, by the same parser.
            let doc = Doc::parse(&data, Keys::Lenient).ok()?;
            Some(sse::with_data(&frame, of(&doc, own).as_bytes()))
        });
        made.unwrap_or_default()
    }
}

/// Fields that identify the frame.
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

/// Fields that identify an object around the text.
const AROUND: &[&str] = &["type", "index"];

/// The JSON of a frame with nothing but a placeholder for the text of `own`.
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
                    // Some clients require the field to be present, as null.
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

/// The type of a call, which some clients concatenate like its arguments.
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
