//! Conversations that are one list for the whole program.

use ruff_python_ast::{Arguments, Expr};

use super::value::Shape;
use super::walk::Walk;

impl Walk<'_, '_> {
    /// The name of the conversation that a model call of a function is given, if the module holds it as one list and the
    /// function does not begin it anew.
    pub(super) fn one_history(&self, arguments: &Arguments) -> Option<String> {
        let in_function =
            self.state.project.functions.get(self.function).is_some_and(|func| func.definition.is_some());
        let Expr::Name(name) = &arguments.find_keyword("messages")?.value else { return None };
        let name = name.id.as_str();
        let own = self.env.names.contains_key(name) || self.globals.contains(name);
        let held = self.state.global(self.module, name)?;
        (in_function && !own && matches!(held.shape, Shape::List(_))).then(|| name.to_owned())
    }
}
