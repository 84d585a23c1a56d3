//! The simulated world over a socket.

#[cfg(test)]
mod requests;
