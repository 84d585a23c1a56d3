//! Command-line options for which a program declares defaults.

use super::api::last;
use super::eval::variable;
use super::value::{Argument, Value, named};
use super::walk::Walk;
use crate::facts::Taint;

/// The global under which the default of an option is recorded.
fn key(name: &str) -> String {
    format!("option {name}")
}

impl Walk<'_, '_> {
    /// `parser.add_argument("--host", default="0.0.0.0")`
    pub(super) fn note_option(&mut self, path: &str, arguments: &[Argument]) {
        if !path.starts_with("argparse.") || last(path) != "add_argument" {
            return;
        }
        let long = arguments
            .iter()
            .filter_map(|one| one.value.known_text())
            .find_map(|text| text.strip_prefix("--"));
        let own = named(arguments, &["dest"]).and_then(Value::known_text).or(long);
        if let (Some(name), Some(default)) = (own, named(arguments, &["default"])) {
            let key = key(&name.replace('-', "_"));
            self.state.set_global(self.module, &key, default.clone());
        }
    }

    /// `parser.parse_args().host`: what was typed, or the default.
    pub(super) fn option(&self, object: &Value, name: &str) -> Option<Value> {
        let parsed = object.outside()?;
        if !parsed.starts_with("argparse.") || !parsed.ends_with("parse_args()") {
            return None;
        }
        let default = self.state.global(self.module, &key(name))?;
        default.template()?;
        let value = variable(Some(name), Some(&default));
        Some(Value { taint: Taint::LOCAL, ..value })
    }
}
