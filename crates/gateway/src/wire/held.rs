//! What a string of a request holds if it is not text: sealed blocks of the provider, bytes of images and files, ids.
//!
//! A field name alone proves nothing: whoever writes a request may put text under `signature`. So each name is believed
//! only as far as its value looks like what the name says; everything else is read.

use ombud_core::OpaqueKind;

use super::json::{Doc, Kind, Node};

/// Fields with data that providers have signed or encrypted and want back unchanged.
const SEALED: &[&str] = &[
    "signature",
    "thought_signature",
    "thoughtSignature",
    "encrypted_content",
    "encrypted_index",
    "encrypted_stdout",
    "encrypted_stderr",
];

/// Types of objects whose `data` is sealed.
const SEALED_DATA: &[&str] = &["redacted_thinking", "reasoning.encrypted"];

/// No signature or digest is shorter.
const SHORTEST_SEAL: usize = 24;

/// What a string holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// A text like any other.
    Text,
    /// Data that the provider signed or encrypted.
    Sealed,
    /// A single word in a field for a seal: too short or too regular to be believed, and not a sentence.
    Word,
    /// Content that cannot be read.
    Bytes(OpaqueKind),
    /// An id issued by the provider.
    Id,
}

/// What the string under a key of `object` holds; any other value is a text.
pub fn held(doc: &Doc<'_>, object: Node, key: &str, value: Node) -> Held {
    if doc.kind(value) != Kind::String {
        return Held::Text;
    }
    let text = doc.string(value);
    let kind = |names: &[&str]| doc.get_str(object, "type").is_some_and(|kind| names.contains(&&*kind));
    if SEALED.contains(&key) || key == "data" && kind(SEALED_DATA) {
        return seal(&text);
    }
    if let Some(found) = data_url(&text) {
        return found;
    }
    let bytes = match key {
        "file_data" => Some(OpaqueKind::File),
        "result" if kind(&["image_generation_call"]) => Some(OpaqueKind::Image),
        "data" if kind(&["base64"]) => Some(media(doc, object)),
        _ => None,
    };
    match bytes.filter(|_| is_base64(&text)) {
        Some(bytes) => Held::Bytes(bytes),
        None if is_id_key(key) && is_given_id(&text) => Held::Id,
        None => Held::Text,
    }
}

/// What a field holds that should hold a seal.
pub fn seal(text: &str) -> Held {
    let word = || text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_sealed(text) {
        Held::Sealed
    } else if word() {
        Held::Word
    } else {
        Held::Text
    }
}

/// The kind of content according to an object's media type.
fn media(doc: &Doc<'_>, object: Node) -> OpaqueKind {
    let said = ["media_type", "mime_type", "mimeType"].iter().find_map(|key| doc.get_str(object, key));
    said.map_or(OpaqueKind::File, |said| of_media_type(&said))
}

/// Classifies images (and videos) and recordings; everything else is an unread file. An SVG drawing is text.
pub fn of_media_type(said: &str) -> OpaqueKind {
    let said = said.trim().to_ascii_lowercase();
    match said.split('/').next() {
        Some("image") if !said.starts_with("image/svg") => OpaqueKind::Image,
        Some("video") => OpaqueKind::Image,
        Some("audio") => OpaqueKind::Audio,
        _ => OpaqueKind::File,
    }
}

/// What a `data:` URL holds; `None` if the text is not one. Without base64 it is readable as it is.
pub fn data_url(text: &str) -> Option<Held> {
    let rest = text.trim_start();
    let body = rest.get(..5).filter(|start| start.eq_ignore_ascii_case("data:")).and(rest.get(5..))?;
    let Some((head, payload)) = body.split_once(',') else { return Some(Held::Text) };
    let mut words = head.split(';').map(str::trim);
    let kind = of_media_type(words.next().unwrap_or_default());
    let encoded = words.any(|word| word.eq_ignore_ascii_case("base64"));
    Some(if encoded && is_base64(payload) { Held::Bytes(kind) } else { Held::Text })
}

/// Whether a text consists of base64 characters of either alphabet, on one line or several.
pub fn is_base64(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    !text.is_empty() && text.bytes().all(|byte| letter(byte) || matches!(byte, b'\r' | b'\n'))
}

/// Whether a value looks like a signature or ciphertext: long enough, on one line, with all kinds of characters or
/// hexadecimal, and mixed as only chance mixes them. Concatenated words and numbers are not: there the kind of character
/// seldom changes.
pub fn is_sealed(text: &str) -> bool {
    let has = |test: fn(&u8) -> bool| text.as_bytes().iter().any(test);
    let kinds = || has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let hex = || text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    // In random data it changes in 64 % of positions for base64, 47 % for hexadecimal.
    let mixed = |percent| changes(text.as_bytes()) * 100 >= text.len() * percent;
    text.len() >= SHORTEST_SEAL
        && is_base64(text)
        && !text.contains(['\r', '\n'])
        && (kinds() && mixed(40) || hex() && mixed(25))
}

/// How often a character is followed by one of another kind.
fn changes(text: &[u8]) -> usize {
    let kind = |byte: &u8| match byte {
        b'A'..=b'Z' => Some(0),
        b'a'..=b'z' => Some(1),
        b'0'..=b'9' => Some(2),
        _ => None,
    };
    let differ = |pair: &&[u8]| match pair {
        [one, two] => kind(one).zip(kind(two)).is_some_and(|(one, two)| one != two),
        _ => false,
    };
    text.windows(2).filter(differ).count()
}

