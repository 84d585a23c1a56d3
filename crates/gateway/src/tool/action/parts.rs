//! An HTTP request as a tool call, and back. The body is embedded in the call as it came and taken out again as it is by
//! then: it is never serialised again.

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use ombud_core::exchange::escape_json;
use serde_json::{Map, Value};

use super::super::message::{Id, Message};
use super::Action;
use super::body::{Written, readable};
use super::openapi::{Operation, Piece, Place};
use crate::wire::json::{Doc, Keys};

/// Path and query of a request, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The path segments.
    pub pieces: Vec<String>,
    /// The query parameters in order.
    pub query: Vec<(String, String)>,
}

impl Target {
    /// Parses path and query; `None` if parsers could disagree about the path.
    pub(super) fn read(path: &str, query: &str) -> Option<Self> {
        let pieces = path.split('/').map(decoded).collect::<Option<Vec<_>>>()?;
        let odd = |piece: &String| {
            matches!(piece.as_str(), "." | "..")
                || piece.contains(['/', '\\', '\0', '?', '#', ';'])
                || piece.chars().any(char::is_control)
        };
        if pieces.iter().any(odd) {
            return None;
        }
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(&name.replace('+', " "))?, decoded(&value.replace('+', " "))?))
        });
        Some(Self { pieces, query: query.collect::<Option<Vec<_>>>()? })
    }
}

/// Decodes `%XX`; `None` if the result is not text.
fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first != b'%' {
            out.push(first);
            rest = tail;
            continue;
        }
        let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        out.push(u8::from_str_radix(digits, 16).ok()?);
        rest = tail.get(2..)?;
    }
    String::from_utf8(out).ok()
}

/// Encodes everything but unreserved characters (RFC 3986 §2.3).
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// A response body as embedded in a result: JSON as it is, other text as a string, anything else as a base64 blob, in which
/// readable parts are still checked and the unreadable is counted.
fn embedded(body: &[u8], kind: &str) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    let Some(text) = readable(body) else {
        let blob = STANDARD.encode(body);
        return Some(serde_json::json!({ "mimeType": kind, "blob": blob }).to_string());
    };
    let json = Doc::parse(body, Keys::Any).is_ok();
    Some(if json { text.to_owned() } else { format!("\"{}\"", escape_json(text)) })
}

/// The contents of a request: values in its path, its query, the headers that the document names, and its body.
pub(super) struct Asked {
    pub named: Vec<(String, String)>,
    pub target: Target,
    pub heads: Vec<(String, String)>,
    pub body: Written,
}

/// The request as it will be sent.
pub(super) struct Sending {
    pub url: String,
    pub heads: HeaderMap,
    pub body: Bytes,
}

/// The request as a call: `arguments` holds `path`, `query` and, if present, `header` and `body`.
pub(super) fn call(number: u64, tool: &str, asked: &Asked) -> Vec<u8> {
    let object = |pairs: &[(String, String)]| {
        let members =
            pairs.iter().map(|(name, value)| format!("{}:{}", Value::from(&**name), Value::from(&**value)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    };
    let mut arguments = vec![
        format!("\"path\":{}", object(&asked.named)),
        format!("\"query\":{}", object(&asked.target.query)),
    ];
    arguments.extend((!asked.heads.is_empty()).then(|| format!("\"header\":{}", object(&asked.heads))));
    arguments.extend(asked.body.value().map(|body| format!("\"body\":{body}")));
    let (tool, arguments) = (Value::from(tool), arguments.join(","));
    format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{number},\"method\":\"tools/call\",\"params\":{{\"name\":{tool},\"arguments\":{{{arguments}}}}}}}"
    )
    .into_bytes()
}

/// Rebuilds the request from the call as it may be forwarded.
pub(super) fn rebuilt(action: &Action, operation: &Operation, asked: &Asked, line: &[u8]) -> Option<Sending> {
    let message = Message::read(line).ok()?;
    let arguments = message.member("arguments")?;
    let named: Map<String, Value> =
        serde_json::from_str(message.raw(message.doc.get(arguments, "path")?)).ok()?;
    let path = operation.pieces.iter().map(|piece| match piece {
        Piece::Literal(text) => Some(encoded(text)),
        Piece::Named(before, name, after) => {
            let value = named.get(name)?.as_str()?;
            // A restored value must not change the path.
            let plain = !matches!(value, "." | "..");
            plain.then(|| format!("{}{}{}", encoded(before), encoded(value), encoded(after)))
        }
    });
    let mut url = format!("{}/{}", action.url, path.collect::<Option<Vec<_>>>()?.join("/"));
    let values = message.doc.members(message.doc.get(arguments, "query")?);
    let mut query: Vec<String> = values
        .map(|(name, node)| format!("{}={}", encoded(&name), encoded(&message.doc.string(node))))
        .collect();
    if query.len() != asked.target.query.len() {
        return None;
    }
    if let (Some(Place::Query(name)), Some(secret)) = (&action.document.place, &action.secret) {
        query.push(format!("{}={}", encoded(name), encoded(secret)));
    }
    if !query.is_empty() {
        url = format!("{url}?{}", query.join("&"));
    }
    let values = message.doc.get(arguments, "header").into_iter().flat_map(|node| message.doc.members(node));
    let heads = values.map(|(name, node)| {
        // A restored value must not begin another header.
        let value = HeaderValue::from_bytes(message.doc.string(node).as_bytes()).ok()?;
        Some((name.parse::<HeaderName>().ok()?, value))
    });
    let heads: HeaderMap = heads.collect::<Option<_>>()?;
    let body = match message.doc.get(arguments, "body") {
        Some(node) if asked.body.is_json() => Bytes::copy_from_slice(message.raw(node).as_bytes()),
        Some(node) => asked.body.bytes(&message.doc.string(node))?,
        None => Bytes::new(),
    };
    (heads.len() == asked.heads.len()).then_some(Sending { url, heads, body })
}

/// The response as the result of the call.
pub(super) fn result(id: &Id, status: u16, kind: &str, body: &[u8]) -> Vec<u8> {
    let (id, body) = (id.raw(), embedded(body, kind).unwrap_or_else(|| "null".to_owned()));
    let failed = status >= 400;
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"isError\":{failed},\"status\":{status},\"body\":{body}}}}}").into_bytes()
}

