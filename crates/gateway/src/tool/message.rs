//! One JSON-RPC message (JSON-RPC 2.0 §4 and §5), parsed into spans: the bytes are forwarded as they came.

use crate::wire::json::{Doc, JsonError, Keys, Kind, Node};
use crate::wire::splice::{Patch, splice};

/// Keys that determine the meaning of a message. Case-insensitive parsers would take `Method` for `method`.
const ENVELOPE: &[&str] = &["jsonrpc", "id", "method", "params", "result", "error"];

/// How much of an unreadable response is searched for its id, in bytes.
const HEAD: usize = 512;

/// Prefix of the methods that expect no response.
pub const NOTIFICATIONS: &str = "notifications/";

/// The method of a notification that cancels a request.
pub const CANCELLED: &str = "notifications/cancelled";

/// The id of a request: a string or a number, as it appears in the message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

impl Id {
    /// An id from a string, encoded as JSON.
    pub fn text(text: &str) -> Self {
        Self(serde_json::Value::from(text).to_string())
    }

    /// The id as JSON; `1` and `"1"` are different ids.
    pub fn raw(&self) -> &str {
        &self.0
    }

    fn read(doc: &Doc<'_>, node: Node) -> Option<Self> {
        match doc.kind(node) {
            Kind::String => Some(Self::text(&doc.string(node))),
            Kind::Number => Some(Self(doc.raw(node).to_owned())),
            _ => None,
        }
    }
}

/// The kind of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A request that expects a response: id and method.
    Request(Id, String),
    /// A request that expects none.
    Notification(String),
    /// A response with a result.
    Result(Id),
    /// A response with an error.
    Error(Id),
}

/// Why a text is not a message that can be forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bad {
    /// It is not JSON.
    NotJson,
    /// It is a batch, which the protocol no longer has since its revision of June 2025.
    Batch,
    /// It is JSON but not a message; with its id where that can be determined.
    NotAMessage(Option<Id>),
    /// An object has a duplicate key: two parsers could see two messages.
    Doubled(Option<Id>),
}

impl Bad {
    /// The id of the request concerned.
    pub fn id(&self) -> Option<&Id> {
        match self {
            Self::NotAMessage(id) | Self::Doubled(id) => id.as_ref(),
            Self::NotJson | Self::Batch => None,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson => "ombud_not_json",
            Self::Batch => "ombud_batch",
            Self::NotAMessage(_) => "ombud_not_a_message",
            Self::Doubled(_) => "ombud_duplicate_key",
        }
    }
}

/// A message with the spans of its parts.
#[derive(Debug)]
pub struct Message<'a> {
    /// The document.
    pub doc: Doc<'a>,
    /// What it is.
    pub shape: Shape,
    /// `params` of a request, `result` or `error` of a response.
    pub body: Option<Node>,
    line: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads a message.
    pub fn read(line: &'a [u8]) -> Result<Self, Bad> {
        let doc = match Doc::parse(line, Keys::Unique) {
            Ok(doc) => doc,
            Err(JsonError::DuplicateKey(_)) => return Err(Bad::Doubled(id_anyway(line))),
            Err(_) => return Err(Bad::NotJson),
        };
        let root = doc.root();
        match doc.kind(root) {
            Kind::Object => {}
            Kind::Array => return Err(Bad::Batch),
            _ => return Err(Bad::NotAMessage(None)),
        }
        let id = doc.get(root, "id").and_then(|node| Id::read(&doc, node));
        let Some(shape) = shape(&doc, id.clone()) else { return Err(Bad::NotAMessage(id)) };
        let body = match &shape {
            Shape::Request(..) | Shape::Notification(_) => doc.get(root, "params"),
            Shape::Result(_) => doc.get(root, "result"),
            Shape::Error(_) => doc.get(root, "error"),
        };
        Ok(Self { doc, shape, body, line })
    }

    /// Spans of the parts that identify a message rather than carry content: version, id and method.
    pub fn names(&self) -> Vec<std::ops::Range<usize>> {
        let parts = ["jsonrpc", "id", "method"];
        parts
            .iter()
            .filter_map(|key| self.doc.get(self.doc.root(), key))
            .map(|node| self.doc.span(node))
            .collect()
    }

    /// A member of the body.
    pub fn member(&self, key: &str) -> Option<Node> {
        self.doc.get(self.body?, key)
    }

    /// The id that a part holds, as in a cancellation notification.
    pub fn id_at(&self, node: Node) -> Option<Id> {
        Id::read(&self.doc, node)
    }

    /// The token by which a request asks for progress notifications.
    pub fn progress_token(&self) -> Option<Id> {
        self.id_at(self.doc.path(self.body?, &["_meta", "progressToken"])?)
    }

    /// A string member of the body.
    pub fn text(&self, key: &str) -> Option<String> {
        Some(self.doc.get_str(self.body?, key)?.into_owned())
    }

    /// The source text of a part.
    pub fn raw(&self, node: Node) -> &'a str {
        let span = self.doc.span(node);
        let text = std::str::from_utf8(self.line).unwrap_or_default();
        match self.doc.kind(node) {
            Kind::String | Kind::Key => text.get(span.start.saturating_sub(1)..span.end + 1),
            _ => text.get(span),
        }
        .unwrap_or_default()
    }

    /// The message with parts replaced.
    pub fn with(&self, mut patches: Vec<Patch>) -> Vec<u8> {
        if patches.is_empty() { self.line.to_vec() } else { splice(self.line, &mut patches) }
    }

    /// Whether an object has a key that a case-insensitive parser could take for one of these.
    pub fn blurs(&self, node: Option<Node>, keys: &[&str]) -> bool {
        node.is_some_and(|node| blurs(&self.doc, node, keys))
    }
}

