//! A JSON parser that keeps spans instead of values.
//!
//! Bodies are never serialised again (design idea 2), so what is needed from JSON is the span of each string. The result is
//! a flat list of nodes in byte order; a container knows where its subtree ends. Strict RFC 8259: what `serde_json` rejects
//! is rejected here too (a property test keeps the two in step), and in addition a duplicate key in an object, because two
//! parsers of such a body could see two different requests.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use ombud_core::OffsetMap;

/// Containers nested this deep are refused; the limit of `serde_json`.
pub const MAX_DEPTH: usize = 128;

/// Why a text is not JSON that can be forwarded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The bytes are not UTF-8.
    #[error("not UTF-8 at byte {0}")]
    Utf8(usize),
    /// The grammar is violated.
    #[error("not JSON at byte {0}")]
    Syntax(usize),
    /// Containers are nested as deep as [`MAX_DEPTH`].
    #[error("nested too deeply at byte {0}")]
    Depth(usize),
    /// An object has a duplicate key: a scanner and a provider could read different values.
    #[error("duplicate key in an object at byte {0}")]
    DuplicateKey(usize),
}

/// The kind of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`; the span excludes the quotes.
    String,
    /// A key of an object, followed by its value; the span excludes the quotes.
    Key,
    /// A number.
    Number,
    /// `true`, `false` or `null`.
    Literal,
}

/// Index of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node(u32);

#[derive(Debug, Clone, Copy)]
struct Entry {
    kind: Kind,
    /// Whether a string or key contains a backslash.
    escaped: bool,
    start: u32,
    end: u32,
    /// Index after the last node of the subtree.
    next: u32,
}

/// A parsed text.
#[derive(Debug)]
pub struct Doc<'a> {
    text: &'a str,
    nodes: Vec<Entry>,
}

/// Whether duplicate keys are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Refuse: the text is a request that a provider will read.
    Unique,
    /// Accept: the text is only scanned, including every duplicate.
    Any,
    /// Accept, and also `NaN`, `Infinity` and `-Infinity` as literals: the text is a response, and the parsers of some
    /// clients (such as Python's `json`) accept them too.
    Lenient,
}

impl<'a> Doc<'a> {
    /// Parses a whole text.
    pub fn parse(bytes: &'a [u8], keys: Keys) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(bytes).map_err(|error| JsonError::Utf8(error.valid_up_to()))?;
        let nodes = Vec::with_capacity((bytes.len() / 32).clamp(16, 256));
        Parser { bytes, at: 0, nodes, keys }.run().map(|nodes| Self { text, nodes })
    }

    /// The outermost value.
    pub fn root(&self) -> Node {
        Node(0)
    }

