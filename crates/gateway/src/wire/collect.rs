//! Collects the slots of a request while a wire format walks its document.

use std::collections::HashMap;

use ombud_core::{Codec, OfferedTool, OffsetMap, Opaque, OpaqueKind, Origin, PastCall, Reading, Role, Slot};

use super::held::{self, Held};
use super::json::{Doc, Keys, Kind, Node};

/// JSON inside JSON strings is parsed this many levels deep; below that it is plain text.
const MAX_NESTED: usize = 4;

/// Base64 data shorter than this is scanned too: a number would fit into it.
const SHORT_BYTES: usize = 64;

/// A seal longer than this cannot be a key.
const LONGEST_KEY: usize = 512;

/// Numbers with fewer digits cannot identify a person.
const FEWEST_DIGITS: usize = 7;

/// What a wire format found in a request.
#[derive(Debug, Default)]
pub struct Found {
    /// Texts, in byte order.
    pub slots: Vec<Slot>,
    /// Parts that cannot be read.
    pub opaque: Vec<Opaque>,
    /// The requested model.
    pub model: Option<String>,
    /// Whether a stream was requested.
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
    /// Indexes into `found.calls` by call id, for the origin of results.
    calls: HashMap<String, usize>,
    /// Whether fields of the request's own JSON are recognised by their names, such as `signature`.
    structured: bool,
}

impl<'d, 'a> Collector<'d, 'a> {
    /// A collector for a document.
    pub fn new(doc: &'d Doc<'a>) -> Self {
        Self { doc, found: Found::default(), calls: HashMap::new(), structured: false }
    }

    /// The same for a request to a model: data sealed by providers, and bytes of images and files, are recognised by their
    /// field names at any depth.
    #[must_use]
    pub fn structured(self) -> Self {
        Self { structured: true, ..self }
    }

    /// Everything found, in byte order.
    pub fn finish(mut self) -> Found {
        self.found.slots.sort_by_key(|slot| (slot.span.start, slot.codecs.len()));
        self.found
    }

    /// Records the model.
    pub fn model(&mut self, node: Node) {
        self.found.model = (self.doc.kind(node) == Kind::String).then(|| self.doc.string(node).into_owned());
        self.identifier(node);
    }

    /// Records whether a stream is requested.
    pub fn stream(&mut self, node: Node) {
        self.found.stream = self.doc.raw(node) == "true";
        self.settings(node);
    }

    /// Visits each object of a list. Anything else in the list or in its place is a text: what does not have the expected
    /// form must not leave unread.
    pub fn objects(
        &mut self,
        node: Node,
        role: Role,
        origin: &Origin,
        mut each: impl FnMut(&mut Self, Node),
    ) {
        let doc = self.doc;
        if doc.kind(node) != Kind::Array {
            return self.text(node, role, origin);
        }
        for item in doc.items(node) {
            if doc.kind(item) == Kind::Object {
                each(self, item);
            } else {
                self.text(item, role, origin);
            }
        }
    }

    /// Visits each member of an object; any other value is a text. Keys are read as settings.
    pub fn members(
        &mut self,
        node: Node,
        role: Role,
        origin: &Origin,
        mut each: impl FnMut(&mut Self, &str, Node),
    ) {
        let doc = self.doc;
        if doc.kind(node) != Kind::Object {
            return self.text(node, role, origin);
        }
        for key in doc.keys(node) {
            self.string(key, Role::Metadata, &Origin::Operator, Reading::Setting);
            each(self, &doc.string(key), doc.value_of(key));
        }
    }

    /// Reads a member of which the wire knows only the name: sealed, bytes, an id, or a text.
    pub fn field(&mut self, object: Node, key: &str, value: Node, role: Role, origin: &Origin) {
        match held::held(self.doc, object, key, value) {
            Held::Text => self.text(value, role, origin),
            held => self.apart(value, held, role, origin),
        }
    }

