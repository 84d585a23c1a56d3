//! Flowise: chat flows (parts wired into a chain or an agent), agent flows (steps in order), and single tools.

use std::collections::BTreeMap;
use std::ops::Range;

use ombud_core::effect::{Hints, classify};

use super::graph::{Act, Graph, Step, provider_of, recipient, store};
use crate::facts::{Facts, Sink, Taint, Tool};
use crate::providers::Providers;
use crate::tree::Node;

/// Reads a flow, or a tool by itself.
pub(super) fn read(facts: &mut Facts, file: usize, root: &Node, providers: &Providers) {
    if let (Some(name), Some(_)) = (root.get("name"), root.get("func")) {
        *facts.kinds.entry("flowise:tool".to_owned()).or_default() += 1;
        offer(facts, file, name, root.text_of("description"));
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
        if is_step(data) {
            let mut acts = Vec::new();
            collect(facts, id, &all, &wires, providers, &mut acts, 0);
            graph.steps.push(step(id, data, acts));
        }
    }
    graph.edges = wires.into_iter().map(|(from, to)| (from.to_owned(), to.to_owned())).collect();
    graph.assemble(facts, file);
}

/// Whether a node runs by itself; the others are parts of one that does.
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
    }
}

/// What a node does, and what the parts wired into it do for it.
fn collect(
    facts: &mut Facts,
    id: &str,
    all: &BTreeMap<&str, &Node>,
    wires: &[(&str, &str)],
    providers: &Providers,
    found: &mut Vec<(Range<usize>, Act)>,
    depth: usize,
) {
    let Some(data) = all.get(id).filter(|_| depth < 5) else { return };
    found.extend(own(facts, data, providers).into_iter().map(|act| (place(data), act)));
    for (from, _) in wires.iter().filter(|(_, to)| *to == id) {
        if all.get(from).is_some_and(|part| !is_step(part)) {
            collect(facts, from, all, wires, providers, found, depth + 1);
        }
    }
}

fn own(facts: &mut Facts, data: &Node, providers: &Providers) -> Vec<Act> {
    let name = data.text_of("name");
    let given = |key: &str| data.at(&["inputs", key]).map_or("", Node::text);
    match data.text_of("category") {
        "Chat Models" | "LLMs" | "Embeddings" => model(given("basepath"), name, providers),
        "Vector Stores" => {
            let written = !given("document").is_empty()
                || data.at(&["inputs", "document"]).is_some_and(|list| !list.items().is_empty());
            let store = store(facts, name, false);
            if written { vec![Act::Write(store), Act::Read(store)] } else { vec![Act::Read(store)] }
        }
        "Memory" if !matches!(name, "bufferMemory" | "bufferWindowMemory" | "agentMemory") => {
            let store = store(facts, name, true);
            vec![Act::Read(store), Act::Write(store)]
        }
        "Agent Flows" => agent_flow(facts, data, name, providers),
        _ => Vec::new(),
    }
}

fn model(base: &str, name: &str, providers: &Providers) -> Vec<Act> {
    let mut who = recipient(provider_of(name), providers);
    if let Some(host) = crate::facts::host_of(base) {
        let known = providers.by_host(&host);
        who.provider = known.map(|known| known.id.clone());
        who.local = known.is_some_and(|known| known.local) || crate::facts::loopback(&host);
        who.fixed = !who.local;
        who.host = Some(host);
    }
    vec![Act::Model(who)]
}

fn agent_flow(facts: &mut Facts, data: &Node, name: &str, providers: &Providers) -> Vec<Act> {
    let given = |key: &str| data.at(&["inputs", key]).map_or("", Node::text);
    match name {
        "llmAgentflow" => model("", given("llmModel"), providers),
        "agentAgentflow" => {
            let mut acts = model("", given("agentModel"), providers);
            if data.at(&["inputs", "agentKnowledgeDocumentStores"]).is_some_and(|all| !all.items().is_empty())
            {
                acts.push(Act::Read(store(facts, "flowise:documents", false)));
            }
            acts
        }
        "conditionAgentAgentflow" => model("", given("conditionAgentModel"), providers),
        "retrieverAgentflow" => vec![Act::Read(store(facts, "flowise:documents", false))],
        "httpAgentflow" => vec![Act::Send(crate::facts::host_of(given("url")))],
        "customFunctionAgentflow" if given("customFunctionJavascriptFunction").contains("eval(") => {
            vec![Act::Run(Sink::Code)]
        }
        _ => Vec::new(),
    }
}

fn tools(facts: &mut Facts, file: usize, data: &Node) {
    let name = data.get("name");
    if let (Some(name), "Tools") = (name, data.text_of("category")) {
        offer(facts, file, name, data.text_of("description"));
    }
    let selected = data.at(&["inputs", "agentTools"]).map(Node::items).unwrap_or_default();
    for tool in selected.iter().filter_map(|tool| tool.get("agentSelectedTool")) {
        offer(facts, file, tool, "");
    }
}

fn offer(facts: &mut Facts, file: usize, name: &Node, description: &str) {
    let effect = classify(name.text(), Hints { description, arguments: &[] });
    let (name, span) = (name.text().to_owned(), name.span.clone());
    facts.tools.push(Tool { name, effect, file, span, function: None });
}
