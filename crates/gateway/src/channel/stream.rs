//! The state machine of one streamed response: bytes in, steps out. No I/O.

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
    /// Decide on these tool calls and report the result with [`AnswerStream::settle`]; no further step comes before that.
    Decide(Vec<ToolCall>),
    /// The stream must end here: the provider sent a frame that some clients may read but that cannot be judged here.
    Unreadable,
    /// The stream must end here: too much has been held for a call that is still incomplete.
    TooLarge,
}

/// Upper bound of bytes held for a tool call, including the overhead of each frame: no more than for a response that
/// arrives whole.
const MAX_HELD: usize = 64 * 1024 * 1024;
const FRAME: usize = 64;

/// Restores one streamed response.
pub struct AnswerStream {
    wire: Wire,
    minted: Arc<Minted>,
    /// Watches what the response points to.
    guard: Option<Guard>,
    splitter: Splitter,
    channels: BTreeMap<Channel, Flow>,
    calls: BTreeMap<Channel, ToolCall>,
    done_calls: Vec<ToolCall>,
    /// Tools and arguments of the calls that were decided, by their ids.
    known_calls: BTreeMap<String, (String, String)>,
    /// Arguments of completed calls.
    closed: BTreeMap<Channel, String>,
    /// The positions of pending calls.
    places: Places,
    /// Frames held until a tool call is complete and decided.
    held: Option<Vec<Vec<u8>>>,
    /// Their total size in bytes.
    holds: usize,
    /// The calls that are being decided.
    deciding: Option<Vec<Channel>>,
    withheld: Vec<Withheld>,
    released: usize,
    /// Choices and blocks that have produced text.
    spoke: BTreeSet<u32>,
    out: Vec<u8>,
    steps: VecDeque<Step>,
    /// How many more frames were sent than received, for wires that number them.
    inserted: i64,
    ended: bool,
    whole: Tally,
    /// Tokens as the provider counts them.
    pub used: Used,
    /// Whether the stream ended as its wire requires.
    pub complete: bool,
    /// Why the model stopped.
    pub finish: Option<String>,
    /// The model that responds.
    pub model: Option<String>,
}

/// The state of one channel.
struct Flow {
    restorer: Restorer,
    voice: Voice,
    /// Whether anything was written yet: the first character shows whether the text is JSON.
    begun: bool,
    /// The last frame with a delta of this channel, from which another is made if text is still owed at the end.
    template: Template,
}

impl AnswerStream {
    /// The state at the start of a response.
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

    /// Adds a guard that watches what the response points to.
    #[must_use]
    pub fn guarded(self, guard: Guard) -> Self {
        Self { guard: Some(guard), ..self }
    }

    /// Takes what the guard has found.
    pub fn seen(&mut self) -> Seen {
        self.guard.as_mut().map(|guard| std::mem::take(&mut guard.seen)).unwrap_or_default()
    }

    /// What was counted while restoring.
    pub fn tally(&self) -> Tally {
        let mut tally = self.whole;
        self.channels.values().for_each(|flow| tally.add(flow.restorer.tally));
        tally
    }

    /// Takes the next bytes from the provider.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), FrameTooLarge> {
        self.splitter.push(bytes)
    }

    /// Marks that the provider ended the stream, properly or not.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Discards what is left: nothing more of this response goes out.
    pub fn abandon(&mut self) {
        self.deciding = None;
        self.held = None;
        self.ended = false;
        self.steps.clear();
        self.out.clear();
        self.splitter = Splitter::default();
    }

    /// The next step for what has arrived so far; `None` if more bytes or a decision are needed.
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

    /// Applies the decision on the calls of the last [`Step::Decide`]: those that are not released, with the text that
    /// replaces them.
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

    /// Sends what is still held and marks an incomplete tool call as such. A last frame without a blank line after it is
    /// read like any other, since some clients accept it.
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

    /// Handles a frame that is not valid JSON. What a more lenient parser could take for JSON could hold a tool call.
    fn unread(&mut self, raw: &[u8], data: &[u8]) {
        if self.wire.calls() == Calls::None || !matches!(data.trim_ascii().first(), Some(b'{' | b'[')) {
            return self.emit(raw);
        }
        self.refuse(Step::Unreadable);
    }

    /// Ends the stream; what waits for a decision is not sent.
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

    /// A call with its tokens restored, as far as its tool may receive the values.
    fn settled(&mut self, channel: Channel, call: ToolCall) -> ToolCall {
        let call = call.settled(channel, &self.minted);
        match &mut self.guard {
            Some(guard) => guard.masked(call),
            None => call,
        }
    }

    /// Restores and watches those strings of a frame that are not deltas of a channel.
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

    /// Feeds a delta to its channel and returns the part of it that may be sent.
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

    /// The tokens to restore in a channel. Tools receive the values they are called with; users may not be shown data of
    /// other people.
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

    /// Sends what a channel still owes, in a separate frame.
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

    /// Shifts the numbers of frames that follow inserted ones.
    fn renumber(&self, doc: &Doc<'_>, patches: &mut Vec<Patch>) {
        if self.inserted != 0 {
            shift_number(doc, self.inserted, patches);
        }
    }

    /// The channels that end with this frame. Looks only at those the frame mentions: a provider may open very many.
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

    /// Sends a frame, adjusted where it refers to calls that were withheld.
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
    /// What may be sent of a restored text, given how much is known of what it points to.
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

/// Whether the bytes at the end of a stream are the start of a frame whose rest never arrived: no parser accepts half a
/// document.
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
