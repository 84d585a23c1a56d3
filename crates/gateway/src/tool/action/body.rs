//! A body as it appears in a call, where the rules examine it. A file that cannot be read is represented by its length and
//! SHA-256, so that approving one file does not approve another; it leaves only if the document says that files are sent
//! there.

use std::ops::Range;

use axum::body::Bytes;
use memchr::memmem::{find, find_iter};
use ombud_core::exchange::escape_json;

use crate::consent::sha256;
use crate::wire::json::{Doc, Keys};

/// Endings of media types that are text, besides `text/…`: what is not UTF-8 there is not a file, whatever the document
/// says.
const TEXTS: &[&str] = &["json", "xml", "yaml", "x-www-form-urlencoded", "graphql", "javascript"];

/// A body as text, and the files that the text only names, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    text: String,
    json: bool,
    files: Vec<(String, Bytes)>,
}

impl Written {
    /// Represents a body; `None` if a part of it is unreadable and not a file according to the document. `kind` is the
    /// content type that was sent, `media` the types that the document names.
    pub(super) fn of(body: &Bytes, kind: &str, media: &[String]) -> Option<Self> {
        if let Some(text) = readable(body) {
            let json = Doc::parse(body, Keys::Any).is_ok();
            return Some(Self { text: text.to_owned(), json, files: Vec::new() });
        }
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        media.iter().any(|known| fits(known, &essence)).then_some(())?;
        let parts = if essence == "multipart/form-data" {
            files(body, &boundary(kind)?)?
        } else {
            (!is_text(&essence)).then(|| std::iter::once(0..body.len()).collect())?
        };
        Self::around(body, parts)
    }

    /// Replaces the files by their names in the text around them.
    fn around(body: &Bytes, parts: Vec<Range<usize>>) -> Option<Self> {
        let (mut text, mut files, mut done) = (String::new(), Vec::new(), 0);
        for part in parts {
            text.push_str(readable(body.get(done..part.start)?)?);
            let bytes = body.slice(part.clone());
            let (count, digest) = (bytes.len(), sha256(&bytes));
            let name = format!("[{count} bytes, not inspected / 未经检查的 {count} 字节, SHA-256 {digest}]");
            text.push_str(&name);
            files.push((name, bytes));
            done = part.end;
        }
        text.push_str(readable(body.get(done..)?)?);
        // A file is put back where its name appears, so the name may appear nowhere else.
        let once = |(name, _): &(String, Bytes)| {
            text.matches(name.as_str()).count() == files.iter().filter(|(other, _)| other == name).count()
        };
        files.iter().all(once).then_some(Self { text, json: false, files })
    }

    /// The value of `body`; `None` for an empty one.
    pub(super) fn value(&self) -> Option<String> {
        match self.json {
            _ if self.text.is_empty() => None,
            true => Some(self.text.clone()),
            false => Some(format!("\"{}\"", escape_json(&self.text))),
        }
    }

    /// Whether it is embedded in the call as JSON.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// The bytes of a text with its files put back.
    pub(super) fn bytes(&self, text: &str) -> Option<Bytes> {
        let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
        for (name, bytes) in &self.files {
            let (before, after) = rest.split_once(name.as_str())?;
            out.extend_from_slice(before.as_bytes());
            out.extend_from_slice(bytes);
            rest = after;
        }
        out.extend_from_slice(rest.as_bytes());
        Some(out.into())
    }
}

/// Bytes as text, if every parser reads them alike. UTF-16 without a byte order mark is valid UTF-8 full of zeros.
pub(super) fn readable(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// Whether a media type denotes text.
pub(super) fn is_text(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/") || TEXTS.iter().any(|end| essence.ends_with(end))
}

/// Whether a media type is one that the document names, also by a pattern like `image/*`.
fn fits(known: &str, essence: &str) -> bool {
    let known = known.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    known == essence || known == "*/*" || known.strip_suffix('*').is_some_and(|all| essence.starts_with(all))
}

/// The boundary of a `multipart/form-data` body (RFC 7578 §4.1); `None` if it is ambiguous.
fn boundary(kind: &str) -> Option<String> {
    let own = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    };
    let mut all = kind.split(';').filter_map(own);
    let one = all.next().filter(|boundary| !boundary.is_empty() && !boundary.contains(['"', '\\']));
    one.filter(|_| all.next().is_none())
}

