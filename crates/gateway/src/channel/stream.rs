//! The state machine of one streamed answer: bytes in, steps out. No I/O.

use std::collections::BTreeMap;
use std::sync::Arc;

use ombud_core::exchange::escape_json;
use ombud_detect::mask::{Form, Minted, Restorer, Tally};

use super::sse::{self, FrameTooLarge, Splitter};
use crate::wire::Wire;
use crate::wire::answer::{ToolCall, form_of, restore_strings};
use crate::wire::frame::{Channel, ChannelKind, Frame, Mark};
use crate::wire::json::{Doc, Keys, Node};
use crate::wire::splice::{Patch, splice};

/// What the driver has to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Send these bytes to the client.
    Forward(Vec<u8>),
    /// Decide on these tool calls, which are complete, and then send the bytes.
    Release(Vec<ToolCall>, Vec<u8>),
}

/// Restores one streamed answer.
pub struct AnswerStream {
    wire: Wire,
    minted: Arc<Minted>,
    splitter: Splitter,
    channels: BTreeMap<Channel, Flow>,
    calls: BTreeMap<Channel, ToolCall>,
    done_calls: Vec<ToolCall>,
    /// Frames that wait for a tool call to be complete.
    held: Option<Vec<u8>>,
    out: Vec<u8>,
    steps: Vec<Step>,
    /// How many frames were inserted, for wires that number them.
    inserted: u64,
    whole: Tally,
    /// Whether the stream ended as its wire demands.
    pub complete: bool,
    /// Why the model stopped.
    pub finish: Option<String>,
    /// The model that answers.
    pub model: Option<String>,
}

/// The state of one channel.
struct Flow {
    restorer: Restorer,
    /// Whether anything was written yet: the first character tells whether the text is JSON.
    begun: bool,
    /// The last frame with a delta of this channel, to make one more where text is still owed at the end.
    template: Vec<u8>,
}

impl AnswerStream {
    /// The state at the start of an answer.
    pub fn new(wire: Wire, minted: Arc<Minted>) -> Self {
        Self {
            wire,
            minted,
            splitter: Splitter::default(),
            channels: BTreeMap::new(),
            calls: BTreeMap::new(),
            done_calls: Vec::new(),
            held: None,
            out: Vec::new(),
            steps: Vec::new(),
            inserted: 0,
            whole: Tally::default(),
            complete: false,
            finish: None,
            model: None,
        }
    }

    /// What was seen while restoring.
    pub fn tally(&self) -> Tally {
        let mut tally = self.whole;
        self.channels.values().for_each(|flow| tally.add(flow.restorer.tally));
        tally
    }

