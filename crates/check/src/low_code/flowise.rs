//! Flowise: chat flows (parts wired into a chain or an agent), agent flows (ordered steps), and single tools.

use std::collections::BTreeMap;
use std::ops::Range;

use ombud_core::effect::{Effect, Hints, classify};

use super::graph::{Act, Graph, Step, provider_of, recipient, store};
use super::http::{self, Request};
use super::inside::{self, Language};
use crate::facts::{Entry, Facts, Function, Taint, Tool};
use crate::providers::Providers;
use crate::tree::Node;

/// Reads a flow or a single tool.
pub(super) fn read(facts: &mut Facts, file: usize, root: &Node, providers: &Providers) {
    if let (Some(name), Some(_)) = (root.get("name"), root.get("func")) {
        *facts.kinds.entry("flowise:tool".to_owned()).or_default() += 1;
        offer(facts, file, name, root.text_of("description"));
        if let Some(code) = root.get("func") {
            alone(facts, file, name, code, providers);
        }
        return;
    }
    let nodes = root.get("nodes").map(Node::items).unwrap_or_default();
    let all: BTreeMap<&str, &Node> =
        nodes.iter().filter_map(|node| Some((node.text_of("id"), node.get("data")?))).collect();
    let wires: Vec<(&str, &str)> = root
        .get("edges")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .map(|edge| (edge.text_of("source"), edge.text_of("target")))
        .collect();
    let mut graph = Graph::default();
    for (id, data) in &all {
        let name = data.text_of("name");
        *facts.kinds.entry(format!("flowise:{name}")).or_default() += 1;
        tools(facts, file, data);
        prompts(facts, file, data);
        secrets(facts, file, data);
        if is_step(data) {
            let mut acts = Vec::new();
            collect(facts, (file, id), &all, &wires, providers, &mut acts, 0);
            graph.steps.push(step(id, data, acts));
        }
    }
    graph.edges = wires.into_iter().map(|(from, to)| (from.to_owned(), to.to_owned())).collect();
    graph.assemble(facts, file);
}

/// Adds a single tool, which a model calls.
fn alone(facts: &mut Facts, file: usize, name: &Node, code: &Node, providers: &Providers) {
    let act = inside::body(facts, file, code.text(), &code.span, Language::Script, providers);
    let calls = act.map(|act| act.call(code.span.clone(), name.text().to_owned(), Taint::TOOL));
    facts.functions.push(Function {
        name: name.text().to_owned(),
        file,
        span: name.span.clone(),
        entry: Some(Entry::Tool),
        calls: calls.into_iter().collect(),
        ..Function::default()
    });
}

/// Whether a node runs by itself; other nodes are parts of one that does.
fn is_step(data: &Node) -> bool {
    matches!(
        data.text_of("category"),
        "Chains" | "Agents" | "Agent Flows" | "Sequential Agents" | "Multi Agents" | "Engine"
    )
}

fn place(data: &Node) -> Range<usize> {
    let name = data.get("label").or_else(|| data.get("name"));
    name.map_or_else(|| data.span.clone(), |name| name.span.clone())
}

fn step(id: &str, data: &Node, acts: Vec<(Range<usize>, Act)>) -> Step {
    let name = data.text_of("name");
    let starts = matches!(name, "startAgentflow" | "seqStart")
        || matches!(data.text_of("category"), "Chains" | "Agents" | "Engine");
    let answers = acts.iter().any(|(_, act)| matches!(act, Act::Model(_)));
    let adds = match (starts, answers) {
        (true, true) => Taint::USER | Taint::MODEL,
        (true, false) => Taint::USER,
        (false, true) => Taint::MODEL,
        (false, false) => Taint::NONE,
    };
    let shown = if data.text_of("label").is_empty() { name } else { data.text_of("label") };
    Step {
        id: id.to_owned(),
        name: shown.to_owned(),
        span: place(data),
        entry: starts,
        adds,
        passes: true,
        acts,
        ..Step::default()
    }
}

/// Collects what a node does, and what the parts wired into it do for it.
fn collect(
    facts: &mut Facts,
    (file, id): (usize, &str),
    all: &BTreeMap<&str, &Node>,
    wires: &[(&str, &str)],
    providers: &Providers,
    found: &mut Vec<(Range<usize>, Act)>,
    depth: usize,
) {
    let Some(data) = all.get(id).filter(|_| depth < 5) else { return };
    found.extend(own(facts, file, data, providers));
    for (from, _) in wires.iter().filter(|(_, to)| *to == id) {
        if all.get(from).is_some_and(|part| !is_step(part)) {
            collect(facts, (file, from), all, wires, providers, found, depth + 1);
        }
    }
}

