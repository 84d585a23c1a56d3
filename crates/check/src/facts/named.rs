//! What calls name: the model that they call, and what the developer tells it.

use std::ops::Range;

use super::{FunctionId, Recipient, Template};

/// A model that is called.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Index of the file.
    pub file: usize,
    /// Bytes of the call, or of the name in an export.
    pub span: Range<usize>,
    /// The function that contains the call, if any.
    pub function: Option<FunctionId>,
    /// The recipient of the call.
    pub recipient: Recipient,
    /// Its name, as far as it is written out; `None` if it is not named at all.
    pub name: Option<Template>,
}

/// A prompt that the developer writes in code.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Index of the file.
    pub file: usize,
    /// Bytes of the argument or call that passes it on.
    pub span: Range<usize>,
    /// The function that contains it.
    pub function: FunctionId,
    /// The text, as far as it is written out; `None` if it is composed at run time.
    pub words: Option<Template>,
}

impl Model {
    /// Returns the name if it is known; a variable's default counts.
    pub fn known(&self) -> Option<String> {
        let shown = self.name.as_ref()?.shown();
        (!shown.is_empty() && !shown.contains("{}")).then_some(shown)
    }
}
