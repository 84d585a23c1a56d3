//! The ledger from outside.

mod crash;
mod foreign;
mod support;
mod tamper;
mod writing;
