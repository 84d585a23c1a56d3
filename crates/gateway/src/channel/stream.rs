//! The state machine of one streamed answer: bytes in, steps out. No I/O.

mod calls;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::sync::Arc;

use ombud_detect::mask::{Form, Minted, Restorer, Tally};

use super::sse::{self, FrameTooLarge, Splitter};
use super::template::Template;
use super::withhold;
use crate::outward::{Guard, Seen, Voice};
use crate::pace::Used;
use crate::wire::answer::{ToolCall, form_of, mask_arguments, restore_strings, watch_strings};
use crate::wire::frame::{Channel, ChannelKind, Frame, Mark, PLACE};
use crate::wire::json::{Doc, JsonError, Keys, Node};
use crate::wire::places::Places;
use crate::wire::splice::{Patch, splice};
use crate::wire::withhold::Withheld;
use crate::wire::{Calls, Wire, halves, spoken};

/// What the driver has to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Send these bytes to the client.
    Forward(Vec<u8>),
    /// Decide on these tool calls and say so with [`AnswerStream::settle`]; nothing follows before.
    Decide(Vec<ToolCall>),
    /// The stream must end here: the provider sent a frame that some clients may read, and nobody can judge.
    Unreadable,
    /// The stream must end here: it goes on and on and the call in it is never complete.
    TooLarge,
}

/// Bytes that wait for a tool call at most, with what each frame costs beside them: no more than of an answer that comes whole.
const MAX_HELD: usize = 64 * 1024 * 1024;
const FRAME: usize = 64;

/// Restores one streamed answer.
pub struct AnswerStream {
    wire: Wire,
    minted: Arc<Minted>,
    /// Watches what the answer points to.
    guard: Option<Guard>,
    splitter: Splitter,
    channels: BTreeMap<Channel, Flow>,
    calls: BTreeMap<Channel, ToolCall>,
    done_calls: Vec<ToolCall>,
    /// Tools and arguments of the calls that were decided, by their ids.
    known_calls: BTreeMap<String, (String, String)>,
    /// Arguments of the calls that are complete.
    closed: BTreeMap<Channel, String>,
    /// The places of the calls that wait.
    places: Places,
    /// Frames that wait for a tool call to be complete and decided.
    held: Option<Vec<Vec<u8>>>,
    /// How many bytes they are.
    holds: usize,
    /// The calls that are being decided.
    deciding: Option<Vec<Channel>>,
    withheld: Vec<Withheld>,
    released: usize,
    /// Choices and blocks that have said something.
    spoke: BTreeSet<u32>,
    out: Vec<u8>,
    steps: VecDeque<Step>,
    /// How many frames more than came were sent, for wires that number them.
    inserted: i64,
    ended: bool,
    whole: Tally,
    /// Tokens as the provider counts them.
    pub used: Used,
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
    voice: Voice,
    /// Whether anything was written yet: the first character tells whether the text is JSON.
    begun: bool,
    /// The last frame with a delta of this channel, to make one more where text is still owed at the end.
    template: Template,
}

impl AnswerStream {
    /// The state at the start of an answer.
    pub fn new(wire: Wire, minted: Arc<Minted>) -> Self {
        Self {
            wire,
            minted,
            guard: None,
            splitter: Splitter::default(),
            channels: BTreeMap::new(),
            calls: BTreeMap::new(),
            done_calls: Vec::new(),
            known_calls: BTreeMap::new(),
            closed: BTreeMap::new(),
            places: Places::default(),
            held: None,
            holds: 0,
            deciding: None,
            withheld: Vec::new(),
            released: 0,
            spoke: BTreeSet::new(),
            out: Vec::new(),
            steps: VecDeque::new(),
            inserted: 0,
            ended: false,
            whole: Tally::default(),
            used: Used::default(),
            complete: false,
            finish: None,
            model: None,
        }
    }

    /// The same with a guard of what the answer points to.
    #[must_use]
    pub fn guarded(self, guard: Guard) -> Self {
        Self { guard: Some(guard), ..self }
    }

    /// What the guard has found.
    pub fn seen(&mut self) -> Seen {
        self.guard.as_mut().map(|guard| std::mem::take(&mut guard.seen)).unwrap_or_default()
    }

    /// What was seen while restoring.
    pub fn tally(&self) -> Tally {
        let mut tally = self.whole;
        self.channels.values().for_each(|flow| tally.add(flow.restorer.tally));
        tally
    }

