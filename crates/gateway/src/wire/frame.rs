//! What a wire format says about one frame of a streamed answer.

use super::json::{Doc, Kind, Node};

/// A stream of text inside a streamed answer. Tokens may be cut between the deltas of one channel, never across two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Channel {
    /// Choice, content block or output item.
    pub index: u32,
    /// Tool call or content part within it.
    pub sub: u32,
    /// What flows in it.
    pub kind: ChannelKind,
}

/// What flows in a channel. In the order of this list, `Text` is the first and `Reasoning` the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChannelKind {
    /// The answer.
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
    /// Arguments that stand whole in the frame, in addition to or instead of pieces.
    pub arguments: Vec<(Channel, String)>,
    /// Subtrees that must not be touched: signed or encrypted blocks.
    pub sealed: Vec<Node>,
    /// Tool calls and ends.
    pub marks: Vec<Mark>,
    /// Whether this frame ends the stream as the wire format demands.
    pub last: bool,
    /// Why the model stopped.
    pub finish: Option<String>,
    /// The model that answers.
    pub model: Option<String>,
}

/// Something that happens in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A tool call begins or goes on: it is held until it is complete.
    Call {
        /// The channel of its arguments.
        channel: Channel,
        /// Its id, in the first frame.
        id: Option<String>,
        /// The tool's name, in the first frame.
        name: Option<String>,
    },
    /// A channel ends; the call that it belongs to may go on.
    End(Channel),
    /// Every channel with this index ends, and the calls in it are complete.
    Close(u32),
}

impl Frame {
    /// Notes arguments that are no string but the JSON itself.
    pub fn unquoted(&mut self, doc: &Doc<'_>, node: Node, channel: Channel) {
        if matches!(doc.kind(node), Kind::Object | Kind::Array) {
            self.arguments.push((channel, doc.raw(node).to_owned()));
        }
    }

    /// Notes a delta if it is a string.
    pub fn delta(&mut self, doc: &Doc<'_>, node: Node, channel: Channel) {
        if doc.kind(node) == Kind::String {
            self.deltas.push((node, channel));
        }
    }
}
