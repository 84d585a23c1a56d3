//! [`OffsetMap`]: from byte offsets in a derived text back to byte offsets in the text it was derived from.

use std::ops::Range;

/// Maps byte offsets of a derived text (decoded, normalised) to the original.
///
/// The map is a list of anchors. Between two anchors both texts advance byte by byte; at an anchor the original may jump
/// (an escape sequence, a removed character, a character that became several). Both texts end at [`OffsetMap::end`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OffsetMap {
    /// `(derived, original)`, strictly rising in `derived`; empty means identity.
    anchors: Vec<(u32, u32)>,
    end: (u32, u32),
}

impl OffsetMap {
    /// The map of a text onto itself.
    pub fn identity(len: usize) -> Self {
        let end = clamp(len);
        Self { anchors: Vec::new(), end: (end, end) }
    }

    /// An empty map, to be filled with [`anchor`](Self::anchor) and closed with [`close`](Self::close).
    pub fn builder() -> Self {
        Self::default()
    }

    /// From `derived` on, derived bytes correspond one to one to original bytes from `original` on. Anchors must come in
    /// ascending order of `derived`; an anchor at the same offset replaces the earlier one, and an anchor that merely
    /// continues the current run is dropped.
    pub fn anchor(&mut self, derived: usize, original: usize) {
        let (derived, original) = (clamp(derived), clamp(original));
        if let Some(last) = self.anchors.last_mut() {
            if last.0 == derived {
                last.1 = original;
                return;
            }
            if original.wrapping_sub(last.1) == derived - last.0 {
                return;
            }
        } else if derived == 0 && original == 0 {
            return;
        }
        if self.anchors.is_empty() && derived > 0 {
            self.anchors.push((0, 0));
        }
        self.anchors.push((derived, original));
    }

    /// Ends the map at the lengths of both texts.
    pub fn close(&mut self, derived_len: usize, original_len: usize) {
        self.end = (clamp(derived_len), clamp(original_len));
    }

    /// Whether offsets are the same in both texts.
    pub fn is_identity(&self) -> bool {
        self.anchors.is_empty() && self.end.0 == self.end.1
    }

    /// The original offset of the derived offset `at`.
    pub fn original(&self, at: usize) -> usize {
        let at = clamp(at);
        if at >= self.end.0 {
            return self.end.1 as usize;
        }
        let run = self.anchors.partition_point(|anchor| anchor.0 <= at);
        match run.checked_sub(1).and_then(|i| self.anchors.get(i)) {
            Some(&(derived, original)) => (original + (at - derived)) as usize,
            None => at as usize,
        }
    }

    /// The original range behind a derived range. Original bytes that were dropped just before the end belong to it.
    pub fn range(&self, derived: &Range<usize>) -> Range<usize> {
        let start = self.original(derived.start);
        start..self.original(derived.end).max(start)
    }

    /// The map of a part of the derived text, with both texts counted from the part's start.
    #[must_use]
    pub fn slice(&self, derived: &Range<usize>) -> Self {
        let (start, end) = (clamp(derived.start), clamp(derived.end));
        let base = self.original(derived.start);
        let first = self.anchors.partition_point(|anchor| anchor.0 <= start);
        let mut part = Self::builder();
        for &(at, original) in self.anchors.get(first..).unwrap_or_default() {
            if at >= end {
                break;
            }
            part.anchor((at - start) as usize, (original as usize).saturating_sub(base));
        }
        part.close(derived.len(), self.original(derived.end).saturating_sub(base));
        part
    }

    /// The map from this map's derived text through `outer` (whose derived text is this map's original).
    #[must_use]
    pub fn through(&self, outer: &Self) -> Self {
        if outer.is_identity() {
            return self.clone();
        }
        if self.is_identity() {
            return outer.clone();
        }
        let mut cuts: Vec<u32> = self.anchors.iter().map(|anchor| anchor.0).collect();
        let mut previous = (0, 0);
        let runs = self.anchors.iter().copied().chain([self.end]);
        for next in runs {
            let (derived, original) = previous;
            let first = outer.anchors.partition_point(|anchor| anchor.0 <= original);
            for &(at, _) in outer.anchors.get(first..).unwrap_or_default() {
                if at >= original + (next.0 - derived) {
                    break;
                }
                cuts.push(derived + (at - original));
            }
            previous = next;
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut combined = Self::builder();
        for cut in cuts {
            combined.anchor(cut as usize, outer.original(self.original(cut as usize)));
        }
        combined.close(self.end.0 as usize, outer.end.1 as usize);
        combined
    }
}

/// Bodies are bounded far below 4 GiB by the gateway; a larger text saturates instead of wrapping.
fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a\u4e2db` decodes to `a中b`.
    fn escaped() -> OffsetMap {
        let mut map = OffsetMap::builder();
        map.anchor(0, 0);
        map.anchor(1, 1);
        map.anchor(4, 7);
        map.close(5, 8);
        map
    }

    #[test]
    fn an_escape_is_covered_whole() {
        let map = escaped();
        assert_eq!(map.range(&(1..4)), 1..7);
        assert_eq!(map.range(&(0..1)), 0..1);
        assert_eq!(map.range(&(4..5)), 7..8);
        assert_eq!(map.range(&(0..5)), 0..8);
    }

    #[test]
    fn dropped_bytes_belong_to_the_range_before_them() {
        // "12<zwsp>34" with the three bytes of the zero-width space dropped.
        let mut map = OffsetMap::builder();
        map.anchor(2, 5);
        map.close(4, 7);
        assert_eq!(map.range(&(0..4)), 0..7);
        assert_eq!(map.range(&(0..2)), 0..5);
        assert_eq!(map.range(&(2..4)), 5..7);
    }

    #[test]
    fn identity_is_cheap_and_exact() {
        let map = OffsetMap::identity(9);
        assert!(map.is_identity());
        assert_eq!(map.range(&(2..9)), 2..9);
    }

    #[test]
    fn a_slice_counts_from_its_start() {
        let part = escaped().slice(&(1..5));
        assert_eq!(part.range(&(0..3)), 0..6);
        assert_eq!(part.range(&(3..4)), 6..7);
    }

    #[test]
    fn maps_compose() {
        // inner: "x\"y" (decoded `x"y`) inside an outer text where each byte of the escape was itself escaped.
        let mut inner = OffsetMap::builder();
        inner.anchor(1, 1);
        inner.anchor(2, 3);
        inner.close(3, 4);
        let mut outer = OffsetMap::builder();
        outer.anchor(1, 1);
        outer.anchor(2, 3);
        outer.anchor(3, 5);
        outer.close(4, 6);
        let both = inner.through(&outer);
        assert_eq!(both.range(&(0..1)), 0..1);
        assert_eq!(both.range(&(1..2)), 1..5);
        assert_eq!(both.range(&(2..3)), 5..6);
    }
}
