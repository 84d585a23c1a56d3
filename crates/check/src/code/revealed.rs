//! Settings and keys of the program that a route returns to the client.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use super::api::names;
use super::deeds::add;
use super::value::{Argument, Shape, Value};
use super::walk::Walk;
use crate::facts::{Deed, Piece, Taint};

/// Words for keys, or for what contains some.
const KEYS: &[&str] = &[
    "key",
    "keys",
    "apikey",
    "apikeys",
    "secret*",
    "token",
    "tokens",
    "password*",
    "credential*",
    "auth",
    "env",
    "provider*",
    "account*",
];

/// Returns the taint of a named part: of settings, only a key-like part still counts as settings.
pub(super) fn part(taint: Taint, name: &str) -> Taint {
    if taint.has(Taint::SETTINGS) && !names(name, KEYS) { taint.without(Taint::SETTINGS) } else { taint }
}

/// Evaluates a member. What an object of the project holds is not a part of what it was created from.
pub(super) fn member(object: &Value, held: Value, name: &str) -> Value {
    if object.taint.has(Taint::SETTINGS) { Value { taint: part(held.taint, name), ..held } } else { held }
}

/// Whether the name of a variable or a field says that it is a key.
fn is_key(name: &str) -> bool {
    names(name, &["apikey", "secret", "password"])
        || names(name, &["api", "access", "secret", "auth"]) && names(name, &["key", "token"])
}

/// Whether a response field is a key given to the program itself: `NOTES_API_TOKEN`, not a login token.
fn is_own_key(name: &str, value: &Value) -> bool {
    let constant = matches!(value.shape, Shape::Bool(_) | Shape::None | Shape::Number(_))
        || value.known_text().is_some()
        || value.taint.has(Taint::MASKED);
    let capital = name.len() > 4 && !name.contains(|ch: char| ch.is_lowercase());
    capital && is_key(name) && !constant
}

impl Walk<'_, '_> {
    /// Returns the taint of `settings.__dict__`: keys, if the class has a field for one.
    pub(super) fn whole_settings(&self, object: &Value, name: &str) -> Taint {
        let Shape::Object(class) = object.shape else { return Taint::NONE };
        if name != "__dict__" {
            return Taint::NONE;
        }
        let own = self.state.project.classes.get(class).map_or("", |class| class.name.as_str());
        let settings = names(own, &["config*", "settings", "options"]);
        let keyed = settings && self.state.attributes(class).any(|(name, _)| is_key(name));
        if keyed { Taint::SETTINGS } else { Taint::NONE }
    }

    /// `res.json(settings)`, `JSONResponse(settings)`
    pub(super) fn answered_with(&mut self, node: &ExprCall, arguments: &[Argument]) {
        const ANSWERS: &[&str] =
            &["json", "jsonify", "JSONResponse", "json_response", "send_json", "sendJson", "sendJSON"];
        let name = match &*node.func {
            Expr::Attribute(part) => part.attr.as_str(),
            Expr::Name(name) => name.id.as_str(),
            _ => return,
        };
        // `res.send(settings)`, `res.end(text)`
        let by_object = || match &*node.func {
            Expr::Attribute(part) => {
                matches!(&*part.value, Expr::Name(object) if matches!(object.id.as_str(), "res" | "response" | "reply"))
            }
            _ => false,
        };
        if ANSWERS.contains(&name) || matches!(name, "send" | "end") && by_object() {
            for argument in arguments {
                self.given_out(&argument.value, node.range());
            }
        }
    }

    /// Records what a route returns.
    pub(super) fn given_to_client(&mut self, value: &Value, range: TextRange) {
        if self.state.functions.get(self.function).is_some_and(|function| function.http) {
            self.given_out(value, range);
        }
    }

    fn given_out(&mut self, value: &Value, range: TextRange) {
        let content = shown(value, 0);
        if content != Taint::NONE && self.known_sources(content).has(Taint::SETTINGS) {
            add(&mut self.call_at(range).does, Deed::Reveal);
        }
    }
}

/// Returns which part of a response may be a key, excluding what was redacted under a key's name.
fn shown(value: &Value, depth: usize) -> Taint {
    match &value.shape {
        Shape::Text(text) => match text.pieces.as_slice() {
            [Piece::Variable(name, _)] if is_key(name) => Taint::SETTINGS,
            _ => value.taint,
        },
        Shape::Dict(items) if depth < 4 => {
            let hidden =
                items.iter().any(|(name, item)| is_key(name) && shown(item, depth + 1) == Taint::NONE);
            let own = if hidden { Taint::NONE } else { value.taint };
            let keys = items.iter().any(|(name, item)| is_own_key(name, item));
            let own = own | if keys { Taint::SETTINGS } else { Taint::NONE };
            items.values().fold(own, |sum, item| sum | shown(item, depth + 1))
        }
        Shape::List(items) if depth < 4 => {
            items.iter().fold(value.taint, |sum, item| sum | shown(item, depth + 1))
        }
        Shape::Number(_) | Shape::Bool(_) | Shape::None => Taint::NONE,
        _ => value.taint,
    }
}