/// The kind of a message; `None` if it is ambiguous or not a message.
fn shape(doc: &Doc<'_>, id: Option<Id>) -> Option<Shape> {
    let root = doc.root();
    if doc.get_str(root, "jsonrpc").as_deref() != Some("2.0") || blurs(doc, root, ENVELOPE) {
        return None;
    }
    let has = |key| doc.get(root, key).is_some();
    let method = doc.get(root, "method");
    match (method, has("result"), has("error"), id) {
        (Some(method), false, false, id) if doc.kind(method) == Kind::String => {
            let method = doc.string(method).into_owned();
            match id {
                Some(id) => Some(Shape::Request(id, method)),
                // An invalid id (`null`, an object) expects a response that could not be matched.
                None => (!has("id")).then_some(Shape::Notification(method)),
            }
        }
        (None, true, false, Some(id)) => Some(Shape::Result(id)),
        (None, false, true, Some(id)) => Some(Shape::Error(id)),
        _ => None,
    }
}

fn blurs(doc: &Doc<'_>, node: Node, keys: &[&str]) -> bool {
    doc.members(node).any(|(name, _)| {
        keys.iter().any(|key| name != *key && name.chars().map(folded).eq(key.chars().map(folded)))
    })
}

/// Folds case as case-insensitive parsers do; of the non-ASCII letters, only the long s and the Kelvin sign fold to ASCII.
fn folded(ch: char) -> char {
    match ch {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

/// The id of a message with duplicate keys, if the id itself is unique.
fn id_anyway(line: &[u8]) -> Option<Id> {
    let doc = Doc::parse(line, Keys::Any).ok()?;
    let mut ids = doc.members(doc.root()).filter(|(key, _)| key == "id");
    let id = Id::read(&doc, ids.next()?.1)?;
    ids.next().is_none().then_some(id)
}

/// The id in a response that cannot be parsed, where it can be determined: the requester should not wait any longer.
pub fn id_of_broken(line: &[u8]) -> Option<Id> {
    let head = String::from_utf8_lossy(line.get(..line.len().min(HEAD)).unwrap_or_default());
    if !(head.contains("\"result\"") || head.contains("\"error\"")) {
        return None;
    }
    let rest = head.split_once("\"id\"")?.1.trim_start().strip_prefix(':')?.trim_start();
    let end = match rest.strip_prefix('"') {
        Some(text) => text.find('"')? + 2,
        None => rest.find(|ch: char| !ch.is_ascii_digit() && ch != '-')?,
    };
    let (id, _) = rest.split_at_checked(end)?;
    let doc = Doc::parse(id.as_bytes(), Keys::Unique).ok()?;
    Id::read(&doc, doc.root())
}

/// The line without a leading byte order mark.
pub fn unmarked(line: &[u8]) -> &[u8] {
    line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line)
}

/// The message with a different id; unchanged if it has none.
pub fn with_id(line: &[u8], id: &Id) -> Vec<u8> {
    renamed(line, &["id"], id).map_or_else(|| line.to_vec(), |(line, _)| line)
}

/// The message with a different id at this path, and the previous one.
pub fn renamed(line: &[u8], path: &[&str], id: &Id) -> Option<(Vec<u8>, Id)> {
    let message = Message::read(line).ok()?;
    let node = message.doc.path(message.doc.root(), path)?;
    let quotes = usize::from(message.doc.kind(node) == Kind::String);
    let span = message.doc.span(node);
    let range = span.start.checked_sub(quotes)?..span.end + quotes;
    let before = Id(std::str::from_utf8(line.get(range.clone())?).ok()?.to_owned());
    Some((message.with(vec![Patch { range, with: id.raw().to_owned() }]), before))
}

/// An error response from Ombud. `data` holds the stable code, for programs.
pub fn error(id: Option<&Id>, code: i32, message: &str, reason: &str) -> Vec<u8> {
    let id = id.map_or("null", Id::raw);
    let error = serde_json::json!({
        "code": code, "message": format!("Ombud: {message}"), "data": { "ombud": reason }
    });
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{error}}}").into_bytes()
}

