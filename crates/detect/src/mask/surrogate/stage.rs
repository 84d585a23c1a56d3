//! Restores surrogates, in texts cut anywhere.

use super::Surrogates;
use crate::text::is_word;

/// A piece of a text, split by surrogates.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::mask) enum Part<'m> {
    /// Text that contains none.
    Text(String),
    /// The value that a surrogate stood for.
    Value(&'m str),
}

/// Holds back what may still become a surrogate.
#[derive(Debug, Default)]
pub(in crate::mask) struct Stage {
    held: String,
    /// The last bytes that were released, at most [`ESCAPE`]: a surrogate must not start inside a word.
    before: Vec<u8>,
}

/// Length of the longest JSON escape, `\\u0000`, in bytes.
const ESCAPE: usize = 6;

impl Stage {
    /// What is held back: shorter than the longest surrogate plus the character after it.
    pub(in crate::mask) fn held(&self) -> &str {
        &self.held
    }

    /// Takes the next piece and returns what is settled; everything if it is the last.
    pub(in crate::mask) fn push<'m>(
        &mut self,
        surrogates: &'m Surrogates,
        piece: &str,
        last: bool,
    ) -> Vec<Part<'m>> {
        if surrogates.is_empty() {
            let mut parts = Vec::new();
            push_text(&mut parts, piece, 0, piece.len());
            return parts;
        }
        let mut text = std::mem::take(&mut self.held);
        text.push_str(piece);
        let hold = if last { text.len() } else { held_from(surrogates, &text) };
        let (mut parts, mut done) = (Vec::new(), 0);
        for hit in
            surrogates.automaton().into_iter().flat_map(|automaton| automaton.find_iter(text.as_bytes()))
        {
            let Some((_, value)) = surrogates.spellings.get(hit.pattern().as_usize()) else { continue };
            if hit.end() > hold || !self.stands_alone(&text, hit.start(), hit.end()) {
                continue;
            }
            push_text(&mut parts, &text, done, hit.start());
            parts.push(Part::Value(value));
            done = hit.end();
        }
        push_text(&mut parts, &text, done, hold);
        self.remember(text.as_bytes().get(..hold).unwrap_or_default());
        text.get(hold..).unwrap_or_default().clone_into(&mut self.held);
        parts
    }

    fn remember(&mut self, gone: &[u8]) {
        self.before.extend_from_slice(gone.get(gone.len().saturating_sub(ESCAPE)..).unwrap_or_default());
        self.before.drain(..self.before.len().saturating_sub(ESCAPE));
    }

    fn stands_alone(&self, text: &str, start: usize, end: usize) -> bool {
        let bytes = text.as_bytes();
        let word = |at: usize| bytes.get(at).copied().is_some_and(is_word);
        let written = bytes.get(start.saturating_sub(ESCAPE)..start).unwrap_or_default();
        let before = [self.before.as_slice(), written].concat();
        let cut = word(start) && ends_in_word(&before) || word(end.saturating_sub(1)) && word(end);
        !cut
    }
}

/// True if the last byte belongs to a word, and not to an escape such as `\\n` or `\\u4e2d`.
fn ends_in_word(before: &[u8]) -> bool {
    let escaped = match before {
        [.., b'\\', b'u', a, b, c, d] if [a, b, c, d].iter().all(|byte| byte.is_ascii_hexdigit()) => true,
        [.., b'\\', b'n' | b't' | b'r' | b'b' | b'f'] => true,
        _ => false,
    };
    !escaped && before.last().copied().is_some_and(is_word)
}

fn push_text(parts: &mut Vec<Part<'_>>, text: &str, from: usize, to: usize) {
    if let Some(text) = text.get(from..to).filter(|text| !text.is_empty()) {
        parts.push(Part::Text(text.to_owned()));
    }
}

/// Start of the text that may still become a surrogate, or that is one whose next character is not known yet.
fn held_from(surrogates: &Surrogates, text: &str) -> usize {
    let longest = surrogates.spellings.iter().map(|(spelling, _)| spelling.len()).max().unwrap_or_default();
    let from = text.ceil_char_boundary(text.len().saturating_sub(longest));
    let rest = text.get(from..).unwrap_or_default();
    let begins = |at: usize| {
        let tail = rest.get(at..).unwrap_or_default();
        surrogates.spellings.iter().any(|(spelling, _)| spelling.starts_with(tail))
    };
    rest.char_indices().map(|(at, _)| at).find(|at| begins(*at)).map_or(text.len(), |at| from + at)
}

#[cfg(test)]
mod tests {
    use ombud_core::DataType;

    use super::*;

    fn surrogates() -> Surrogates {
        let mut surrogates = Surrogates::default();
        surrogates.insert(DataType::Phone, "13912345678", "19999123456");
        surrogates.insert(DataType::Person, "王建国", "郗景行");
        surrogates
    }

    fn restored(pieces: &[&str]) -> String {
        let (surrogates, mut stage, mut out) = (surrogates(), Stage::default(), String::new());
        for (i, piece) in pieces.iter().enumerate() {
            for part in stage.push(&surrogates, piece, i + 1 == pieces.len()) {
                match part {
                    Part::Text(text) => out.push_str(&text),
                    Part::Value(value) => out.push_str(value),
                }
            }
        }
        out
    }

    #[test]
    fn words_are_not_cut() {
        assert_eq!(restored(&["call 19999123456, please"]), "call 13912345678, please");
        assert_eq!(restored(&["order 199991234567"]), "order 199991234567");
        assert_eq!(restored(&["x19999123456"]), "x19999123456");
        assert_eq!(restored(&["x", "19999123456"]), "x19999123456");
        assert_eq!(restored(&["19999123456", "7"]), "199991234567");
        assert_eq!(restored(&["请联系郗景行先生"]), "请联系王建国先生");
    }

    #[test]
    fn escapes_of_json_are_no_words() {
        assert_eq!(restored(&[r"call:\n19999123456"]), r"call:\n13912345678");
        assert_eq!(restored(&[r"\u4e2d", "19999123456"]), r"\u4e2d13912345678");
        assert_eq!(restored(&[r"\u90d7\u666f\u884c", "!"]), "王建国!");
        assert_eq!(restored(&[r"\u90D7\u66", r"6F\u884C!"]), "王建国!");
    }

    #[test]
    fn only_what_may_become_one_is_held() {
        let (surrogates, mut stage) = (surrogates(), Stage::default());
        assert_eq!(stage.push(&surrogates, "a plain text ", false), [Part::Text("a plain text ".into())]);
        assert_eq!(stage.push(&surrogates, "and 1999", false), [Part::Text("and ".into())]);
        assert_eq!(stage.held(), "1999");
        assert_eq!(stage.push(&surrogates, "8", false), [Part::Text("19998".into())]);
    }
}
