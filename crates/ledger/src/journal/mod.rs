//! The journal, the source of truth: append-only segment files from which everything else is derived.
//!
//! A segment is `"ombudseg" ‖ first sequence (u64) ‖ number (u64) ‖ CRC-32 (u32)` followed by frames, `"OMB1" ‖ leaf
//! length (u32) ‖ payload length (u32) ‖ CRC-32 (u32) ‖ leaf ‖ payload`; numbers are big-endian, and each CRC-32 covers
//! everything else in its header or frame except the frame's magic. The CRC detects torn writes; the tree hashes detect
//! changes.

pub mod frame;
pub mod head;
pub mod walk;

#[cfg(feature = "store")]
mod publish;
#[cfg(feature = "store")]
pub(crate) mod recover;
#[cfg(feature = "store")]
pub(crate) mod writer;

pub use walk::{Entry, Position, Step, Walk};
