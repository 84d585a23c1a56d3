//! The arguments of a tool call, leaf by leaf.

use ombud_core::effect::{Effect, Hints, classify};
use ombud_core::exchange::escape_json;

use crate::attribute::identifier::{Kind, terms};
use crate::wire::answer::ToolCall;
use crate::wire::json::{self, Doc, Keys, Node};

/// Maximum number of leaves examined; a call with more cannot be read reliably.
const MOST_LEAVES: usize = 512;

/// One value of the arguments.
#[derive(Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its JSON Pointer (RFC 6901).
    pub path: String,
    /// Its key; for elements of an array, the array's key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// Names of arguments that select what a tool does.
const ACTIONS: &[&str] = &["action", "operation", "op", "method", "act", "操作", "动作"];

/// Longest action name, in bytes.
const MOST_OF_AN_ACTION: usize = 48;

/// The arguments of a call.
pub struct Arguments {
    /// The strings and numbers in them, in order.
    pub leaves: Vec<Leaf>,
    /// Whether every parser reads them alike: JSON, no duplicate keys, within the size limits, complete.
    pub readable: bool,
    /// Canonical form: keys sorted, no whitespace, equal numbers spelled alike.
    pub canonical: String,
}

impl Arguments {
    /// Returns the effect class of a tool when it is called with these arguments: a tool with several functions is told which one
    /// by an `action`, and then does that. The class can only get worse: `action: "list"` may still change something.
    pub fn effect(&self, tool: Effect) -> Effect {
        let says = |leaf: &&Leaf| {
            let name = leaf.path.strip_prefix('/').is_some_and(|name| ACTIONS.contains(&name));
            name && (1..=MOST_OF_AN_ACTION).contains(&leaf.value.len())
        };
        let chosen = self.leaves.iter().filter(says).map(|leaf| classify(&leaf.value, Hints::default()));
        chosen.filter(|chosen| *chosen != Effect::Unknown).fold(tool, Effect::or_worse)
    }

    /// Reads the arguments of a call as the agent receives them.
    pub fn of(call: &ToolCall) -> Self {
        let text = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
        let mut found =
            Self { leaves: Vec::new(), readable: call.complete && call.sound, canonical: canonical(text) };
        let doc = Doc::parse(text.as_bytes(), Keys::Unique).or_else(|_| {
            found.readable = false;
            Doc::parse(text.as_bytes(), Keys::Any)
        });
        match doc {
            Ok(doc) => found.walk(&doc, doc.root(), "", ""),
            // Free text, as custom tools take it, or a truncated stream: it is one value.
            Err(_) => found.add("", "input", text.to_owned()),
        }
        found
    }

    fn walk(&mut self, doc: &Doc<'_>, node: Node, path: &str, key: &str) {
        if self.leaves.len() >= MOST_LEAVES {
            self.readable = false;
            return;
        }
        match doc.kind(node) {
            json::Kind::Object => {
                for (name, value) in doc.members(node) {
                    let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                    // `{"anna@example.com": "cc"}`
                    if terms(&name)
                        .iter()
                        .any(|term| matches!(term.kind, Kind::Email | Kind::Url | Kind::Iban))
                    {
                        self.add(&path, key, name.clone().into_owned());
                    }
                    self.walk(doc, value, &path, &name);
                }
            }
            json::Kind::Array => {
                for (at, item) in doc.items(node).enumerate() {
                    self.walk(doc, item, &format!("{path}/{at}"), key);
                }
            }
            json::Kind::String => {
                let text = doc.string(node);
                let nested =
                    text.trim_start().starts_with(['{', '[']).then(|| Doc::parse(text.as_bytes(), Keys::Any));
                match nested {
                    Some(Ok(inner)) if path.len() < 512 => self.walk(&inner, inner.root(), path, key),
                    _ => self.add(path, key, text.into_owned()),
                }
            }
            json::Kind::Number => self.add(path, key, doc.raw(node).to_owned()),
            json::Kind::Key | json::Kind::Literal => {}
        }
    }

    fn add(&mut self, path: &str, key: &str, value: String) {
        if !value.trim().is_empty() {
            self.leaves.push(Leaf { path: path.to_owned(), key: key.to_owned(), value });
        }
    }
}

/// Returns the canonical form: keys sorted, no whitespace, equal numbers spelled alike. A text that is not JSON, or has duplicate
/// keys, is returned as is: two parsers could read it differently.
pub fn canonical(text: &str) -> String {
    Doc::parse(text.as_bytes(), Keys::Unique).map_or_else(
        |_| text.to_owned(),
        |doc| {
            let mut out = String::with_capacity(text.len());
            spell(&doc, doc.root(), &mut out);
            out
        },
    )
}

