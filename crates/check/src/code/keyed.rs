//! Conversations that a program holds in memory under the id of a person.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged as _, TextRange};

use super::api::keys::is_person;
use super::api::{last, names};
use super::deeds::add;
use super::project::dotted;
use super::value::Value;
use super::walk::Walk;
use crate::facts::{Deed, Taint};

/// Words of what holds the conversations of many people.
const TALKS: &[&str] = &["histor*", "conversation*", "memor*", "chat*", "dialog*", "messages"];

impl Walk<'_, '_> {
    /// `histories[user_id]`: records the key, once in a function.
    pub(super) fn note_person_key(&mut self, held: &Expr, key: &Expr, value: &Value, range: TextRange) {
        let taint = value.deep_taint();
        if taint == Taint::NONE || !key_name(key).is_some_and(is_person) || !self.is_held_for_all(held) {
            return;
        }
        let noted = |deed: &Deed| matches!(deed, Deed::Keyed(_));
        if !self.calls.values().any(|call| call.does.iter().any(noted)) {
            add(&mut self.call_at(range).does, Deed::Keyed(taint));
        }
    }

    /// `histories.get(user_id)`, `memories.set(userId, memory)`
    pub(super) fn note_person_call(&mut self, node: &ExprCall, value: Option<&Value>) {
        let (Expr::Attribute(method), Some(value)) = (&*node.func, value) else { return };
        let asks = matches!(method.attr.as_str(), "get" | "setdefault" | "set" | "pop" | "delete");
        if let Some(key) = node.arguments.args.first().filter(|_| asks) {
            self.note_person_key(&method.value, key, value, node.range());
        }
    }

    /// Whether an expression names conversations that outlive a call of this function.
    fn is_held_for_all(&self, held: &Expr) -> bool {
        let Some(name) = dotted(held).filter(|name| names(last(name), TALKS)) else { return false };
        name.contains('.') || !self.env.names.contains_key(name.as_str())
    }
}

/// Returns the name by which a key goes: `user_id`, `body.userId`, `data["user_id"]`, `str(user_id)`.
fn key_name(key: &Expr) -> Option<&str> {
    match key {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(part) => Some(part.attr.as_str()),
        Expr::Subscript(part) => literal(&part.slice),
        Expr::Call(call) => match &*call.func {
            Expr::Name(_) => call.arguments.args.first().and_then(key_name),
            _ => call.arguments.args.first().and_then(literal),
        },
        _ => None,
    }
}

fn literal(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::StringLiteral(text) => Some(text.value.to_str()),
        _ => None,
    }
}
