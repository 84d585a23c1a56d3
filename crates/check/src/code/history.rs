//! Conversations that are one list for the whole program.

use ruff_python_ast::{Arguments, DictItem, Expr};

use super::value::Shape;
use super::walk::Walk;

impl Walk<'_, '_> {
    /// The name of the conversation that a model call of a function is given, if the module holds it as one list and the
    /// function does not begin it anew.
    pub(super) fn one_history(&self, arguments: &Arguments) -> Option<String> {
        let in_function =
            self.state.project.functions.get(self.function).is_some_and(|func| func.definition.is_some());
        let Expr::Name(name) = messages(arguments)? else { return None };
        let name = name.id.as_str();
        let own = self.env.names.contains_key(name) || self.globals.contains(name);
        let held = self.state.global(self.module, name)?;
        (in_function && !own && matches!(held.shape, Shape::List(_))).then(|| name.to_owned())
    }
}

/// What is given as `messages=…`, or as `{messages: …}` in a script.
fn messages(arguments: &Arguments) -> Option<&Expr> {
    if let Some(keyword) = arguments.find_keyword("messages") {
        return Some(&keyword.value);
    }
    let Expr::Dict(options) = arguments.args.first()? else { return None };
    let named = |item: &&DictItem| matches!(&item.key, Some(Expr::StringLiteral(key)) if key.value.to_str() == "messages");
    options.items.iter().find(named).map(|item| &item.value)
}
