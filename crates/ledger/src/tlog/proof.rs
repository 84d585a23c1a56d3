//! Inclusion and consistency proofs: generated as defined in RFC 6962 §2.1.1 and §2.1.2, verified as in RFC 9162 §2.1.3.2
//! and §2.1.4.2.

use super::tree::{Hash, node_hash};
use crate::text::{base64, hash_from_base64};

/// Provides the root of a complete subtree: `(level, index)` covers the leaves `index·2^level .. (index+1)·2^level`.
pub type Node<'a, E> = &'a mut dyn FnMut(u8, u64) -> Result<Hash, E>;

/// A proof that leaf `index` is in the tree of `size` leaves; empty if it is not below `size`.
pub fn inclusion<E>(index: u64, size: u64, node: Node<'_, E>) -> Result<Vec<Hash>, E> {
    let mut proof = Vec::new();
    if index >= size {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(range_root(middle, end, node)?);
            end = middle;
        } else {
            proof.push(range_root(start, middle, node)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// A proof that the tree of `old` leaves is a prefix of the tree of `size` leaves; empty if there is nothing to prove.
pub fn consistency<E>(old: u64, size: u64, node: Node<'_, E>) -> Result<Vec<Hash>, E> {
    let mut proof = Vec::new();
    if old == 0 || old >= size {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, size);
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(range_root(middle, end, node)?);
            end = middle;
        } else {
            proof.push(range_root(start, middle, node)?);
            start = middle;
        }
    }
    if start > 0 {
        proof.push(range_root(start, end, node)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two below `width` (at least 2).
fn split(width: u64) -> u64 {
    1 << (width - 1).ilog2()
}

/// The root over `start..end`, where `start` is a multiple of the largest power of two within the width.
fn range_root<E>(start: u64, end: u64, node: Node<'_, E>) -> Result<Hash, E> {
    let mut parts = Vec::new();
    let mut at = start;
    while at < end {
        let level = u8::try_from((end - at).ilog2()).unwrap_or(63);
        parts.push(node(level, at >> level)?);
        at += 1 << level;
    }
    let mut parts = parts.into_iter().rev();
    let last = parts.next().unwrap_or_default();
    Ok(parts.fold(last, |right, left| node_hash(&left, &right)))
}

/// Whether `proof` shows that `leaf` (its hash) is entry `index` of the tree with this `size` and `root`.
pub fn verify_inclusion(index: u64, size: u64, leaf: &Hash, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut fnode, mut snode) = (index, size - 1);
    let mut hash = *leaf;
    for step in proof {
        if snode == 0 {
            return false;
        }
        if fnode & 1 == 1 || fnode == snode {
            hash = node_hash(step, &hash);
            let levels = if fnode & 1 == 0 { fnode.trailing_zeros() } else { 0 };
            fnode = fnode.checked_shr(levels).unwrap_or(0);
            snode = snode.checked_shr(levels).unwrap_or(0);
        } else {
            hash = node_hash(&hash, step);
        }
        fnode >>= 1;
        snode >>= 1;
    }
    snode == 0 && hash == *root
}

/// Whether `proof` shows that the tree (`old`, `old_root`) is a prefix of the tree (`size`, `root`). `old` may be 0.
pub fn verify_consistency(old: u64, old_root: &Hash, size: u64, root: &Hash, proof: &[Hash]) -> bool {
    if old == 0 || old == size {
        let empty_is_empty = old != 0 || *old_root == super::tree::sha256(b"");
        return proof.is_empty() && empty_is_empty && (old != size || old_root == root);
    }
    if old > size {
        return false;
    }
    let (mut fnode, mut snode) = (old - 1, size - 1);
    let shift = fnode.trailing_ones();
    fnode >>= shift;
    snode >>= shift;
    let (first, rest) = match (old.is_power_of_two(), proof.split_first()) {
        (true, _) => (*old_root, proof),
        (false, Some((first, rest))) => (*first, rest),
        (false, None) => return false,
    };
    let (mut old_hash, mut new_hash) = (first, first);
    for step in rest {
        if snode == 0 {
            return false;
        }
        if fnode & 1 == 1 || fnode == snode {
            old_hash = node_hash(step, &old_hash);
            new_hash = node_hash(step, &new_hash);
            let levels = if fnode & 1 == 0 { fnode.trailing_zeros() } else { 0 };
            fnode = fnode.checked_shr(levels).unwrap_or(0);
            snode = snode.checked_shr(levels).unwrap_or(0);
        } else {
            new_hash = node_hash(&new_hash, step);
        }
        fnode >>= 1;
        snode >>= 1;
    }
    snode == 0 && old_hash == *old_root && new_hash == *root
}

/// The text of a `.tlog-proof` file (c2sp.org/tlog-proof@v1) proving that entry `index` is under this checkpoint (a
/// signed note).
pub fn file(index: u64, proof: &[Hash], note: &str) -> String {
    let hashes: String = proof.iter().map(|hash| base64(hash) + "\n").collect();
    format!("c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{note}")
}

/// Parses a `.tlog-proof` file into index, hashes and note; nothing is checked yet. Extra data are skipped.
pub fn parse_file(text: &str) -> Option<(u64, Vec<Hash>, &str)> {
    let (head, note) = text.split_once("\n\n")?;
    let mut lines = head.strip_prefix("c2sp.org/tlog-proof@v1\n")?.split('\n').peekable();
    lines.next_if(|line| line.starts_with("extra "));
    let index = lines.next()?.strip_prefix("index ")?;
    let number: u64 = index.parse().ok().filter(|number: &u64| number.to_string() == index)?;
    // A tree of 2^64 leaves has 64 levels.
    let hashes: Option<Vec<Hash>> = lines.take(65).map(hash_from_base64).collect();
    Some((number, hashes.filter(|hashes| hashes.len() <= 64)?, note))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;
    use crate::tlog::tree::naive_root;

    fn source(leaves: &[Hash]) -> impl FnMut(u8, u64) -> Result<Hash, Infallible> + '_ {
        |level, index| {
            let (start, width) = (usize::try_from(index << level).unwrap(), 1_usize << level);
            Ok(naive_root(&leaves[start..start + width]))
        }
    }

    /// PATH as defined in RFC 6962 §2.1.1.
    fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() <= 1 {
            return Vec::new();
        }
        let k = leaves.len().next_power_of_two() / 2;
        let (mut proof, other) = if m < k {
            (path(m, &leaves[..k]), naive_root(&leaves[k..]))
        } else {
            (path(m - k, &leaves[k..]), naive_root(&leaves[..k]))
        };
        proof.push(other);
        proof
    }

    fn leaves(n: u64) -> Vec<Hash> {
        (0..n).map(|i| crate::tlog::leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn every_proof_of_small_trees_verifies_and_no_other_does() {
        let all = leaves(40);
        for size in 1..=40_usize {
            let tree = &all[..size];
            let root = naive_root(tree);
            for index in 0..size {
                let proof = inclusion(index as u64, size as u64, &mut source(tree)).unwrap();
                assert_eq!(proof, path(index, tree));
                let check =
                    |at: usize, leaf: &Hash| verify_inclusion(at as u64, size as u64, leaf, &proof, &root);
                assert!(check(index, &tree[index]));
                assert!((0..size + 2).all(|other| other == index || !check(other, &tree[index])));
                assert!(size == 1 || !check(index, &tree[(index + 1) % size]));
            }
            for old in 0..=size {
                let proof = consistency(old as u64, size as u64, &mut source(tree)).unwrap();
                let old_root = naive_root(&tree[..old]);
                assert!(
                    verify_consistency(old as u64, &old_root, size as u64, &root, &proof),
                    "{old} {size}"
                );
                let wrong = crate::tlog::leaf_hash(b"wrong");
                assert!(!verify_consistency(old as u64, &wrong, size as u64, &root, &proof));
                assert!(old == 0 || !verify_consistency(old as u64, &old_root, size as u64, &wrong, &proof));
            }
        }
    }

    proptest! {
        #[test]
        fn hostile_proofs_never_panic(
            index: u64, size: u64, leaf: Hash, root: Hash, proof in proptest::collection::vec(any::<Hash>(), 0..70),
        ) {
            prop_assert!(!verify_inclusion(index, size, &leaf, &proof, &root));
            let _ = verify_consistency(index, &leaf, size, &root, &proof);
            let text = file(index, &proof, "note\n");
            prop_assert_eq!(parse_file(&text), (proof.len() <= 64).then_some((index, proof, "note\n")));
        }

        #[test]
        fn a_changed_proof_is_rejected(size in 2_u64..200, index: u64, at: usize, bit in 0_usize..256) {
            let tree = leaves(size);
            let (root, index) = (naive_root(&tree), index % size);
            let mut proof = inclusion(index, size, &mut source(&tree)).unwrap();
            let at = at % proof.len();
            proof[at][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify_inclusion(index, size, &tree[usize::try_from(index).unwrap()], &proof, &root));
        }
    }
}