    /// Reads a value that the provider signed or encrypted, if it looks like one.
    pub fn sealed(&mut self, node: Node, role: Role, origin: &Origin) {
        let held = match self.doc.kind(node) {
            Kind::String => held::seal(&self.doc.string(node)),
            _ => Held::Text,
        };
        match held {
            Held::Text => self.text(node, role, origin),
            held => self.apart(node, held, role, origin),
        }
    }

    /// Reads base64 bytes of an image, recording or file; anything that is not base64 is a text.
    pub fn bytes(&mut self, node: Node, kind: OpaqueKind, role: Role, origin: &Origin) {
        let base64 = self.doc.kind(node) == Kind::String && held::is_base64(&self.doc.string(node));
        if base64 {
            self.apart(node, Held::Bytes(kind), role, origin);
        } else {
            self.media(node, kind, role, origin);
        }
    }

    /// Reads a string that holds no text.
    fn apart(&mut self, node: Node, held: Held, role: Role, origin: &Origin) {
        let slot = self.string_slot(node, role, origin);
        self.keep_apart(slot, held);
    }

    fn keep_apart(&mut self, slot: Slot, held: Held) {
        let (opaque, reading) = match held {
            Held::Text => (None, Some(Reading::Text)),
            Held::Word => (None, Some(Reading::Setting)),
            Held::Id => (None, Some(Reading::Identifier)),
            // A key under the name of a seal is a key; random bytes that look like one as a whole are not to be expected.
            Held::Sealed => {
                (Some(OpaqueKind::Sealed), (slot.text.len() <= LONGEST_KEY).then_some(Reading::Identifier))
            }
            Held::Bytes(kind) => (Some(kind), (slot.text.len() < SHORT_BYTES).then_some(Reading::Setting)),
        };
        if let Some(kind) = opaque {
            self.found.opaque.push(Opaque { kind, span: slot.span.clone() });
        }
        if let Some(reading) = reading {
            self.push(Slot { reading, ..slot });
        }
    }

    /// Reads settings, at any depth, scanning only for values with a recognisable form.
    pub fn settings(&mut self, node: Node) {
        self.setting("", node);
    }

    fn setting(&mut self, key: &str, node: Node) {
        let doc = self.doc;
        match doc.kind(node) {
            Kind::Object => {
                for key in doc.keys(node) {
                    self.string(key, Role::Metadata, &Origin::Operator, Reading::Setting);
                    self.setting(&doc.string(key), doc.value_of(key));
                }
            }
            Kind::Array => doc.items(node).for_each(|item| self.setting(key, item)),
            _ if key == "name" || held::is_id_key(key) || held::is_ids_key(key) => self.identifier(node),
            Kind::String | Kind::Key => {
                self.string(node, Role::Metadata, &Origin::Operator, Reading::Setting);
            }
            Kind::Number => self.number(node, Role::Metadata, &Origin::Operator, Reading::Setting),
            Kind::Literal => {}
        }
    }

    /// Reads a name or id that something else refers to.
    pub fn identifier(&mut self, node: Node) {
        match self.doc.kind(node) {
            Kind::String | Kind::Key => {
                self.string(node, Role::Metadata, &Origin::Operator, Reading::Identifier);
            }
            _ => self.settings(node),
        }
    }

    fn string(&mut self, node: Node, role: Role, origin: &Origin, reading: Reading) {
        let slot = self.string_slot(node, role, origin);
        self.push(Slot { reading, ..slot });
    }

    fn string_slot(&self, node: Node, role: Role, origin: &Origin) -> Slot {
        let (text, map) = self.doc.decode(node);
        self.slot(node, (vec![Codec::JsonString], text, map), role, origin)
    }

    /// The slot of a value as it appears in the body.
    fn raw_slot(&self, node: Node, role: Role, origin: &Origin) -> Slot {
        let text = self.doc.raw(node).to_owned();
        let map = OffsetMap::identity(text.len());
        self.slot(node, (Vec::new(), text, map), role, origin)
    }