    /// Takes the next bytes from the provider.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), FrameTooLarge> {
        self.splitter.push(bytes)
    }

    /// The provider ended the stream, in order or not.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Nothing more of this answer goes out.
    pub fn abandon(&mut self) {
        self.deciding = None;
        self.held = None;
        self.ended = false;
        self.steps.clear();
        self.out.clear();
        self.splitter = Splitter::default();
    }

    /// What to do next with what has come so far; `None` if more is needed, or a decision is.
    pub fn step(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.steps.pop_front() {
                return Some(step);
            }
            if self.deciding.is_some() {
                return None;
            }
            match self.splitter.next_frame() {
                Some(frame) => {
                    self.frame(&frame);
                    if self.holds > MAX_HELD && self.deciding.is_none() {
                        self.refuse(Step::TooLarge);
                    }
                }
                None if std::mem::take(&mut self.ended) => self.close(),
                None => {
                    self.flush();
                    return self.steps.pop_front();
                }
            }
        }
    }

    /// The decision on the calls of the last [`Step::Decide`]: those that are not released, with what stands in their
    /// place.
    pub fn settle(&mut self, withheld: Vec<Withheld>) {
        let (decided, held) =
            (self.deciding.take().unwrap_or_default(), self.held.take().unwrap_or_default());
        self.holds = 0;
        self.released += decided.len().saturating_sub(withheld.len());
        if withheld.is_empty() {
            return held.iter().for_each(|frame| self.emit(frame));
        }
        let spoke = |index| self.spoke.contains(&index);
        let (frames, shift) = withhold::frames(self.wire, held, &decided, &withheld, &spoke);
        self.inserted += shift;
        self.withheld.extend(withheld);
        for frame in &frames {
            self.emit(frame);
        }
    }

    /// Whatever is still held goes out; a tool call that is not complete is marked as such. A last frame without a blank line
    /// behind it is read like any other: clients differ in whether they take it.
    fn close(&mut self) {
        let mut rest = self.splitter.rest();
        if !is_cut(&rest) {
            self.frame(&std::mem::take(&mut rest));
        }
        let owed: Vec<Channel> = self.channels.keys().copied().collect();
        for channel in owed {
            self.insert_owed(channel);
        }
        self.emit(&rest);
        let unfinished = std::mem::take(&mut self.calls);
        for (channel, call) in unfinished {
            let call = self.settled(channel, call);
            self.done_calls.push(ToolCall { complete: false, ..call });
        }
        self.decide();
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
        let Ok(doc) = Doc::parse(&data, Keys::Lenient) else { return self.unread(raw, &data) };
        let info = self.wire.frame(&doc, &mut self.places);
        if info.unfit || self.is_late(&doc, &info) {
            return self.refuse(Step::Unreadable);
        }
        self.used.see(&doc);
        self.complete |= info.last;
        self.finish = info.finish.clone().or_else(|| self.finish.take());
        self.model = info.model.clone().or_else(|| self.model.take());
        let ended = self.ended(&doc, &info);
        self.open_calls(&info);
        self.listen(&doc, &info);
        let touched: Vec<Channel> = info.deltas.iter().map(|delta| delta.1).collect();
        ended
            .iter()
            .filter(|channel| !touched.contains(channel))
            .for_each(|channel| self.insert_owed(*channel));
        let rewritten = self.rewrite(raw, &data, &doc, &info, &ended);
        self.emit_fitting(rewritten.as_deref().unwrap_or(raw));
        self.close_calls(&info);
    }

    /// A frame that is no JSON. What could pass for JSON with a more generous reader could hold a tool call.
    fn unread(&mut self, raw: &[u8], data: &[u8]) {
        if self.wire.calls() == Calls::None || !matches!(data.trim_ascii().first(), Some(b'{' | b'[')) {
            return self.emit(raw);
        }
        self.refuse(Step::Unreadable);
    }

    /// Ends the stream; what waits for a decision does not go out.
    fn refuse(&mut self, why: Step) {
        self.flush();
        self.held = None;
        self.holds = 0;
        self.calls.clear();
        self.done_calls.clear();
        self.ended = false;
        self.splitter = Splitter::default();
        self.steps.push_back(why);
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
        if self.minted.is_empty() && self.guard.is_none() {
            let mut patches = Vec::new();
            self.renumber(doc, &mut patches);
            return (!patches.is_empty()).then(|| sse::with_data(raw, &splice(data, &mut patches)));
        }
        let mut patches = Vec::new();
        for &(node, channel) in &info.deltas {
            let text = halves::text(doc, node);
            let restored = self.advance(channel, &text, ended.contains(&channel));
            if restored != text {
                patches.push(Patch { range: doc.span(node), with: halves::escape(&restored) });
            }
        }
        self.rewrite_whole(doc, info, &mut patches);
        self.renumber(doc, &mut patches);
        for &(node, channel) in &info.deltas {
            self.keep_template(raw, info, node, channel);
        }
        (!patches.is_empty()).then(|| sse::with_data(raw, &splice(data, &mut patches)))
    }

    /// A call with its tokens turned back, as far as its tool may be given what they stand for.
    fn settled(&mut self, channel: Channel, call: ToolCall) -> ToolCall {
        let call = call.settled(channel, &self.minted);
        match &mut self.guard {
            Some(guard) => guard.masked(call),
            None => call,
        }
    }

    /// Restores and watches the strings of a frame that are no pieces of a channel.
    fn rewrite_whole(&mut self, doc: &Doc<'_>, info: &Frame, patches: &mut Vec<Patch>) {
        let mut except: Vec<Node> = info.deltas.iter().map(|delta| delta.0).collect();
        let mut spoken = self.guard.as_ref().map(|_| spoken::nodes(self.wire, doc, &info.sealed));
        if let (Some(guard), Some(spoken)) = (&mut self.guard, &mut spoken) {
            spoken.retain(|node| !except.contains(node));
            watch_strings(doc, spoken, guard, &mut self.whole, patches);
            except.append(spoken);
        }
        let mut sealed = info.sealed.clone();
        if let Some(guard) = &mut self.guard {
            let tool = info.arguments.first().and_then(|(channel, _)| self.calls.get(channel));
            let tool = tool.map(|call| call.tool.clone());
            sealed.extend(mask_arguments(doc, tool.as_deref(), guard, (&except, &mut self.whole), patches));
        }
        restore_strings(doc, doc.root(), &self.minted, &sealed, &except, &mut self.whole, patches);
    }

    /// Feeds a delta to its channel and returns what may be sent of it.
    fn advance(&mut self, channel: Channel, text: &str, last: bool) -> String {
        let minted = self.minted_for(channel);
        let flow = self.channels.entry(channel).or_insert_with(|| Flow {
            restorer: Restorer::new(if channel.kind == ChannelKind::Arguments {
                Form::Json
            } else {
                Form::Plain
            }),
            voice: Voice::default(),
            begun: false,
            template: Template::default(),
        });
        if !flow.begun && !text.trim().is_empty() {
            flow.begun = true;
            if channel.kind != ChannelKind::Arguments {
                let form = form_of(text);
                flow.restorer.set_form(form);
                flow.voice.set_json(form == Form::Json);
            }
        }
        let mut out = String::with_capacity(text.len());
        flow.restorer.push(&minted, text, &mut out);
        if last {
            flow.restorer.finish(&minted, &mut out);
        }
        flow.watched(channel, &out, last, self.guard.as_mut())
    }

    /// What tokens stand for in a channel. Tools get what they are called with; people may not be told of others.
    fn minted_for(&mut self, channel: Channel) -> Arc<Minted> {
        let all = || Arc::clone(&self.minted);
        match (&mut self.guard, self.calls.get(&channel)) {
            (Some(guard), None) if channel.kind != ChannelKind::Arguments => guard.veiled(),
            (Some(guard), Some(call)) => {
                call.readings().find_map(|tool| guard.masks_for(tool)).unwrap_or_else(all)
            }
            _ => all(),
        }
    }

    /// Remembers the frame of a delta while text of its channel is held back.
    fn keep_template(&mut self, raw: &[u8], info: &Frame, own: Node, channel: Channel) {
        let Some(flow) = self.channels.get_mut(&channel) else { return };
        if flow.restorer.pending().is_empty() && !flow.voice.holds() {
            return flow.template.clear();
        }
        match &info.again {
            Some(again) => flow.template.is(again.as_bytes(), None),
            None => flow.template.is(raw, Some(own)),
        }
    }

    /// Sends what a channel still owes, in a frame of its own.
    fn insert_owed(&mut self, channel: Channel) {
        let minted = self.minted_for(channel);
        let Some(flow) = self.channels.get_mut(&channel) else { return };
        let mut owed = String::new();
        flow.restorer.finish(&minted, &mut owed);
        let owed = flow.watched(channel, &owed, true, self.guard.as_mut());
        let template = std::mem::take(&mut flow.template).made();
        let place = memchr::memmem::find(&template, PLACE.as_bytes());
        if let Some(place) = place.filter(|_| !owed.is_empty()) {
            let patch = Patch { range: place..place + PLACE.len(), with: halves::escape(&owed) };
            let frame = splice(&template, &mut [patch]);
            let frame = self.numbered(frame);
            self.emit(&frame);
            self.inserted += 1;
        }
    }

    /// An inserted frame takes the number after its template's, where frames are numbered.
    fn numbered(&self, frame: Vec<u8>) -> Vec<u8> {
        let Some(data) = sse::data(&frame) else { return frame };
        let Ok(doc) = Doc::parse(&data, Keys::Lenient) else { return frame };
        let mut patches = Vec::new();
        shift_number(&doc, self.inserted + 1, &mut patches);
        if patches.is_empty() { frame } else { sse::with_data(&frame, &splice(&data, &mut patches)) }
    }

    /// Frames after an inserted one move on by one.
    fn renumber(&self, doc: &Doc<'_>, patches: &mut Vec<Patch>) {
        if self.inserted != 0 {
            shift_number(doc, self.inserted, patches);
        }
    }

    /// The channels that end with this frame. A frame looks only at those that it speaks of: a provider may open very many.
    fn ended(&self, doc: &Doc<'_>, info: &Frame) -> Vec<Channel> {
        let named = info.deltas.iter().map(|delta| delta.1);
        if info.last {
            return sorted(self.channels.keys().copied().chain(named));
        }
        let of = |mark: &Mark| match mark {
            Mark::End(end) => vec![*end],
            Mark::Close(index) => {
                let named = named.clone().filter(|channel| channel.index == *index);
                self.channels.range(of_index(*index)).map(|(channel, _)| *channel).chain(named).collect()
            }
            Mark::Call { .. } => Vec::new(),
        };
        let said = info.deltas.iter().filter(|(node, _)| !doc.raw(*node).is_empty());
        let said: Vec<Channel> = said.map(|delta| delta.1).collect();
        let answers = said.iter().filter(|channel| channel.kind == ChannelKind::Text);
        // Where the answer begins, the reasoning before it is over.
        let thought = answers.flat_map(|channel| self.channels.range(of_index(channel.index)));
        let thought = thought.map(|(channel, _)| *channel);
        let thought = thought.filter(|of| of.kind == ChannelKind::Reasoning && !said.contains(of));
        sorted(info.marks.iter().flat_map(of).chain(thought).chain(self.spoken_before(info)))
    }

    /// Sends a frame, changed where it speaks of calls that were withheld.
    fn emit_fitting(&mut self, frame: &[u8]) {
        let fitting = if self.withheld.is_empty() {
            None
        } else {
            withhold::later(self.wire, frame, &self.withheld, self.released)
        };
        self.emit(fitting.as_deref().unwrap_or(frame));
    }

    fn emit(&mut self, bytes: &[u8]) {
        match &mut self.held {
            Some(held) => {
                self.holds += bytes.len() + FRAME;
                held.push(bytes.to_vec());
            }
            None => self.out.extend_from_slice(bytes),
        }
    }

    fn flush(&mut self) {
        if !self.out.is_empty() {
            self.steps.push_back(Step::Forward(std::mem::take(&mut self.out)));
        }
    }
}

