//! gateway

pub mod providers;
