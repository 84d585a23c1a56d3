//! What a wire format reports about one frame of a streamed response.

use super::json::{Doc, Kind, Node};
use super::openai_chat::number;

/// Marks the position of the text in a frame template: private-use characters that no escape sequence produces.
pub const PLACE: &str = "\u{f8ff}\u{f8fe}\u{f8ff}";

/// A stream of text inside a streamed response. Tokens may be cut between the deltas of one channel, never across two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Channel {
    /// Index of the choice, content block or output item.
    pub index: u32,
    /// Tool call or content part within it.
    pub sub: u32,
    /// What it carries.
    pub kind: ChannelKind,
}

/// What a channel carries. `Text` must be the first variant and `Reasoning` the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChannelKind {
    /// The answer's text.
    Text,
    /// Arguments of a tool call, as JSON.
    Arguments,
    /// A refusal.
    Refusal,
    /// Reasoning that is not signed.
    Reasoning,
}

/// What a frame means.
#[derive(Debug, Default)]
pub struct Frame {
    /// Pieces of channels in it.
    pub deltas: Vec<(Node, Channel)>,
    /// Arguments given whole in the frame, in addition to or instead of pieces.
    pub arguments: Vec<(Channel, String)>,
    /// Subtrees that must not be touched: signed or encrypted blocks.
    pub sealed: Vec<Node>,
    /// Tool calls and ends of channels.
    pub marks: Vec<Mark>,
    /// Whether this frame ends the stream as the wire format requires.
    pub last: bool,
    /// Why the model stopped.
    pub finish: Option<String>,
    /// The model that responds.
    pub model: Option<String>,
    /// A whole frame containing [`PLACE`] that carries more text of this frame's channel, where this frame itself cannot be
    /// repeated.
    pub again: Option<String>,
    /// Whether the frame has content where its wire does not allow any, so that it cannot be judged.
    pub unfit: bool,
}

/// An event in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A tool call begins or continues; it is held until it is complete.
    Call {
        /// The channel of its arguments.
        channel: Channel,
        /// Its id, in the first frame.
        id: Option<String>,
        /// The tool's name, in the first frame.
        name: Option<String>,
    },
    /// A channel ends; the call that it belongs to may continue.
    End(Channel),
    /// Every channel with this index ends, and the calls in it are complete.
    Close(u32),
}

impl Frame {
    /// Records arguments that are given as JSON instead of a string.
    pub fn unquoted(&mut self, doc: &Doc<'_>, node: Node, channel: Channel) {
        if matches!(doc.kind(node), Kind::Object | Kind::Array) {
            self.arguments.push((channel, doc.raw(node).to_owned()));
        }
    }

    /// Records every string in a delta that, by its field name, grows from frame to frame, each as a separate channel
    /// identified by its path: providers invent such fields faster than a list of them could be maintained.
    pub fn grown(&mut self, doc: &Doc<'_>, key: &str, node: Node, index: u32) {
        let kind = ChannelKind::Text;
        self.grow(doc, key, node, Channel { index, sub: path(0, key.as_bytes()), kind });
    }

    fn grow(&mut self, doc: &Doc<'_>, key: &str, node: Node, at: Channel) {
        let thinks = ["reason", "think", "thought"].iter().any(|word| key.contains(word));
        let at = Channel { kind: if thinks { ChannelKind::Reasoning } else { at.kind }, ..at };
        match doc.kind(node) {
            Kind::String if grows(key) => self.delta(doc, node, at),
            Kind::Object => {
                for (key, value) in doc.members(node) {
                    self.grow(doc, &key, value, Channel { sub: path(at.sub, key.as_bytes()), ..at });
                }
            }
            Kind::Array => {
                for (place, item) in doc.items(node).enumerate() {
                    let place = number(doc, item, "index").unwrap_or(u32::try_from(place).unwrap_or(0));
                    self.grow(doc, key, item, Channel { sub: path(at.sub, &place.to_be_bytes()), ..at });
                }
            }
            _ => {}
        }
    }

    /// Records a delta if it is a string.
    pub fn delta(&mut self, doc: &Doc<'_>, node: Node, channel: Channel) {
        if doc.kind(node) == Kind::String {
            self.deltas.push((node, channel));
        }
    }
}

/// Whether a field of this name grows: its words mark it as text, and none of them as metadata about a text.
pub fn grows(key: &str) -> bool {
    const TEXT: &[&str] =
        &["content", "text", "refusal", "reasoning", "thinking", "thought", "transcript", "summary"];
    const ABOUT: &[&str] = &["encrypted", "signature", "type", "format", "id", "index", "cited"];
    let has = |words: &[&str]| key.split('_').any(|word| words.contains(&word));
    has(TEXT) && !has(ABOUT)
}

/// The number of a channel by its path: FNV-1a over the steps, kept apart from the small numbers assigned by wires.
pub fn path(before: u32, step: &[u8]) -> u32 {
    let hash = step
        .iter()
        .fold(before ^ 0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    hash | 0x8000_0000
}
