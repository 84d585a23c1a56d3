//! Checks of the repository itself. Each returns its complaints, one line each; no complaint means a pass.

pub(crate) mod arrows;
pub(crate) mod budget;
pub(crate) mod names;
pub(crate) mod terms;
