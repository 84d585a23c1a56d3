//! Masking and restoring: pure functions over text.
//!
//! A value becomes a [token](token): `PHONE_7Q2K4M8N`. The eight characters are chosen by the caller's keyed digest (a
//! [`Mint`]), so the same value gives the same token each time the history is sent again, and nobody without the key can
//! guess it. A value may also become a realistic surrogate, chosen by the same digest. [`Minted`] remembers which tokens one
//! request made; [`restore`] turns back those and no others.
//!
//! The contract of short forms ([`memory`](crate::memory)): the token of 老王 is that of 王建国 with a small letter behind it,
//! `PERSON_7Q2K4M8Nk`. It stands for the very characters 老王 and is restored to them, with the same noise allowed. The letter
//! comes from the digest of the short form, so it is the same each time the history is sent again; which forms there are comes
//! from the request's own texts and the operator's names, never from another request.

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

/// Replaces each detection in `text` by its token. Detections must be sorted and must not overlap; those without a length, which are
/// labels, replace nothing. `restorable` says of each whether its token is turned back later.
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
