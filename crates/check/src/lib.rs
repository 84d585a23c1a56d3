//! Project to findings.
//!
//! ```text
//! walk ─▶ Source ─▶ what it shows ─▶ findings
//! ```
//!
//! Today it surveys: which providers a project talks to, in which lines their address is written out, which languages
//! it uses, and where credentials stand in the source. `ombud init` writes its configuration from that, and
//! `ombud run` names the lines to change when nothing came through the gateway.

mod rules;
mod survey;
mod walk;

pub use survey::{Language, Survey, survey};
pub use walk::Source;

use std::path::PathBuf;

/// Why a project cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder cannot be read.
    #[error("cannot read {}", .0.display())]
    Unreadable(PathBuf),
    /// The list of hosts cannot be searched for.
    #[error("the list of provider hosts is too large")]
    Hosts,
}
