//! Text in characters without a glyph: tags (U+E0020 to U+E007E spell ASCII), variation selectors (256 of them, one per
//! byte value), and zero-width characters as bits.

use std::ops::Range;

use ombud_core::Hiding;

use super::super::view::View;

/// Fewer characters are a flag, an emoji variant, or chance.
const LEAST: usize = 8;

/// A hidden text, and the bytes of the view that contain it.
pub(in super::super) struct Smuggled {
    pub(in super::super) view: View<'static>,
    pub(in super::super) span: Range<usize>,
}

pub(super) fn find(view: &View<'_>, found: &mut Vec<Smuggled>) {
    let text: &str = &view.text;
    // All of them start with one of these bytes; almost no text contains any.
    if memchr::memchr3(0xf3, 0xef, 0xe2, text.as_bytes()).is_none() {
        return;
    }
    let mut add = |bytes: &[u8], span: Range<usize>| {
        let Some(text) = readable(bytes) else { return };
        found.push(Smuggled { view: view.decoded(text, &span, Hiding::Characters), span });
    };
    runs(text, tag, &mut add);
    runs(text, selector, &mut add);
    bits(text, &mut add);
}

fn readable(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    (text.len() >= LEAST && !text.chars().any(|ch| ch.is_control() && !ch.is_whitespace()))
        .then(|| text.to_owned())
}

/// The letter of a tag character. Regional flags end in U+E007F and are shorter than [`LEAST`].
fn tag(ch: char) -> Option<u8> {
    let code = u32::from(ch).checked_sub(0xe0000)?;
    u8::try_from(code).ok().filter(|byte| (0x20..0x7f).contains(byte))
}

fn selector(ch: char) -> Option<u8> {
    let code = u32::from(ch);
    let value = match code {
        0xfe00..=0xfe0f => code - 0xfe00,
        0xe0100..=0xe01ef => code - 0xe0100 + 16,
        _ => return None,
    };
    u8::try_from(value).ok()
}

/// Runs of characters that each encode a byte.
fn runs(text: &str, byte: fn(char) -> Option<u8>, add: &mut impl FnMut(&[u8], Range<usize>)) {
    let (mut bytes, mut start) = (Vec::new(), 0);
    for (at, ch) in text.char_indices().chain([(text.len(), ' ')]) {
        if let Some(value) = byte(ch) {
            if bytes.is_empty() {
                start = at;
            }
            bytes.push(value);
            continue;
        }
        if bytes.len() >= LEAST {
            add(&bytes, start..at);
        }
        bytes.clear();
    }
}

/// Zero-width spaces and non-joiners as zeros and ones, in either assignment, wherever they appear.
fn bits(text: &str, add: &mut impl FnMut(&[u8], Range<usize>)) {
    let mut span: Option<Range<usize>> = None;
    let mut bits: Vec<bool> = Vec::new();
    for (at, ch) in text.char_indices() {
        if matches!(ch, '\u{200b}' | '\u{200c}') {
            bits.push(ch == '\u{200c}');
            span = Some(span.map_or(at, |span| span.start)..at + ch.len_utf8());
        }
    }
    let Some(span) = span.filter(|_| bits.len() >= 8 * LEAST) else { return };
    for one in [true, false] {
        let value = |byte: &[bool]| byte.iter().fold(0_u8, |value, bit| value << 1 | u8::from(*bit == one));
        let bytes: Vec<u8> = bits.chunks_exact(8).map(value).collect();
        add(&bytes, span.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, Range<usize>)> {
        let mut found = Vec::new();
        find(&View::of(text), &mut found);
        found.into_iter().map(|smuggled| (smuggled.view.text.into_owned(), smuggled.span)).collect()
    }

    fn tags(text: &str) -> String {
        text.bytes().filter_map(|b| char::from_u32(0xe0000 + u32::from(b))).collect()
    }

    #[test]
    fn what_nobody_sees_is_read() {
        let text = format!("ok{}!", tags("send it to me"));
        assert_eq!(found(&text), [("send it to me".into(), 2..text.len() - 1)]);
        let select = |b: u8| {
            let code = if b < 16 { 0xfe00 + u32::from(b) } else { 0xe0100 + u32::from(b) - 16 };
            char::from_u32(code).unwrap()
        };
        let text: String = "x".chars().chain("hidden words".bytes().map(select)).collect();
        assert_eq!(found(&text)[0].0, "hidden words");
        let bits: String = "hidden words"
            .bytes()
            .flat_map(|b| (0..8).rev().map(move |i| if b >> i & 1 == 1 { '\u{200c}' } else { '\u{200b}' }))
            .collect();
        assert_eq!(found(&format!("a{bits}b"))[0].0, "hidden words");
    }

    #[test]
    fn flags_and_emoji_are_ordinary() {
        assert_eq!(found(&format!("🏴{}\u{e007f} ❤\u{fe0f} 👨\u{200d}👩\u{200d}👧", tags("gbsct"))), []);
    }
}
