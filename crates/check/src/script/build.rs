//! Nodes of the evaluator's tree, from places of the parser of scripts.

use oxc_span::Span;
use ruff_text_size::{TextRange, TextSize};

pub(super) use crate::code::build::*;

/// Bytes of the source.
pub(super) fn at(span: Span) -> TextRange {
    TextRange::new(TextSize::from(span.start), TextSize::from(span.end.max(span.start)))
}