fn spell(doc: &Doc<'_>, node: Node, out: &mut String) {
    match doc.kind(node) {
        json::Kind::Object => {
            let mut members: Vec<_> = doc.members(node).collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            out.push('{');
            for (at, (key, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                quote(key, out);
                out.push(':');
                spell(doc, *value, out);
            }
            out.push('}');
        }
        json::Kind::Array => {
            out.push('[');
            for (at, item) in doc.items(node).enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                spell(doc, item, out);
            }
            out.push(']');
        }
        json::Kind::String => quote(&doc.string(node), out),
        json::Kind::Number => out.push_str(&number(doc.raw(node))),
        json::Kind::Key | json::Kind::Literal => out.push_str(doc.raw(node)),
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    out.push_str(&escape_json(text));
    out.push('"');
}

/// Returns one spelling for a number that clients reformat: `1.50` and `1.5`. A number with more digits than every parser
/// preserves (15, IEEE 754) stays as it is: two that parse alike may be different accounts.
fn number(raw: &str) -> String {
    let mantissa = raw.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    let value = raw.parse::<f64>().ok().filter(|value| digits <= 15 && value.is_finite());
    value.map_or_else(|| raw.to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(arguments: &str) -> Arguments {
        let call = ToolCall { arguments: arguments.to_owned(), complete: true, ..ToolCall::default() };
        Arguments::of(&call)
    }

    fn paths(arguments: &str) -> Vec<String> {
        read(arguments)
            .leaves
            .into_iter()
            .map(|leaf| format!("{}={}:{}", leaf.path, leaf.key, leaf.value))
            .collect()
    }

    #[test]
    fn an_action_makes_a_class_worse_and_never_milder() {
        let class = |tool, arguments| read(arguments).effect(tool);
        assert_eq!(class(Effect::Change, r#"{"action":"delete_all"}"#), Effect::Delete);
        assert_eq!(class(Effect::Read, r#"{"操作":"删除"}"#), Effect::Delete);
        assert_eq!(class(Effect::Unknown, r#"{"action":"list"}"#), Effect::Unknown);
        assert_eq!(class(Effect::Read, r#"{"action":"frobnicate"}"#), Effect::Read);
        assert_eq!(class(Effect::Read, r#"{"query":{"action":"delete"}}"#), Effect::Read);
        assert_eq!(class(Effect::Read, r#"{"title":"delete"}"#), Effect::Read);
    }

    #[test]
    fn one_spelling_for_what_every_reader_reads_alike() {
        let same = |one: &str, other: &str| canonical(one) == canonical(other);
        assert!(same(r#"{"b":1.50,"a":[true, "\u00e9\n"]}"#, "{ \"a\": [true,\"é\\n\"], \"b\" : 15e-1 }"));
        assert!(same("{\"a\":5}", "{\"a\":5.0}"));
        for (one, other) in [
            (r#"{"to":"a"}"#, r#"{"to":"b","to":"a"}"#),
            (r#"{"to":"a"}"#, r#"{"t\u006f":"b","to":"a"}"#),
            ("{\"n\":123456789012345678901234}", "{\"n\":123456789012345678901299}"),
            ("{\"n\":1}", "{\"n\":\"1\"}"),
            ("{\"n\":null}", "{}"),
            (r#"{"a":"b\",\"c\":\"d"}"#, r#"{"a":"b","c":"d"}"#),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn leaves_and_their_places() {
        assert_eq!(
            paths(r#"{"to":["a","b"],"n":{"x/y":1.50},"inner":"{\"to\":\"c\"}"}"#),
            ["/to/0=to:a", "/to/1=to:b", "/n/x~1y=x/y:1.50", "/inner/to=to:c"]
        );
        assert_eq!(paths("rm -rf /"), ["=input:rm -rf /"]);
        assert!(read("").readable && read("{}").leaves.is_empty());
    }

    #[test]
    fn what_two_readers_read_differently_is_not_readable() {
        for arguments in
            [r#"{"to":"a","to":"b"}"#, r#"{"to":"a""#, &"[".repeat(500), &format!("[{}1]", "1,".repeat(600))]
        {
            assert!(!read(arguments).readable, "{}", &arguments[..20.min(arguments.len())]);
        }
    }

    #[test]
    fn equal_arguments_have_one_spelling() {
        assert_eq!(canonical(r#"{ "b" : 1, "a" : "\u0041" }"#), canonical(r#"{"a":"A","b":1}"#));
        assert_ne!(canonical(r#"{"a":"A"}"#), canonical(r#"{"a":"B"}"#));
    }

    proptest! {
        #[test]
        fn any_text_is_safe(text in "\\PC{0,60}|[\\[\\]{}\",:a1\\\\]{0,40}") {
            let _ = read(&text);
        }
    }
}
