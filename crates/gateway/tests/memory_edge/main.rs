//! The memory edge before a store that is played, on loopback.

#[cfg(test)]
mod edge;
