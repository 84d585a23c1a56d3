//! The transparency log: RFC 6962 Merkle trees, C2SP tiles, checkpoints and signed notes. Pure functions; no files.

pub mod checkpoint;
pub mod note;
pub mod proof;
pub mod tile;
pub mod tree;

pub use checkpoint::Checkpoint;
pub use note::{Signer, VerifierKey};
pub use tree::{Frontier, Hash, leaf_hash, node_hash};