    /// Every node in byte order.
    pub fn nodes(&self) -> impl Iterator<Item = Node> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(Node)
    }

    /// A node and everything in it, in byte order.
    pub fn within(&self, node: Node) -> impl Iterator<Item = Node> + use<> {
        (node.0..self.after(node).0).map(Node)
    }

    fn entry(&self, node: Node) -> Entry {
        // Nodes are created only by this document; the fallback keeps a mistake from becoming a panic.
        let fallback = Entry { kind: Kind::Literal, escaped: false, start: 0, end: 0, next: 0 };
        self.nodes.get(node.0 as usize).copied().unwrap_or(fallback)
    }

    /// The kind of the node.
    pub fn kind(&self, node: Node) -> Kind {
        self.entry(node).kind
    }

    /// The byte span of the node (for strings and keys without the quotes).
    pub fn span(&self, node: Node) -> Range<usize> {
        let entry = self.entry(node);
        entry.start as usize..entry.end as usize
    }

    /// The source text of the node.
    pub fn raw(&self, node: Node) -> &'a str {
        self.text.get(self.span(node)).unwrap_or_default()
    }

    /// The node after this one's subtree.
    pub fn after(&self, node: Node) -> Node {
        Node(self.entry(node).next)
    }

    /// The children of a container: values of an array, keys of an object.
    fn children(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        let end = self.entry(node).next;
        let mut at = node.0 + 1;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let child = Node(at);
            at = self.entry(child).next;
            Some(child)
        })
    }

    /// The values of an array; empty for any other node.
    pub fn items(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        let array = self.kind(node) == Kind::Array;
        self.children(node).take_while(move |_| array)
    }

    /// Keys and values of an object; empty for any other node.
    pub fn members(&self, node: Node) -> impl Iterator<Item = (Cow<'a, str>, Node)> + '_ {
        self.keys(node).map(|key| (self.string(key), self.value_of(key)))
    }

    /// The keys of an object; empty for any other node.
    pub fn keys(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        let object = self.kind(node) == Kind::Object;
        self.children(node).take_while(move |_| object)
    }

    /// The value that follows a key.
    pub fn value_of(&self, key: Node) -> Node {
        Node(key.0 + 1)
    }

    /// The value of a key. Of duplicate keys in a response the last one counts, as in Python and JavaScript: what is judged
    /// must be what the client acts on. (A request with duplicate keys is refused.)
    pub fn get(&self, node: Node, key: &str) -> Option<Node> {
        self.members(node).filter(|(name, _)| name == key).last().map(|(_, value)| value)
    }

    /// The value at a path of keys.
    pub fn path(&self, node: Node, path: &[&str]) -> Option<Node> {
        path.iter().try_fold(node, |node, key| self.get(node, key))
    }

    /// The decoded text of a string under a key.
    pub fn get_str(&self, node: Node, key: &str) -> Option<Cow<'a, str>> {
        let value = self.get(node, key)?;
        (self.kind(value) == Kind::String).then(|| self.string(value))
    }

    /// The decoded text of a string or key; for any other node, its raw text.
    pub fn string(&self, node: Node) -> Cow<'a, str> {
        let raw = self.raw(node);
        if self.entry(node).escaped { Cow::Owned(unescape(raw).0) } else { Cow::Borrowed(raw) }
    }

    /// The decoded text of a string or key, with the map back to its raw text.
    pub fn decode(&self, node: Node) -> (String, OffsetMap) {
        let raw = self.raw(node);
        if self.entry(node).escaped {
            unescape(raw)
        } else {
            (raw.to_owned(), OffsetMap::identity(raw.len()))
        }
    }

    /// Whether a string or key contains escapes.
    pub fn is_escaped(&self, node: Node) -> bool {
        self.entry(node).escaped
    }
}

/// Decodes the inside of a JSON string that was validated by the parser. Unpaired surrogates become U+FFFD.
pub fn unescape(raw: &str) -> (String, OffsetMap) {
    let mut text = String::with_capacity(raw.len());
    let mut map = OffsetMap::builder();
    let mut rest = raw;
    while let Some(backslash) = memchr::memchr(b'\\', rest.as_bytes()) {
        text.push_str(rest.get(..backslash).unwrap_or_default());
        let at = raw.len() - rest.len() + backslash;
        let (ch, len) = escape_at(raw.get(at..).unwrap_or_default());
        map.anchor(text.len(), at);
        text.push(ch);
        map.anchor(text.len(), at + len);
        rest = raw.get(at + len..).unwrap_or_default();
    }
    text.push_str(rest);
    map.close(text.len(), raw.len());
    (text, map)
}

/// The character of an escape sequence and the sequence's length.
fn escape_at(raw: &str) -> (char, usize) {
    match raw.as_bytes().get(1) {
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'u') => unicode_escape(raw),
        Some(&other) => (char::from(other), 2),
        None => ('\\', 1),
    }
}

fn unicode_escape(raw: &str) -> (char, usize) {
    let unit = |at: usize| raw.get(at..at + 4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let first = unit(2).unwrap_or(0xfffd);
    if (0xd800..0xdc00).contains(&first)
        && raw.get(6..8) == Some("\\u")
        && let Some(second) = unit(8).filter(|unit| (0xdc00..0xe000).contains(unit))
    {
        let point = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(point).unwrap_or('\u{fffd}'), 12);
    }
    (char::from_u32(first).unwrap_or('\u{fffd}'), 6)
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Entry>,
    keys: Keys,
}

