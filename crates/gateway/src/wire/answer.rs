//! A whole response: its tool calls, and its tokens restored.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ombud_core::exchange::escape_json;
use ombud_core::{DataCategory, DataType};
use ombud_detect::mask::{Form, Minted, Tally, restore, token};

use super::frame::{Channel, ChannelKind};
use super::json::{Doc, Keys, Kind, Node};
use super::openai_chat::{FUNCTION_CALL, function_of};
use super::openai_responses::{AGENT_CALLS, call_arguments};
use super::places::Places;
use super::splice::{Patch, splice};
use super::{Calls, Wire, halves, spoken};
use crate::outward::Guard;
use crate::pace::Used;

/// The longest arguments that are examined, in bytes.
pub const MAX_ARGUMENTS: usize = 4 * 1024 * 1024;

/// The longest name that is assembled, in bytes.
const MAX_NAME: usize = 1024;

/// A tool call requested by the model.
#[derive(Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// Its position in the response.
    pub place: Channel,
    /// The tool; a name in pieces is assembled.
    pub tool: String,
    /// How its name arrived in a stream.
    pub named: Named,
    /// The provider's id of the call.
    pub id: Option<String>,
    /// False if the stream ended inside the arguments.
    pub complete: bool,
    /// Whether the arguments contain the placeholder of a secret, which is never restored: the tool would act on the
    /// placeholder instead.
    pub one_way: bool,
    /// The arguments as the model wrote them, with tokens.
    pub written: String,
    /// The arguments as the agent receives them.
    pub arguments: String,
    /// False if the response states the arguments twice and differently, or if they are too long.
    pub sound: bool,
    /// Categories of data in the arguments, if they were inspected.
    pub holds: BTreeSet<DataCategory>,
    /// Those that should have been masked but are still there.
    pub leaks: BTreeSet<DataCategory>,
}

/// The name of a tool as it arrives in a stream, perhaps in pieces.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Named {
    first: String,
    last: String,
    joined: String,
    /// Whether the pieces differ from each other.
    differ: bool,
}

impl Default for ToolCall {
    fn default() -> Self {
        Self {
            place: Channel { index: 0, sub: 0, kind: ChannelKind::Arguments },
            tool: String::new(),
            named: Named::default(),
            id: None,
            complete: false,
            one_way: false,
            written: String::new(),
            arguments: String::new(),
            sound: true,
            holds: BTreeSet::new(),
            leaks: BTreeSet::new(),
        }
    }
}

impl std::fmt::Debug for ToolCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToolCall").field("tool", &self.tool).field("id", &self.id).finish_non_exhaustive()
    }
}

impl ToolCall {
    /// Adds the name, or a piece of it. With every piece of the arguments, some servers send an empty name, and some the
    /// same name.
    pub fn name(&mut self, piece: &str) {
        if piece.is_empty() {
            return;
        }
        let named = &mut self.named;
        if named.joined.is_empty() {
            piece.clone_into(&mut named.first);
        }
        named.differ |= named.first != piece;
        // No tool has such a long name; `is_clear` then rejects it.
        if named.joined.len() <= MAX_NAME {
            named.joined.push_str(piece);
        }
        piece.clone_into(&mut named.last);
        self.tool.clone_from(if named.differ { &named.joined } else { &named.first });
    }

    /// Every tool that a client may take this for: some keep the first name, some the last, and some concatenate them.
    pub fn readings(&self) -> impl Iterator<Item = &str> {
        let Named { first, last, joined, .. } = &self.named;
        [&self.tool, first, last, joined].into_iter().map(String::as_str).filter(|name| !name.is_empty())
    }

    /// Whether it is clear which tool is meant; `offered` tells which tools exist. A name that arrived in different pieces
    /// is their concatenation, provided that this is a tool and none of the pieces is.
    pub fn is_clear(&self, offered: impl Fn(&str) -> bool) -> bool {
        let Named { first, last, joined, differ } = &self.named;
        if *differ {
            return joined.len() <= MAX_NAME && offered(joined) && !offered(first) && !offered(last);
        }
        !self.tool.is_empty() && (joined == first || !offered(joined))
    }

