//! Custom GPT actions and Coze plugins: an `OpenAPI` description of what can be called, and where.

use ombud_core::effect::{Hints, classify};

use super::graph::Act;
use super::http;
use crate::facts::{Action, Entry, Facts, Function, Taint, Tool};
use crate::tree::Node;

/// Whether a document describes an API.
pub(super) fn is_description(root: &Node) -> bool {
    (root.get("openapi").is_some() || root.get("swagger").is_some()) && root.get("paths").is_some()
}

/// Whether a description is meant for a model, by its extensions, title or file name.
fn is_for_a_model(root: &Node, text: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let told = root.at(&["info", "title"]).map_or("", Node::text).to_lowercase();
    text.contains("x-openai-") || told.contains("gpt") || name.contains("gpt") || name.contains("action")
}

/// Reads a description.
pub(super) fn read(facts: &mut Facts, file: usize, root: &Node) {
    let Some(source) = facts.files.get(file) else { return };
    let meant = is_for_a_model(root, &source.text, &source.path);
    if meant {
        lines(facts, file, root);
    }
    for (path, methods) in root.get("paths").map(Node::fields).unwrap_or_default() {
        for (method, operation) in methods.fields() {
            if !matches!(method.as_str(), "get" | "post" | "put" | "patch" | "delete") {
                continue;
            }
            *facts.kinds.entry(format!("openapi:{method}")).or_default() += 1;
            if meant {
                let action = action(file, path, method, operation);
                facts.tools.push(tool(&action, operation));
                facts.actions.push(action);
            }
        }
    }
}

/// Reports server addresses of the actions that are unencrypted.
fn lines(facts: &mut Facts, file: usize, root: &Node) {
    for url in
        root.get("servers").map(Node::items).unwrap_or_default().iter().filter_map(|one| one.get("url"))
    {
        if http::is_plain(url.text()) {
            let call = Act::Plain.call(url.span.clone(), "server".to_owned(), Taint::NONE);
            let span = url.span.clone();
            let (name, entry) = ("server".to_owned(), Some(Entry::Handler));
            facts.functions.push(Function {
                name,
                file,
                span,
                entry,
                calls: vec![call],
                ..Function::default()
            });
        }
    }
}

fn action(file: usize, path: &str, method: &str, operation: &Node) -> Action {
    let id = operation.get("operationId");
    let flag = operation.get("x-openai-isConsequential");
    Action {
        name: id.map(Node::text).filter(|id| !id.is_empty()).unwrap_or(path).to_owned(),
        file,
        span: id.map_or_else(|| operation.span.start..operation.span.start, |id| id.span.clone()),
        writes: method != "get",
        unasked: flag.filter(|flag| flag.text() == "false").map(|flag| flag.span.clone()),
    }
}

fn tool(action: &Action, operation: &Node) -> Tool {
    let description = [operation.text_of("summary"), operation.text_of("description")].join(" ");
    let effect = classify(&action.name, Hints { description: &description, arguments: &[] });
    Tool {
        name: action.name.clone(),
        effect,
        file: action.file,
        span: action.span.clone(),
        function: None,
        acts: None,
    }
}
