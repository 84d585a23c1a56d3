//! Builds nodes of the evaluator's tree from spans of the script parser.

use oxc_span::Span;
use ruff_text_size::{TextRange, TextSize};

pub(super) use crate::code::build::*;

/// Converts a span.
pub(super) fn at(span: Span) -> TextRange {
    TextRange::new(TextSize::from(span.start), TextSize::from(span.end.max(span.start)))
}