    /// Adds a piece of the arguments.
    pub fn say(&mut self, piece: &str) {
        if self.written.len() + piece.len() > MAX_ARGUMENTS {
            self.sound = false;
        } else {
            halves::append(&mut self.written, piece);
        }
    }

    /// Adds the arguments as a whole, where a response states them so; they must match what it states elsewhere.
    pub fn say_whole(&mut self, whole: &str) {
        if self.written.is_empty() {
            self.say(whole);
        } else if self.written != whole {
            self.sound = false;
        }
    }

    /// The call with its tokens restored, at its position.
    #[must_use]
    pub fn settled(mut self, place: Channel, minted: &Minted) -> Self {
        let mut tally = Tally::default();
        let restored = restore(minted, &self.written, Form::Json, &mut tally);
        self.arguments = restored.unwrap_or_else(|| self.written.clone());
        (self.place, self.one_way) = (place, tally.one_way > 0);
        self
    }
}

/// The contents of a response.
#[derive(Debug, Default)]
pub struct Answer {
    /// The body with tokens restored; `None` if it stays byte for byte.
    pub body: Option<Vec<u8>>,
    /// Tool calls in it.
    pub calls: Vec<ToolCall>,
    /// What was counted while restoring.
    pub tally: Tally,
    /// Tokens as the provider counts them.
    pub used: Used,
    /// Why the model stopped.
    pub finish: Option<String>,
    /// The model that responded.
    pub model: Option<String>,
}

/// Reads a response that arrived whole. Signed or encrypted blocks stay as they are; what its text points to is watched.
pub fn read(
    wire: Wire,
    doc: &Doc<'_>,
    body: &[u8],
    minted: &Minted,
    mut guard: Option<&mut Guard>,
) -> Answer {
    let root = doc.root();
    let mut answer = Answer { model: doc.get_str(root, "model").map(Into::into), ..Answer::default() };
    answer.used.see(doc);
    let mut sealed = Vec::new();
    match wire.calls() {
        Calls::Choices => chat(doc, minted, &mut answer),
        Calls::Blocks => blocks(doc, minted, &mut answer, &mut sealed),
        Calls::Items => items(doc, minted, &mut answer, &mut sealed),
        Calls::None => {}
    }
    let mut patches = Vec::new();
    if let Some(guard) = guard.as_deref_mut() {
        answer.calls = answer.calls.into_iter().map(|call| guard.masked(call)).collect();
        sealed.extend(mask_arguments(doc, None, guard, (&[], &mut answer.tally), &mut patches));
    }
    let spoken = guard.as_ref().map(|_| spoken::nodes(wire, doc, &sealed)).unwrap_or_default();
    restore_strings(doc, root, minted, &sealed, &spoken, &mut answer.tally, &mut patches);
    if let Some(guard) = guard {
        watch_strings(doc, &spoken, guard, &mut answer.tally, &mut patches);
    }
    if !patches.is_empty() {
        answer.body = Some(splice(body, &mut patches));
    }
    answer
}

/// Restores the tokens in every string of a subtree, except in `sealed` subtrees and the strings in `except`.
pub fn restore_strings(
    doc: &Doc<'_>,
    root: Node,
    minted: &Minted,
    sealed: &[Node],
    except: &[Node],
    tally: &mut Tally,
    patches: &mut Vec<Patch>,
) {
    if minted.is_empty() {
        return;
    }
    let end = doc.after(root);
    let mut skip_until = root;
    for node in doc.nodes().skip_while(|node| *node < root).take_while(|node| *node < end) {
        if node < skip_until {
            continue;
        }
        if sealed.contains(&node) {
            skip_until = doc.after(node);
            continue;
        }
        if matches!(doc.kind(node), Kind::String | Kind::Key) && !except.contains(&node) {
            let text = doc.string(node);
            if !has_room(&text) && !minted.has_surrogates() {
                continue;
            }
            if let Some(restored) = restore(minted, &text, whole_form(&text), tally) {
                patches.push(Patch { range: doc.span(node), with: escape_json(&restored).into_owned() });
            }
        }
    }
}

