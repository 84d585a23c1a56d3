//! Excerpts of source files that may be shown: no secrets, no overlong lines.

use std::ops::Range;

use ombud_core::Class;
use ombud_detect::Detector;

/// Lines around a span.
pub(crate) struct Excerpt {
    /// The lines, secrets replaced by stars of the same length.
    pub text: String,
    /// Number of the first line, from 1.
    pub first_line: usize,
    /// The span within the text.
    pub span: Range<usize>,
}

const MAX_LINES: usize = 6;
const MAX_BYTES: usize = 600;

/// The lines of a span; `None` if the span is not within the text.
pub(crate) fn excerpt(text: &str, span: Range<usize>, detector: &Detector) -> Option<Excerpt> {
    let before = text.get(..span.start)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let first_line = 1 + before.matches('\n').count();
    let rest = text.get(start..)?;
    let mut length = 0;
    for line in rest.split_inclusive('\n').take(MAX_LINES) {
        length += line.len();
        if start + length >= span.end {
            break;
        }
    }
    let (mut from, mut to) = (start, start + length);
    if to - from > MAX_BYTES {
        from = floor(text, span.start.saturating_sub(60).max(start));
        to = floor(text, (span.start + MAX_BYTES / 2).min(to));
    }
    let shown = hidden(text.get(from..to)?.trim_end_matches(['\n', '\r']), detector);
    let end = (span.end.saturating_sub(from)).min(shown.len());
    let begin = (span.start - from).min(end);
    Some(Excerpt { text: shown, first_line, span: begin..end })
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Replaces secrets and clearly sensitive data with stars: a report ends up in logs.
pub(crate) fn hidden(text: &str, detector: &Detector) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for found in detector.detect(text) {
        let class = found.kind.category().class();
        let hide = class == Class::Secret || (class == Class::Sensitive && found.score >= 0.9);
        if let Some(part) = bytes.get_mut(found.span).filter(|_| hide) {
            part.fill(b'*');
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| "…".to_owned())
}

#[cfg(test)]
mod tests {
    use ombud_detect::Options;

    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let key = format!("sk-ant-api03-{}AA", "aB3dE6gH9j".repeat(9) + "xyz");
        let text = format!("a = 1\nkey = '{key}'\n");
        let shown = excerpt(&text, 6..text.len() - 1, &Detector::new(&Options::default())).unwrap();
        assert!(!shown.text.contains("sk-ant") && shown.text.contains("key = '***"));
        assert_eq!((shown.first_line, shown.span.start), (2, 0));
    }

    #[test]
    fn long_lines_are_cut_at_characters() {
        let text = "汉".repeat(5000);
        let shown = excerpt(&text, 6000..6003, &Detector::new(&Options::default())).unwrap();
        assert!(shown.text.len() <= MAX_BYTES && shown.text.get(shown.span) == Some("汉"));
    }
}