/// The positions of unreadable files, which are parts with a file name. `None` if another parser could see different parts.
fn files(body: &[u8], boundary: &str) -> Option<Vec<Range<usize>>> {
    let mark = format!("--{boundary}");
    let is_line = |at: &usize| {
        let begins = *at == 0 || body.get(..*at).is_some_and(|before| before.ends_with(b"\r\n"));
        let after = body.get(at + mark.len()..).unwrap_or_default();
        begins && (after.starts_with(b"\r\n") || after.starts_with(b"--"))
    };
    let lines: Vec<usize> = find_iter(body, mark.as_bytes()).filter(is_line).collect();
    let mut found = Vec::new();
    for (from, to) in lines.iter().zip(lines.iter().skip(1)) {
        let start = from + mark.len();
        let part = body.get(start..*to)?;
        let Some(end) = find(part, b"\r\n\r\n") else { continue };
        let (head, content) = (readable(part.get(..end)?)?, start + end + 4..to.checked_sub(2)?);
        let bytes = body.get(content.clone())?;
        if readable(bytes).is_some() {
            continue;
        }
        let odd = head.contains("\n\n") || head.contains("\r\r") || find(bytes, mark.as_bytes()).is_some();
        let file = head.to_ascii_lowercase().replace(' ', "").contains(";filename");
        if odd || !file {
            return None;
        }
        found.push(content);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: &str = "multipart/form-data; boundary=x";

    fn form(disposition: &str, content: &[u8]) -> Bytes {
        let head = format!("--x\r\nContent-Disposition: form-data; name=\"f\"{disposition}\r\n\r\n");
        let tail =
            "\r\n--x\r\nContent-Disposition: form-data; name=\"address\"\r\n\r\ntel 13970834512\r\n--x--\r\n";
        [head.as_bytes(), content, tail.as_bytes()].concat().into()
    }

    fn written(body: &Bytes, kind: &str, media: &str) -> Option<Written> {
        Written::of(body, kind, &[media.to_owned()])
    }

    #[test]
    fn what_nobody_can_read_is_a_file_of_the_document_or_nothing() {
        let binary = Bytes::from_static(b"{\"amount\":1,\"x\":\"\xff\"}");
        let wide = Bytes::from_static(b"1\x003\x009\x00");
        for (body, kind, media) in [
            (&binary, "application/json", "application/json"),
            (&binary, "text/csv", "text/*"),
            (&binary, "image/png", "application/json"),
            (&binary, "", "image/png"),
            (&wide, "text/plain", "text/plain"),
        ] {
            assert_eq!(written(body, kind, media), None, "{kind} {media}");
        }
        for (kind, media) in [
            ("image/png", "image/*"),
            ("Application/Octet-Stream", "application/octet-stream"),
            // The type name contains `xml`, but it is not XML.
            ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "*/*"),
        ] {
            let file = written(&binary, kind, media).unwrap();
            assert!(file.text.contains(&format!("{} bytes", binary.len())), "{}", file.text);
            assert_eq!(file.bytes(&file.text).unwrap(), binary);
        }
    }

    #[test]
    fn in_a_form_fields_are_read_and_files_are_named_by_what_they_hold() {
        let media = "multipart/form-data";
        let one = written(&form("; filename=\"a.png\"", b"\x89PNG\xff"), FORM, media).unwrap();
        let two = written(&form("; filename=\"a.png\"", b"\x89PNG\xfe"), FORM, media).unwrap();
        assert!(one.text.contains("tel 13970834512") && !one.is_json());
        assert_ne!(one.value(), two.value());
        let restored = one.bytes(&one.text.replace("13970834512", "13900000000")).unwrap();
        assert!(
            find(&restored, b"\x89PNG\xff\r\n--x").is_some() && find(&restored, b"13900000000").is_some()
        );
        // A field is not a file, and neither is what another parser would see as a field.
        assert_eq!(written(&form("", b"13970834512\xff"), FORM, media), None);
        assert_eq!(written(&form("; filename=a", b"\xff\n--x\nfield"), FORM, media), None);
        assert_eq!(written(&form("\n\n13970834512; filename=a", b"\xff"), FORM, media), None);
        assert_eq!(
            written(&form("; filename=a", b"\xff"), "multipart/form-data; boundary=x; boundary=y", media),
            None
        );
    }

    #[test]
    fn the_name_of_a_file_stands_nowhere_else() {
        let file = written(&Bytes::from_static(b"\xff"), "image/png", "image/png").unwrap();
        let forged = form(&format!("; filename=a\r\nx: {}", file.text), b"\xff");
        assert_eq!(written(&forged, FORM, "multipart/form-data"), None);
    }

    proptest! {
        #[test]
        fn any_body_comes_back_as_it_was(body in proptest::collection::vec(prop_oneof![Just(b'-'), Just(b'x'), Just(b'\r'), Just(b'\n'), any::<u8>()], 0..120)) {
            let body = Bytes::from(body);
            for kind in [FORM, "image/png", "text/plain"] {
                if let Some(written) = Written::of(&body, kind, &["*/*".to_owned()]) {
                    prop_assert_eq!(written.bytes(&written.text).unwrap(), body.clone());
                }
            }
        }
    }
}
