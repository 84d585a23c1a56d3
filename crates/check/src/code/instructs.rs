//! Messages with the system role: their origins are recorded where they are composed.

use std::collections::BTreeMap;

use ruff_python_ast::{DictItem, Expr, ExprDict};
use ruff_text_size::{Ranged, TextRange};

use super::api::system;
use super::deeds::add;
use super::value::{Argument, Value};
use super::walk::Walk;
use crate::facts::{Deed, Taint};

impl Walk<'_, '_> {
    /// `Message(role="system", content=text)`, whoever wrote the class.
    pub(super) fn message_of_system(&mut self, arguments: &[Argument], range: TextRange) {
        if arguments.len() < 2 {
            return;
        }
        let named = |name: &str| arguments.iter().find(|one| one.name.as_deref() == Some(name));
        let role = named("role").and_then(|role| role.value.known_text());
        if matches!(role, Some("system" | "developer"))
            && let Some(content) = named("content").map(|one| one.value.deep_taint())
            && content != Taint::NONE
        {
            add(&mut self.call_at(range).does, Deed::SystemPrompt(content));
        }
    }

    /// Records a message with the system role where it is composed.
    pub(super) fn instruct(&mut self, node: &ExprDict, items: &BTreeMap<String, Value>) {
        self.note_message(items, node.range());
        let Some(content) = system::system_message(items) else { return };
        let keyed = |name: &'static str| move |item: &&DictItem| matches!(&item.key, Some(Expr::StringLiteral(text)) if text.value.to_str() == name);
        // `{"role": one.role, "content": one.content}`, `{**one, "content": text}` only copy another message.
        let copied =
            |item: &DictItem| matches!(&item.value, Expr::Attribute(part) if part.attr.as_str() == "role");
        if node.items.iter().find(keyed("role")).is_none_or(copied) {
            return;
        }
        let is_content =
            |key: &Expr| matches!(key, Expr::StringLiteral(text) if text.value.to_str() == "content");
        let own = node.items.iter().find(|item| item.key.as_ref().is_some_and(is_content));
        let range = own.map_or(node.range(), |item| item.value.range());
        add(&mut self.call_at(range).does, Deed::SystemPrompt(content));
    }
}
