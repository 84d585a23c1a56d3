//! Payloads: encrypted under a conversation's key and bound to their log entry.
//!
//! `blob = version ‖ key id (16) ‖ nonce (12) ‖ AES-256-GCM(salt (32) ‖ parts)`, where `parts = count (u32) ‖ (length
//! (u32) ‖ bytes)*`, numbers big-endian. The associated data are the version, the key id and the id of the event. AES-GCM
//! is not key-committing: a blob can be crafted that decrypts to two texts under two keys. Therefore the entry also
//! carries `HMAC-SHA-256(salt, parts)`; the salt exists only inside the blob, so that once the key is gone, guesses
//! cannot be tested against the commitment.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use ombud_core::event::Commitment;
use ombud_core::{Lang, Say};
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::Error;
use crate::id::fresh;
use crate::keys::{Secret, random};
use crate::text::hex;
use crate::tlog::tree::sha256;

/// Maximum total length of a payload's parts, in bytes.
pub const MAX_PAYLOAD: usize = 64 << 20;

const VERSION: u8 = 1;
const KEY_ID: usize = 16;
const SALT: usize = 32;
const HEADER: usize = 1 + KEY_ID + NONCE_LEN;

/// Id of a conversation key; random, reveals nothing.
pub(crate) type KeyId = [u8; KEY_ID];

/// The plaintext of a payload: what is encrypted, in parts (for example one per slot).
#[derive(Clone, Copy)]
pub struct Payload<'a> {
    /// Pseudonymous id of the conversation under whose key it is encrypted.
    pub conversation: &'a str,
    /// The parts; they are returned unchanged.
    pub parts: &'a [&'a [u8]],
}

impl std::fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payload").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

/// Why a payload cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is not a payload, was changed, belongs to another entry, or is encrypted under another key.
    #[error("the payload was changed or belongs to another entry")]
    Damaged,
    /// It decrypts to something other than what the entry commits to.
    #[error("the payload is not what its entry is committed to")]
    Commitment,
}

impl Say for OpenError {
    fn say(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::En, _) => self.to_string(),
            (Lang::Zh, Self::Damaged) => "内容被更改，或属于另一条记录".to_owned(),
            (Lang::Zh, Self::Commitment) => "内容与其记录的承诺不符".to_owned(),
        }
    }
}

/// Encrypts under one key. Building it costs a key schedule, so it is kept.
pub(crate) struct Sealer {
    id: KeyId,
    key: LessSafeKey,
}

impl Sealer {
    pub(crate) fn new(id: KeyId, key: &Secret) -> Result<Self, Error> {
        Ok(Self { id, key: cipher(key)? })
    }

    /// The blob and the commitment for a payload of the event with this id.
    pub(crate) fn seal(&self, event: &str, parts: &[&[u8]]) -> Result<(Vec<u8>, Commitment), Error> {
        let length = framed_len(parts)?;
        let mut seed = fresh::<{ SALT + NONCE_LEN }>()?;
        let (salt, nonce) = seed.split_at(SALT);
        let mut blob = Vec::with_capacity(HEADER + SALT + length + AES_256_GCM.tag_len());
        blob.push(VERSION);
        blob.extend_from_slice(&self.id);
        blob.extend_from_slice(nonce);
        blob.extend_from_slice(salt);
        frame(parts, &mut blob);
        let (header, plain) = blob.split_at_mut(HEADER);
        let commit = commitment(plain);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Crypto("nonce"))?;
        let associated = Aad::from(associated(header, event));
        let tag = self.key.seal_in_place_separate_tag(nonce, associated, plain);
        let tag = tag.map_err(|_| Error::Crypto("encryption"))?;
        blob.extend_from_slice(tag.as_ref());
        seed.zeroize();
        let commitment = Commitment { ct: hex(&sha256(&blob)), commit, len: blob.len() as u64 };
        Ok((blob, commitment))
    }
}

/// The id of the key that opens a blob.
pub(crate) fn key_id(blob: &[u8]) -> Option<KeyId> {
    let (version, rest) = blob.split_first()?;
    (*version == VERSION).then(|| rest.first_chunk().copied())?
}

/// Decrypts the payload of the event with this id and checks it against the entry's commitment.
pub(crate) fn open(
    key: &Secret,
    event: &str,
    blob: &[u8],
    commitment_of_entry: &Commitment,
) -> Result<Vec<Vec<u8>>, OpenError> {
    if hex(&sha256(blob)) != commitment_of_entry.ct {
        return Err(OpenError::Damaged);
    }
    let (header, sealed) = blob.split_at_checked(HEADER).ok_or(OpenError::Damaged)?;
    let nonce = header.get(1 + KEY_ID..).and_then(|nonce| Nonce::try_assume_unique_for_key(nonce).ok());
    let nonce = nonce.filter(|_| header.first() == Some(&VERSION)).ok_or(OpenError::Damaged)?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let key = cipher(key).map_err(|_| OpenError::Damaged)?;
    let plain = key.open_in_place(nonce, Aad::from(associated(header, event)), &mut buffer);
    let plain: &[u8] = plain.map_err(|_| OpenError::Damaged)?;
    if commitment(plain) != commitment_of_entry.commit {
        return Err(OpenError::Commitment);
    }
    unframe(plain.get(SALT..).unwrap_or_default()).ok_or(OpenError::Damaged)
}

