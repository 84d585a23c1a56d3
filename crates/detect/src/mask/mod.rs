//! Masking and restoring: pure functions over text.
//!
//! A value becomes a [token](token): `PHONE_7Q2K4M8N`. The eight characters are chosen by the caller's keyed digest (a
//! [`Mint`]), so the same value gives the same token each time the history is sent again, and nobody can guess it without
//! the key. A value may also become a realistic surrogate, chosen by the same digest. [`Minted`] records which tokens one
//! request minted; [`restore`] restores those and no others.
//!
//! The contract of short forms ([`memory`](crate::memory)): the token of 老王 is that of 王建国 followed by a lower-case
//! letter, `PERSON_7Q2K4M8Nk`. It stands for exactly the characters 老王 and is restored to them, with the same tolerance
//! for noise. The letter comes from the digest of the short form, so it is the same each time the history is sent again;
//! which forms exist is determined by the request's own texts and the operator's names, never by another request.

pub mod minted;
pub mod restore;
mod surrogate;
pub mod token;

pub use minted::{Meaning, Mint, Minted};
pub(crate) use restore::may_follow;
pub use restore::{Form, Restorer, Tally, candidates, restore};
pub use surrogate::{Stands, has_surrogates};
pub use token::Token;

use ombud_core::Detection;

/// Replaces each detection in `text` by its token. Detections must be sorted and must not overlap; labels, whose spans
/// are empty, replace nothing. `restorable` tells for each whether its token may be restored later.
pub fn mask<'d>(
    text: &str,
    detections: impl IntoIterator<Item = &'d Detection>,
    restorable: &dyn Fn(&Detection) -> bool,
    minted: &mut Minted,
    mint: Mint<'_>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for found in detections {
        let (Some(before), Some(value)) = (text.get(done..found.span.start), text.get(found.span.clone()))
        else {
            continue;
        };
        if value.is_empty() {
            continue;
        }
        out.push_str(before);
        minted.token(found.kind, value, restorable(found), mint).write(&mut out);
        done = found.span.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}
