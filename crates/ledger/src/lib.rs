//! The ledger: a tamper-evident, encrypted, erasable log.
//!
//! ```text
//! append ──▶ journal/*.seg (the truth) ──▶ fdatasync ──▶ journal/checkpoint (signed)
//!               │ leaf: canonical record, hashed into the tree, kept forever
//!               └ payload: ciphertext; its key is stored wrapped in state.db and can be destroyed
//! ```
//!
//! [`Ledger`] writes; [`Reader`] lists and decrypts, alongside a running writer; [`export()`] produces a C2SP tlog-tiles
//! tree for third-party verifiers; [`verify()`] checks a home or an export and reports what it did not cover.
//!
//! What it proves: that the entries under a checkpoint are those that were signed. It does not prove that the holder of
//! the key did not sign something else: that takes a witness, and [`Report`] says when there is none.

pub mod canonical;
pub mod journal;
mod text;
pub mod tlog;
pub mod verify;

#[cfg(feature = "store")]
mod attest;
#[cfg(feature = "store")]
mod error;
#[cfg(feature = "store")]
mod export;
#[cfg(feature = "store")]
mod files;
#[cfg(feature = "store")]
mod id;
#[cfg(feature = "store")]
mod keys;
#[cfg(feature = "store")]
mod ledger;
#[cfg(feature = "store")]
pub mod read;
#[cfg(feature = "store")]
mod seal;
#[cfg(feature = "store")]
mod state;

#[cfg(feature = "store")]
pub use attest::{attest, log_key};
#[cfg(feature = "store")]
pub use error::{Error, Problem};
#[cfg(feature = "store")]
pub use export::{Exported, export};
#[cfg(feature = "store")]
pub use id::id;
#[cfg(feature = "store")]
pub use ledger::{Ledger, Ticket};
#[cfg(feature = "store")]
pub use read::{Contents, Reader, Record};
#[cfg(feature = "store")]
pub use seal::{MAX_PAYLOAD, OpenError, Payload};
#[cfg(feature = "store")]
pub use state::consents::{Consent, Consents};
#[cfg(feature = "store")]
pub use state::keyring::Erased;
#[cfg(feature = "store")]
pub use state::vault;
#[cfg(feature = "store")]
pub use state::vault::Vault;
pub use verify::{Policy, Report, verify};
