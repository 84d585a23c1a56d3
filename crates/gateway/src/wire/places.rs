//! The positions of the tool calls of a chat. Calls are distinguished by their index; where a provider gives every call the
//! same index, by their ids, as clients do.

use std::collections::BTreeMap;

use super::frame::path;
use super::json::{Doc, Node};
use super::openai_chat::number;

/// The positions in use, by choice and index.
#[derive(Debug, Default, Clone)]
pub struct Places {
    /// The id of the current call at an index, and its position.
    now: BTreeMap<(u32, u32), (Option<String>, u32)>,
    /// Positions of calls whose index was taken over by another.
    known: BTreeMap<(u32, u32, String), u32>,
}

impl Places {
    /// The position of the call with this index and id: a different id at the same index is a different call if it also has
    /// a name (some servers make up an id for every frame). An empty id counts as none.
    pub fn at(&mut self, choice: u32, index: u32, (id, named): (Option<&str>, bool)) -> u32 {
        let id = id.filter(|id| !id.is_empty());
        let now = self.now.entry((choice, index)).or_insert_with(|| (None, index));
        let Some(id) = id else { return now.1 };
        match &now.0 {
            Some(own) if own == id => return now.1,
            None => now.0 = Some(id.to_owned()),
            Some(_) if !named && !self.known.contains_key(&(choice, index, id.to_owned())) => return now.1,
            Some(_) => {
                let known = self.known.get(&(choice, index, id.to_owned()));
                *now = (Some(id.to_owned()), known.copied().unwrap_or_else(|| path(index, id.as_bytes())));
            }
        }
        self.known.insert((choice, index, id.to_owned()), now.1);
        now.1
    }

    /// The position of one of the `tool_calls` of a choice, and its stated index (or its position in the list).
    pub fn of(&mut self, doc: &Doc<'_>, choice: u32, position: usize, call: Node) -> (u32, u32) {
        let index = number(doc, call, "index").unwrap_or(u32::try_from(position).unwrap_or(u32::MAX));
        let function = ["function", "custom"].iter().find_map(|key| doc.get(call, key));
        let named =
            function.and_then(|function| doc.get_str(function, "name")).is_some_and(|name| !name.is_empty());
        (self.at(choice, index, (doc.get_str(call, "id").as_deref(), named)), index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_id_is_another_call_and_none_is_the_same() {
        let mut places = Places::default();
        let first = places.at(0, 0, (Some("a"), true));
        assert_eq!((first, places.at(0, 0, (Some(""), true)), places.at(0, 0, (None, true))), (0, 0, 0));
        let second = places.at(0, 0, (Some("b"), true));
        assert!(
            second != first
                && places.at(0, 0, (None, true)) == second
                && places.at(1, 0, (Some("b"), true)) == 0
        );
        assert_eq!(places.at(0, 0, (Some("c"), false)), second);
        assert_eq!(places.at(0, 0, (Some("a"), false)), first);
        assert_eq!((places.at(0, 3, (None, true)), places.at(0, 3, (Some("late"), true))), (3, 3));
    }
}