/// The body of a result as it may be passed on; `None` if the result was refused.
pub(super) fn answer(line: &[u8], body: &Bytes) -> Option<Bytes> {
    let message = Message::read(line).ok()?;
    let node = message.member("body")?;
    Some(if body.is_empty() {
        Bytes::new()
    } else if readable(body).is_none() {
        let blob = message.doc.get(node, "blob")?;
        STANDARD.decode(message.doc.string(blob).as_bytes()).ok()?.into()
    } else if Doc::parse(body, Keys::Any).is_ok() {
        Bytes::copy_from_slice(message.raw(node).as_bytes())
    } else {
        Bytes::from(message.doc.string(node).into_owned())
    })
}

/// A body with the credential removed: an API that echoes its credential would reveal it to the agent.
pub(super) fn without(body: &Bytes, secret: Option<&str>) -> Bytes {
    let Some(secret) = secret.filter(|secret| secret.len() >= 8) else { return body.clone() };
    if memchr::memmem::find(body, secret.as_bytes()).is_none() {
        return body.clone();
    }
    let mut out = Vec::with_capacity(body.len());
    let mut done = 0;
    for at in memchr::memmem::find_iter(body, secret.as_bytes()) {
        out.extend_from_slice(body.get(done..at).unwrap_or_default());
        out.extend_from_slice(b"[SECRET]");
        done = at + secret.len();
    }
    out.extend_from_slice(body.get(done..).unwrap_or_default());
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_two_readers_read_differently_are_none() {
        for path in ["a/../b", "a/%2e%2e/b", "a%2Fb", "a/%5Cb", "a;x", "a%00", "a/%zz", "a/%ff", "./a"] {
            assert_eq!(Target::read(path, ""), None, "{path}");
        }
        let target = Target::read("orders/%E5%BC%A0", "q=a+b%26&x").unwrap();
        assert_eq!(target.pieces, ["orders", "张"]);
        assert_eq!(target.query, [("q".into(), "a b&".into()), ("x".into(), String::new())]);
        assert_eq!(encoded("张 &"), "%E5%BC%A0%20%26");
    }

    #[test]
    fn a_body_comes_back_as_it_was() {
        let picture = Bytes::from_static(b"\x89PNG\0\xff");
        let line = result(&Id::text("1"), 200, "image/png", &picture);
        assert_eq!(answer(&line, &picture).unwrap(), picture);
        for body in ["{ \"n\" : 1.50 }", "plain \"text\"\n", "[1]", ""] {
            let line = result(&Id::text("1"), 200, "", body.as_bytes());
            assert_eq!(answer(&line, &Bytes::copy_from_slice(body.as_bytes())).unwrap(), body.as_bytes());
        }
        assert_eq!(without(&Bytes::from_static(b"k=0123456789,"), Some("0123456789")), &b"k=[SECRET],"[..]);
    }
}