/// The length of the run at the start of `bytes` without quotation marks, backslashes and control characters. Whole blocks
/// are scanned in a form that the compiler can vectorise.
fn plain_run(bytes: &[u8]) -> usize {
    let ends = |byte: u8| u8::from(byte == b'"') | u8::from(byte == b'\\') | u8::from(byte < 0x20);
    let (blocks, rest) = bytes.as_chunks::<64>();
    let plain = |block: &&[u8; 64]| block.iter().fold(0, |found, &byte| found | ends(byte)) == 0;
    let whole = blocks.iter().take_while(plain).count() * 64;
    let tail = blocks.get(whole / 64).map_or(rest, <[u8; 64]>::as_slice);
    whole + tail.iter().position(|&byte| ends(byte) != 0).unwrap_or(tail.len())
}

/// An open container: its node, and whether it is an object.
struct Open {
    node: u32,
    object: bool,
}

impl Parser<'_> {
    fn run(mut self) -> Result<Vec<Entry>, JsonError> {
        let mut open: Vec<Open> = Vec::new();
        self.value(&mut open)?;
        while let Some(top) = open.last() {
            let (node, object) = (top.node, top.object);
            let empty = self.nodes.len() == node as usize + 1;
            self.space();
            let close = if object { b'}' } else { b']' };
            match self.peek() {
                Some(byte) if byte == close => {
                    self.at += 1;
                    open.pop();
                    self.close(node)?;
                }
                Some(b',') if !empty => {
                    self.at += 1;
                    self.member(object, &mut open)?;
                }
                Some(_) if empty => self.member(object, &mut open)?,
                _ => return Err(JsonError::Syntax(self.at)),
            }
        }
        self.space();
        if self.at == self.bytes.len() { Ok(self.nodes) } else { Err(JsonError::Syntax(self.at)) }
    }

    /// Reads a member of an object or an item of an array.
    fn member(&mut self, object: bool, open: &mut Vec<Open>) -> Result<(), JsonError> {
        if object {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(JsonError::Syntax(self.at));
            }
            self.string(Kind::Key)?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(JsonError::Syntax(self.at));
            }
            self.at += 1;
        }
        self.value(open)
    }

    fn value(&mut self, open: &mut Vec<Open>) -> Result<(), JsonError> {
        self.space();
        match self.peek() {
            Some(b'"') => self.string(Kind::String),
            Some(byte @ (b'{' | b'[')) => {
                if open.len() >= MAX_DEPTH - 1 {
                    return Err(JsonError::Depth(self.at));
                }
                let object = byte == b'{';
                open.push(Open { node: self.count(), object });
                self.push(if object { Kind::Object } else { Kind::Array }, false, self.at, self.at);
                self.at += 1;
                Ok(())
            }
            Some(b'-') if self.keys == Keys::Lenient && self.follows(b"-Infinity") => {
                self.literal(b"-Infinity")
            }
            Some(b'N') if self.keys == Keys::Lenient => self.literal(b"NaN"),
            Some(b'I') if self.keys == Keys::Lenient => self.literal(b"Infinity"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            _ => Err(JsonError::Syntax(self.at)),
        }
    }

    fn close(&mut self, node: u32) -> Result<(), JsonError> {
        let (end, next) = (small(self.at), self.count());
        let mut object = false;
        if let Some(entry) = self.nodes.get_mut(node as usize) {
            (entry.end, entry.next) = (end, next);
            object = entry.kind == Kind::Object;
        }
        self.fix_last_key(node);
        if object && self.keys == Keys::Unique { self.unique(node) } else { Ok(()) }
    }

    /// Ends a key's subtree where its value's ends.
    fn fix_last_key(&mut self, node: u32) {
        let Some(key) = (node as usize).checked_sub(1) else { return };
        let next = self.nodes.get(node as usize).map_or(0, |entry| entry.next);
        if let Some(entry) = self.nodes.get_mut(key).filter(|entry| entry.kind == Kind::Key) {
            entry.next = next;
        }
    }

    fn unique(&self, node: u32) -> Result<(), JsonError> {
        let end = self.count();
        let mut seen: HashSet<Cow<'_, str>> = HashSet::new();
        let mut few: Vec<Cow<'_, str>> = Vec::new();
        let mut at = node + 1;
        while at < end {
            let Some(&key) = self.nodes.get(at as usize) else { break };
            let name = self.key_name(key);
            // Most objects are small, where a plain comparison is faster than hashing.
            let fresh = if few.len() < 16 {
                !few.contains(&name)
            } else {
                !few.contains(&name) && seen.insert(name.clone())
            };
            if !fresh {
                return Err(JsonError::DuplicateKey(key.start as usize));
            }
            if few.len() < 16 {
                few.push(name);
            }
            at = key.next;
        }
        Ok(())
    }

    fn key_name(&self, key: Entry) -> Cow<'_, str> {
        let raw = self.bytes.get(key.start as usize..key.end as usize).unwrap_or_default();
        let raw = std::str::from_utf8(raw).unwrap_or_default();
        if key.escaped { Cow::Owned(unescape(raw).0) } else { Cow::Borrowed(raw) }
    }

    fn string(&mut self, kind: Kind) -> Result<(), JsonError> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at += plain_run(self.bytes.get(at..).unwrap_or_default());
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at = self.escape(at)?;
                }
                _ => return Err(JsonError::Syntax(at)),
            }
        }
        self.push(kind, escaped, start, at);
        self.at = at + 1;
        self.settle();
        Ok(())
    }

    /// Checks the escape sequence at `at` and returns the offset after it.
    fn escape(&self, at: usize) -> Result<usize, JsonError> {
        match self.bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') => match self.bytes.get(at + 2..at + 6) {
                Some(hex) if hex.iter().all(u8::is_ascii_hexdigit) => Ok(at + 6),
                _ => Err(JsonError::Syntax(at)),
            },
            _ => Err(JsonError::Syntax(at)),
        }
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(JsonError::Syntax(self.at)),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        self.push(Kind::Number, false, start, self.at);
        self.settle();
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(JsonError::Syntax(self.at)) }
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), JsonError> {
        if !self.follows(word) {
            return Err(JsonError::Syntax(self.at));
        }
        self.push(Kind::Literal, false, self.at, self.at + word.len());
        self.at += word.len();
        self.settle();
        Ok(())
    }

    fn follows(&self, word: &[u8]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word))
    }

    /// Called after a scalar was pushed: if it belongs to a key, the key's subtree ends with it.
    fn settle(&mut self) {
        let last = self.count().saturating_sub(1);
        if self.nodes.last().is_some_and(|entry| entry.kind != Kind::Key) {
            self.fix_last_key(last);
        }
    }

    fn push(&mut self, kind: Kind, escaped: bool, start: usize, end: usize) {
        let next = self.count() + 1;
        self.nodes.push(Entry { kind, escaped, start: small(start), end: small(end), next });
    }

    fn count(&self) -> u32 {
        small(self.nodes.len())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }
}

