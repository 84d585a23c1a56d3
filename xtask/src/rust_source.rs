//! Just enough of Rust's syntax to measure code: comments and literals are blanked, test items cut, and functions found by
//! matching braces.

/// A function of production code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// First line, from 1.
    pub(crate) line: usize,
    /// Number of lines, from that of `fn` to that of the closing brace.
    pub(crate) lines: usize,
}

/// Returns the text with comments, strings, characters and everything under `#[cfg(test)]` blanked. Lines keep their
/// numbers.
pub(crate) fn production(text: &str) -> String {
    let mut bytes = blank(text);
    let mut from = 0;
    while let Some(at) = find(&bytes, b"#[cfg(test)]", from) {
        let end = item_end(&bytes, at + b"#[cfg(test)]".len());
        wipe(&mut bytes, at, end);
        from = end;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Number of lines of a file that are neither blank nor test code. Comments count, since they are read too.
pub(crate) fn production_lines(text: &str) -> usize {
    let blanked = blank(text);
    let production = production(text);
    let code = String::from_utf8_lossy(&blanked);
    let lines = text.lines().zip(code.lines()).zip(production.lines());
    // A line whose code is gone after the cut belongs to a test; one that never had code is a comment or a blank.
    let mut in_test = false;
    lines
        .filter(|((written, code), kept)| {
            if !code.trim().is_empty() {
                in_test = kept.trim().is_empty();
            }
            !written.trim().is_empty() && !in_test
        })
        .count()
}

/// Returns the functions of production code that have a body.
pub(crate) fn functions(text: &str) -> Vec<Function> {
    let production = production(text);
    let bytes = production.as_bytes();
    let mut found = Vec::new();
    let (mut from, mut counted, mut line) = (0, 0, 1);
    while let Some(at) = find(bytes, b"fn ", from) {
        from = at + 3;
        let starts_word = at == 0 || !is_word(bytes.get(at - 1).copied());
        let name: String = production
            .get(from..)
            .into_iter()
            .flat_map(str::chars)
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if !starts_word || name.is_empty() {
            continue;
        }
        let end = item_end(bytes, at);
        if bytes.get(end.saturating_sub(1)) != Some(&b'}') {
            continue;
        }
        line += newlines(bytes, counted, at);
        counted = at;
        found.push(Function { name, line, lines: newlines(bytes, at, end) + 1 });
    }
    found
}

fn is_word(byte: Option<u8>) -> bool {
    byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_' || !b.is_ascii())
}

fn newlines(bytes: &[u8], from: usize, to: usize) -> usize {
    bytes.get(from..to).into_iter().flatten().filter(|b| **b == b'\n').count()
}

fn find(bytes: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(needle.len()).position(|window| window == needle).map(|at| from + at)
}

/// Where the item that begins at `from` ends: after its `;`, or after the brace that closes its body. Brackets and
/// parentheses before the body (attributes, array types, parameters) are skipped.
fn item_end(bytes: &[u8], from: usize) -> usize {
    let (mut braces, mut nested) = (0_usize, 0_usize);
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => nested += 1,
            b')' | b']' => nested = nested.saturating_sub(1),
            b'{' => braces += 1,
            b'}' if braces <= 1 => return at + 1,
            b'}' => braces -= 1,
            b';' if braces == 0 && nested == 0 => return at + 1,
            _ => {}
        }
    }
    bytes.len()
}