    fn slot(
        &self,
        node: Node,
        (codecs, text, map): (Vec<Codec>, String, OffsetMap),
        role: Role,
        origin: &Origin,
    ) -> Slot {
        Slot {
            span: self.doc.span(node),
            codecs,
            text,
            map,
            bare: Vec::new(),
            role,
            origin: origin.clone(),
            reading: Reading::Text,
        }
    }

    fn number(&mut self, node: Node, role: Role, origin: &Origin, reading: Reading) {
        let digits = self.doc.raw(node).bytes().filter(u8::is_ascii_digit).count();
        if digits >= FEWEST_DIGITS {
            let slot = self.raw_slot(node, role, origin);
            let bare = std::iter::once(0..slot.text.len()).collect();
            self.push(Slot { codecs: vec![Codec::JsonString], bare, reading, ..slot });
        }
    }

    /// Records a tool call of the history, so that its result can be attributed.
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

    /// Records a tool that the model may call; `definition` is the object that holds its name. Some of the provider's own
    /// tools have a type but no name (`local_shell`).
    pub fn offer(&mut self, definition: Node) {
        let name = self.doc.get_str(definition, "name").or_else(|| self.doc.get_str(definition, "type"));
        if let Some(name) = name {
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

    /// Records a part that cannot be read.
    pub fn opaque(&mut self, node: Node, kind: OpaqueKind) {
        self.found.opaque.push(Opaque { kind, span: self.doc.span(node) });
    }

    /// Reads the address of an image, recording or file: content if it is a base64 `data:` URL, otherwise a text like any
    /// other. What is declared as a file is a file, whatever its URL says.
    pub fn media(&mut self, node: Node, kind: OpaqueKind, role: Role, origin: &Origin) {
        let held = match self.doc.kind(node) {
            Kind::String => held::data_url(&self.doc.string(node)),
            _ => None,
        };
        match held {
            // A recording's format is stated beside it; DashScope accepts it without a type.
            Some(Held::Bytes(_))
                if kind == OpaqueKind::File
                    || kind == OpaqueKind::Audio && held::is_untyped(&self.doc.string(node)) =>
            {
                self.apart(node, Held::Bytes(kind), role, origin);
            }
            Some(held @ Held::Bytes(_)) => self.apart(node, held, role, origin),
            _ => self.text(node, role, origin),
        }
    }

    /// Reads a text. A string that is itself a JSON document is parsed; an object or array is taken as a whole; `true` and
    /// `null` carry no data.
    pub fn text(&mut self, node: Node, role: Role, origin: &Origin) {
        self.whole(node, role, origin, self.structured);
    }

    /// Reads a document of the agent's own, such as the arguments of a call, whose field names have no protocol meaning.
    pub fn document(&mut self, node: Node, role: Role, origin: &Origin) {
        self.whole(node, role, origin, false);
    }

    fn whole(&mut self, node: Node, role: Role, origin: &Origin, structured: bool) {
        match self.doc.kind(node) {
            Kind::String | Kind::Key => {
                let slot = self.string_slot(node, role, origin);
                self.add(slot, 1, false);
            }
            Kind::Object | Kind::Array => {
                let slot = self.raw_slot(node, role, origin);
                self.add(slot, 0, structured);
            }
            Kind::Number => self.number(node, role, origin, Reading::Text),
            Kind::Literal => {}
        }
    }

    /// Keeps a slot unless it cannot contain anything.
    fn push(&mut self, slot: Slot) {
        let says = if slot.is_text() { !slot.text.is_empty() } else { !held::is_plain(&slot.text) };
        if says {
            self.found.slots.push(slot);
        }
    }

    /// Keeps a slot; if its text is a JSON document, as the view of that.
    fn add(&mut self, slot: Slot, nested: usize, structured: bool) {
        let slot = if nested <= MAX_NESTED && looks_like_json(&slot.text) {
            self.view(slot, nested, structured)
        } else {
            slot
        };
        self.push(slot);
    }

    /// Turns a slot whose text is a JSON document into one whose text is the document with its strings decoded. Strings
    /// that are documents themselves become separate slots, and in a `structured` one so do strings that hold no text.
    fn view(&mut self, slot: Slot, nested: usize, structured: bool) -> Slot {
        // Duplicate keys are all scanned; only requests themselves need unique keys.
        let Ok(doc) = Doc::parse(slot.text.as_bytes(), Keys::Any) else { return slot };
        let mut text = String::with_capacity(slot.text.len());
        let mut map = OffsetMap::builder();
        let mut bare = Vec::new();
        let mut inner = Vec::new();
        let held = if structured { holders(&doc) } else { HashMap::new() };
        let mut done = 0;
        let mut codecs = slot.codecs.clone();
        codecs.push(Codec::JsonString);
        for node in doc.nodes() {
            let span = doc.span(node);
            let document = doc.kind(node) == Kind::String && looks_like_json(&doc.string(node));
            let number = doc.kind(node) == Kind::Number;
            let held = held.get(&node);
            if !(document || number || held.is_some() || doc.is_escaped(node)) {
                continue;
            }
            text.push_str(slot.text.get(done..span.start).unwrap_or_default());
            done = span.end;
            if number {
                bare.push(text.len()..text.len() + span.len());
                text.push_str(doc.raw(node));
            } else if let Some(held) = held {
                self.keep_apart(inner_slot(&slot, &doc, node, &codecs), *held);
                map.anchor(text.len(), span.end);
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
            self.add(document, nested + 1, false);
        }
        Slot { text, map: map.through(&slot.map), codecs, bare, ..slot }
    }
}

/// The strings of a request's own JSON that hold no text.
fn holders(doc: &Doc<'_>) -> HashMap<Node, Held> {
    let mut found = HashMap::new();
    for node in doc.nodes() {
        match doc.kind(node) {
            Kind::Object => {
                for key in doc.keys(node) {
                    let value = doc.value_of(key);
                    found.insert(value, held::held(doc, node, &doc.string(key), value));
                }
            }
            // The value of a key is already in the map: its object comes first.
            Kind::String => {
                let url = || held::data_url(&doc.string(node)).unwrap_or(Held::Text);
                found.entry(node).or_insert_with(url);
            }
            _ => {}
        }
    }
    found.retain(|_, held| *held != Held::Text);
    found
}

/// Appends the decoded form of a raw string that begins at `start` in the document.
fn append_decoded(text: &mut String, map: &mut OffsetMap, raw: &str, start: usize) {
    let base = text.len();
    let (decoded, inner) = super::json::unescape(raw);
    for (at, _) in decoded.char_indices().chain([(decoded.len(), ' ')]) {
        map.anchor(base + at, start + inner.original(at));
    }
    text.push_str(&decoded);
}

/// The slot of a string inside a document that is itself a document.
fn inner_slot(outer: &Slot, doc: &Doc<'_>, node: Node, codecs: &[Codec]) -> Slot {
    let span = doc.span(node);
    let body = outer.body_range(&span);
    let (text, map) = doc.decode(node);
    // Maps the string's text to its raw form in the outer text, and on to the body, relative to its own start there.
    let raw_to_body = outer.map.slice(&span);
    Slot {
        span: body,
        codecs: codecs.to_vec(),
        text,
        map: map.through(&raw_to_body),
        bare: Vec::new(),
        role: outer.role,
        origin: outer.origin.clone(),
        reading: Reading::Text,
    }
}

/// A cheap test before parsing.
fn looks_like_json(text: &str) -> bool {
    let trimmed = text.trim();
    matches!(
        (trimmed.as_bytes().first(), trimmed.as_bytes().last()),
        (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))
    ) && trimmed.len() > 2
}
