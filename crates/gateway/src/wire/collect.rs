//! Gathers the slots of a request while a wire format walks its document.

use std::collections::HashMap;

use ombud_core::{Codec, OfferedTool, OffsetMap, Opaque, OpaqueKind, Origin, PastCall, Role, Slot};

use super::json::{Doc, Keys, Kind, Node};

/// JSON inside JSON strings is looked into this many levels deep; below that it is plain text.
const MAX_NESTED: usize = 4;

/// What a wire format found in a request.
#[derive(Debug, Default)]
pub struct Found {
    /// Texts, in the order of the bytes.
    pub slots: Vec<Slot>,
    /// Parts that cannot be read.
    pub opaque: Vec<Opaque>,
    /// The model asked for.
    pub model: Option<String>,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// Tools that the model may call.
    pub tools: Vec<OfferedTool>,
    /// Tool calls of the history.
    pub calls: Vec<PastCall>,
}

/// The collector of one request.
pub struct Collector<'d, 'a> {
    /// The document.
    pub doc: &'d Doc<'a>,
    found: Found,
    /// Places in `found.calls` by the id of the call, for the origin of results.
    calls: HashMap<String, usize>,
}

impl<'d, 'a> Collector<'d, 'a> {
    /// A collector for a document.
    pub fn new(doc: &'d Doc<'a>) -> Self {
        Self { doc, found: Found::default(), calls: HashMap::new() }
    }

    /// Everything found, in the order of the bytes.
    pub fn finish(mut self) -> Found {
        self.found.slots.sort_by_key(|slot| (slot.span.start, slot.codecs.len()));
        self.found
    }

    /// Notes the model.
    pub fn model(&mut self, node: Node) {
        self.found.model = (self.doc.kind(node) == Kind::String).then(|| self.doc.string(node).into_owned());
    }

    /// Notes whether a stream is asked for.
    pub fn stream(&mut self, node: Node) {
        self.found.stream = self.doc.raw(node) == "true";
    }

    /// Notes a tool call of the history, so that its result can be told from others.
    pub fn call(&mut self, id: Option<&str>, tool: &str, arguments: Option<Node>) {
        if let Some(id) = id {
            self.calls.insert(id.to_owned(), self.found.calls.len());
        }
        self.found.calls.push(PastCall {
            id: id.map(str::to_owned),
            tool: tool.to_owned(),
            arguments: arguments.map_or(0..0, |node| self.doc.span(node)),
            quoted: arguments.is_some_and(|node| self.doc.kind(node) == Kind::String),
        });
    }

    /// Notes a tool that the model may call; `definition` is the object that holds its name.
    pub fn offer(&mut self, definition: Node) {
        if let Some(name) = self.doc.get_str(definition, "name") {
            let (name, definition) = (name.into_owned(), self.doc.span(definition));
            self.found.tools.push(OfferedTool { name, definition });
        }
    }

    /// The origin of the result of a tool call.
    pub fn tool_origin(&self, id: Option<&str>) -> Origin {
        let call = id.and_then(|id| self.calls.get(id)).and_then(|place| self.found.calls.get(*place));
        let name = call.map(|call| call.tool.clone());
        Origin::Tool { name, call: id.map(str::to_owned) }
    }

    /// A part that cannot be read.
    pub fn opaque(&mut self, node: Node, kind: OpaqueKind) {
        self.found.opaque.push(Opaque { kind, span: self.doc.span(node) });
    }

    /// The address of a picture, recording or file: content if it is a `data:` URL, else a text like any other.
    pub fn media(&mut self, node: Node, kind: OpaqueKind, origin: &Origin) {
        let raw = self.doc.raw(node);
        if self.doc.kind(node) == Kind::String
            && raw.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:"))
        {
            self.opaque(node, kind);
        } else {
            self.text(node, Role::Other, origin);
        }
    }

