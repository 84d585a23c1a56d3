//! Sentences: pieces of text that are weighed one by one, each with its neighbours.

use std::ops::Range;

/// Longer sentences are cut.
const LONGEST: usize = 320;
/// Shorter pieces are joined to the next one.
const SHORTEST: usize = 12;

/// The sentences of a text, in order, without what separates them. Each byte is examined a bounded number of times.
pub(super) fn sentences(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut found, mut start) = (Vec::new(), 0);
    let mut at = 0;
    while at < bytes.len() {
        let end = end_at(bytes, at);
        if let Some(end) = end.filter(|end| end - start >= SHORTEST || is_hard(bytes.get(at))) {
            push(text, start..end, &mut found);
            (start, at) = (end, end);
        } else if at - start >= LONGEST {
            let cut = cut(text, start, at);
            push(text, start..cut, &mut found);
            (start, at) = (cut, cut.max(at));
        } else {
            at += 1;
        }
    }
    push(text, start..bytes.len(), &mut found);
    found
}

/// Where a sentence ends whose final mark starts at `at`.
fn end_at(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..)? {
        [b'\n', ..] | [b'.' | b'!' | b'?' | b';', b' ' | b'"' | b'\n' | b'\\', ..] => Some(at + 1),
        // Members of a JSON document; a line break that a document inside a string contains as an escape.
        [b'"', b',' | b'}' | b']', ..] | [b'\\', b'n', ..] => Some(at + 2),
        // 。 ！ ？ ；
        [0xe3, 0x80, 0x82, ..] | [0xef, 0xbc, 0x81 | 0x9f | 0x9b, ..] => Some(at + 3),
        _ => None,
    }
}

fn is_hard(byte: Option<&u8>) -> bool {
    byte == Some(&b'\n')
}

/// A space near the end of a sentence that is too long, or else that end.
fn cut(text: &str, start: usize, end: usize) -> usize {
    let end = text.floor_char_boundary(end);
    let tail = text.floor_char_boundary(end.saturating_sub(40)).max(start + 1);
    let tail = text.ceil_char_boundary(tail);
    let blank = text.get(tail..end).and_then(|part| part.rfind(' ')).map(|at| tail + at + 1);
    blank.unwrap_or(end).max(text.ceil_char_boundary(start + 1))
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let part = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (part.len() - part.trim_start().len());
    let end = start + part.trim().len();
    if start < end {
        found.push(start..end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_up(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn sentences_end_where_they_should() {
        assert_eq!(
            cut_up("The first sentence. And v1.2 of the second!\nThird"),
            ["The first sentence.", "And v1.2 of the second!", "Third"]
        );
        assert_eq!(
            cut_up("第一句话在这里。第二句话也在这里！第三句"),
            ["第一句话在这里。", "第二句话也在这里！", "第三句"]
        );
        assert_eq!(
            cut_up(r#"{"title":"one thing","text":"another thing\nand more"}"#),
            [r#"{"title":"one thing","#, r#""text":"another thing\n"#, r#"and more"}"#]
        );
    }

    #[test]
    fn a_giant_line_is_cut() {
        let text = "字".repeat(5000);
        assert!(cut_up(&text).iter().all(|part| part.len() <= LONGEST + 4));
        let text = "word ".repeat(5000);
        assert!(cut_up(&text).iter().all(|part| part.len() <= LONGEST));
        assert_eq!(cut_up("  \n \n"), [""; 0]);
    }
}