/// Converts an offset; the server limits bodies to far below 4 GiB.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Doc<'_>, JsonError> {
        Doc::parse(text.as_bytes(), Keys::Unique)
    }

    #[test]
    fn what_stands_within_a_node_is_what_stands_between_it_and_the_next() {
        let doc = parse(r#"{"a":[{"b":"c"},[],7],"d":{"e":[[1],"f"]},"g":null}"#).unwrap();
        for node in doc.nodes() {
            let slow = doc.nodes().filter(|at| *at >= node && *at < doc.after(node));
            assert_eq!(doc.within(node).collect::<Vec<_>>(), slow.collect::<Vec<_>>());
        }
        assert_eq!(doc.within(doc.root()).count(), doc.nodes().count());
    }

    #[test]
    fn places_of_members() {
        let text = r#" {"a": {"b": [1, "x\u4e2d"]}, "c" : "d"} "#;
        let doc = parse(text).unwrap();
        let list = doc.path(doc.root(), &["a", "b"]).unwrap();
        let items: Vec<&str> = doc.items(list).map(|item| doc.raw(item)).collect();
        assert_eq!(items, ["1", r"x\u4e2d"]);
        assert_eq!(doc.get_str(doc.root(), "c").as_deref(), Some("d"));
        let (decoded, map) = doc.decode(doc.items(list).nth(1).unwrap());
        assert_eq!((decoded.as_str(), map.range(&(1..4))), ("x中", 1..7));
    }

    #[test]
    fn what_ends_a_string_is_seen_at_every_place() {
        for before in 0..100 {
            for special in ["\"", "\\n", "\\", "\n", "\u{1f}", "中"] {
                let text = format!("[\"{}{special}{}\"]", "a".repeat(before), "b".repeat(40));
                assert_eq!(
                    Doc::parse(text.as_bytes(), Keys::Any).is_ok(),
                    serde_json::from_str::<serde_json::Value>(&text).is_ok(),
                    "{text}"
                );
            }
            let text = format!("[\"{}\", 1]", "a".repeat(before));
            let doc = parse(&text).unwrap();
            assert_eq!(doc.items(doc.root()).next().map(|item| doc.raw(item).len()), Some(before));
        }
    }

    #[test]
    fn a_key_twice_is_refused_even_when_written_differently() {
        let text = r#"{"messages": 1, "x": [], "mess\u0061ges": 2}"#;
        assert!(matches!(parse(text), Err(JsonError::DuplicateKey(_))));
        assert!(Doc::parse(text.as_bytes(), Keys::Any).is_ok());
        let many = (0..100).map(|i| format!("\"k{i}\":{i},")).collect::<Vec<_>>().concat();
        assert!(parse(&format!("{{{many}\"z\":1}}")).is_ok());
        assert!(matches!(parse(&format!("{{{many}\"k77\":1}}")), Err(JsonError::DuplicateKey(_))));
    }

    #[test]
    fn depth_is_bounded() {
        assert!(matches!(parse(&"[".repeat(10_000)), Err(JsonError::Depth(_))));
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for (depth, read) in [(MAX_DEPTH - 1, true), (MAX_DEPTH, false)] {
            assert_eq!(parse(&nested(depth)).is_ok(), read);
            // What is read elsewhere with `serde_json` must be read there as well.
            assert_eq!(serde_json::from_str::<serde_json::Value>(&nested(depth)).is_ok(), read);
        }
    }

    #[test]
    fn an_answer_may_hold_what_some_readers_take() {
        for text in ["NaN", "-Infinity", r#"{"a": Infinity, "b": [NaN]}"#] {
            assert!(Doc::parse(text.as_bytes(), Keys::Lenient).is_ok(), "{text}");
            assert!(Doc::parse(text.as_bytes(), Keys::Any).is_err(), "{text}");
        }
        for text in ["nan", "Inf", "-NaN", "--1", "+1"] {
            assert!(Doc::parse(text.as_bytes(), Keys::Lenient).is_err(), "{text}");
        }
    }

    #[test]
    fn surrogates() {
        assert_eq!(unescape(r"\ud83d\ude00").0, "😀");
        assert_eq!(unescape(r"\ud83dx").0, "\u{fffd}x");
    }

    /// JSON-like text, valid and invalid.
    fn text() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            Just("{"),
            Just("}"),
            Just("["),
            Just("]"),
            Just(","),
            Just(":"),
            Just("\"a\""),
            Just("\"\\u00e9b\""),
            Just("\"\\x\""),
            Just("1"),
            Just("-0.5e+3"),
            Just("01"),
            Just("1."),
            Just("true"),
            Just("nul"),
            Just(" "),
            Just("\"\n\""),
        ];
        prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
    }

    /// Valid JSON.
    fn value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "\\PC{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(5, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map("\\PC{0,6}", inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn rebuild(doc: &Doc<'_>, node: Node) -> serde_json::Value {
        match doc.kind(node) {
            Kind::Object => serde_json::Value::Object(
                doc.members(node).map(|(key, value)| (key.into_owned(), rebuild(doc, value))).collect(),
            ),
            Kind::Array => doc.items(node).map(|item| rebuild(doc, item)).collect::<Vec<_>>().into(),
            Kind::String | Kind::Key => doc.string(node).into_owned().into(),
            Kind::Number | Kind::Literal => serde_json::from_str(doc.raw(node)).unwrap(),
        }
    }

    proptest! {
        #[test]
        fn accepts_what_serde_json_accepts(text in text()) {
            // As a raw value: whether a number fits into 64 bits is not a matter of syntax.
            let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(Doc::parse(text.as_bytes(), Keys::Any).is_ok(), theirs, "{}", text);
        }

        #[test]
        fn reads_what_serde_json_reads(value in value(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
            let doc = parse(&text).unwrap();
            prop_assert_eq!(rebuild(&doc, doc.root()), value);
        }

        #[test]
        fn any_bytes_are_safe(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Doc::parse(&bytes, Keys::Unique);
        }
    }
}
