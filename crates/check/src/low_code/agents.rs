//! Agents declared in YAML: `agents.yaml` with `providers` and `agents`, as Bailian's and Ark's tools read it.

use ombud_core::effect::{Hints, classify};

use super::graph::{Act, Graph, Step, provider_of, recipient, store};
use crate::facts::{Facts, Taint, Tool};
use crate::providers::Providers;
use crate::tree::Node;

/// Whether a document declares agents.
pub(super) fn is_declaration(root: &Node) -> bool {
    let agent = |node: &Node| node.get("model").is_some() || node.get("instructions").is_some();
    let agents = root.get("agents").map(Node::fields).unwrap_or_default();
    agents.iter().any(|(_, node)| agent(node))
        || (root.get("providers").is_some() && root.get("version").is_some())
}

/// Reads a declaration.
pub(super) fn read(facts: &mut Facts, file: usize, root: &Node, providers: &Providers) {
    let default = root.at(&["defaults", "provider"]).map_or("", Node::text);
    let only = root.get("providers").map(Node::fields).unwrap_or_default();
    let default = if default.is_empty() { only.first().map_or("", |(name, _)| name) } else { default };
    let mut graph = Graph::default();
    for (name, node) in root.get("agents").map(Node::fields).unwrap_or_default() {
        *facts.kinds.entry("agents:agent".to_owned()).or_default() += 1;
        tools(facts, file, node);
        graph.steps.push(step(facts, name, node, default, providers));
    }
    for (section, node) in root.fields() {
        if section != "agents" && !node.fields().is_empty() {
            *facts.kinds.entry(format!("agents:{section}")).or_default() += node.fields().len();
        }
    }
    graph.assemble(facts, file);
}

fn step(facts: &mut Facts, name: &str, node: &Node, default: &str, providers: &Providers) -> Step {
    let place = node.get("model").map_or_else(|| node.span.clone(), |model| model.span.clone());
    let told = [node.text_of("provider"), default].into_iter().find(|name| !name.is_empty());
    let id = match told.unwrap_or_else(|| node.text_of("model")) {
        "bailian" | "qoder" | "dashscope" => "dashscope",
        "claude" => "anthropic",
        "ark" => "ark",
        other => provider_of(other),
    };
    let mut acts = vec![(place.clone(), Act::Model(recipient(id, providers)))];
    if let Some(memory) = node.get("memory").filter(|memory| memory.text() != "false") {
        let store = store(facts, "agents:memory", true);
        acts.push((memory.span.clone(), Act::Read(store)));
        acts.push((memory.span.clone(), Act::Write(store)));
    }
    Step {
        id: name.to_owned(),
        name: name.to_owned(),
        span: place,
        entry: true,
        adds: Taint::USER,
        passes: true,
        acts,
    }
}

fn tools(facts: &mut Facts, file: usize, node: &Node) {
    for tool in node.at(&["tools", "builtin"]).map(Node::items).unwrap_or_default() {
        let (name, span) = (tool.text().to_owned(), tool.span.clone());
        let effect = classify(&name, Hints { description: "", arguments: &[] });
        facts.tools.push(Tool { name, effect, file, span, function: None });
    }
}

/// Keys of providers and credentials that are written out.
pub(super) fn secrets(facts: &mut Facts, file: usize, root: &Node) {
    for (_, provider) in root.get("providers").map(Node::fields).unwrap_or_default() {
        if let Some(key) = provider.get("api_key").filter(|key| super::is_key(key.text())) {
            facts.secrets.push((file, key.span.clone()));
        }
    }
}
