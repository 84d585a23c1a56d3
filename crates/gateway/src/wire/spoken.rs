//! The strings of a response that people read, other than the deltas of a stream; and the addresses that the provider's own
//! search put into it.

use super::Wire;
use super::json::{Doc, Kind, Node};
use super::openai_responses::AGENT_CALLS;

/// Types of parts that hold text under `text` or `refusal`.
const PARTS: &[&str] = &[
    "text",
    "output_text",
    "refusal",
    "summary_text",
    "reasoning_text",
    "response.output_text.done",
    "response.refusal.done",
];

/// The strings that hold text of the response, outside `sealed` subtrees and calls.
pub fn nodes(wire: Wire, doc: &Doc<'_>, sealed: &[Node]) -> Vec<Node> {
    let mut found = Vec::new();
    objects(doc, sealed, |object| {
        let kind = doc.get_str(object, "type");
        if kind.is_some_and(|kind| PARTS.contains(&&*kind)) {
            found.extend(strings(doc, object, &["text", "refusal"]));
        }
    });
    match wire {
        Wire::Chat => found.extend(messages(doc)),
        Wire::Completions => found.extend(choices(doc).flat_map(|choice| strings(doc, choice, &["text"]))),
        _ => {}
    }
    found
}

/// Addresses outside its text and calls: results of the provider's own search.
pub fn cited(doc: &Doc<'_>) -> Vec<String> {
    let mut found = Vec::new();
    objects(doc, &[], |object| {
        let url = doc.get(object, "url").filter(|url| doc.kind(*url) == Kind::String);
        found.extend(url.map(|url| doc.string(url).into_owned()));
    });
    let listed = doc.get(doc.root(), "citations").into_iter().flat_map(|list| doc.items(list));
    found.extend(listed.filter(|url| doc.kind(*url) == Kind::String).map(|url| doc.string(url).into_owned()));
    found
}

/// Visits every object outside these subtrees and outside calls, whose arguments the model writes.
fn objects(doc: &Doc<'_>, sealed: &[Node], mut see: impl FnMut(Node)) {
    let mut skip_until = doc.root();
    for node in doc.nodes() {
        if node < skip_until || doc.kind(node) != Kind::Object {
            continue;
        }
        let kind = doc.get_str(node, "type");
        let call = kind.is_some_and(|kind| kind == "tool_use" || AGENT_CALLS.contains(&&*kind));
        if call || sealed.contains(&node) || doc.get(node, "function").is_some() {
            skip_until = doc.after(node);
        } else {
            see(node);
        }
    }
}

fn choices<'d>(doc: &'d Doc<'_>) -> impl Iterator<Item = Node> + use<'d> {
    doc.get(doc.root(), "choices").into_iter().flat_map(|choices| doc.items(choices))
}

fn messages<'d>(doc: &'d Doc<'_>) -> impl Iterator<Item = Node> + use<'d> {
    let said = ["content", "refusal", "reasoning_content", "reasoning"];
    choices(doc)
        .filter_map(|choice| doc.get(choice, "message"))
        .flat_map(move |message| strings(doc, message, &said))
}

fn strings(doc: &Doc<'_>, object: Node, keys: &[&str]) -> Vec<Node> {
    let of = |key: &&str| doc.get(object, key).filter(|node| doc.kind(*node) == Kind::String);
    keys.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::super::json::Keys;
    use super::*;

    fn said(wire: Wire, body: &str) -> Vec<String> {
        let doc = Doc::parse(body.as_bytes(), Keys::Any).unwrap();
        nodes(wire, &doc, &[]).into_iter().map(|node| doc.string(node).into_owned()).collect()
    }

    #[test]
    fn words_of_every_wire_and_no_arguments() {
        let chat = r#"{"choices":[{"message":{"content":"a","tool_calls":[{"type":"function","function":{"name":"f","arguments":"{\"type\":\"text\",\"text\":\"x\"}"}}]}}]}"#;
        assert_eq!(said(Wire::Chat, chat), ["a"]);
        let parts = r#"{"choices":[{"message":{"content":[{"type":"text","text":"a"}]}}]}"#;
        assert_eq!(said(Wire::Chat, parts), ["a"]);
        let blocks = r#"{"content":[{"type":"text","text":"a"},{"type":"tool_use","input":{"type":"text","text":"x","url":"https://x.example"}}]}"#;
        assert_eq!(said(Wire::Messages, blocks), ["a"]);
        let items = r#"{"output":[{"type":"message","content":[{"type":"output_text","text":"a"}]},{"type":"function_call","text":"x"}]}"#;
        assert_eq!(said(Wire::Responses, items), ["a"]);
        assert_eq!(said(Wire::Completions, r#"{"choices":[{"text":"a"}]}"#), ["a"]);
    }

    #[test]
    fn what_the_provider_found_is_cited_and_what_the_model_asks_for_is_not() {
        let body = r#"{"content":[{"type":"web_search_tool_result","content":[{"type":"web_search_result","url":"https://a.example/1"}]},
            {"type":"tool_use","input":{"url":"https://x.example"}}],"citations":["https://b.example/2"]}"#;
        let doc = Doc::parse(body.as_bytes(), Keys::Any).unwrap();
        assert_eq!(cited(&doc), ["https://a.example/1", "https://b.example/2"]);
    }
}