    /// Takes the next bytes from the provider.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Step>, FrameTooLarge> {
        self.splitter.push(bytes)?;
        while let Some(frame) = self.splitter.next_frame() {
            self.frame(&frame);
        }
        Ok(self.take_steps())
    }

    /// The provider ended the stream, in order or not. Whatever is still held goes out; a tool call that is not
    /// complete is marked as such.
    pub fn end(&mut self) -> Vec<Step> {
        let owed: Vec<Channel> = self.channels.keys().copied().collect();
        for channel in owed {
            self.insert_owed(channel);
        }
        let rest = self.splitter.rest();
        self.emit(&rest);
        let unfinished = std::mem::take(&mut self.calls);
        for (channel, call) in unfinished {
            let call = ToolCall { complete: false, ..self.judged(channel, call) };
            self.done_calls.push(call);
        }
        self.release();
        self.take_steps()
    }

    fn frame(&mut self, raw: &[u8]) {
        let Some(data) = sse::data(raw) else { return self.emit(raw) };
        if data.trim_ascii() == b"[DONE]" {
            let all: Vec<Channel> = self.channels.keys().copied().collect();
            for channel in all {
                self.insert_owed(channel);
            }
            self.complete = true;
            self.emit(raw);
            return;
        }
        // What is no JSON is not ours to judge: it goes through as it came.
        let Ok(doc) = Doc::parse(&data, Keys::Any) else { return self.emit(raw) };
        let info = self.wire.frame(&doc);
        self.complete |= info.last;
        self.finish = info.finish.clone().or_else(|| self.finish.take());
        self.model = info.model.clone().or_else(|| self.model.take());
        self.open_calls(&info);
        let ended = self.ended(&info);
        let touched: Vec<Channel> = info.deltas.iter().map(|delta| delta.1).collect();
        ended
            .iter()
            .filter(|channel| !touched.contains(channel))
            .for_each(|channel| self.insert_owed(*channel));
        let rewritten = self.rewrite(raw, &data, &doc, &info, &ended);
        self.emit(rewritten.as_deref().unwrap_or(raw));
        self.close_calls(&info);
    }

    /// The frame with every delta restored, or `None` if nothing changes.
    fn rewrite(
        &mut self,
        raw: &[u8],
        data: &[u8],
        doc: &Doc<'_>,
        info: &Frame,
        ended: &[Channel],
    ) -> Option<Vec<u8>> {
        if self.minted.is_empty() {
            return None;
        }
        let mut patches = Vec::new();
        for &(node, channel) in &info.deltas {
            let text = doc.string(node);
            let restored = self.advance(channel, &text, ended.contains(&channel));
            if restored != text {
                patches.push(Patch { range: doc.span(node), with: escape_json(&restored).into_owned() });
            }
        }
        let deltas: Vec<Node> = info.deltas.iter().map(|delta| delta.0).collect();
        restore_strings(doc, doc.root(), &self.minted, &info.sealed, &deltas, &mut self.whole, &mut patches);
        self.renumber(doc, &mut patches);
        for &(node, channel) in &info.deltas {
            self.keep_template(raw, data, doc, info, node, channel);
        }
        (!patches.is_empty()).then(|| sse::with_data(raw, &splice(data, &mut patches)))
    }

    /// Feeds a delta to its channel and returns what may be sent of it.
    fn advance(&mut self, channel: Channel, text: &str, last: bool) -> String {
        let flow = self.channels.entry(channel).or_insert_with(|| Flow {
            restorer: Restorer::new(if channel.kind == ChannelKind::Arguments {
                Form::Json
            } else {
                Form::Plain
            }),
            begun: false,
            template: Vec::new(),
        });
        if !flow.begun && !text.trim().is_empty() {
            flow.begun = true;
            if channel.kind != ChannelKind::Arguments {
                flow.restorer.set_form(form_of(text));
            }
        }
        let mut out = String::with_capacity(text.len());
        flow.restorer.push(&self.minted, text, &mut out);
        if last {
            flow.restorer.finish(&self.minted, &mut out);
        }
        out
    }

    /// Remembers the frame of a delta while text of its channel is held back.
    fn keep_template(
        &mut self,
        raw: &[u8],
        data: &[u8],
        doc: &Doc<'_>,
        info: &Frame,
        own: Node,
        channel: Channel,
    ) {
        let Some(flow) = self.channels.get_mut(&channel) else { return };
        if flow.restorer.pending().is_empty() {
            return flow.template.clear();
        }
        let mut patches: Vec<Patch> = info
            .deltas
            .iter()
            .map(|&(node, _)| Patch {
                range: doc.span(node),
                with: if node == own { PLACE.into() } else { String::new() },
            })
            .collect();
        flow.template = sse::with_data(raw, &splice(data, &mut patches));
    }

    /// Sends what a channel still owes, in a frame of its own.
    fn insert_owed(&mut self, channel: Channel) {
        let Some(flow) = self.channels.get_mut(&channel) else { return };
        let mut owed = String::new();
        flow.restorer.finish(&self.minted, &mut owed);
        let template = std::mem::take(&mut flow.template);
        let place = memchr::memmem::find(&template, PLACE.as_bytes());
        if let Some(place) = place.filter(|_| !owed.is_empty()) {
            let patch = Patch { range: place..place + PLACE.len(), with: escape_json(&owed).into_owned() };
            let frame = splice(&template, &mut [patch]);
            let frame = self.numbered(frame);
            self.emit(&frame);
            self.inserted += 1;
        }
    }

    /// An inserted frame takes the number after its template's, where frames are numbered.
    fn numbered(&self, frame: Vec<u8>) -> Vec<u8> {
        let Some(data) = sse::data(&frame) else { return frame };
        let Ok(doc) = Doc::parse(&data, Keys::Any) else { return frame };
        let mut patches = Vec::new();
        shift_number(&doc, self.inserted + 1, &mut patches);
        if patches.is_empty() { frame } else { sse::with_data(&frame, &splice(&data, &mut patches)) }
    }

    /// Frames after an inserted one move on by one.
    fn renumber(&self, doc: &Doc<'_>, patches: &mut Vec<Patch>) {
        if self.inserted > 0 {
            shift_number(doc, self.inserted, patches);
        }
    }

    /// The channels that end with this frame.
    fn ended(&self, info: &Frame) -> Vec<Channel> {
        let known = self.channels.keys().chain(info.deltas.iter().map(|delta| &delta.1));
        let mut ended: Vec<Channel> = known
            .filter(|channel| {
                info.last
                    || info.marks.iter().any(|mark| match mark {
                        Mark::End(end) => end == *channel,
                        Mark::Close(index) => *index == channel.index,
                        Mark::Call { .. } => false,
                    })
            })
            .copied()
            .collect();
        ended.sort_unstable();
        ended.dedup();
        ended
    }

    fn open_calls(&mut self, info: &Frame) {
        for mark in &info.marks {
            let Mark::Call { channel, id, name } = mark else { continue };
            let call = self.calls.entry(*channel).or_default();
            call.id = id.clone().or_else(|| call.id.take());
            if let Some(name) = name {
                call.tool.clone_from(name);
            }
            if self.held.is_none() {
                self.flush();
                self.held = Some(Vec::new());
            }
        }
    }

    fn close_calls(&mut self, info: &Frame) {
        for mark in &info.marks {
            let Mark::Close(index) = mark else { continue };
            let complete: Vec<Channel> =
                self.calls.keys().filter(|channel| channel.index == *index).copied().collect();
            for channel in complete {
                if let Some(call) = self.calls.remove(&channel) {
                    let call = ToolCall { complete: true, ..self.judged(channel, call) };
                    self.done_calls.push(call);
                }
            }
        }
        if self.calls.is_empty() {
            self.release();
        }
    }

    fn judged(&self, channel: Channel, call: ToolCall) -> ToolCall {
        let one_way = self.channels.get(&channel).is_some_and(|flow| flow.restorer.tally.one_way > 0);
        ToolCall { one_way, ..call }
    }

    fn release(&mut self) {
        if let Some(held) = self.held.take() {
            self.steps.push(Step::Release(std::mem::take(&mut self.done_calls), held));
        }
    }

    fn emit(&mut self, bytes: &[u8]) {
        self.held.as_mut().unwrap_or(&mut self.out).extend_from_slice(bytes);
    }

    fn flush(&mut self) {
        if !self.out.is_empty() {
            self.steps.push(Step::Forward(std::mem::take(&mut self.out)));
        }
    }

    fn take_steps(&mut self) -> Vec<Step> {
        self.flush();
        std::mem::take(&mut self.steps)
    }
}

/// Marks the place of the text in a template: a private-use character that no escape sequence makes.
const PLACE: &str = "\u{f8ff}\u{f8fe}\u{f8ff}";

fn shift_number(doc: &Doc<'_>, by: u64, patches: &mut Vec<Patch>) {
    if let Some(node) = doc.get(doc.root(), "sequence_number")
        && let Ok(number) = doc.raw(node).parse::<u64>()
    {
        patches.push(Patch { range: doc.span(node), with: number.saturating_add(by).to_string() });
    }
}
