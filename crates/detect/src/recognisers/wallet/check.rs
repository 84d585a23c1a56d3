//! The checksums of wallet addresses.

use sha2::{Digest, Sha256};
use sha3::Keccak256;

/// Version bytes: Bitcoin, Litecoin, Dogecoin, Dash, Tron.
const VERSIONS: [u8; 8] = [0x00, 0x05, 0x30, 0x32, 0x1e, 0x16, 0x4c, 0x41];

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Base58check: a version byte, twenty bytes, and the first four bytes of their double SHA-256.
pub(super) fn base58(address: &str) -> bool {
    let Some(bytes) = decode58(address) else { return false };
    let (body, sum) = bytes.split_at(21);
    let double = Sha256::digest(Sha256::digest(body));
    body.first().is_some_and(|version| VERSIONS.contains(version)) && double.get(..4) == Some(sum)
}

fn decode58(address: &str) -> Option<[u8; 25]> {
    let mut bytes = [0_u8; 25];
    for character in address.bytes() {
        let mut carry = BASE58.iter().position(|other| *other == character)?;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = u8::try_from(carry % 256).ok()?;
            carry /= 256;
        }
        if carry > 0 {
            return None;
        }
    }
    Some(bytes)
}

const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Bech32 and bech32m with the prefixes of Bitcoin and Litecoin, in one case.
pub(super) fn bech32(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    let one_case = address == lower || address == address.to_ascii_uppercase();
    let Some((prefix, data)) = lower.split_once('1') else { return false };
    let known = matches!(prefix, "bc" | "ltc") && one_case && data.len() >= 14;
    known && checksum(prefix, data).is_some_and(|sum| sum == 1 || sum == 0x2bc8_30a3)
}

/// The BCH code of BIP 173 over prefix and data.
fn checksum(prefix: &str, data: &str) -> Option<u32> {
    let high = prefix.bytes().map(|byte| byte >> 5);
    let low = prefix.bytes().map(|byte| byte & 31);
    let head = high.chain([0]).chain(low).fold(1, polynomial);
    data.bytes().try_fold(head, |sum, byte| {
        let value = BECH32.iter().position(|other| *other == byte)?;
        Some(polynomial(sum, u8::try_from(value).ok()?))
    })
}

fn polynomial(sum: u32, value: u8) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let top = sum >> 25;
    let shifted = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
    GENERATOR
        .iter()
        .enumerate()
        .fold(shifted, |sum, (i, term)| if top >> i & 1 == 1 { sum ^ term } else { sum })
}

/// EIP-55: a letter is a capital where the Keccak-256 of the lower-case form has a digit of eight or more.
pub(super) fn eip55(digits: &str) -> bool {
    let lower = digits.to_ascii_lowercase();
    let hash = Keccak256::digest(lower.as_bytes());
    let nibble = |i: usize| hash.get(i / 2).map_or(0, |byte| if i % 2 == 1 { byte & 15 } else { byte >> 4 });
    let mixed = digits != lower && digits != digits.to_ascii_uppercase();
    mixed
        && digits
            .bytes()
            .enumerate()
            .all(|(i, byte)| byte.is_ascii_digit() || byte.is_ascii_uppercase() == (nibble(i) >= 8))
}
