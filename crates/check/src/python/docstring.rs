//! Finds the docstrings of a Python file: strings on their own at the head of a module, class or function.

use std::ops::Range;

/// Returns the docstrings of a text without parsing it, so that broken and hostile files are covered too. Linear time.
pub(crate) fn docstrings(text: &str) -> Vec<Range<usize>> {
    let mut scan =
        Scan { bytes: text.as_bytes(), at: 0, depth: 0, before: None, fresh: true, found: Vec::new() };
    while scan.at < scan.bytes.len() {
        scan.step();
    }
    scan.found
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    /// Depth of open brackets.
    depth: usize,
    /// The last byte of code; `None` before any.
    before: Option<u8>,
    /// Only whitespace since the start of the line.
    fresh: bool,
    found: Vec<Range<usize>>,
}

impl Scan<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn step(&mut self) {
        match self.byte(self.at) {
            b'#' => self.at = self.end_of_line(),
            b'\n' => (self.fresh, self.at) = (true, self.at + 1),
            b' ' | b'\t' | b'\r' | 0x0c => self.at += 1,
            b'"' | b'\'' => self.string(self.at),
            b'r' | b'R' | b'u' | b'U' if self.fresh && matches!(self.byte(self.at + 1), b'"' | b'\'') => {
                self.string(self.at + 1);
            }
            other => self.code(other),
        }
    }

    fn code(&mut self, byte: u8) {
        match byte {
            b'(' | b'[' | b'{' => self.depth += 1,
            b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        (self.before, self.fresh, self.at) = (Some(byte), false, self.at + 1);
    }

    fn end_of_line(&self) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |end| self.at + end)
    }

    /// Consumes a string, given the position of its first quote.
    fn string(&mut self, quote: usize) {
        let documents = self.fresh && self.depth == 0 && matches!(self.before, None | Some(b':'));
        let start = self.at;
        let mark = self.byte(quote);
        let triple = self.byte(quote + 1) == mark && self.byte(quote + 2) == mark;
        self.at = self.behind(quote + if triple { 3 } else { 1 }, mark, triple);
        if documents && triple {
            self.found.push(start..self.at);
        }
        (self.before, self.fresh) = (Some(mark), false);
    }

    /// Returns the offset just after a string; a single-quoted one also ends with its line.
    fn behind(&self, mut at: usize, mark: u8, triple: bool) -> usize {
        while at < self.bytes.len() {
            match self.byte(at) {
                b'\\' => at += 1,
                b'\n' if !triple => return at,
                byte if byte == mark && !triple => return at + 1,
                byte if byte == mark && self.byte(at + 1) == mark && self.byte(at + 2) == mark => {
                    return at + 3;
                }
                _ => {}
            }
            at += 1;
        }
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        docstrings(text).into_iter().map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn documentation_is_told_from_values() {
        let text = "#!x\n'''module'''\nX = '''value'''\ndef f(a: str = ':'):\n    r\"\"\"says 'what'\n    it does\"\"\"\n    return g(\n    '''argument''')\nclass A:\n    # why\n    '''of class'''\n    x = {1:\n    '''item'''}\n";
        assert_eq!(found(text), ["'''module'''", "r\"\"\"says 'what'\n    it does\"\"\"", "'''of class'''"]);
    }

    #[test]
    fn every_part_of_a_hostile_text_is_read() {
        let text = "def f():\n  r'''\\'\u{6c49}\n\"\"\"#\\\n'''(\r\n\"x\ny:\n  \"\"\"\u{feff}\"\"\"\"\\";
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            for start in (0..=end).filter(|start| text.is_char_boundary(*start)) {
                let part = text.get(start..end).unwrap();
                assert!(docstrings(part).iter().all(|range| part.get(range.clone()).is_some()), "{part:?}");
            }
        }
    }

    #[test]
    fn broken_strings_end() {
        assert_eq!(found("def f():\n    '''never closed \\").len(), 1);
        assert!(found("'\n\"\n'''").len() <= 1 && found("\\").is_empty());
    }
}
