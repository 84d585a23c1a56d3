//! Layers one set of passages over another, so that every byte of a text has one origin.

use std::ops::Range;

use ombud_core::event::LaidRecord;
use ombud_core::{Origin, Trust};

use super::envelope::Passage;
use super::{Context, Source};

/// Returns the passages of `over`, and those of `below` where `over` does not cover them. Both may come in any order; where
/// passages of `over` overlap, the least trusted wins.
pub fn lay(below: Vec<Passage>, mut over: Vec<Passage>) -> Vec<Passage> {
    over.sort_by_key(|passage| passage.origin.trust());
    let mut laid: Vec<Passage> = Vec::new();
    for passage in over.into_iter().chain(below) {
        let pieces = uncovered(&laid, &passage.span);
        laid.extend(pieces.into_iter().map(|span| Passage { span, origin: passage.origin.clone() }));
        laid.sort_by_key(|passage| passage.span.start);
    }
    laid
}

/// Returns the parts of a range that sorted passages do not cover.
fn uncovered(laid: &[Passage], span: &Range<usize>) -> Vec<Range<usize>> {
    let from = laid.partition_point(|passage| passage.span.end <= span.start);
    let (mut start, mut pieces) = (span.start, Vec::new());
    for known in laid.iter().skip(from).take_while(|known| known.span.start < span.end) {
        pieces.push(start..known.span.start);
        start = start.max(known.span.end);
    }
    pieces.push(start..span.end);
    pieces.retain(|piece| piece.start < piece.end);
    pieces
}

impl Context {
    /// Returns every passage, for the ledger record.
    pub fn laid(&self) -> Vec<LaidRecord> {
        let all = self.sources.iter().flat_map(|source| {
            source.passages.iter().map(|passage| LaidRecord {
                slot: source.slot as u64,
                span: [passage.span.start as u64, passage.span.end as u64],
                origin: passage.origin.clone(),
            })
        });
        all.collect()
    }

    /// Applies the passages of a record on top of those found in the texts. A span that lies outside a text is ignored.
    pub fn lay_again(&mut self, laid: &[LaidRecord]) {
        for source in &mut self.sources {
            let own = laid.iter().filter(|laid| laid.slot == source.slot as u64);
            source.lay(own.filter_map(passage).collect());
        }
    }
}

/// Converts a recorded passage.
fn passage(laid: &LaidRecord) -> Option<Passage> {
    let [start, end] = laid.span.map(usize::try_from);
    let span = start.ok()?..end.ok()?;
    (span.start < span.end).then(|| Passage { span, origin: laid.origin.clone() })
}

impl Source {
    /// Lays passages over the existing ones.
    pub(super) fn lay(&mut self, over: Vec<Passage>) {
        if !over.is_empty() {
            self.passages = lay(std::mem::take(&mut self.passages), over);
        }
    }

    /// Lays passages under the existing ones, which are better informed about their origin.
    pub fn lay_under(&mut self, below: Vec<Passage>) {
        if !below.is_empty() {
            self.passages = lay(below, std::mem::take(&mut self.passages));
        }
    }

    /// Returns the passages that overlap a range of the text.
    fn met(&self, span: &Range<usize>) -> &[Passage] {
        let from = self.passages.partition_point(|passage| passage.span.end <= span.start);
        let rest = self.passages.get(from..).unwrap_or_default();
        rest.get(..rest.partition_point(|passage| passage.span.start < span.end)).unwrap_or_default()
    }

    /// Returns the least trusted origin within a range of the folded text, and that range in the original text.
    pub fn origin_at(&self, folded: &Range<usize>) -> (Origin, Range<usize>) {
        let span = self.index.original(folded);
        let met = self.met(&span);
        let inside =
            met.iter().any(|passage| passage.span.start <= span.start && span.end <= passage.span.end);
        let own = (!inside).then_some(&self.origin);
        let all = met.iter().map(|passage| &passage.origin).chain(own);
        (all.min_by_key(|origin| origin.trust()).unwrap_or(&self.origin).clone(), span)
    }

    /// Whether a third party may have written any part of it.
    pub fn is_foreign(&self) -> bool {
        let blank = self.index.folded.trim().is_empty();
        let foreign = |origin: &Origin| origin.trust() == Trust::Untrusted;
        let own = foreign(&self.origin) && !self.is_vouched_for();
        !blank && (own || self.passages.iter().any(|passage| foreign(&passage.origin)))
    }

    /// Whether passages cover every one of its words.
    fn is_vouched_for(&self) -> bool {
        self.index.words.iter().all(|word| {
            let span = self.index.original(&word.span());
            self.met(&span)
                .iter()
                .any(|passage| passage.span.start <= span.start && span.end <= passage.span.end)
        })
    }

    /// Returns the user's own words in it, folded: everything outside passages of another origin.
    pub fn own_words(&self) -> String {
        let (mut own, mut from) = (String::new(), 0);
        for passage in self.passages.iter().filter(|passage| passage.origin != self.origin) {
            let folded = self.index.folded_range(&passage.span);
            own.push_str(self.index.folded.get(from..folded.start).unwrap_or_default());
            from = folded.end;
        }
        own.push_str(self.index.folded.get(from..).unwrap_or_default());
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(span: Range<usize>, origin: Origin) -> Passage {
        Passage { span, origin }
    }

    #[test]
    fn the_upper_layer_counts_and_in_it_the_least_trusted() {
        let below = vec![passage(0..50, Origin::Unknown)];
        let memory = Origin::Memory { name: None };
        let over = vec![passage(10..30, Origin::Operator), passage(20..25, memory.clone())];
        let spans: Vec<(Range<usize>, Origin)> =
            lay(below, over).into_iter().map(|passage| (passage.span, passage.origin)).collect();
        let wanted = [
            (0..10, Origin::Unknown),
            (10..20, Origin::Operator),
            (20..25, memory),
            (25..30, Origin::Operator),
            (30..50, Origin::Unknown),
        ];
        assert_eq!(spans, wanted);
    }
}
