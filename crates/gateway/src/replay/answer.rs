//! The texts of a response, from the bytes that the provider sent, whole or as a stream.

use std::collections::BTreeMap;

use crate::channel::sse::{self, Splitter};
use crate::wire::frame::{Channel, ChannelKind, Frame, Mark};
use crate::wire::json::{Doc, Keys, Kind, Node};
use crate::wire::places::Places;
use crate::wire::{Calls, Wire};

/// One text of a response as it arrived: tokens are not restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// The tool, for arguments.
    pub tool: Option<String>,
    /// The provider's id of the call, for arguments.
    pub call: Option<String>,
    /// The text.
    pub text: String,
}

/// What a piece of a response is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// Text from the model.
    Text,
    /// Arguments of a tool call, as JSON.
    Arguments,
    /// A refusal of the model.
    Refusal,
    /// Reasoning.
    Reasoning,
    /// The body as it arrived, because no text was found in it: an error, a list of models, an unknown format.
    Raw,
}

impl Piece {
    fn new(kind: PieceKind, text: String) -> Self {
        Self { kind, tool: None, call: None, text }
    }
}

/// Reads the texts of a response. `wire` is the id in the record of its request. What cannot be read is returned as one raw
/// piece; an empty body has none.
pub fn answer(wire: &str, body: &[u8]) -> Vec<Piece> {
    let pieces = Wire::by_id(wire).map(|wire| read(wire, body)).unwrap_or_default();
    if pieces.is_empty() && !body.is_empty() {
        return vec![Piece::new(PieceKind::Raw, String::from_utf8_lossy(body).into_owned())];
    }
    pieces
}

fn read(wire: Wire, body: &[u8]) -> Vec<Piece> {
    match Doc::parse(body, Keys::Lenient) {
        Ok(doc) => whole(wire, &doc),
        Err(_) => streamed(wire, body),
    }
}

fn streamed(wire: Wire, body: &[u8]) -> Vec<Piece> {
    let mut splitter = Splitter::default();
    let mut pieces: BTreeMap<Channel, Piece> = BTreeMap::new();
    let mut places = Places::default();
    // The gateway ends a stream with larger frames; earlier frames have already left the splitter.
    for chunk in body.chunks(sse::MAX_FRAME / 2) {
        if splitter.push(chunk).is_err() {
            break;
        }
        while let Some(frame) = splitter.next_frame() {
            take(wire, &frame, &mut places, &mut pieces);
        }
    }
    // A stream that broke off may end without the blank line.
    take(wire, &splitter.rest(), &mut places, &mut pieces);
    pieces.into_values().filter(|piece| !piece.text.is_empty() || piece.tool.is_some()).collect()
}

fn take(wire: Wire, frame: &[u8], places: &mut Places, pieces: &mut BTreeMap<Channel, Piece>) {
    let Some(data) = sse::data(frame) else { return };
    let Ok(doc) = Doc::parse(&data, Keys::Lenient) else { return };
    let Frame { deltas, marks, .. } = wire.frame(&doc, places);
    for mark in marks {
        let Mark::Call { channel, id, name } = mark else { continue };
        let piece = pieces.entry(channel).or_insert_with(|| empty(channel.kind));
        piece.call = id.filter(|id| !id.is_empty()).or_else(|| piece.call.take());
        piece.tool = name.filter(|name| !name.is_empty()).or_else(|| piece.tool.take());
    }
    for (node, channel) in deltas {
        pieces.entry(channel).or_insert_with(|| empty(channel.kind)).text.push_str(&doc.string(node));
    }
}

fn empty(kind: ChannelKind) -> Piece {
    let kind = match kind {
        ChannelKind::Text => PieceKind::Text,
        ChannelKind::Arguments => PieceKind::Arguments,
        ChannelKind::Refusal => PieceKind::Refusal,
        ChannelKind::Reasoning => PieceKind::Reasoning,
    };
    Piece::new(kind, String::new())
}

fn whole(wire: Wire, doc: &Doc<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    match wire.calls() {
        Calls::Choices => chat(doc, &mut pieces),
        Calls::Blocks => blocks(doc, &mut pieces),
        Calls::Items => items(doc, &mut pieces),
        Calls::None => {}
    }
    pieces
}

/// Adds a text, or the texts of a list of parts.
fn texts(doc: &Doc<'_>, node: Option<Node>, kind: PieceKind, pieces: &mut Vec<Piece>) {
    let Some(node) = node else { return };
    match doc.kind(node) {
        Kind::String => pieces.push(Piece::new(kind, doc.string(node).into_owned())),
        Kind::Array => doc.items(node).for_each(|part| texts(doc, doc.get(part, "text"), kind, pieces)),
        _ => {}
    }
}

fn call(doc: &Doc<'_>, named: Node, id: Option<String>, arguments: Option<Node>) -> Piece {
    let text = arguments.map(|node| match doc.kind(node) {
        Kind::String => doc.string(node).into_owned(),
        _ => doc.raw(node).to_owned(),
    });
    Piece {
        kind: PieceKind::Arguments,
        tool: doc.get_str(named, "name").map(Into::into),
        call: id,
        text: text.unwrap_or_default(),
    }
}

