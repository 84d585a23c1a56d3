//! The tool calls of a streamed response, from their first frame to their decision.

use super::{AnswerStream, Channel, ChannelKind, Doc, Frame, Keys, Mark, Step, ToolCall, halves, of_index};
use crate::wire::Calls;
use crate::wire::openai_chat::FUNCTION_CALL;

impl AnswerStream {
    /// Whether a frame adds to, or contradicts, a call that was already complete: clients may take it for part of that
    /// call.
    pub(super) fn is_late(&self, doc: &Doc<'_>, info: &Frame) -> bool {
        let begins = |channel: &Channel| {
            let named = |mark: &Mark| matches!(mark, Mark::Call { channel: at, name: Some(name), .. } if at == channel && !name.is_empty());
            self.calls.contains_key(channel) || info.marks.iter().any(named)
        };
        let mut pieces = info.deltas.iter().filter(|(node, channel)| {
            channel.kind == ChannelKind::Arguments && !doc.raw(*node).trim().is_empty() && !begins(channel)
        });
        let mut whole = info.arguments.iter().filter(|(channel, _)| !info.last && !begins(channel));
        pieces.any(|(_, channel)| self.closed.contains_key(channel))
            || whole.any(|(channel, said)| self.closed.get(channel).is_some_and(|known| known != said))
    }

    /// Text channels that end with a frame that opens a call: text pending in them comes before the call, and before
    /// whatever replaces it.
    pub(super) fn spoken_before(&self, info: &Frame) -> Vec<Channel> {
        let mut found = Vec::new();
        for mark in &info.marks {
            let Mark::Call { channel, id, name } = mark else { continue };
            if self.is_known(info, *channel, id.as_deref(), name.as_deref()) {
                continue;
            }
            let known = self.channels.range(of_index(channel.index)).map(|(channel, _)| *channel);
            let named = info.deltas.iter().map(|delta| delta.1).filter(|of| of.index == channel.index);
            found.extend(known.chain(named).filter(|channel| channel.kind != ChannelKind::Arguments));
        }
        found
    }

    pub(super) fn open_calls(&mut self, info: &Frame) {
        for mark in &info.marks {
            let Mark::Call { channel, id, name } = mark else { continue };
            if self.is_known(info, *channel, id.as_deref(), name.as_deref()) {
                continue;
            }
            let call = self.calls.entry(*channel).or_default();
            // Some servers send an empty id and name with every piece of the arguments.
            if let Some(id) = id.as_deref().filter(|id| !id.is_empty()) {
                let other = call.id.as_deref().is_some_and(|known| known != id);
                // In chat completions this is a server that makes up an id for every frame; elsewhere it is another call.
                call.sound &= !other || self.wire.calls() == Calls::Choices;
                call.id.get_or_insert_with(|| id.to_owned());
            }
            call.name(name.as_deref().unwrap_or_default());
            self.closed.remove(channel);
            if self.held.is_none() {
                self.flush();
                self.held = Some(Vec::new());
            }
        }
    }

    /// Whether a call that the last frame repeats was already decided, with the same name and arguments.
    fn is_known(&self, info: &Frame, channel: Channel, id: Option<&str>, name: Option<&str>) -> bool {
        let whole = info.arguments.iter().find(|(at, _)| *at == channel).map(|(_, whole)| whole);
        let known = id.filter(|_| info.last).and_then(|id| self.known_calls.get(id));
        known.is_some_and(|(tool, written)| Some(&**tool) == name && Some(written) == whole)
    }

    /// Collects what a frame adds to calls, and notes which choices produced text.
    pub(super) fn listen(&mut self, doc: &Doc<'_>, info: &Frame) {
        for &(node, channel) in &info.deltas {
            if channel.kind == ChannelKind::Arguments {
                if let Some(call) = self.calls.get_mut(&channel) {
                    call.say(&halves::text(doc, node));
                }
            } else if channel.kind == ChannelKind::Text && !doc.raw(node).is_empty() {
                self.spoke.insert(channel.index);
            }
        }
        for (channel, whole) in &info.arguments {
            if let Some(call) = self.calls.get_mut(channel) {
                call.say_whole(whole);
            }
        }
    }

    pub(super) fn close_calls(&mut self, info: &Frame) {
        for mark in &info.marks {
            let Mark::Close(index) = mark else { continue };
            let complete: Vec<Channel> =
                self.calls.range(of_index(*index)).map(|(channel, _)| *channel).collect();
            for channel in complete {
                if let Some(call) = self.calls.remove(&channel) {
                    self.closed.insert(channel, call.written.clone());
                    let call = self.settled(channel, call);
                    self.done_calls.push(ToolCall { complete: true, ..call });
                }
            }
        }
        if self.calls.is_empty() {
            self.decide();
        }
    }

    pub(super) fn decide(&mut self) {
        if self.held.is_some() && self.deciding.is_none() {
            let mut calls = std::mem::take(&mut self.done_calls);
            // An empty entry is not a call.
            calls.retain(|call| !call.tool.is_empty() || !call.written.trim().is_empty());
            // A call without a name here may get one in a client, in a way nobody has checked.
            if calls.iter().any(|call| call.tool.is_empty()) || self.are_mixed(&calls) {
                return self.refuse(super::Step::Unreadable);
            }
            self.places = crate::wire::places::Places::default();
            let known = calls
                .iter()
                .filter_map(|call| Some((call.id.clone()?, (call.tool.clone(), call.written.clone()))));
            self.known_calls.extend(known);
            self.flush();
            self.deciding = Some(calls.iter().map(|call| call.place).collect());
            self.steps.push_back(Step::Decide(calls));
        }
    }

    /// Whether calls share an index, so that a client that ignores their ids could merge them into one call that nobody has
    /// judged: it concatenates their arguments, which is harmless only if each is complete JSON.
    fn are_mixed(&self, calls: &[ToolCall]) -> bool {
        let apart = |call: &ToolCall| call.place.sub & 0x8000_0000 != 0 && call.place.sub != FUNCTION_CALL;
        let whole = |call: &ToolCall| Doc::parse(call.written.as_bytes(), Keys::Any).is_ok();
        self.wire.calls() == Calls::Choices && calls.iter().any(apart) && !calls.iter().all(whole)
    }
}
