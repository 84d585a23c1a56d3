//! Pages of long texts. Browsers count UTF-16 code units, Rust counts bytes; this module converts between them.

use std::ops::Range;

use ombud_core::DataType;

use super::exchange::category;
use super::view::{Passage, SpanState, SpanView};

/// Length of the first page in UTF-16 code units, and of the later ones, which are loaded on request. A page that would end
/// inside a mark ends after it.
const FIRST: usize = 2 * 1024;
const PAGE: usize = 16 * 1024;

/// A mark in bytes of the whole text.
pub(crate) struct Mark {
    pub(crate) span: Range<usize>,
    pub(crate) state: SpanState,
    pub(crate) kind: DataType,
    pub(crate) other: String,
    pub(crate) token: Option<String>,
}

/// Fills a passage with the page of `text` that begins at `from` (UTF-16 code units) and the marks in it.
pub(crate) fn page(blank: Passage, text: &str, mut marks: Vec<Mark>, from: u64) -> Passage {
    marks.sort_by_key(|mark| (mark.span.start, mark.span.end));
    let start = byte_at(text, 0, usize::try_from(from).unwrap_or(usize::MAX));
    let end = whole_marks(&marks, byte_at(text, start, if start == 0 { FIRST } else { PAGE }));
    let shown = text.get(start..end).unwrap_or_default();
    let first = units(text.get(..start).unwrap_or_default());
    let length = first + units(shown) + units(text.get(end..).unwrap_or_default());
    let mut place = Place { text: shown, at: 0, units: 0 };
    let spans = marks
        .into_iter()
        .filter(|mark| mark.span.start >= start && mark.span.end <= end)
        .filter_map(|mark| {
            shown.get(mark.span.start - start..mark.span.end - start)?;
            let begin = place.units_at(mark.span.start - start);
            let inside = units(shown.get(mark.span.start - start..mark.span.end - start)?);
            Some(SpanView {
                start: begin,
                end: begin + inside,
                state: mark.state,
                category: category(mark.kind),
                other: mark.other,
                token: mark.token,
            })
        })
        .collect();
    Passage { from: first, text: shown.to_owned(), length, spans, ..blank }
}

/// Counts forward, so that many marks take one pass through the text.
struct Place<'a> {
    text: &'a str,
    at: usize,
    units: u64,
}

impl Place<'_> {
    fn units_at(&mut self, byte: usize) -> u64 {
        self.units += units(self.text.get(self.at..byte).unwrap_or_default());
        self.at = self.at.max(byte);
        self.units
    }
}

/// The end of a page, moved after the marks that it would cut.
fn whole_marks(marks: &[Mark], end: usize) -> usize {
    marks.iter().fold(end, |end, mark| if mark.span.start < end { end.max(mark.span.end) } else { end })
}

fn units(text: &str) -> u64 {
    text.chars().map(|ch| ch.len_utf16() as u64).sum()
}

/// The byte `units` UTF-16 code units after `start`, on a character boundary; the end if the text is shorter.
fn byte_at(text: &str, start: usize, units: usize) -> usize {
    let mut left = units;
    for (at, ch) in text.get(start..).unwrap_or_default().char_indices() {
        if left < ch.len_utf16() {
            return start + at;
        }
        left -= ch.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::console::view::{OriginView, Side};

    fn blank() -> Passage {
        Passage {
            side: Side::Request,
            index: 0,
            role: "user".into(),
            origin: OriginView { from: "user".into(), name: None },
            tool: None,
            from: 0,
            text: String::new(),
            length: 0,
            spans: Vec::new(),
        }
    }

    fn mark(span: Range<usize>) -> Mark {
        Mark { span, state: SpanState::Masked, kind: DataType::Phone, other: "T".into(), token: None }
    }

    fn place(units: u64) -> usize {
        usize::try_from(units).unwrap()
    }

    /// What a browser would cut out.
    fn cut(text: &str, start: u64, end: u64) -> String {
        let units: Vec<u16> = text.encode_utf16().collect();
        String::from_utf16(&units[place(start)..place(end)]).unwrap()
    }

    #[test]
    fn marks_are_counted_as_browsers_count() {
        let text = "😀电话 13912345678。";
        let at = text.find('1').unwrap();
        let page = page(blank(), text, vec![mark(at..at + 11)], 0);
        assert_eq!(cut(&page.text, page.spans[0].start, page.spans[0].end), "13912345678");
        assert_eq!(page.length, text.encode_utf16().count() as u64);
    }

    #[test]
    fn a_page_does_not_cut_a_mark() {
        let text = format!("{}13912345678 {}", "x".repeat(FIRST - 5), "y".repeat(10));
        let first = page(blank(), &text, vec![mark(FIRST - 5..FIRST + 6)], 0);
        assert_eq!((first.spans.len(), first.text.len()), (1, FIRST + 6));
        let second = page(blank(), &text, vec![mark(FIRST - 5..FIRST + 6)], first.text.len() as u64);
        assert_eq!((second.spans.len(), second.from, second.text.len()), (0, FIRST as u64 + 6, 11));
    }

    proptest! {
        #[test]
        fn pages_join_to_the_text(text in "(\\PC|\u{1f600}|中){0,60}", from in 0..200_u64, a in 0..300_usize, b in 0..300_usize) {
            let page = page(blank(), &text, vec![mark(a.min(b)..a.max(b))], from);
            let start = place(page.from);
            let units: Vec<u16> = text.encode_utf16().collect();
            prop_assert_eq!(&units[start..start + page.text.encode_utf16().count()], page.text.encode_utf16().collect::<Vec<_>>());
            for span in &page.spans {
                prop_assert!(span.start <= span.end && span.end <= page.text.encode_utf16().count() as u64);
            }
        }
    }
}
