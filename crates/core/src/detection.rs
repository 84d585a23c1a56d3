//! What a recogniser reports.

use std::ops::Range;

use serde::Serialize;

use crate::category::DataType;

/// A value found in a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detection {
    /// Bytes of the text in which it was found, on character boundaries.
    pub span: Range<usize>,
    /// What it is.
    pub kind: DataType,
    /// How sure the recogniser is, 0 to 1: a checksum or vendor format gives ≥ 0.9, a format with a context word ≥ 0.7.
    pub score: f32,
    /// The recogniser's id, for explanations.
    pub recogniser: &'static str,
}
