//! What a recogniser reports.

use std::ops::Range;

use serde::Serialize;

use crate::category::{DataCategory, DataType};

/// Recogniser id of values that the operator declared.
pub const DECLARED: &str = "declared";

/// Recogniser id of places that are not addresses: a city, a country, a region.
pub const PLACE: &str = "place";

/// A value found in a text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detection {
    /// Bytes of the text in which it was found, on character boundaries.
    pub span: Range<usize>,
    /// What it is.
    pub kind: DataType,
    /// Confidence of the recogniser, 0 to 1: a checksum or vendor format gives ≥ 0.9, a format with a context word ≥ 0.7.
    pub score: f32,
    /// The recogniser's id, for explanations.
    pub recogniser: &'static str,
}

impl Detection {
    /// The category of this value: that of its type, except that a place without an address reveals no more than a city
    /// does.
    pub fn category(&self) -> DataCategory {
        if self.recogniser == PLACE { DataCategory::LocCoarse } else { self.kind.category() }
    }
}
