//! Positions in a text: bytes here, lines and UTF-16 units in the protocol.

use std::ops::Range;

use serde_json::{Value, json};

/// A text with the starts of its lines.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(at, byte)| ends_line(text, *at, *byte));
        Self { text, starts: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    /// The byte at a position. One beyond the end of a line or of the text is that end, as the protocol says.
    pub(super) fn byte(&self, position: &Value) -> usize {
        let number = |name: &str| position.get(name).and_then(Value::as_u64).unwrap_or(0);
        let line = usize::try_from(number("line")).unwrap_or(usize::MAX);
        let Some(start) = self.starts.get(line).copied() else { return self.text.len() };
        let mut units = usize::try_from(number("character")).unwrap_or(usize::MAX);
        let line = self.line(line);
        for (at, ch) in line.char_indices() {
            // A position inside a surrogate pair is the one before it.
            if units < ch.len_utf16() {
                return start + at;
            }
            units -= ch.len_utf16();
        }
        start + line.len()
    }

    /// A line without its end.
    fn line(&self, index: usize) -> &'t str {
        let start = self.starts.get(index).copied().unwrap_or(self.text.len());
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n'])
    }

    /// The position of a byte.
    fn position(&self, byte: usize) -> Value {
        let line = self.starts.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let rest = self.text.get(start..).unwrap_or_default();
        let units: usize =
            rest.char_indices().take_while(|(at, _)| start + at < byte).map(|(_, ch)| ch.len_utf16()).sum();
        json!({"line": line, "character": units})
    }

    /// The range of a span.
    pub(super) fn range(&self, span: &Range<usize>) -> Value {
        json!({"start": self.position(span.start), "end": self.position(span.end.max(span.start))})
    }

    /// The span of a range, with its ends in order.
    pub(super) fn bytes(&self, range: &Value) -> Range<usize> {
        let at = |name: &str| self.byte(range.get(name).unwrap_or(&Value::Null));
        let (start, end) = (at("start"), at("end"));
        start.min(end)..start.max(end)
    }
}

/// Whether a byte ends a line: `\n`, `\r\n` and `\r` alone do.
fn ends_line(text: &str, at: usize, byte: u8) -> bool {
    byte == b'\n' || byte == b'\r' && text.as_bytes().get(at + 1) != Some(&b'\n')
}

/// A text after changes by the editor: the whole of it, or parts one after the other.
pub(super) fn changed(text: &str, changes: &[Value]) -> String {
    changes.iter().fold(text.to_owned(), |text, change| {
        let new = change.get("text").and_then(Value::as_str).unwrap_or_default();
        let Some(range) = change.get("range").filter(|range| !range.is_null()) else { return new.to_owned() };
        let span = Lines::new(&text).bytes(range);
        let (before, after) = (text.get(..span.start), text.get(span.end..));
        format!("{}{new}{}", before.unwrap_or_default(), after.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u64, character: u64) -> Value {
        json!({"line": line, "character": character})
    }

    #[test]
    fn columns_are_units_of_utf_16() {
        let text = "a = '安伴😀'\r\nb\rc\n";
        let lines = Lines::new(text);
        for (position, before) in [
            (at(0, 5), "a = '"),
            (at(0, 7), "a = '安伴"),
            (at(0, 9), "a = '安伴😀"),
            (at(0, 10), "a = '安伴😀'"),
            (at(1, 0), "a = '安伴😀'\r\n"),
            (at(2, 1), "a = '安伴😀'\r\nb\rc"),
        ] {
            assert_eq!(text.get(..lines.byte(&position)), Some(before));
            assert_eq!(lines.position(before.len()), position);
        }
        // In the middle of a surrogate pair, past the end of the line, past the end of the text, and nonsense.
        assert_eq!(lines.byte(&at(0, 8)), lines.byte(&at(0, 7)));
        assert_eq!(lines.byte(&at(0, 99)), "a = '安伴😀'".len());
        assert_eq!(lines.byte(&at(99, 0)), text.len());
        assert_eq!(lines.byte(&json!({"line": -1, "character": "x"})), 0);
        assert_eq!(lines.byte(&at(u64::MAX, u64::MAX)), text.len());
    }

    #[test]
    fn changes_are_made_in_their_order() {
        let range = |a: Value, b: Value| json!({"start": a, "end": b});
        let changes = [
            json!({"range": range(at(0, 1), at(0, 2)), "text": "好"}),
            json!({"range": range(at(0, 3), at(0, 2)), "text": "!"}),
        ];
        assert_eq!(changed("汉字x", &changes), "汉好!");
        assert_eq!(changed("old", &[json!({"text": "new"}), json!({"nothing": 1})]), "");
    }
}
