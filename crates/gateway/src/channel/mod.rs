//! Streamed responses: frames are forwarded as they arrive, with at most one token's length of text held back.

pub mod sse;
pub mod stream;
mod template;
pub mod withhold;
