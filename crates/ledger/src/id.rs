//! Ids of events and exchanges, and the random bytes that every record needs.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::{Builder, Uuid};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::Error;
use crate::keys::random;

/// Number of random bytes requested from the operating system at a time: each request is a system call, and an exchange
/// takes some 120 bytes in six pieces.
const PORTION: usize = 1024;

thread_local! {
    /// The unused rest of this thread's last portion.
    static LEFT: RefCell<Zeroizing<Vec<u8>>> = RefCell::new(Zeroizing::new(Vec::with_capacity(PORTION)));
}

/// Random bytes of the operating system that are handed out once and then forgotten, for values stored next to a
/// ciphertext: nonces, salts, ids. Keys must not wait in memory before they are needed: see [`random`].
pub(crate) fn fresh<const N: usize>() -> Result<[u8; N], Error> {
    LEFT.with_borrow_mut(|left| {
        if left.len() < N {
            left.zeroize();
            left.extend_from_slice(Zeroizing::new(random::<PORTION>()?).as_slice());
        }
        let from = left.len().saturating_sub(N);
        let taken = left.get_mut(from..).unwrap_or_default();
        let mut bytes = [0; N];
        bytes.iter_mut().zip(taken.iter()).for_each(|(to, byte)| *to = *byte);
        taken.zeroize();
        left.truncate(from);
        Ok(bytes)
    })
}

/// Returns a fresh id, ordered by time: a version 7 UUID whose first random bits are the fraction of the millisecond (RFC
/// 9562 §6.2, method 3).
pub fn id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let Ok(mut bytes) = fresh::<10>() else { return Uuid::now_v7().to_string() };
    let fraction = u64::from(now.subsec_nanos()) % 1_000_000 * 4096 / 1_000_000;
    let [_, _, high, low] = u32::try_from(fraction).unwrap_or_default().to_be_bytes();
    let [first, second, ..] = &mut bytes;
    (*first, *second) = (high, low);
    let millis = u64::try_from(now.as_millis()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_was_handed_out_never_comes_again() {
        let all: HashSet<[u8; 44]> = (0..1000).map(|_| fresh().unwrap()).collect();
        assert_eq!(all.len(), 1000);
        assert!(!all.contains(&[0; 44]));
        LEFT.with_borrow(|left| assert!(left.len() < PORTION));
    }

    #[test]
    fn ids_follow_time_and_are_of_version_7() {
        let ids: Vec<String> = (0..200)
            .map(|_| {
                std::thread::sleep(std::time::Duration::from_micros(2));
                id()
            })
            .collect();
        assert!(ids.is_sorted(), "{ids:?}");
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        for id in ids {
            let id: Uuid = id.parse().unwrap();
            assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
        }
    }
}
