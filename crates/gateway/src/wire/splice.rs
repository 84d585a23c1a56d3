//! Replaces parts of a body and nothing else.

use std::ops::Range;

/// A byte range of a body and its replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Byte range in the original.
    pub range: Range<usize>,
    /// The replacement.
    pub with: String,
}

/// Applies the replacements. All bytes outside the patches stay as they are. A patch that overlaps an earlier one is
/// dropped; callers make sure that there is none.
pub fn splice(body: &[u8], patches: &mut [Patch]) -> Vec<u8> {
    patches.sort_by_key(|patch| (patch.range.start, patch.range.end));
    let grown: usize = patches.iter().map(|patch| patch.with.len()).sum();
    let mut out = Vec::with_capacity(body.len() + grown);
    let mut done = 0;
    for patch in patches.iter().filter(|patch| patch.range.start <= patch.range.end) {
        let Some(before) = body.get(done..patch.range.start) else { continue };
        out.extend_from_slice(before);
        out.extend_from_slice(patch.with.as_bytes());
        done = patch.range.end;
    }
    out.extend_from_slice(body.get(done..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_outside_the_patches_stay(
            body in prop::collection::vec(any::<u8>(), 0..64),
            cuts in prop::collection::btree_set(0..64_usize, 0..8),
            with in "[a-z]{0,5}",
        ) {
            let cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= body.len()).collect();
            let mut patches: Vec<Patch> =
                cuts.chunks_exact(2).map(|pair| Patch { range: pair[0]..pair[1], with: with.clone() }).collect();
            let spliced = splice(&body, &mut patches);
            let mut expected = Vec::new();
            let mut at = 0;
            for patch in &patches {
                expected.extend_from_slice(&body[at..patch.range.start]);
                expected.extend_from_slice(with.as_bytes());
                at = patch.range.end;
            }
            expected.extend_from_slice(&body[at..]);
            prop_assert_eq!(spliced, expected);
        }
    }
}
