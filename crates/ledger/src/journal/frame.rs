//! The byte layout of frames and segment headers.

use crate::tlog::tile::MAX_ENTRY;

/// Length of a segment's header in bytes.
pub const SEGMENT_HEADER: usize = 28;
/// Length of a frame's header in bytes.
pub const FRAME_HEADER: usize = 16;

/// Longest payload that a reader accepts, in bytes: what a writer produces, plus room for the envelope.
pub const MAX_BLOB: usize = (64 << 20) + 1024;

const SEGMENT_MAGIC: &[u8; 8] = b"ombudseg";
const FRAME_MAGIC: &[u8; 4] = b"OMB1";

/// Encodes a frame for a single write. The lengths must be within [`MAX_ENTRY`] and [`MAX_BLOB`].
#[cfg(feature = "store")]
pub(crate) fn encode(leaf: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
    let lengths = [length(leaf), length(payload)].concat();
    let mut frame = Vec::with_capacity(FRAME_HEADER + leaf.len() + payload.len());
    frame.extend_from_slice(FRAME_MAGIC);
    frame.extend_from_slice(&lengths);
    frame.extend_from_slice(&crc(&[&lengths, leaf, payload]).to_be_bytes());
    frame.extend_from_slice(leaf);
    frame.extend_from_slice(payload);
    frame
}

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) leaf: usize,
    pub(crate) payload: usize,
    crc: u32,
}

impl Header {
    /// Parses a header; `None` if it is not one, or its lengths are out of bounds.
    pub(crate) fn read(bytes: &[u8; FRAME_HEADER]) -> Option<Self> {
        let rest = bytes.strip_prefix(FRAME_MAGIC)?;
        let mut numbers =
            rest.chunks_exact(4).filter_map(|chunk| chunk.try_into().ok()).map(u32::from_be_bytes);
        let (leaf, payload, crc) = (numbers.next()? as usize, numbers.next()? as usize, numbers.next()?);
        let fits = (1..=MAX_ENTRY).contains(&leaf) && payload <= MAX_BLOB;
        fits.then_some(Self { leaf, payload, crc })
    }

    /// Whether the checksum matches this leaf and payload.
    pub(crate) fn matches(self, leaf: &[u8], payload: &[u8]) -> bool {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
        crc(&[&length(leaf), &length(payload), leaf, payload]) == self.crc
    }
}

/// The header of segment `number`, whose first entry is `first`.
pub(crate) fn segment_header(number: u64, first: u64) -> Vec<u8> {
    let mut header = [SEGMENT_MAGIC.as_slice(), &first.to_be_bytes(), &number.to_be_bytes()].concat();
    header.extend_from_slice(&crc(&[&header]).to_be_bytes());
    header
}

fn crc(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

#[cfg(all(test, feature = "store"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_frame_says_what_is_in_it(leaf in proptest::collection::vec(any::<u8>(), 1..99), payload: Vec<u8>) {
            let frame = encode(&leaf, &payload);
            let header = Header::read(frame[..FRAME_HEADER].try_into().unwrap()).unwrap();
            prop_assert_eq!((header.leaf, header.payload), (leaf.len(), payload.len()));
            prop_assert!(header.matches(&leaf, &payload));
            prop_assert!(!header.matches(&payload, &leaf) || leaf == payload);
        }
    }
}