/// Wraps a secret under another: `nonce ‖ AES-256-GCM`, bound to `context`.
pub(crate) fn wrap(key: &Secret, context: &[u8], secret: &[u8]) -> Result<Vec<u8>, Error> {
    let nonce = random::<NONCE_LEN>()?;
    let mut sealed = Zeroizing::new(secret.to_vec());
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut *sealed)
        .map_err(|_| Error::Crypto("encryption"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Unwraps what [`wrap`] produced.
pub(crate) fn unwrap(key: &Secret, context: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_LEN>()?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let key = cipher(key).ok()?;
    let plain = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut buffer);
    let length = plain.ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

fn cipher(key: &Secret) -> Result<LessSafeKey, Error> {
    let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| Error::Crypto("cipher"))?;
    Ok(LessSafeKey::new(key))
}

fn associated(header: &[u8], event: &str) -> Vec<u8> {
    let named = header.get(..=KEY_ID).unwrap_or_default();
    [b"ombud/payload\0", named, event.as_bytes()].concat()
}

/// HMAC-SHA-256 of the rest under the first 32 bytes (the salt), in hexadecimal.
fn commitment(plain: &[u8]) -> String {
    let (salt, parts) = plain.split_at_checked(SALT).unwrap_or_default();
    hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, salt), parts).as_ref())
}

fn framed_len(parts: &[&[u8]]) -> Result<usize, Error> {
    let length = parts.iter().fold(4, |sum: usize, part| sum.saturating_add(part.len()).saturating_add(4));
    if length > MAX_PAYLOAD {
        return Err(Error::TooLong { what: "payload", length, limit: MAX_PAYLOAD });
    }
    Ok(length)
}

/// The lengths fit because [`framed_len`] was called first.
fn frame(parts: &[&[u8]], out: &mut Vec<u8>) {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(&number(parts.len()));
    for part in parts {
        out.extend_from_slice(&number(part.len()));
        out.extend_from_slice(part);
    }
}

fn unframe(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (count, mut rest) = bytes.split_first_chunk::<4>()?;
    let mut parts = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (part, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        parts.push(part.to_vec());
        rest = tail;
    }
    rest.is_empty().then_some(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> Secret {
        Zeroizing::new([byte; 32])
    }

    fn sealed(parts: &[&[u8]]) -> (Vec<u8>, Commitment) {
        Sealer::new([5; KEY_ID], &key(1)).unwrap().seal("event-1", parts).unwrap()
    }

    #[test]
    fn another_key_event_or_commitment_does_not_open() {
        let (blob, commitment) = sealed(&[b"secret"]);
        assert_eq!(open(&key(1), "event-1", &blob, &commitment).unwrap(), [b"secret"]);
        assert_eq!(open(&key(2), "event-1", &blob, &commitment), Err(OpenError::Damaged));
        assert_eq!(open(&key(1), "event-2", &blob, &commitment), Err(OpenError::Damaged));
        let other = Commitment { commit: "00".repeat(32), ..commitment };
        assert_eq!(open(&key(1), "event-1", &blob, &other), Err(OpenError::Commitment));
        assert_eq!(key_id(&blob), Some([5; KEY_ID]));
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        let (one, two) = (sealed(&[b"yes"]), sealed(&[b"yes"]));
        assert_ne!(one.0, two.0);
        assert_ne!(one.1.commit, two.1.commit);
    }

    #[test]
    fn debug_output_has_no_content() {
        let payload = Payload { conversation: "c", parts: &[b"13800138000"] };
        assert!(!format!("{payload:?}").contains("138"));
    }

    proptest! {
        #[test]
        fn parts_come_back(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..9)) {
            let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let (blob, commitment) = sealed(&slices);
            prop_assert_eq!(commitment.len, blob.len() as u64);
            prop_assert_eq!(open(&key(1), "event-1", &blob, &commitment).unwrap(), parts);
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (unframe(&bytes), key_id(&bytes), unwrap(&key(1), b"", &bytes));
            let commitment = Commitment { ct: hex(&sha256(&bytes)), commit: String::new(), len: 0 };
            prop_assert!(open(&key(1), "e", &bytes, &commitment).is_err());
        }

        #[test]
        fn any_flipped_bit_is_noticed(at: usize, bit in 0_u8..8) {
            let (mut blob, mut commitment) = sealed(&[b"hello", b"world"]);
            let at = at % blob.len();
            blob[at] ^= 1 << bit;
            prop_assert_eq!(open(&key(1), "event-1", &blob, &commitment), Err(OpenError::Damaged));
            commitment.ct = hex(&sha256(&blob));
            prop_assert!(open(&key(1), "event-1", &blob, &commitment).is_err());
        }
    }
}
