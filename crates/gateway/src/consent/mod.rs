//! Consent at run time: proofs that a subject agreed to a purpose, and the epochs that void them.

mod desk;
pub mod proof;

pub use desk::{Answered, Denial, Desk, Given, Question, Trouble, Who};

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
