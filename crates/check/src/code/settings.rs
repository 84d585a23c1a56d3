//! Settings that a class reads from the environment: `class Settings(BaseSettings): base_url: str = "https://…"` is a
//! variable with a default.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::Expr;

use super::api::{last, root};
use super::eval::variable;
use super::project::dotted;
use super::state::State;
use super::value::{ClassId, Shape, Value, given, named};
use super::walk::Walk;
use super::watch::Seen;

/// Setting types that are texts.
const TEXTS: &[&str] =
    &["str", "SecretStr", "HttpUrl", "AnyHttpUrl", "AnyUrl", "PostgresDsn", "RedisDsn", "Optional", "Path"];

/// Settings, as far as the bases of their classes do not say.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// Classes that a library fills.
    filled: BTreeSet<ClassId>,
    /// The classes of whose fields an object of each class is the default.
    default_in: BTreeMap<ClassId, BTreeSet<ClassId>>,
}

/// Longest chain of bases and of parts.
const DEEPEST: usize = 6;

impl Walk<'_, '_> {
    /// Whether objects of a class are read from the environment, alone or as parts of such an object.
    fn is_settings(&self, class: ClassId, depth: usize) -> bool {
        let further =
            |other: ClassId| depth < DEEPEST && other != class && self.is_settings(other, depth + 1);
        let is_base = |base: &Value| match &base.shape {
            Shape::Path(path) => {
                last(path) == "BaseSettings" && matches!(root(path), "pydantic" | "pydantic_settings")
            }
            Shape::Class(base) => further(*base),
            _ => false,
        };
        self.state.is_filled(class)
            || self.state.bases(class).iter().any(is_base)
            || self.state.defaults_in(class).any(further)
    }

    /// Returns the value of a setting.
    pub(super) fn setting(
        &self,
        class: ClassId,
        name: &str,
        annotation: &Expr,
        written: Option<&Value>,
    ) -> Option<Value> {
        let field = written.and_then(Value::made).filter(|made| last(&made.path) == "Field");
        let default = match field {
            Some(field) => given(&field.given, 0, "default").cloned(),
            None => written.cloned(),
        };
        let alias = field.and_then(|field| named(&field.given, &["validation_alias", "alias"]));
        let is_text = match &default {
            Some(value) => matches!(value.shape, Shape::Text(_) | Shape::None),
            None => says_text(annotation),
        };
        if !is_text || !self.is_settings(class, 0) {
            return None;
        }
        let own = || format!("{}{name}", self.prefix(class)).to_uppercase();
        let read = alias.and_then(Value::known_text).map_or_else(own, str::to_owned);
        Some(variable(Some(&read), default.as_ref()))
    }

    /// `model_config = SettingsConfigDict(env_prefix="APP_")`
    fn prefix(&self, class: ClassId) -> String {
        let config = self.state.member(class, "model_config", false, 0);
        let prefix = config.as_ref().and_then(|config| match &config.shape {
            Shape::Made(made) => named(&made.given, &["env_prefix"]).and_then(Value::known_text),
            Shape::Dict(items) => items.get("env_prefix").and_then(Value::known_text),
            _ => None,
        });
        prefix.unwrap_or_default().to_owned()
    }
}

impl State<'_> {
    /// Whether a library fills the objects of a class.
    pub(super) fn is_filled(&self, class: ClassId) -> bool {
        self.see(Seen::Bases(class));
        self.settings.filled.contains(&class)
    }

    /// Records that a library fills the objects of a class. It takes a base's place, and is watched like one.
    pub(super) fn set_filled(&mut self, class: ClassId) {
        if self.settings.filled.insert(class) {
            self.change(Seen::Bases(class));
        }
    }

    /// The classes of whose fields an object of the class is the default, alone or in a list.
    pub(super) fn defaults_in(&self, class: ClassId) -> impl Iterator<Item = ClassId> + '_ {
        self.see(Seen::Bases(class));
        self.settings.default_in.get(&class).into_iter().flatten().copied()
    }

    /// Records the default of a field.
    pub(super) fn set_default(&mut self, holder: ClassId, value: &Value) {
        match &value.shape {
            Shape::Object(class) if self.settings.default_in.entry(*class).or_default().insert(holder) => {
                self.change(Seen::Bases(*class));
            }
            Shape::List(items) => items.iter().for_each(|item| self.set_default(holder, item)),
            _ => {}
        }
    }
}

fn says_text(annotation: &Expr) -> bool {
    let is_text = |part: &Expr| dotted(part).is_some_and(|name| TEXTS.contains(&last(&name)));
    match annotation {
        Expr::BinOp(node) => is_text(&node.left) || is_text(&node.right),
        Expr::Subscript(node) => is_text(&node.slice),
        other => is_text(other),
    }
}
