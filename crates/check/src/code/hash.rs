//! A fast hash for tables that live for one analysis. Their names are written by strangers, so each process has its
//! own seed, and nobody can choose names that collide.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::LazyLock;

static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u64) | 1);

const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A hasher factory with the seed of the process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Build(u64);

impl Default for Build {
    fn default() -> Self {
        Self(*SEED)
    }
}

impl BuildHasher for Build {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded(self.0)
    }
}

/// Multiplies its input into 128 bits and folds them, as wyhash does.
#[derive(Debug)]
pub(super) struct Folded(u64);

fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    let halves = [product, product >> 64].map(|half| u64::try_from(half & u128::from(u64::MAX)).unwrap_or(0));
    halves[0] ^ halves[1]
}

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        let (whole, rest) = bytes.as_chunks::<8>();
        for chunk in whole {
            self.write_u64(u64::from_le_bytes(*chunk));
        }
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);
        self.write_u64(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(u64::try_from(value).unwrap_or(u64::MAX));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = folded(self.0 ^ value, SPREAD);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Returns the hash of a value.
pub(super) fn key(value: &impl Hash) -> u64 {
    Build::default().hash_one(value)
}