/// Restores the tokens in the arguments of calls to tools with categories to mask, and returns those argument nodes. `tool`
/// names the tool for arguments that appear without a name.
pub fn mask_arguments(
    doc: &Doc<'_>,
    tool: Option<&str>,
    guard: &mut Guard,
    (except, tally): (&[Node], &mut Tally),
    patches: &mut Vec<Patch>,
) -> Vec<Node> {
    let mut masked = Vec::new();
    if !guard.masks() {
        return masked;
    }
    for node in doc.nodes().filter(|node| doc.kind(*node) == Kind::Object) {
        let named = doc.get_str(node, "name");
        let tool = named.as_deref().or(tool.filter(|_| node == doc.root()));
        let Some(arguments) = call_arguments(doc, node) else { continue };
        let Some(minted) = tool.and_then(|tool| guard.masks_for(tool)) else { continue };
        restore_strings(doc, arguments, &minted, &[], except, tally, patches);
        masked.push(arguments);
    }
    masked
}

/// Restores the tokens in these strings, and watches what they point to.
pub fn watch_strings(
    doc: &Doc<'_>,
    spoken: &[Node],
    guard: &mut Guard,
    tally: &mut Tally,
    patches: &mut Vec<Patch>,
) {
    for address in spoken::cited(doc) {
        guard.cites(&address);
    }
    let minted = guard.veiled();
    for &node in spoken {
        let text = doc.string(node);
        let form = whole_form(&text);
        let restored = restore(&minted, &text, form, tally);
        let restored = restored.as_deref().unwrap_or(&text);
        let watched = guard.whole(restored, form == Form::Json);
        let now = watched.as_deref().unwrap_or(restored);
        if now != text {
            patches.push(Patch { range: doc.span(node), with: escape_json(now).into_owned() });
        }
    }
}

/// Letters and digits of the shortest token.
static SHORTEST: LazyLock<usize> = LazyLock::new(|| {
    DataType::ALL.iter().map(|kind| kind.tag().len()).min().unwrap_or_default() + token::BODY
});

/// Whether a text has as many letters and digits as a token: most strings of a response are shorter, and looking for tokens
/// in each of them, frame by frame, costs more than everything else.
fn has_room(text: &str) -> bool {
    text.len() >= *SHORTEST && text.bytes().filter(u8::is_ascii_alphanumeric).count() >= *SHORTEST
}

/// The form of a whole text: one that is JSON (arguments, structured output) must stay JSON.
fn whole_form(text: &str) -> Form {
    match form_of(text) {
        Form::Json if Doc::parse(text.as_bytes(), Keys::Any).is_ok() => Form::Json,
        _ => Form::Plain,
    }
}

/// The form of a text of which only the beginning is known.
pub fn form_of(text: &str) -> Form {
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => Form::Json,
        _ => Form::Plain,
    }
}

/// A call whose name is in `node`.
fn call(
    doc: &Doc<'_>,
    node: Node,
    id: Option<String>,
    arguments: Option<Node>,
    at: (usize, u32),
    minted: &Minted,
) -> ToolCall {
    let index = u32::try_from(at.0).unwrap_or(u32::MAX);
    let mut call = ToolCall {
        tool: doc.get_str(node, "name").unwrap_or_default().into_owned(),
        id,
        complete: true,
        ..ToolCall::default()
    };
    if let Some(arguments) = arguments {
        call.say(&doc.string(arguments));
    }
    call.settled(Channel { index, sub: at.1, kind: ChannelKind::Arguments }, minted)
}

fn arguments(doc: &Doc<'_>, node: Node) -> Option<Node> {
    doc.get(node, "arguments").or_else(|| doc.get(node, "input"))
}

