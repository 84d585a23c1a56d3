//! Lone surrogates. JavaScript cuts texts between UTF-16 units, so the two escapes of one character (`\ud83d\ude00`) may
//! arrive in two frames, and the client joins them again. A Rust string cannot hold a lone surrogate; during processing it
//! is represented by a character of the last private-use plane, which no font and no protocol uses.

use std::borrow::Cow;

use ombud_core::exchange::escape_json;

use super::json::{Doc, Node, unescape};

/// Where surrogates are mapped: U+D800 to this character, the others after it.
const PLANE: u32 = 0x10_f800;
const FIRST: u32 = 0xd800;

/// The decoded text of a string with its lone surrogates kept.
pub fn text<'a>(doc: &Doc<'a>, node: Node) -> Cow<'a, str> {
    let text = doc.string(node);
    if doc.is_escaped(node) && text.contains('\u{fffd}') {
        Cow::Owned(unescape(&kept(doc.raw(node))).0)
    } else {
        text
    }
}

/// The raw text with each lone surrogate replaced by its stand-in character.
fn kept(raw: &str) -> String {
    let unit = |at: usize| {
        let hex = raw.get(at..).and_then(|rest| rest.strip_prefix("\\u")).and_then(|rest| rest.get(..4));
        hex.and_then(|hex| u32::from_str_radix(hex, 16).ok())
    };
    let mut out = String::with_capacity(raw.len());
    let mut done = 0;
    while let Some(next) = raw.get(done..).and_then(|rest| rest.find('\\')) {
        let at = done + next;
        out.push_str(raw.get(done..at).unwrap_or_default());
        let (length, half) = match unit(at) {
            Some(0xd800..0xdc00) if unit(at + 6).is_some_and(|low| (0xdc00..0xe000).contains(&low)) => {
                (12, None)
            }
            Some(lone @ 0xd800..0xe000) => (6, char::from_u32(PLANE + lone - FIRST)),
            Some(_) => (6, None),
            None => (2, None),
        };
        done = (at + length).min(raw.len());
        match half {
            Some(half) => out.push(half),
            None => out.push_str(raw.get(at..done).unwrap_or_default()),
        }
    }
    out.push_str(raw.get(done..).unwrap_or_default());
    out
}

/// The UTF-16 unit that a character represents, if it is a stand-in for a surrogate.
fn unit(ch: char) -> Option<u32> {
    u32::from(ch).checked_sub(PLANE).map(|unit| unit + FIRST).filter(|unit| *unit < 0xe000)
}

/// Joins adjacent surrogates that form a pair.
pub fn rejoin(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|ch| unit(ch).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut high: Option<char> = None;
    for ch in text.chars() {
        let whole = high.and_then(unit).zip(unit(ch)).filter(|(high, low)| *high < 0xdc00 && *low >= 0xdc00);
        let whole =
            whole.and_then(|(high, low)| char::from_u32(0x1_0000 + ((high - FIRST) << 10) + (low - 0xdc00)));
        if let Some(whole) = whole {
            out.push(whole);
            high = None;
        } else {
            out.extend(high.replace(ch));
        }
    }
    out.extend(high);
    Cow::Owned(out)
}

/// Appends a piece; surrogates that form a pair at the seam become one character.
pub fn append(text: &mut String, piece: &str) {
    let (last, first) = (text.chars().next_back(), piece.chars().next());
    let seam = last.zip(first).filter(|(last, first)| unit(*last).is_some() && unit(*first).is_some());
    let Some((last, first)) = seam else { return text.push_str(piece) };
    text.truncate(text.len() - last.len_utf8());
    text.push_str(&rejoin(&format!("{last}{first}")));
    text.push_str(piece.get(first.len_utf8()..).unwrap_or_default());
}

/// Escapes a text for the inside of a JSON string, writing lone surrogates as they came.
pub fn escape(text: &str) -> String {
    let joined = rejoin(text);
    let escaped = escape_json(&joined);
    if !escaped.chars().any(|ch| unit(ch).is_some()) {
        return escaped.into_owned();
    }
    escaped
        .chars()
        .map(|ch| unit(ch).map_or_else(|| ch.to_string(), |unit| format!("\\u{unit:04x}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::json::Keys;
    use super::*;

    fn read(raw: &str) -> String {
        let body = format!("\"{raw}\"");
        let doc = Doc::parse(body.as_bytes(), Keys::Any).unwrap();
        text(&doc, doc.root()).into_owned()
    }

    #[test]
    fn halves_survive_and_meet() {
        assert_eq!(escape(&read(r"a\ud83d")), r"a\ud83d");
        assert_eq!(escape(&read(r"\ude00 b\n")), r"\ude00 b\n");
        assert_eq!(escape(&(read(r"a\ud83d") + &read(r"\ude00 b"))), "a😀 b");
        let mut joined = read(r"a\ud83d");
        append(&mut joined, &read(r"\ude00 b"));
        append(&mut joined, "c");
        assert_eq!(joined, "a😀 bc");
        assert_eq!(read(r"\ud83d\ude00 \\ud83d \u00e9"), "😀 \\ud83d é");
        assert_eq!(escape(&read(r"\ud83d\ud83d\ude00\udead")), r"\ud83d😀\udead");
    }
}
