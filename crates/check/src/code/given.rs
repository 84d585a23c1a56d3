//! What a function passes on unchanged.

use ruff_python_ast::{Arguments, Expr};
use ruff_text_size::TextRange;

use super::value::{Shape, Value};
use super::walk::Walk;
use crate::facts::{Deed, FunctionId, Piece};

impl Walk<'_, '_> {
    /// Records which parameter is the text that a call executes, if it is one.
    pub(super) fn note_given(&mut self, arguments: &Arguments, range: TextRange) {
        let runs = |deed: &Deed| matches!(deed, Deed::Run { .. });
        if !self.call_at(range).does.iter().any(runs) {
            return;
        }
        let first = arguments.args.first().or(arguments.keywords.first().map(|keyword| &keyword.value));
        let found = first.and_then(|text| self.given_as_is(text));
        for deed in &mut self.call_at(range).does {
            if let Deed::Run { given, .. } = deed {
                *given = found;
            }
        }
    }

    /// Returns the parameter that a name represents, in whole or in part, of this function or of an enclosing one.
    fn given_as_is(&self, text: &Expr) -> Option<(FunctionId, usize)> {
        let Expr::Name(name) = text else { return None };
        let name = name.id.as_str();
        if let Some(value) = self.env.names.get(name) {
            return Some((self.function, only(value)?));
        }
        let project = self.state.project;
        let outer = |id: FunctionId| project.functions.get(id).and_then(|func| func.outer);
        let held = |id: FunctionId| Some((id, only(self.state.local(id, name)?)?));
        std::iter::successors(outer(self.function), |id| outer(*id)).find_map(held)
    }
}

/// Returns the single parameter that a value is, if nothing was added to it.
pub(super) fn only(value: &Value) -> Option<usize> {
    let put_together = match &value.shape {
        Shape::Text(text) => !matches!(text.pieces.as_slice(), [Piece::Parameter(_) | Piece::Hole]),
        Shape::Unknown => false,
        _ => true,
    };
    let mut parameters = value.taint.parameters();
    let one = parameters.next()?;
    (parameters.next().is_none() && !put_together).then_some(one)
}
