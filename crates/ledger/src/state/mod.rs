//! The state database, `state.db`: wrapped keys, the vault, consents. It is not evidence: losing it loses the contents,
//! not the log.

pub(crate) mod consents;
pub(crate) mod database;
pub(crate) mod keyring;
pub mod vault;
