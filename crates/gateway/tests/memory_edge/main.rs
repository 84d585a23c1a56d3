//! The memory edge in front of a mock store, on loopback.

#[cfg(test)]
mod edge;
