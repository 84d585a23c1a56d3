//! Secrets in encoded parts of a server's message: a file as a `blob`, an alleged image, base64 in the middle of a text.
//! Models read base64, and clients decode text files before they show them, so these are inspected; removing a secret
//! leaves the rest unchanged.

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use ombud_core::exchange::escape_json;

use crate::wire::json::{Doc, Kind, Node};
use crate::wire::splice::Patch;

/// Minimum length of a run that may hold a secret, in characters.
const LEAST: usize = 24;

/// Maximum number of nested encodings that are decoded.
const DEPTH: usize = 3;

/// The longest run that is decoded, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;

/// Maximum number of values, and of path segments, examined in one run.
const MOST_PIECES: usize = 8;

/// Removes the secrets from a text; `None` if there are none.
pub(super) type Look<'a> = &'a mut dyn FnMut(&str) -> Option<String>;

/// Replacements for the strings below a node that hold base64-encoded secrets.
pub(super) fn opened(doc: &Doc<'_>, root: Node, look: Look<'_>) -> Vec<Patch> {
    let mut patches = Vec::new();
    for node in doc.within(root) {
        if doc.kind(node) == Kind::String && doc.span(node).len() >= LEAST {
            let without = inside(&doc.string(node), DEPTH, look);
            patches.extend(
                without.map(|text| Patch { range: doc.span(node), with: escape_json(&text).into_owned() }),
            );
        }
    }
    patches
}

/// The text with the secrets in its base64 runs removed; `None` if there are none.
fn inside(text: &str, depth: usize, look: Look<'_>) -> Option<String> {
    let (mut out, mut last, mut changed) = (String::new(), 0, false);
    for (start, run) in runs(text) {
        let found =
            pieces(run).into_iter().find_map(|(at, piece)| Some((at, piece, without(piece, depth, look)?)));
        let Some((at, piece, without)) = found else { continue };
        out.push_str(text.get(last..start + at).unwrap_or_default());
        out.push_str(&without);
        (last, changed) = (start + at + piece.len(), true);
    }
    out.push_str(text.get(last..).unwrap_or_default());
    changed.then_some(out)
}

/// The parts of a run that may be encoded: the whole, what follows an equals sign (`KEY=…`, `?c=…`), what follows a slash,
/// or what lies between two.
fn pieces(run: &str) -> Vec<(usize, &str)> {
    let mut all = vec![(0, run)];
    // The last line may be a separate word that is equally short.
    all.extend(run.trim_end().rsplit_once(['\n', '\r']).map(|(lines, _)| (0, lines.trim_end())));
    let padding = run.len() - run.trim_end_matches('=').len();
    let open = run.len() - padding;
    let ends = |sign: char| {
        let inner = run.get(..open).unwrap_or_default();
        inner.match_indices(sign).map(|(at, _)| at + 1).take(MOST_PIECES).collect::<Vec<_>>()
    };
    let (values, slashes) = (ends('='), ends('/'));
    for start in values.iter().chain(&slashes) {
        let rest = run.get(*start..).unwrap_or_default();
        all.push((*start, rest));
        let end = rest.find('/').filter(|_| slashes.contains(start));
        all.extend(end.and_then(|end| Some((*start, rest.get(..end)?))));
    }
    all.retain(|(_, piece)| piece.len() >= LEAST);
    all
}

/// A run with its secrets removed, encoded again.
fn without(run: &str, depth: usize, look: Look<'_>) -> Option<String> {
    // Joins the lines of a file, as mail, certificates and manifests wrap them.
    let whole: String = run.chars().filter(|ch| !ch.is_ascii_whitespace()).collect();
    if whole.len() > LONGEST {
        return None;
    }
    let engines: [&GeneralPurpose; 4] = [&STANDARD, &URL_SAFE, &STANDARD_NO_PAD, &URL_SAFE_NO_PAD];
    let decoded = engines.iter().find_map(|engine| Some((engine, legible(&engine.decode(&whole).ok()?)?)));
    let (engine, (text, coding)) = decoded?;
    let deeper = if depth > 1 { inside(&text, depth - 1, look) } else { None };
    let open = look(deeper.as_deref().unwrap_or(&text));
    open.or(deeper).map(|text| engine.encode(coding.bytes(&text)))
}

/// The text encoding of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Utf8,
    /// One byte per character: non-ASCII may be anything (Latin-1, GB18030), ASCII is itself.
    Bytes,
    /// UTF-16, in either byte order.
    Wide {
        high_first: bool,
    },
}

impl Coding {
    fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Bytes => text.chars().map(|ch| u8::try_from(ch).unwrap_or(b'?')).collect(),
            Self::Wide { high_first: true } => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Wide { high_first: false } => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        }
    }
}