/// A result response from Ombud.
pub fn result(id: &Id, result: &serde_json::Value) -> Vec<u8> {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{result}}}", id.raw()).into_bytes()
}

/// The notification that cancels a request.
pub fn cancelled(id: &Id, reason: &str) -> Vec<u8> {
    let reason = serde_json::Value::from(reason);
    let (id, method) = (id.raw(), CANCELLED);
    format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\",\"params\":{{\"requestId\":{id},\"reason\":{reason}}}}}"
    )
    .into_bytes()
}

/// A request or, without an id, a notification from Ombud.
pub fn request(id: Option<&Id>, method: &str, params: &serde_json::Value) -> Vec<u8> {
    let id = id.map(|id| format!("\"id\":{},", id.raw())).unwrap_or_default();
    format!("{{\"jsonrpc\":\"2.0\",{id}\"method\":\"{method}\",\"params\":{params}}}").into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(line: &str) -> Result<Shape, Bad> {
        Message::read(line.as_bytes()).map(|message| message.shape)
    }

    #[test]
    fn what_a_message_is() {
        let call = r#"{"jsonrpc":"2.0","id":"a\u0062","method":"tools/call","params":{}}"#;
        assert_eq!(shape(call), Ok(Shape::Request(Id::text("ab"), "tools/call".into())));
        let number = shape(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#);
        assert_eq!(number, Ok(Shape::Result(Id("7".into()))));
        assert_ne!(Id::text("7"), Id("7".into()));
        let notice = shape(r#"{"jsonrpc":"2.0","method":"notifications/x"}"#);
        assert_eq!(notice, Ok(Shape::Notification("notifications/x".into())));
    }

    #[test]
    fn the_id_of_a_broken_answer() {
        for (line, id) in [
            (r#"{"jsonrpc":"2.0","id":7,"result":{"a":"#, Some(Id("7".into()))),
            (r#"{"jsonrpc":"2.0", "id" : "a7", "error":"#, Some(Id::text("a7"))),
            (r#"{"jsonrpc":"2.0","id":7,"method":"x"#, None),
            (r#"Server "id": started with a "result""#, None),
            (r#"{"result":1,"id":"#, None),
            (r#"{"result":1,"id":"open"#, None),
        ] {
            assert_eq!(id_of_broken(line.as_bytes()), id, "{line}");
        }
        assert_eq!(unmarked("\u{feff}{}".as_bytes()), b"{}");
    }

    #[test]
    fn ids_change_and_nothing_else() {
        for (line, other) in [
            (
                r#"{"jsonrpc":"2.0", "id" : "a\u0062" ,"method":"x"}"#,
                r#"{"jsonrpc":"2.0", "id" : "p1" ,"method":"x"}"#,
            ),
            (
                r#"{"id":7,"jsonrpc":"2.0","result":{"id":7}}"#,
                r#"{"id":"p1","jsonrpc":"2.0","result":{"id":7}}"#,
            ),
            (r#"{"jsonrpc":"2.0","method":"x"}"#, r#"{"jsonrpc":"2.0","method":"x"}"#),
        ] {
            assert_eq!(with_id(line.as_bytes(), &Id::text("p1")), other.as_bytes());
        }
    }

    #[test]
    fn what_two_readers_read_differently_is_none() {
        let id = Some(Id("1".into()));
        for (line, bad) in [
            ("[]", Bad::Batch),
            ("garbage", Bad::NotJson),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","Method":"b"}"#, Bad::NotAMessage(id.clone())),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{},"paramſ":{}}"#,
                Bad::NotAMessage(id.clone()),
            ),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","PARAM\u017f":{}}"#, Bad::NotAMessage(id.clone())),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","result":{}}"#, Bad::NotAMessage(id.clone())),
            (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#, Bad::NotAMessage(id.clone())),
            (r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#, Bad::NotAMessage(None)),
            (r#"{"jsonrpc":"2.0","result":{}}"#, Bad::NotAMessage(None)),
            (r#"{"jsonrpc":"1.0","id":1,"method":"a"}"#, Bad::NotAMessage(id.clone())),
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"n":1,"n":2}}"#, Bad::Doubled(id.clone())),
            (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}"#, Bad::Doubled(None)),
        ] {
            assert_eq!(shape(line), Err(bad), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe(line in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Message::read(&line);
            let _ = id_of_broken(&line);
        }
    }
}