fn chat(doc: &Doc<'_>, minted: &Minted, answer: &mut Answer) {
    let choices = doc.get(doc.root(), "choices").into_iter().flat_map(|choices| doc.items(choices));
    let mut places = Places::default();
    for (index, choice) in choices.enumerate() {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        answer.finish = doc.get_str(choice, "finish_reason").map(Into::into);
        let Some(message) = doc.get(choice, "message") else { continue };
        let calls = doc.get(message, "tool_calls").into_iter().flat_map(|calls| doc.items(calls));
        for (position, item) in calls.enumerate() {
            let (sub, _) = places.of(doc, number, position, item);
            let Some(function) = function_of(doc, item) else { continue };
            let id = doc.get_str(item, "id").map(Into::into);
            answer.calls.push(call(doc, function, id, arguments(doc, function), (index, sub), minted));
        }
        if let Some(function) =
            doc.get(message, "function_call").filter(|node| doc.kind(*node) == Kind::Object)
        {
            let arguments = arguments(doc, function);
            answer.calls.push(call(doc, function, None, arguments, (index, FUNCTION_CALL), minted));
        }
    }
}

fn blocks(doc: &Doc<'_>, minted: &Minted, answer: &mut Answer, sealed: &mut Vec<Node>) {
    answer.finish = doc.get_str(doc.root(), "stop_reason").map(Into::into);
    let content = doc.get(doc.root(), "content").into_iter().flat_map(|content| doc.items(content));
    for (index, block) in content.enumerate() {
        match doc.get_str(block, "type").as_deref() {
            Some("tool_use") => {
                let id = doc.get_str(block, "id").map(Into::into);
                answer.calls.push(call(doc, block, id, doc.get(block, "input"), (index, 0), minted));
            }
            Some("thinking" | "redacted_thinking") => sealed.push(block),
            _ => {}
        }
    }
}

fn items(doc: &Doc<'_>, minted: &Minted, answer: &mut Answer, sealed: &mut Vec<Node>) {
    answer.finish = doc.get_str(doc.root(), "status").map(Into::into);
    let output = doc.get(doc.root(), "output").into_iter().flat_map(|output| doc.items(output));
    for (index, item) in output.enumerate() {
        match doc.get_str(item, "type").as_deref() {
            Some(kind) if AGENT_CALLS.contains(&kind) => {
                let id = doc.get_str(item, "call_id").map(Into::into);
                let mut found = call(doc, item, id, call_arguments(doc, item), (index, 0), minted);
                if found.tool.is_empty() {
                    kind.clone_into(&mut found.tool);
                }
                answer.calls.push(found);
            }
            _ => sealed.extend(doc.get(item, "encrypted_content")),
        }
    }
}

#[cfg(test)]
mod tests {
    use ombud_core::DataType;

    use super::*;

    fn restored(content: &str) -> String {
        let mut minted = Minted::default();
        let token = minted.token(DataType::Location, "5 \"Oak\" St", true, &|_, _, _| [1; 5]);
        let content = content.replace('@', &token.to_string());
        let body = serde_json::json!({ "choices": [{ "message": { "content": content } }] }).to_string();
        let doc = Doc::parse(body.as_bytes(), Keys::Any).unwrap();
        let answer = read(Wire::Chat, &doc, body.as_bytes(), &minted, None).body.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        answer["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
    }

    #[test]
    fn every_token_has_room_and_no_shorter_text_has() {
        for &kind in DataType::ALL {
            let token = token::Token::new(kind, [255; 5]).to_string();
            assert!(has_room(&token) && has_room(&token.to_lowercase().replace('_', "\\_")), "{token}");
        }
        for text in ["", "chatcmpl", "created", "中文中文中文中文", "--------------------"] {
            assert!(!has_room(text), "{text}");
        }
    }

    #[test]
    fn a_value_is_escaped_where_the_text_is_json_and_only_there() {
        assert_eq!(restored("at @"), "at 5 \"Oak\" St");
        assert_eq!(restored("[1] at @"), "[1] at 5 \"Oak\" St");
        assert_eq!(restored("{\"at\": \"@\"}"), "{\"at\": \"5 \\\"Oak\\\" St\"}");
    }
}