fn wipe(bytes: &mut [u8], from: usize, to: usize) {
    for byte in bytes.get_mut(from..to).into_iter().flatten() {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// Returns the text with comments, strings and character literals replaced by spaces of the same length.
fn blank(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_end(&bytes, at);
        if end > at {
            wipe(&mut bytes, at, end);
        }
        at = end.max(at + 1);
    }
    bytes
}

/// Where the comment or literal that begins at `at` ends, or `at` itself if none begins there.
fn literal_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest {
        [b'/', b'/', ..] => rest.iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n),
        [b'/', b'*', ..] => block_comment_end(bytes, at),
        [b'"', ..] => string_end(bytes, at + 1),
        [b'r', b'"' | b'#', ..] if !is_word(before(bytes, at)) => raw_string_end(bytes, at + 1).unwrap_or(at),
        [b'b' | b'c', b'r', b'"' | b'#', ..] if !is_word(before(bytes, at)) => {
            raw_string_end(bytes, at + 2).unwrap_or(at)
        }
        [b'\'', ..] => char_end(bytes, at),
        _ => at,
    }
}

fn before(bytes: &[u8], at: usize) -> Option<u8> {
    at.checked_sub(1).and_then(|previous| bytes.get(previous)).copied()
}

/// End of a block comment; they nest.
fn block_comment_end(bytes: &[u8], at: usize) -> usize {
    let (mut depth, mut here) = (0_usize, at);
    while let Some(pair) = bytes.get(here..here + 2) {
        match pair {
            b"/*" => (depth, here) = (depth + 1, here + 2),
            b"*/" if depth == 1 => return here + 2,
            b"*/" => (depth, here) = (depth - 1, here + 2),
            _ => here += 1,
        }
    }
    bytes.len()
}

fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// End of a raw string; `from` is the offset of the hashes or the quote. `None` for a raw identifier such as `r#type`.
fn raw_string_end(bytes: &[u8], from: usize) -> Option<usize> {
    let hashes = bytes.get(from..)?.iter().take_while(|b| **b == b'#').count();
    let open = from + hashes;
    if bytes.get(open) != Some(&b'"') {
        return None;
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    Some(find(bytes, &close, open + 1).map_or(bytes.len(), |end| end + close.len()))
}

/// End of a character literal, or `at` for a lifetime: a literal closes after one character or one escape.
fn char_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at + 1..).unwrap_or_default();
    if rest.first() == Some(&b'\\') {
        let close = rest.iter().skip(2).position(|b| *b == b'\'');
        return close.map_or(at, |n| at + n + 4);
    }
    let width = match rest.first() {
        Some(0x00..=0x7f) => 1,
        Some(0xc0..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(_) => 4,
        None => return at,
    };
    if rest.get(width) == Some(&b'\'') { at + width + 2 } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r##"//! A file. fn not_me() {}
use std::fmt;

/// fn nor_me() { }
pub(crate) fn one<'a>(x: &'a str, y: [u8; 3]) -> &'a str {
    let brace = "}"; // }
    let raw = r#"fn three() {"#;
    let c = ['{', '\'', '\u{7b}', '好'];
    x
}

trait T {
    fn declared(&self);
    fn provided(&self) -> u8 { 1 }
}

#[cfg(test)]
use std::fs;

#[cfg(test)]
mod tests {
    // inside

    fn test_only() {
        let x = 1;
    }
}

fn after() {
}
"##;

    #[test]
    fn functions_are_measured_and_tests_left_out() {
        let found: Vec<_> = functions(SAMPLE).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        let expected = [("one", 5, 6), ("provided", 14, 1), ("after", 29, 2)];
        assert_eq!(found, expected.map(|(name, line, lines)| (name.to_owned(), line, lines)));
    }

    #[test]
    fn lines_count_comments_but_neither_blanks_nor_tests() {
        assert_eq!(production_lines(SAMPLE), 15);
        assert_eq!(production_lines("// a\n\nfn f() {}\n"), 2);
    }

    #[test]
    fn unfinished_text_is_survived() {
        for text in ["\"", "r#\"", "'", "'\\", "/*", "fn ", "#[cfg(test)]", "fn f(", "b'", "}}}"] {
            let _ = (functions(text), production_lines(text));
        }
    }

    #[test]
    fn raw_identifiers_are_no_strings() {
        assert_eq!(functions("fn r#type() {\n}\nfn g() {}").len(), 2);
    }
}
