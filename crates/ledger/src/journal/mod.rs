//! The journal: the truth. Append-only segment files; everything else is derived from them.
//!
//! A segment is `"ombudseg" ‖ first sequence (u64) ‖ number (u64) ‖ CRC-32 (u32)` and then frames,
//! `"OMB1" ‖ leaf length (u32) ‖ payload length (u32) ‖ CRC-32 (u32) ‖ leaf ‖ payload`; numbers are big-endian, and each
//! CRC-32 is over everything else of its header or frame but the magic of the frame. The CRC is there to find torn writes;
//! the hashes of the tree are there to find changed ones.

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