    /// A text. A string that is itself a JSON document is looked into; an object or array is taken whole; a lone
    /// number, `true` or `null` is a setting and no text.
    pub fn text(&mut self, node: Node, role: Role, origin: &Origin) {
        match self.doc.kind(node) {
            Kind::String | Kind::Key => {
                let (text, map) = self.doc.decode(node);
                let slot = Slot {
                    span: self.doc.span(node),
                    codecs: vec![Codec::JsonString],
                    text,
                    map,
                    bare: Vec::new(),
                    role,
                    origin: origin.clone(),
                };
                self.add(slot, 1);
            }
            Kind::Object | Kind::Array => {
                let text = self.doc.raw(node).to_owned();
                let map = OffsetMap::identity(text.len());
                let slot = Slot {
                    span: self.doc.span(node),
                    codecs: Vec::new(),
                    text,
                    map,
                    bare: Vec::new(),
                    role,
                    origin: origin.clone(),
                };
                self.add(slot, 0);
            }
            Kind::Number | Kind::Literal => {}
        }
    }

    /// Keeps a slot, as the view of a JSON document where its text is one.
    fn add(&mut self, slot: Slot, nested: usize) {
        let slot =
            if nested <= MAX_NESTED && looks_like_json(&slot.text) { self.view(slot, nested) } else { slot };
        if !slot.text.is_empty() {
            self.found.slots.push(slot);
        }
    }

    /// Turns a slot whose text is a JSON document into one whose text is the document with decoded strings. Strings
    /// that are documents again become slots of their own.
    fn view(&mut self, slot: Slot, nested: usize) -> Slot {
        // Whatever the text says twice is looked through twice; only requests themselves need unique keys.
        let Ok(doc) = Doc::parse(slot.text.as_bytes(), Keys::Any) else { return slot };
        let mut text = String::with_capacity(slot.text.len());
        let mut map = OffsetMap::builder();
        let mut bare = Vec::new();
        let mut inner = Vec::new();
        let mut done = 0;
        let mut codecs = slot.codecs.clone();
        codecs.push(Codec::JsonString);
        for node in doc.nodes() {
            let span = doc.span(node);
            let document = doc.kind(node) == Kind::String && looks_like_json(&doc.string(node));
            let number = doc.kind(node) == Kind::Number;
            if !(document || number || doc.is_escaped(node)) {
                continue;
            }
            text.push_str(slot.text.get(done..span.start).unwrap_or_default());
            done = span.end;
            if number {
                bare.push(text.len()..text.len() + span.len());
                text.push_str(doc.raw(node));
            } else if document {
                inner.push(inner_slot(&slot, &doc, node, &codecs));
                map.anchor(text.len(), span.end);
            } else {
                append_decoded(&mut text, &mut map, doc.raw(node), span.start);
            }
        }
        text.push_str(slot.text.get(done..).unwrap_or_default());
        map.close(text.len(), slot.text.len());
        for document in inner {
            self.add(document, nested + 1);
        }
        Slot { text, map: map.through(&slot.map), codecs, bare, ..slot }
    }
}

/// Appends the decoded form of a raw string that begins at `start` of the document.
fn append_decoded(text: &mut String, map: &mut OffsetMap, raw: &str, start: usize) {
    let base = text.len();
    let (decoded, inner) = super::json::unescape(raw);
    for (at, _) in decoded.char_indices().chain([(decoded.len(), ' ')]) {
        map.anchor(base + at, start + inner.original(at));
    }
    text.push_str(&decoded);
}

/// The slot of a string inside a document that is a document itself.
fn inner_slot(outer: &Slot, doc: &Doc<'_>, node: Node, codecs: &[Codec]) -> Slot {
    let span = doc.span(node);
    let body = outer.body_range(&span);
    let (text, map) = doc.decode(node);
    // From the string's text to its raw form in the outer text, and on to the body, relative to its own start there.
    let raw_to_body = outer.map.slice(&span);
    Slot {
        span: body,
        codecs: codecs.to_vec(),
        text,
        map: map.through(&raw_to_body),
        bare: Vec::new(),
        role: outer.role,
        origin: outer.origin.clone(),
    }
}

/// A cheap test before a parse.
fn looks_like_json(text: &str) -> bool {
    let trimmed = text.trim();
    matches!(
        (trimmed.as_bytes().first(), trimmed.as_bytes().last()),
        (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))
    ) && trimmed.len() > 2
}
