//! Masking and restoring: pure functions over text.
//!
//! A value becomes a [token](token): `PHONE_7Q2K4M8N`. The eight characters are chosen by the caller's keyed digest (a
//! [`Mint`]), so the same value gives the same token each time the history is sent again, and nobody without the key can
//! guess it. [`Minted`] remembers which tokens one request made; [`restore`] turns back those and no others.

pub mod minted;
pub mod restore;
pub mod token;

pub use minted::{Mint, Minted};
pub use restore::{Form, Restorer, Tally, candidates, restore};
pub use token::Token;

use ombud_core::Detection;

/// Replaces each detection in `text` by its token. Detections must be sorted and must not overlap.
pub fn mask(text: &str, detections: &[Detection], minted: &mut Minted, mint: Mint<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for found in detections {
        let (Some(before), Some(value)) = (text.get(done..found.span.start), text.get(found.span.clone()))
        else {
            continue;
        };
        out.push_str(before);
        minted.token(found.kind, value, true, mint).write(&mut out);
        done = found.span.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}