impl Flow {
    /// What may be sent of a restored text, as far as what it points to is known.
    fn watched(&mut self, channel: Channel, text: &str, last: bool, guard: Option<&mut Guard>) -> String {
        let Some(guard) = guard.filter(|_| channel.kind != ChannelKind::Arguments) else {
            return text.to_owned();
        };
        self.voice.say(text, last, guard)
    }
}

/// Each channel once, in order.
fn sorted(channels: impl Iterator<Item = Channel>) -> Vec<Channel> {
    let mut channels: Vec<Channel> = channels.collect();
    channels.sort_unstable();
    channels.dedup();
    channels
}

/// Every channel with this index.
fn of_index(index: u32) -> RangeInclusive<Channel> {
    let at = |sub, kind| Channel { index, sub, kind };
    at(0, ChannelKind::Text)..=at(u32::MAX, ChannelKind::Reasoning)
}

/// Whether bytes at the end of a stream are the beginning of a frame whose rest never came: no reader makes anything of half
/// a document.
fn is_cut(rest: &[u8]) -> bool {
    let Some(data) = sse::data(rest) else { return true };
    match Doc::parse(&data, Keys::Lenient) {
        Err(JsonError::Syntax(at)) => at >= data.len(),
        Err(JsonError::Utf8(at)) => at + 3 >= data.len(),
        _ => false,
    }
}

fn shift_number(doc: &Doc<'_>, by: i64, patches: &mut Vec<Patch>) {
    if let Some(node) = doc.get(doc.root(), "sequence_number")
        && let Ok(number) = doc.raw(node).parse::<i64>()
    {
        patches.push(Patch { range: doc.span(node), with: number.saturating_add(by).to_string() });
    }
}