fn own(facts: &mut Facts, file: usize, data: &Node, providers: &Providers) -> Vec<(Range<usize>, Act)> {
    let name = data.text_of("name");
    let given = |key: &str| data.at(&["inputs", key]).map_or("", Node::text);
    let here = |acts: Vec<Act>| acts.into_iter().map(|act| (place(data), act)).collect();
    match data.text_of("category") {
        "Chat Models" | "LLMs" | "Embeddings" => {
            let acts = model(given("basepath"), name, providers);
            let named = ["modelName", "model"].iter().find_map(|key| data.at(&["inputs", key]));
            super::asks_in(facts, file, &place(data), &acts, named);
            here(acts)
        }
        "Vector Stores" => here(vectors(facts, data, name)),
        "Memory" => memory(facts, data, name),
        "Tools" => tool(facts, file, data, name, providers),
        "Utilities" => code(facts, file, data, &["javascriptFunction"], providers),
        "Agent Flows" => {
            let mut acts = code(facts, file, data, &["customFunctionJavascriptFunction"], providers);
            if let Some(url) = data.at(&["inputs", "url"]).filter(|_| name == "httpAgentflow") {
                let request = Request { url, method: given("method"), body: data.at(&["inputs", "body"]) };
                acts.extend(http::acts(facts, file, request, providers));
            }
            acts.extend(here(agent_flow(facts, file, data, name, providers)));
            acts
        }
        _ => Vec::new(),
    }
}

/// Reads a vector store. If documents are wired to it, the developer loads them on the platform; otherwise something else fills
/// it.
fn vectors(facts: &mut Facts, data: &Node, name: &str) -> Vec<Act> {
    let inputs = data.get("inputs");
    let keys = ["pineconeIndex", "collectionName", "indexName", "tableName", "basePath", "milvusCollection"];
    let part = keys.iter().find_map(|key| inputs?.get(key).filter(|value| !value.text().is_empty()));
    let full = part.map_or_else(|| name.to_owned(), |part| format!("{name}:{}", part.text()));
    let store = store(facts, &full, false);
    let documents = inputs.and_then(|inputs| inputs.get("document"));
    let loads = documents.is_some_and(|list| !list.text().is_empty() || !list.items().is_empty());
    if loads { vec![Act::Load(store), Act::Read(store)] } else { vec![Act::Read(store)] }
}

/// Reads a memory. One that outlives the conversation holds people's data; a single constant key is wrong in any.
fn memory(facts: &mut Facts, data: &Node, name: &str) -> Vec<(Range<usize>, Act)> {
    let mut acts = Vec::new();
    if !matches!(name, "bufferMemory" | "bufferWindowMemory" | "agentMemory") {
        let store = store(facts, name, true);
        acts.extend([(place(data), Act::Read(store)), (place(data), Act::Write(store))]);
    }
    let key = ["sessionId", "mem0UserID", "userId"].iter().find_map(|key| data.at(&["inputs", key]));
    let key = key.filter(|key| http::is_constant(key.text()));
    acts.extend(key.map(|key| (key.span.clone(), Act::Shared(key.text().to_owned()))));
    acts
}

fn tool(
    facts: &mut Facts,
    file: usize,
    data: &Node,
    name: &str,
    providers: &Providers,
) -> Vec<(Range<usize>, Act)> {
    let mut acts = code(facts, file, data, &["customToolFunc"], providers);
    let url = ["url", "requestsPostUrl", "requestsGetUrl", "requestsPutUrl", "requestsDeleteUrl"];
    let url = url.iter().find_map(|key| data.at(&["inputs", key]));
    if let Some(url) = url.filter(|_| name.starts_with("requests")) {
        let method = name.trim_start_matches("requests");
        acts.extend(http::acts(facts, file, Request { url, method, body: None }, providers));
    }
    acts
}

/// Reads code in one of the inputs, which is a function body. A tool's arguments are chosen by a model.
fn code(
    facts: &mut Facts,
    file: usize,
    data: &Node,
    keys: &[&str],
    providers: &Providers,
) -> Vec<(Range<usize>, Act)> {
    let text = keys.iter().find_map(|key| data.at(&["inputs", key]));
    let Some(text) = text.filter(|text| !text.text().is_empty()) else { return Vec::new() };
    let act = inside::body(facts, file, text.text(), &text.span, Language::Script, providers);
    act.into_iter().map(|act| (text.span.clone(), act)).collect()
}

