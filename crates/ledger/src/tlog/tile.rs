//! Tiles and entry bundles (c2sp.org/tlog-tiles): names and bytes.

use super::tree::{Frontier, Hash};

/// Hashes in a full tile, and entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;

/// Maximum length of an entry in bytes: a bundle stores it in two bytes.
pub const MAX_ENTRY: usize = 65_535;

/// `tile/<level>/<N>[.p/<width>]`; `width` 256 names the full tile.
pub fn hash_path(level: u8, index: u64, width: u64) -> String {
    format!("tile/{level}/{}", number(index, width))
}

/// `tile/entries/<N>[.p/<width>]`; `width` 256 names the full bundle.
pub fn entries_path(index: u64, width: u64) -> String {
    format!("tile/entries/{}", number(index, width))
}

/// The index in groups of three digits, all but the last marked by `x`, and the suffix of a partial tile.
fn number(index: u64, width: u64) -> String {
    let mut name = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        name = format!("x{:03}/{name}", rest % 1000);
        rest /= 1000;
    }
    if width < TILE_WIDTH { format!("{name}.p/{width}") } else { name }
}

/// Appends an entry to a bundle; false (and nothing written) if it is longer than [`MAX_ENTRY`].
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> bool {
    let Ok(length) = u16::try_from(entry.len()) else { return false };
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    true
}

/// The entries of a bundle; `None` if its lengths do not add up.
pub fn entries(mut bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while !bundle.is_empty() {
        let (length, rest) = bundle.split_first_chunk::<2>()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        bundle = rest;
    }
    Some(entries)
}

/// For a tree of `size` leaves: the number of hashes in tile `index` of `level` (0 to 256).
pub fn width(level: u8, index: u64, size: u64) -> u64 {
    let hashes = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    hashes.saturating_sub(index.saturating_mul(TILE_WIDTH)).min(TILE_WIDTH)
}

/// The root of a full tile, which represents it one level up.
pub fn tile_root(hashes: &[Hash]) -> Hash {
    hashes.iter().copied().collect::<Frontier>().root()
}

/// Builds the tiles of a growing tree, one leaf at a time, keeping no more than one open tile per level.
#[derive(Debug, Clone, Default)]
pub struct Tiles {
    open: Vec<Vec<Hash>>,
    size: u64,
}

/// Receives a tile: level, index, hashes (256 if it is full).
pub type Emit<'a, E> = &'a mut dyn FnMut(u8, u64, &[Hash]) -> Result<(), E>;

impl Tiles {
    /// Adds a leaf and emits the tiles that it completes.
    pub fn push<E>(&mut self, leaf: Hash, emit: Emit<'_, E>) -> Result<(), E> {
        self.size += 1;
        let mut hash = leaf;
        for level in 0.. {
            if self.open.len() <= usize::from(level) {
                self.open.push(Vec::new());
            }
            let Some(open) = self.open.get_mut(usize::from(level)) else { break };
            open.push(hash);
            if open.len() < 256 {
                break;
            }
            emit(level, (self.size >> (8 * (u32::from(level) + 1))) - 1, open)?;
            hash = tile_root(open);
            open.clear();
        }
        Ok(())
    }

    /// Emits the tiles that are not full.
    pub fn finish<E>(&self, emit: Emit<'_, E>) -> Result<(), E> {
        for (level, open) in (0_u8..).zip(&self.open) {
            if !open.is_empty() {
                emit(level, self.size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0), open)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_those_of_the_specification() {
        assert_eq!(hash_path(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(hash_path(1, 0, 5), "tile/1/000.p/5");
        assert_eq!(entries_path(273, 112), "tile/entries/273.p/112");
    }

    #[test]
    fn widths_follow_the_size() {
        assert_eq!(width(0, 273, 70_000), 112);
        assert_eq!(width(1, 1, 70_000), 17);
        assert_eq!(width(2, 0, 70_000), 1);
        assert_eq!(width(3, 0, 70_000), 0);
        assert_eq!(width(63, 0, u64::MAX), 0);
    }

    #[test]
    fn tiles_cover_every_level_once() {
        let leaves: Vec<Hash> = (0..70_000_u64).map(|i| crate::tlog::leaf_hash(&i.to_be_bytes())).collect();
        let (mut tiles, mut frontier) = (Tiles::default(), Frontier::default());
        let mut seen = std::collections::BTreeMap::new();
        let mut emit = |level: u8, index: u64, hashes: &[Hash]| {
            assert_eq!(width(level, index, 70_000), hashes.len() as u64, "{level} {index}");
            assert!(seen.insert((level, index), hashes.to_vec()).is_none());
            Ok::<(), std::convert::Infallible>(())
        };
        for leaf in &leaves {
            tiles.push(*leaf, &mut emit).unwrap();
            frontier.push(*leaf);
        }
        tiles.finish(&mut emit).unwrap();
        assert_eq!(seen.len(), 274 + 2 + 1);
        assert_eq!(seen[&(0, 273)], leaves[273 * 256..]);
        assert_eq!(seen[&(1, 1)][0], tile_root(&leaves[65_536..65_792]));
        assert_eq!(seen[&(2, 0)], [frontier.nodes()[0]]);
    }

    proptest! {
        #[test]
        fn bundles_round_trip(list in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..40)) {
            let mut bundle = Vec::new();
            prop_assert!(list.iter().all(|entry| push_entry(&mut bundle, entry)));
            prop_assert_eq!(entries(&bundle).unwrap(), list);
        }

        #[test]
        fn hostile_bundles_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = entries(&bytes);
        }
    }
}
