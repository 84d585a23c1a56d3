//! [`Exchange`]: one request that crosses an edge, with everything in it that can be read.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::offset::OffsetMap;
use crate::origin::Origin;

/// Which of the agent's three edges an exchange crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// To a model provider.
    Model,
    /// To a tool.
    Tool,
    /// To a memory or vector store.
    Memory,
}

/// One request. It owns the original bytes; slots point into them. It is never serialised again: edits are spliced in.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The edge it crosses.
    pub edge: Edge,
    /// The id of the wire format, such as `openai.chat`.
    pub wire: &'static str,
    /// The body as it arrived.
    pub body: Bytes,
    /// Every text in the body, in byte order.
    pub slots: Vec<Slot>,
    /// Every part that could not be read.
    pub opaque: Vec<Opaque>,
    /// The model that was asked for.
    pub model: Option<String>,
    /// Whether a streamed response was requested.
    pub stream: bool,
    /// Tools that the model may call, in byte order.
    pub tools: Vec<OfferedTool>,
    /// Tool calls in the history, in byte order.
    pub calls: Vec<PastCall>,
}

impl Exchange {
    /// Whether the model can call tools here, or already has.
    pub fn has_tools(&self) -> bool {
        !self.tools.is_empty() || !self.calls.is_empty()
    }
}

/// A tool that a request offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedTool {
    /// Its name.
    pub name: String,
    /// Bytes of the body that hold its definition, a JSON object.
    pub definition: Range<usize>,
}

/// A tool call in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCall {
    /// The provider's id of the call.
    pub id: Option<String>,
    /// The tool.
    pub tool: String,
    /// Bytes of the body that hold its arguments; without the quotes if they are in a string.
    pub arguments: Range<usize>,
    /// Whether the arguments are in a JSON string.
    pub quoted: bool,
}

/// A text inside the body of an exchange.
///
/// A JSON document inside a string (tool-call arguments, many tool results) is one slot whose text is the document with
/// its escapes decoded, so that a detector sees a value beside its key.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Bytes of the body that hold the encoded text (without the quotes of a JSON string).
    pub span: Range<usize>,
    /// How the text is wrapped, outermost first.
    pub codecs: Vec<Codec>,
    /// The decoded text.
    pub text: String,
    /// Maps offsets in `text` to offsets in the body, relative to `span.start`.
    pub map: OffsetMap,
    /// Ranges of `text` that are JSON numbers: a replacement there becomes a JSON string.
    pub bare: Vec<Range<usize>>,
    /// The part it plays in the conversation.
    pub role: Role,
    /// Where it came from.
    pub origin: Origin,
    /// What is looked for in it.
    pub reading: Reading,
}

/// What is looked for in a slot. Some fields of a wire format hold no text by definition, yet may contain text all the
/// same: they are read in a way that leaves intact what the wire needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Reading {
    /// Text: everything is looked for, and it is part of the conversation.
    #[default]
    Text,
    /// A setting: values with a recognisable format (numbers, addresses, keys) are looked for, names are not.
    Setting,
    /// A name or id that another part of the request, or the provider, refers to: it is replaced only if it is such a
    /// formatted value as a whole, or is not an identifier at all.
    Identifier,
}

impl Slot {
    /// Whether it is part of the conversation: neither a setting nor an identifier.
    pub fn is_text(&self) -> bool {
        self.reading == Reading::Text
    }

    /// The bytes of the body that a range of `text` corresponds to.
    pub fn body_range(&self, text: &Range<usize>) -> Range<usize> {
        let inner = self.map.range(text);
        self.span.start + inner.start..self.span.start + inner.end
    }

    /// The JSON number that a range of `text` touches: it can only be replaced as a whole.
    pub fn number_at(&self, text: &Range<usize>) -> Option<&Range<usize>> {
        let first = self.bare.partition_point(|number| number.end <= text.start);
        self.bare.get(first).filter(|number| number.start < text.end)
    }

    /// Encodes a replacement for a part of `text` for insertion into the body. `number` says that it replaces a JSON
    /// number.
    pub fn encode<'a>(&self, replacement: &'a str, number: bool) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(replacement);
        for (depth, codec) in self.codecs.iter().rev().enumerate() {
            if let Cow::Owned(encoded) = codec.encode(&text) {
                text = Cow::Owned(encoded);
            }
            if number && depth == 0 {
                text = Cow::Owned(format!("\"{text}\""));
            }
        }
        text
    }
}

/// One layer of encoding around a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// The inside of a JSON string.
    JsonString,
}

impl Codec {
    /// Encodes a replacement so that it can take the place of a decoded part.
    pub fn encode(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::JsonString => escape_json(text),
        }
    }
}

/// Escapes a text for the inside of a JSON string (RFC 8259 §7): quotes, backslashes and control characters only.
pub fn escape_json(text: &str) -> Cow<'_, str> {
    use std::fmt::Write as _;
    if !text.bytes().any(|b| b < 0x20 || b == b'"' || b == b'\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for ch in text.chars() {
        match ch {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < '\u{20}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// The part a slot plays in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// System prompt or instructions.
    System,
    /// Developer message.
    Developer,
    /// User turn.
    User,
    /// Earlier response of the model.
    Assistant,
    /// Arguments of a tool call in the history.
    ToolCall,
    /// Result of a tool call.
    ToolResult,
    /// Name, description or schema of a tool.
    ToolDefinition,
    /// Text to embed.
    EmbeddingInput,
    /// `user`, `metadata` and the like.
    Metadata,
    /// A text in a field that Ombud does not know. It is masked like any other.
    Other,
}

/// A part of the body that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    /// What it is.
    pub kind: OpaqueKind,
    /// Bytes of the body.
    pub span: Range<usize>,
}

/// Kinds of content that Ombud passes or blocks but does not inspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpaqueKind {
    /// An image.
    Image,
    /// A sound recording.
    Audio,
    /// A file whose text is not visible, such as a PDF.
    File,
    /// Text as token numbers; it says everything, and nothing can be masked in it.
    Tokens,
    /// A signed or encrypted block of the provider. It came from there and goes back unchanged.
    Sealed,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(codecs: usize, bare: &[Range<usize>]) -> Slot {
        Slot {
            span: 0..0,
            codecs: vec![Codec::JsonString; codecs],
            text: String::new(),
            map: OffsetMap::identity(0),
            bare: bare.to_vec(),
            role: Role::ToolCall,
            origin: Origin::Model,
            reading: Reading::Text,
        }
    }

    #[test]
    fn a_replacement_is_encoded_through_every_layer() {
        assert_eq!(slot(2, &[]).encode("plain", false), "plain");
        assert_eq!(slot(2, &[]).encode("a\"b", false), "a\\\\\\\"b");
    }

    #[test]
    fn a_number_becomes_a_string() {
        assert_eq!(slot(1, &[]).encode("PHONE_0", true), "\"PHONE_0\"");
        assert_eq!(slot(2, &[]).encode("PHONE_0", true), "\\\"PHONE_0\\\"");
    }

    #[test]
    fn numbers_are_found_by_touch() {
        let slot = slot(1, &[3..9, 12..20]);
        assert_eq!(slot.number_at(&(4..5)), Some(&(3..9)));
        assert_eq!(slot.number_at(&(9..12)), None);
        assert_eq!(slot.number_at(&(15..30)), Some(&(12..20)));
    }

    #[test]
    fn controls_are_escaped() {
        assert_eq!(escape_json("a\u{1}\n中"), "a\\u0001\\n中");
    }
}