/// Returns the model for a node type, at its own address if one is hard-coded.
pub(super) fn model(base: &str, name: &str, providers: &Providers) -> Vec<Act> {
    let mut who = recipient(provider_of(name), providers);
    if let Some(host) = crate::facts::host_of(base) {
        let known = providers.by_host(&host);
        who.provider = known.map(|known| known.id.clone());
        who.local = known.is_some_and(|known| known.local) || crate::facts::loopback(&host);
        (who.fixed, who.open) = (!who.local, false);
        who.host = Some(host);
    }
    vec![Act::Model(who)]
}

fn agent_flow(facts: &mut Facts, file: usize, data: &Node, name: &str, providers: &Providers) -> Vec<Act> {
    let mut chosen = |key: &str| {
        let acts = model("", data.at(&["inputs", key]).map_or("", Node::text), providers);
        let named = data.at(&["inputs", &format!("{key}Config"), "modelName"]);
        super::asks_in(facts, file, &place(data), &acts, named);
        acts
    };
    match name {
        "llmAgentflow" => chosen("llmModel"),
        "agentAgentflow" => {
            let mut acts = chosen("agentModel");
            if data.at(&["inputs", "agentKnowledgeDocumentStores"]).is_some_and(|all| !all.items().is_empty())
            {
                acts.push(Act::Read(store(facts, "flowise:documents", false)));
            }
            acts
        }
        "conditionAgentAgentflow" => chosen("conditionAgentModel"),
        "retrieverAgentflow" => vec![Act::Read(store(facts, "flowise:documents", false))],
        _ => Vec::new(),
    }
}

fn tools(facts: &mut Facts, file: usize, data: &Node) {
    let inputs = |key: &str| data.at(&["inputs", key]).filter(|value| !value.text().is_empty());
    if data.text_of("category") == "Tools" {
        // The developer's name for a tool takes precedence over the platform's name for its type.
        let name = ["customToolName", "chainToolName", "name"].iter().find_map(|key| inputs(key));
        let told =
            ["customToolDesc", "description", "requestsPostDescription"].iter().find_map(|key| inputs(key));
        let description = told.map_or_else(|| data.text_of("description"), Node::text);
        if let Some(name) = name.or_else(|| data.get("name")) {
            offer(facts, file, name, description);
        }
    }
    let selected = data.at(&["inputs", "agentTools"]).map(Node::items).unwrap_or_default();
    for tool in selected.iter().filter_map(|tool| tool.get("agentSelectedTool")) {
        offer(facts, file, tool, "");
    }
}

fn offer(facts: &mut Facts, file: usize, name: &Node, description: &str) {
    let effect = match name.text() {
        // Built-in tools, named after the HTTP method that they use.
        "requestsPost" | "requestsPut" => Effect::Send,
        "requestsDelete" => Effect::Delete,
        "requestsGet" => Effect::Fetch,
        other => classify(other, Hints { description, arguments: &[] }),
    };
    let (name, span) = (name.text().to_owned(), name.span.clone());
    facts.tools.push(Tool { name, effect, file, span, function: None, acts: None });
}

/// Adds the developer's prompts.
fn prompts(facts: &mut Facts, file: usize, data: &Node) {
    for key in ["systemMessage", "systemMessagePrompt", "systemPrompt", "agentMessage"] {
        if let Some(prompt) = data.at(&["inputs", key]) {
            super::told(facts, file, prompt);
        }
    }
    for key in ["agentMessages", "llmMessages"] {
        let rows = data.at(&["inputs", key]).map(Node::items).unwrap_or_default();
        for prompt in
            rows.iter().filter(|row| row.text_of("role") == "system").filter_map(|row| row.get("content"))
        {
            super::told(facts, file, prompt);
        }
    }
}

/// Reports hard-coded keys in the inputs of a node.
fn secrets(facts: &mut Facts, file: usize, data: &Node) {
    for (name, value) in data.get("inputs").map(Node::fields).unwrap_or_default() {
        if super::is_credential(name) && super::is_key(value.text()) {
            facts.secrets.push((file, value.span.clone()));
        }
    }
}