/// Bytes as text, such that encoding it again yields the same bytes; `None` if they are not text.
pub(super) fn legible(bytes: &[u8]) -> Option<(String, Coding)> {
    let plain = |text: &str| !text.chars().any(|ch| ch.is_ascii_control() && !ch.is_ascii_whitespace());
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains('\0')
    {
        return Some((text.to_owned(), Coding::Utf8));
    }
    let wide = |high_first: bool| {
        let (pairs, []) = bytes.as_chunks::<2>() else { return None };
        let unit =
            |pair: &[u8; 2]| if high_first { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
        let text = String::from_utf16(&pairs.iter().map(unit).collect::<Vec<_>>()).ok()?;
        // Of other bytes, few would be ASCII when read this way.
        let ascii = text.chars().filter(char::is_ascii).count();
        (plain(&text) && (text.starts_with('\u{feff}') || ascii * 4 > pairs.len())).then_some(text)
    };
    let bytes_each = || bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    for high_first in [false, true] {
        if let Some(text) = wide(high_first) {
            return Some((text, Coding::Wide { high_first }));
        }
    }
    Some((bytes_each(), Coding::Bytes)).filter(|(text, _)| plain(text))
}

/// Runs of characters that may be base64, with their offsets. A run may continue on the next line, indented or not.
fn runs(text: &str) -> Vec<(usize, &str)> {
    let is_in = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '+' | '/' | '-' | '_' | '=');
    let mut begins = false;
    let mut part = |ch: char| {
        let indents = begins && matches!(ch, ' ' | '\t');
        begins = indents || matches!(ch, '\n' | '\r');
        is_in(ch) || begins
    };
    let mut found = Vec::new();
    let mut from = 0;
    for piece in text.split_inclusive(|ch: char| !part(ch)) {
        let run = piece.trim_end_matches(|ch: char| !is_in(ch));
        let begun = run.trim_start_matches(|ch: char| !is_in(ch));
        let start = from + (run.len() - begun.len());
        if begun.len() >= LEAST {
            found.extend(blocks(begun).into_iter().map(|(at, block)| (start + at, block)));
        }
        from += piece.len();
    }
    found
}

/// The lines of a run as blocks: encoders wrap all lines to the same length, and only the last may be shorter. Single words
/// on separate lines do not form a block.
fn blocks(run: &str) -> Vec<(usize, &str)> {
    let mut found: Vec<(usize, usize, usize, bool)> = Vec::new();
    let mut at = 0;
    for line in run.split_inclusive(['\n', '\r']) {
        let own = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        match found.last_mut() {
            _ if own.is_empty() => {}
            Some((_, end, width, open)) if *open && own.len() <= *width => {
                *open = own.len() == *width;
                *end = start + own.len();
            }
            _ => found.push((start, start + own.len(), own.len(), own.len() >= LEAST)),
        }
    }
    let all = found.into_iter().filter_map(|(start, end, ..)| Some((start, run.get(start..end)?)));
    all.filter(|(_, block)| block.len() >= LEAST).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn without_secret(text: &str) -> Option<String> {
        let mut look = |text: &str| text.contains("SECRET").then(|| text.replace("SECRET", "***"));
        inside(text, DEPTH, &mut look)
    }

    #[test]
    fn what_is_encoded_loses_its_secrets_and_nothing_else() {
        let file = "HOST=db.internal\nPASSWORD=SECRET\nPORT=5432\n";
        let coded = STANDARD.encode(file);
        let clean = STANDARD.encode(file.replace("SECRET", "***"));
        assert_eq!(without_secret(&coded), Some(clean.clone()));
        assert_eq!(without_secret(&format!("see {coded}, please")), Some(format!("see {clean}, please")));
        let wrapped = format!("{}\n{}", coded.get(..36).unwrap(), coded.get(36..).unwrap());
        assert_eq!(without_secret(&wrapped), Some(clean.clone()));
        assert_eq!(without_secret(&STANDARD.encode(&coded)), Some(STANDARD.encode(&clean)));
        for url in [URL_SAFE.encode(file), STANDARD_NO_PAD.encode(file), URL_SAFE_NO_PAD.encode(file)] {
            assert!(without_secret(&url).is_some(), "{url}");
        }
        for (before, between, after) in [
            ("GOOGLE_B64=", "", ""),
            ("https://x.example/?c=", "", "&d=e"),
            ("https://x.example/path/", "", "/more"),
            ("data:\n  file: |\n    ", "\n    ", "\n  other: x"),
        ] {
            let (one, two) = coded.split_at(32);
            let given = format!("{before}{one}{between}{two}{after}");
            assert_eq!(without_secret(&given), Some(format!("{before}{clean}{after}")));
        }
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let german = |text: &str| [b"Schl\xfcssel ", text.as_bytes()].concat();
        let chinese = |text: &str| [b"\xc3\xdc\xd4\xbf ", text.as_bytes()].concat();
        let (given, told) = ("key SECRET for you", "key *** for you");
        for (given, told) in
            [(wide(given), wide(told)), (german(given), german(told)), (chinese(given), chinese(told))]
        {
            assert_eq!(without_secret(&STANDARD.encode(given)), Some(STANDARD.encode(told)));
        }
        for text in [
            "SECRET in the open is for others to find",
            &STANDARD.encode("nothing of the kind stands in here"),
            &STANDARD
                .encode([0xff_u8, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70, 0, 1, 1, 1, 0, 96, 0, 96, 0, 0]),
            "",
        ] {
            assert_eq!(without_secret(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_legible_comes_out_as_it_was(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Some((text, coding)) = legible(&bytes) {
                prop_assert_eq!(coding.bytes(&text), bytes);
            }
        }

        #[test]
        fn any_text_is_safe_and_stays_as_it_is(text in "[A-Za-z0-9+/=_\\-\r\n é。]{0,200}") {
            prop_assert_eq!(inside(&text, DEPTH, &mut |_| None), None);
            let same = |text: &str| Some(text.to_owned());
            let mut look = same;
            let _ = inside(&text, DEPTH, &mut look);
        }
    }
}
