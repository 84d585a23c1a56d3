//! What calls name: the model that they ask for, and what the developer tells it.

use std::ops::Range;

use super::{FunctionId, Recipient, Template};

/// A model that is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Index of the file.
    pub file: usize,
    /// Bytes of the call, or of the name in an export.
    pub span: Range<usize>,
    /// The function in which the call stands, where there is one.
    pub function: Option<FunctionId>,
    /// Who answers.
    pub recipient: Recipient,
    /// Its name, as far as it is written out; nothing where it is not named at all.
    pub name: Option<Template>,
}

/// What the developer tells a model, in code.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Index of the file.
    pub file: usize,
    /// Bytes of the place at which it is handed over.
    pub span: Range<usize>,
    /// The function in which it stands.
    pub function: FunctionId,
    /// The words, as far as they are written out; nothing where they are put together while the program runs.
    pub words: Option<Template>,
}

impl Model {
    /// The name, if it is known: that of a variable's default counts.
    pub fn known(&self) -> Option<String> {
        let shown = self.name.as_ref()?.shown();
        (!shown.is_empty() && !shown.contains("{}")).then_some(shown)
    }
}