fn text_of(doc: &Doc<'_>, node: Node, key: &str) -> Option<String> {
    doc.get_str(node, key).map(Into::into)
}

fn chat(doc: &Doc<'_>, pieces: &mut Vec<Piece>) {
    for choice in doc.get(doc.root(), "choices").into_iter().flat_map(|choices| doc.items(choices)) {
        let Some(message) = doc.get(choice, "message") else { continue };
        for key in ["reasoning_content", "reasoning"] {
            texts(doc, doc.get(message, key), PieceKind::Reasoning, pieces);
        }
        texts(doc, doc.get(message, "content"), PieceKind::Text, pieces);
        texts(doc, doc.get(message, "refusal"), PieceKind::Refusal, pieces);
        for item in doc.get(message, "tool_calls").into_iter().flat_map(|calls| doc.items(calls)) {
            if let Some(function) = doc.get(item, "function").or_else(|| doc.get(item, "custom")) {
                let arguments = doc.get(function, "arguments").or_else(|| doc.get(function, "input"));
                pieces.push(call(doc, function, text_of(doc, item, "id"), arguments));
            }
        }
    }
}

fn blocks(doc: &Doc<'_>, pieces: &mut Vec<Piece>) {
    for block in doc.get(doc.root(), "content").into_iter().flat_map(|content| doc.items(content)) {
        match doc.get_str(block, "type").as_deref() {
            Some("tool_use") => {
                pieces.push(call(doc, block, text_of(doc, block, "id"), doc.get(block, "input")));
            }
            Some("thinking") => texts(doc, doc.get(block, "thinking"), PieceKind::Reasoning, pieces),
            _ => texts(doc, doc.get(block, "text"), PieceKind::Text, pieces),
        }
    }
}

fn items(doc: &Doc<'_>, pieces: &mut Vec<Piece>) {
    for item in doc.get(doc.root(), "output").into_iter().flat_map(|output| doc.items(output)) {
        match doc.get_str(item, "type").as_deref() {
            Some("function_call") => {
                pieces.push(call(doc, item, text_of(doc, item, "call_id"), doc.get(item, "arguments")));
            }
            Some("custom_tool_call") => {
                pieces.push(call(doc, item, text_of(doc, item, "call_id"), doc.get(item, "input")));
            }
            Some("reasoning") => texts(doc, doc.get(item, "summary"), PieceKind::Reasoning, pieces),
            _ => {
                for part in doc.get(item, "content").into_iter().flat_map(|parts| doc.items(parts)) {
                    texts(doc, doc.get(part, "text"), PieceKind::Text, pieces);
                    texts(doc, doc.get(part, "refusal"), PieceKind::Refusal, pieces);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(wire: &str, body: &str) -> Vec<(PieceKind, Option<String>, String)> {
        answer(wire, body.as_bytes()).into_iter().map(|piece| (piece.kind, piece.tool, piece.text)).collect()
    }

    #[test]
    fn a_stream_and_a_whole_answer_read_the_same() {
        let whole = r#"{"choices":[{"message":{"content":"Hi \"中\"","tool_calls":[{"id":"c","function":{"name":"send","arguments":"{\"to\":1}"}}]}}]}"#;
        let streamed = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi \\\"\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"中\\\"\"}}]}\n\n\
            data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"send\",\"arguments\":\"{\\\"to\\\":\"}}]}}]}\n\n\
            data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}}]}\n\ndata: [DONE]\n\n";
        let expected = [
            (PieceKind::Text, None, "Hi \"中\"".to_owned()),
            (PieceKind::Arguments, Some("send".to_owned()), "{\"to\":1}".to_owned()),
        ];
        assert_eq!(seen("openai.chat", whole), expected);
        assert_eq!(seen("openai.chat", streamed), expected);
    }

    #[test]
    fn other_wires() {
        let blocks = r#"{"content":[{"type":"text","text":"a"},{"type":"tool_use","id":"t","name":"n","input":{"x": 1}}]}"#;
        assert_eq!(
            seen("anthropic.messages", blocks),
            [
                (PieceKind::Text, None, "a".into()),
                (PieceKind::Arguments, Some("n".into()), "{\"x\": 1}".into())
            ]
        );
        let items = r#"{"output":[{"type":"message","content":[{"type":"output_text","text":"a"}]}]}"#;
        assert_eq!(seen("openai.responses", items), [(PieceKind::Text, None, "a".into())]);
    }

    #[test]
    fn what_has_no_text_is_shown_as_it_came() {
        for (wire, body) in [("openai.chat", "{\"error\":{}}"), ("openai.chat", "<html>"), ("later", "{}")] {
            assert_eq!(seen(wire, body), [(PieceKind::Raw, None, body.to_owned())]);
        }
        assert!(seen("openai.chat", "").is_empty());
    }

    #[test]
    fn a_stream_that_broke_off_keeps_what_came() {
        let body = "data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\ndata: {\"choi";
        assert_eq!(seen("openai.chat", body), [(PieceKind::Text, None, "half".into())]);
    }
}
