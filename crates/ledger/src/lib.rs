//! The ledger: a tamper-evident, encrypted, erasable log.
//!
//! ```text
//! append ──▶ journal/*.seg (the truth) ──▶ fdatasync ──▶ journal/checkpoint (signed)
//!               │ leaf: canonical record, hashed into the tree, kept for ever
//!               └ payload: ciphertext; its key stands wrapped in state.db and can be destroyed
//! ```
//!
//! What it proves: that the entries under a checkpoint are those that were signed. It does not prove that whoever holds the
//! key did not sign something else: that takes a witness.

pub mod canonical;
pub mod journal;
mod text;
pub mod tlog;

#[cfg(feature = "store")]
mod error;
#[cfg(feature = "store")]
mod files;
#[cfg(feature = "store")]
mod keys;
#[cfg(feature = "store")]
mod ledger;
#[cfg(feature = "store")]
mod seal;
#[cfg(feature = "store")]
mod state;

#[cfg(feature = "store")]
pub use error::{Error, Problem};
#[cfg(feature = "store")]
pub use ledger::{Ledger, Ticket};
#[cfg(feature = "store")]
pub use seal::{MAX_PAYLOAD, OpenError, Payload};
#[cfg(feature = "store")]
pub use state::keyring::Erased;
#[cfg(feature = "store")]
pub use state::vault;
#[cfg(feature = "store")]
pub use state::vault::Vault;