/// Ids that providers issue, or that clients choose to receive back. Anything else called an id may be a person's number.
const IDS: &[&str] = &[
    "id",
    "agent_id",
    "approval_request_id",
    "assistant_id",
    "batch_id",
    "call_id",
    "connector_id",
    "container_id",
    "context_id",
    "conversation_id",
    "deployment_id",
    "endpoint_id",
    "file_id",
    "item_id",
    "library_id",
    "memory_store_id",
    "message_id",
    "model_id",
    "previous_item_id",
    "previous_response_id",
    "prompt_id",
    "response_id",
    "run_id",
    "skill_id",
    "thread_id",
    "tool_call_id",
    "tool_use_id",
    "vector_store_id",
    "voice_id",
];

/// Whether a field name denotes an id of the protocol.
pub fn is_id_key(key: &str) -> bool {
    IDS.contains(&key)
}

/// Whether a field name denotes several such ids.
pub fn is_ids_key(key: &str) -> bool {
    key.strip_suffix('s').is_some_and(is_id_key)
}

/// Whether a text is a `data:` URL without a media type.
pub fn is_untyped(text: &str) -> bool {
    let head = text.trim_start().get(..6).unwrap_or_default();
    head.eq_ignore_ascii_case("data:;")
}

/// Whether a text looks like an id issued by a provider: `msg_…`, `file-…`, `cntr_…`.
fn is_given_id(text: &str) -> bool {
    let Some(at) = text.find(['_', '-']).filter(|at| (1..=12).contains(at)) else { return false };
    let (kind, rest) = text.split_at(at);
    kind.bytes().all(|byte| byte.is_ascii_lowercase())
        && rest.len() >= 7
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Whether a setting or identifier cannot contain a value with a recognisable form: most are words of the protocol.
pub fn is_plain(text: &str) -> bool {
    const SHORT: usize = 20;
    let word = || text.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.'));
    let few = || text.bytes().filter(u8::is_ascii_digit).count() < 5 && !text.contains('@');
    text.is_ascii() && text.len() <= 64 && (word() || text.len() < SHORT && few())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_believed_by_its_looks() {
        for sealed in [
            "EqQBCkYIBRgCKkD0c2lnbmF0dXJl",
            "8f14e45f-ceea-167a-5a36-dedd4bea2543",
            "gAAAAABo1-_xZ9kQ2mW4bN7vT1cR5yU8",
        ] {
            assert_eq!(seal(sealed), Held::Sealed, "{sealed}");
        }
        for word in [
            "x",
            "13970834512",
            "EqQBCgIYAhIM", // typos:ignore
            "1397083451213970834512139708345",
            "phone13970834512phone13970834512",
            "Phone13970834512Phone13970834512Phone",
            "13970834512abc13970834512abc",
        ] {
            assert_eq!(seal(word), Held::Word, "{word}");
        }
        assert_eq!(seal("call me at 13970834512, Anna Miller"), Held::Text);
        assert_eq!(seal("手机13970834512"), Held::Text);
    }

    #[test]
    fn only_bytes_of_pictures_and_recordings_are_such() {
        let bytes = |kind| Some(Held::Bytes(kind));
        for (url, held) in [
            ("data:image/png;base64,iVBORw0KGgo=", bytes(OpaqueKind::Image)),
            (" DATA:image/png;charset=x;BASE64,iVBORw0KGgo=", bytes(OpaqueKind::Image)),
            ("data:audio/wav;base64,UklGRg==", bytes(OpaqueKind::Audio)),
            ("data:text/plain;base64,MTM5", bytes(OpaqueKind::File)),
            ("data:image/svg+xml;base64,PHN2Zz4=", bytes(OpaqueKind::File)),
            ("data:;base64,MTM5", bytes(OpaqueKind::File)),
            ("data:image/png;base64,call 13970834512", Some(Held::Text)),
            ("data:text/plain,手机 13970834512", Some(Held::Text)),
            ("data:image/svg+xml,<svg/>", Some(Held::Text)),
            ("data:", Some(Held::Text)),
            ("https://a.example/", None),
        ] {
            assert_eq!(data_url(url), held, "{url}");
        }
    }

    #[test]
    fn ids_of_providers_have_a_kind_before_them() {
        for id in ["cntr_13970834512", "file-13970834512", "msg_0a1b2c3d"] {
            assert!(is_given_id(id), "{id}");
        }
        for text in ["13970834512", "li.ming@example.org", "Call_13970834512", "a_b", "手机_13970834512"] {
            assert!(!is_given_id(text), "{text}");
        }
    }

    #[test]
    fn an_id_of_nobody_known_is_a_text() {
        let body = r#"{"customer_id":"cust_13970834512","file_id":"file-13970834512"}"#;
        let doc = Doc::parse(body.as_bytes(), crate::wire::json::Keys::Any).unwrap();
        let of = |key: &str| doc.get(doc.root(), key).map(|value| held(&doc, doc.root(), key, value));
        assert_eq!((of("customer_id"), of("file_id")), (Some(Held::Text), Some(Held::Id)));
        assert!(is_ids_key("file_ids") && !is_ids_key("customer_ids"));
    }
}
