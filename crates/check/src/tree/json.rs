//! JSON with spans, bounded like YAML. Numbers and booleans are kept as written.

use super::{Fault, MAX_DEPTH, MAX_NODES, Node, Value};

/// An open container: a list, or an object with the key that waits for its value.
enum Open {
    Items(usize, Vec<Node>),
    Fields(usize, Vec<(String, Node)>, Option<String>),
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    nodes: usize,
}

/// Parses a document.
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut reader = Reader { text, at: start, nodes: 0 };
    reader.document()
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Node, Fault> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let done = self.step(&mut open)?;
            let Some(node) = done else { continue };
            match open.last_mut() {
                None => return Ok(node),
                Some(Open::Items(_, items)) => items.push(node),
                Some(Open::Fields(_, fields, key)) => {
                    let name = key.take().ok_or_else(|| self.fault(false))?;
                    fields.push((name, node));
                }
            }
        }
    }

    /// Reads one token and returns a value if it completes one.
    fn step(&mut self, open: &mut Vec<Open>) -> Result<Option<Node>, Fault> {
        self.space();
        if open.len() > MAX_DEPTH || self.nodes > MAX_NODES {
            return Err(self.fault(true));
        }
        let start = self.at;
        match self.peek() {
            Some(b'{') => self.enter(open, Open::Fields(start, Vec::new(), None)),
            Some(b'[') => self.enter(open, Open::Items(start, Vec::new())),
            Some(b'}' | b']') => return self.close(open).map(Some),
            Some(b',' | b':') => self.at += 1,
            Some(b'"') => {
                let text = self.string()?;
                if let Some(Open::Fields(_, _, key @ None)) = open.last_mut() {
                    *key = Some(text);
                } else {
                    return Ok(Some(self.node(start, Value::Text(text))));
                }
            }
            Some(_) => return self.word(start).map(Some),
            None => return Err(self.fault(false)),
        }
        Ok(None)
    }

    fn enter(&mut self, open: &mut Vec<Open>, what: Open) {
        self.at += 1;
        open.push(what);
    }

    fn close(&mut self, open: &mut Vec<Open>) -> Result<Node, Fault> {
        let fields = self.peek() == Some(b'}');
        let what = open.pop();
        self.at += 1;
        match what {
            Some(Open::Items(start, items)) if !fields => Ok(self.node(start, Value::Items(items))),
            Some(Open::Fields(start, all, None)) if fields => Ok(self.node(start, Value::Fields(all))),
            _ => Err(self.fault(false)),
        }
    }

    fn node(&mut self, start: usize, value: Value) -> Node {
        self.nodes += 1;
        Node { span: start..self.at, value }
    }

    /// Reads a number, `true`, `false` or `null`.
    fn word(&mut self, start: usize) -> Result<Node, Fault> {
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.'))
        {
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or_default();
        let known = matches!(word, "true" | "false" | "null")
            || word.starts_with(|ch: char| ch.is_ascii_digit() || ch == '-');
        if !known {
            return Err(self.fault(false));
        }
        let value = if word == "null" { Value::Empty } else { Value::Text(word.to_owned()) };
        Ok(self.node(start, value))
    }

    fn string(&mut self) -> Result<String, Fault> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let plain = memchr::memchr2(b'"', b'\\', rest).ok_or_else(|| self.fault(false))?;
            text.push_str(self.text.get(self.at..self.at + plain).unwrap_or_default());
            self.at += plain + 1;
            if rest.get(plain) == Some(&b'"') {
                return Ok(text);
            }
            self.escape(&mut text)?;
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Fault> {
        let byte = self.peek().ok_or_else(|| self.fault(false))?;
        self.at += 1;
        text.push(match byte {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'"' | b'\\' | b'/' => char::from(byte),
            b'u' => self.code()?,
            _ => return Err(self.fault(false)),
        });
        Ok(())
    }

    /// Reads `\uXXXX`, and the second half of a surrogate pair.
    fn code(&mut self) -> Result<char, Fault> {
        let high = self.hex()?;
        if !(0xd800..0xdc00).contains(&high) || self.text.get(self.at..self.at + 2) != Some("\\u") {
            return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.at += 2;
        let low = self.hex()?;
        let code = 0x10000 + ((high - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff);
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let digits = self.text.get(self.at..self.at + 4).ok_or_else(|| self.fault(false))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| self.fault(false))
    }

    /// Skips whitespace, and the comments that editors allow in their settings.
    fn space(&mut self) {
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let length = match rest {
                [byte, ..] if byte.is_ascii_whitespace() => 1,
                [b'/', b'/', ..] => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                [b'/', b'*', ..] => memchr::memmem::find(rest, b"*/").map_or(rest.len(), |end| end + 2),
                _ => return,
            };
            self.at += length;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault(&self, too_complex: bool) -> Fault {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        Fault { line: u32::try_from(line).unwrap_or(u32::MAX), too_complex }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_places() {
        let text = "{\"名\": \"a\\n\\u4f60\\ud83d\\ude00\", \"n\": [1, true, null, {}]}";
        let root = parse(text).unwrap();
        assert_eq!(root.text_of("名"), "a\n你😀");
        assert_eq!(root.get("n").unwrap().items().len(), 4);
        let place = root.get("名").unwrap().span.clone();
        assert!(text.get(place).unwrap().starts_with("\"a"));
    }

    #[test]
    fn broken_and_hostile_text_is_a_fault() {
        for text in
            ["", "{", "[1", "{\"a\"}", "{1: 2}", "nope", "\"\\x\"", "\"\\u12\"", "[}", "\"a", "{\"a\": ]"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"[".repeat(10_000)).unwrap_err().too_complex);
        assert_eq!(parse("{\n\n x").unwrap_err().line, 3);
    }
}
