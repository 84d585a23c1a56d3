//! What an approval from outside may cover until it is revoked: calls of one tool that differ only in their prose.
//!
//! At the tool edge the user's words are not known, so every call with effects needs approval, the same one every day.
//! Somebody outside may settle that for a tool and the values that a call was made with: anything that could say who, what,
//! how much or where, down to `true` and `false`. Only arguments that are prose by their name (`body`, `text`, `正文`) may
//! differ, and even there the addresses and accounts may not.

use ombud_core::effect::{Effect, Part, Shape, part};

use crate::attribute::identifier::{Kind, terms};
use crate::calls::arguments::Arguments;
use crate::wire::json::{self, Doc, Keys, Node};
use crate::wire::splice::{Patch, splice};

/// Maximum number of paths shown to a person; a call with more can be approved only once.
const MOST: usize = 16;

/// What an approval would be bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The arguments without prose.
    pub text: String,
    /// The paths of the values that are fixed (RFC 6901).
    pub paths: Vec<String>,
}

/// What an approval of this call could be bound to; `None` where only prose says what the call does.
pub fn bound(effect: Effect, arguments: &Arguments) -> Option<Bound> {
    let doc = Doc::parse(arguments.canonical.as_bytes(), Keys::Unique).ok()?;
    let empty = doc.members(doc.root()).next().is_none();
    let mut walk = Walk { doc: &doc, effect, paths: Vec::new(), patches: Vec::new() };
    if !arguments.readable || doc.kind(doc.root()) != json::Kind::Object {
        return None;
    }
    walk.node(doc.root(), "", "");
    let Walk { paths, mut patches, .. } = walk;
    let bare = splice(arguments.canonical.as_bytes(), &mut patches);
    let text = String::from_utf8(bare).ok()?;
    ((empty || !paths.is_empty()) && paths.len() <= MOST).then_some(Bound { text, paths })
}

struct Walk<'d> {
    doc: &'d Doc<'d>,
    effect: Effect,
    paths: Vec<String>,
    patches: Vec<Patch>,
}

impl Walk<'_> {
    fn node(&mut self, node: Node, path: &str, key: &str) {
        let doc = self.doc;
        match doc.kind(node) {
            json::Kind::Object => {
                for (name, value) in doc.members(node) {
                    self.node(
                        value,
                        &format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")),
                        &name,
                    );
                }
            }
            json::Kind::Array => {
                for (at, item) in doc.items(node).enumerate() {
                    self.node(item, &format!("{path}/{at}"), key);
                }
            }
            json::Kind::String if part(self.effect, key, Shape::Other) == Some(Part::Content) => {
                let found = terms(&doc.string(node));
                let kept = found.iter().filter(|t| matches!(t.kind, Kind::Email | Kind::Url | Kind::Iban));
                let kept: Vec<&str> = kept.map(|term| term.canonical.as_str()).collect();
                let with = ombud_core::exchange::escape_json(&kept.join(" ")).into_owned();
                self.patches.push(Patch { range: doc.span(node), with });
            }
            _ => self.paths.push(path.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::answer::ToolCall;

    fn of(arguments: &str) -> Option<Bound> {
        let call = ToolCall { arguments: arguments.to_owned(), complete: true, ..ToolCall::default() };
        bound(Effect::Send, &Arguments::of(&call))
    }

    #[test]
    fn prose_may_differ_and_nothing_else() {
        let first = of(r#"{"to":["a@x.example"],"body":"hello","urgent":true}"#).unwrap();
        assert_eq!(first.paths, ["/to/0", "/urgent"]);
        let same = |arguments: &str| of(arguments).is_some_and(|other| other.text == first.text);
        assert!(same(r#"{"body":"see you at noon", "urgent":true, "to":["a@x.example"]}"#));
        for other in [
            r#"{"to":["b@x.example"],"body":"hello","urgent":true}"#,
            r#"{"to":["a@x.example","b@x.example"],"body":"hello","urgent":true}"#,
            r#"{"to":["a@x.example"],"body":"hello","urgent":false}"#,
            r#"{"to":["a@x.example"],"body":"hello"}"#,
            r#"{"to":["a@x.example"],"body":"hello","urgent":true,"room":"x"}"#,
            // What prose points to is bound as well.
            r#"{"to":["a@x.example"],"body":"hello https://evil.example/x","urgent":true}"#,
        ] {
            assert!(!same(other), "{other}");
        }
        assert_ne!(of(r#"{"to":12345678901234567890}"#), of(r#"{"to":12345678901234567891}"#));
    }

    #[test]
    fn a_call_of_prose_alone_is_answered_once_only() {
        assert_eq!(of(r#"{"body":"hello"}"#), None);
        assert_eq!(of("{\"to\":"), None);
        assert!(of("{}").is_some(), "nothing could differ");
        let many: Vec<String> = (0..=MOST).map(|n| format!("\"k{n}\":{n}")).collect();
        assert_eq!(of(&format!("{{{}}}", many.join(","))), None);
    }
}
