//! `LangFlow`: every node contains the Python code of its component and the values of its fields.

use super::graph::{Act, Graph, Step, provider_of, recipient, store};
use crate::facts::{Facts, Taint};
use crate::providers::Providers;
use crate::tree::Node;

/// Reads a flow.
pub(super) fn read(facts: &mut Facts, file: usize, root: &Node, providers: &Providers) {
    let mut graph = Graph::default();
    for node in nodes(root) {
        let kind = node.at(&["data", "type"]).map_or("", Node::text);
        *facts.kinds.entry(format!("langflow:{kind}")).or_default() += 1;
        for name in ["system_prompt", "system_message"] {
            if let Some(prompt) = field(node, name) {
                super::told(facts, file, prompt);
            }
        }
        let step = step(facts, node, kind, providers);
        let acts: Vec<Act> = step.acts.iter().map(|(_, act)| act.clone()).collect();
        super::asks_in(facts, file, &step.span, &acts, model_name(node));
        graph.steps.push(step);
    }
    for edge in root.at(&["data", "edges"]).map(Node::items).unwrap_or_default() {
        graph.edges.push((edge.text_of("source").to_owned(), edge.text_of("target").to_owned()));
    }
    graph.assemble(facts, file);
}

fn nodes(root: &Node) -> &[Node] {
    root.at(&["data", "nodes"]).map(Node::items).unwrap_or_default()
}

fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.at(&["data", "node", "template", name, "value"])
}

/// Returns the field that names the model: a list with one choice, or a text.
fn model_name(node: &Node) -> Option<&Node> {
    let choice = field(node, "model").and_then(|model| model.items().first()?.get("name"));
    choice.or_else(|| ["model_name", "model"].iter().find_map(|name| field(node, name)))
}

fn step(facts: &mut Facts, node: &Node, kind: &str, providers: &Providers) -> Step {
    let title = node.at(&["data", "node", "display_name"]).or_else(|| node.at(&["data", "type"]));
    let place = title.map_or_else(|| node.span.clone(), |title| title.span.clone());
    let entry = matches!(kind, "ChatInput" | "TextInput" | "Webhook");
    let acts = acts(facts, node, kind, providers);
    let answers = acts.iter().any(|act| matches!(act, Act::Model(_)));
    let (adds, passes) = match kind {
        _ if entry => (Taint::USER, false),
        _ if answers => (Taint::MODEL, false),
        "URLComponent" | "UnifiedWebSearch" | "WebSearch" | "RSSReader" => (Taint::WEB, false),
        "File" | "Directory" => (Taint::FILE, false),
        _ => (Taint::NONE, true),
    };
    Step {
        id: node.text_of("id").to_owned(),
        name: title.map_or(kind, Node::text).to_owned(),
        span: place.clone(),
        entry,
        adds,
        passes,
        acts: acts.into_iter().map(|act| (place.clone(), act)).collect(),
        ..Step::default()
    }
}

fn acts(facts: &mut Facts, node: &Node, kind: &str, providers: &Providers) -> Vec<Act> {
    const STORES: &[&str] = &[
        "AstraDB",
        "Chroma",
        "Pinecone",
        "QdrantVectorStoreComponent",
        "Milvus",
        "FAISS",
        "pgvector",
        "Weaviate",
    ];
    if kind == "MemoryBase" || kind == "Memory" {
        let store = store(facts, "langflow:memory", true);
        return vec![Act::Read(store), Act::Write(store)];
    }
    if kind == "Knowledge" {
        return vec![Act::Read(store(facts, "langflow:knowledge", false))];
    }
    if STORES.contains(&kind) {
        return vec![Act::Read(store(facts, &kind.to_ascii_lowercase(), false))];
    }
    if matches!(kind, "Agent" | "LanguageModelComponent") || kind.ends_with("Model") {
        let named = ["agent_llm", "provider", "model_provider"].iter().find_map(|name| field(node, name));
        let told = named.map(Node::text).filter(|name| !name.is_empty());
        let chosen = field(node, "model").and_then(|model| model.items().first());
        let chosen = chosen.map(|model| model.text_of("provider")).filter(|name| !name.is_empty());
        let id = provider_of(told.or(chosen).unwrap_or(kind));
        let base = ["openai_api_base", "base_url", "api_base"].iter().find_map(|name| field(node, name));
        let base = base.filter(|base| crate::facts::host_of(base.text()).is_some());
        return match base {
            Some(base) => super::flowise::model(base.text(), kind, providers),
            None => vec![Act::Model(recipient(id, providers))],
        };
    }
    Vec::new()
}

/// Returns the Python code of components that the developer edited; code shipped with `LangFlow` is not theirs.
pub(super) fn own_code(root: &Node) -> Vec<&Node> {
    let edited = nodes(root).iter().filter(|node| {
        node.at(&["data", "node"]).is_some_and(|node| node.is_on("edited"))
            || node.at(&["data", "type"]).is_some_and(|kind| kind.text() == "CustomComponent")
    });
    edited.filter_map(|node| field(node, "code")).collect()
}

/// Reports values in secret fields that are not references to stored variables.
pub(super) fn secrets(facts: &mut Facts, file: usize, root: &Node) {
    for node in nodes(root) {
        for (_, template) in node.at(&["data", "node", "template"]).map(Node::fields).unwrap_or_default() {
            let secret = template.is_on("password") || template.text_of("_input_type") == "SecretStrInput";
            let looked_up = template.is_on("load_from_db");
            if let Some(value) =
                template.get("value").filter(|value| secret && !looked_up && super::is_key(value.text()))
            {
                facts.secrets.push((file, value.span.clone()));
            }
        }
    }
}
