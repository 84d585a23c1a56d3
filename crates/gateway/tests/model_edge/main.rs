//! The model edge over real sockets: what reaches the provider, what comes back, and what happens when things fail.

mod fields;
mod faults;
mod harness;
mod identity;
mod streams;
