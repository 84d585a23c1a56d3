//! Coze: canvases of Coze Studio, and what the canvas of coze.cn puts on the clipboard. Node types are numbers; the list is
//! that of the project's `node_meta.go`.

use super::graph::{Act, Graph, Step, recipient, store};
use crate::facts::{Facts, Sink, Taint, host_of, loopback};
use crate::providers::Providers;
use crate::tree::Node;

/// Where the nodes stand: at the root, or in what was copied.
pub(super) fn canvases(root: &Node) -> Vec<&Node> {
    if is_canvas(root) {
        return vec![root];
    }
    let copied = |node: &&Node| node.text_of("type") == "coze-workflow-clipboard-data";
    let all = std::iter::once(root).chain(root.fields().iter().map(|(_, node)| node));
    all.filter(copied).filter_map(|node| node.get("json")).collect()
}

/// Whether a document's nodes have numbers for types.
fn is_canvas(root: &Node) -> bool {
    let first = root.get("nodes").and_then(|nodes| nodes.items().first());
    first.is_some_and(|node| {
        let kind = node.text_of("type");
        !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_digit()) && node.get("data").is_some()
    })
}

/// Reads a file.
pub(super) fn read(facts: &mut Facts, file: usize, root: &Node, providers: &Providers) {
    for canvas in canvases(root) {
        let mut graph = Graph::default();
        nodes(facts, canvas.get("nodes"), &mut graph, providers, 0);
        edges(canvas, &mut graph, 0);
        graph.assemble(facts, file);
    }
}

fn nodes(facts: &mut Facts, all: Option<&Node>, graph: &mut Graph, providers: &Providers, depth: usize) {
    for node in all.map(Node::items).unwrap_or_default() {
        let kind = node.text_of("type");
        *facts.kinds.entry(format!("coze:{}", shown(kind))).or_default() += 1;
        let step = step(facts, node, kind, providers);
        // Blocks inside a loop are entered through it.
        for inner in node.get("blocks").map(Node::items).unwrap_or_default() {
            graph.edges.push((step.id.clone(), inner.text_of("id").to_owned()));
        }
        graph.steps.push(step);
        if depth < 8 {
            nodes(facts, node.get("blocks"), graph, providers, depth + 1);
        }
    }
}

fn edges(holder: &Node, graph: &mut Graph, depth: usize) {
    for edge in holder.get("edges").map(Node::items).unwrap_or_default() {
        let end = |key: &str| edge.text_of(key).to_owned();
        graph.edges.push((end("sourceNodeID"), end("targetNodeID")));
    }
    for node in holder.get("nodes").or_else(|| holder.get("blocks")).map(Node::items).unwrap_or_default() {
        if depth < 8 {
            edges(node, graph, depth + 1);
        }
    }
}

fn step(facts: &mut Facts, node: &Node, kind: &str, providers: &Providers) -> Step {
    let title = node.at(&["data", "nodeMeta", "title"]);
    let place = title.map_or_else(|| node.span.clone(), |title| title.span.clone());
    let name = title.map(Node::text).filter(|title| !title.is_empty()).unwrap_or_else(|| shown(kind));
    let (adds, passes) = adds(kind);
    Step {
        id: node.text_of("id").to_owned(),
        name: name.to_owned(),
        span: place.clone(),
        entry: kind == "1",
        adds,
        passes,
        acts: acts(facts, node, kind, providers).into_iter().map(|act| (place.clone(), act)).collect(),
    }
}

fn adds(kind: &str) -> (Taint, bool) {
    match kind {
        "1" | "30" | "18" => (Taint::USER, false),
        "3" | "22" => (Taint::MODEL, false),
        "4" | "45" => (Taint::WEB, false),
        "6" | "12" | "43" | "37" | "54" => (Taint::RETRIEVED, true),
        _ => (Taint::NONE, true),
    }
}

fn acts(facts: &mut Facts, node: &Node, kind: &str, providers: &Providers) -> Vec<Act> {
    let inputs = node.at(&["data", "inputs"]);
    match kind {
        // Models of the platform itself, which belongs to the provider of Doubao.
        "3" | "18" | "22" => vec![Act::Model(recipient("ark", providers))],
        "6" => vec![Act::Read(store(facts, &dataset(inputs), false))],
        "27" => vec![Act::Write(store(facts, &dataset(inputs), false))],
        "60" => vec![Act::Erase(store(facts, &dataset(inputs), false))],
        "12" => sql(inputs),
        "45" => request(inputs),
        "4" => vec![Act::Send(None)],
        _ => Vec::new(),
    }
}

fn dataset(inputs: Option<&Node>) -> String {
    let rows = inputs.and_then(|inputs| inputs.get("datasetParam")).map(Node::items).unwrap_or_default();
    let list = rows.iter().find(|row| row.text_of("name") == "datasetList");
    let id = list.and_then(|list| list.at(&["input", "value", "content"])?.items().first());
    let short: String = id.map_or("", Node::text).chars().take(8).collect();
    format!("coze:{short}")
}

/// A statement into which a text is put instead of bound: `{{name}}` inside quotes.
fn sql(inputs: Option<&Node>) -> Vec<Act> {
    let statement = inputs.map_or("", |inputs| inputs.text_of("sql"));
    let open = ["'{{", "\"{{", "'%{{"].iter().any(|sign| statement.contains(sign));
    if open { vec![Act::Run(Sink::Sql)] } else { Vec::new() }
}

fn request(inputs: Option<&Node>) -> Vec<Act> {
    let url = inputs.and_then(|inputs| inputs.at(&["apiInfo", "url"])).map_or("", Node::text);
    match host_of(url) {
        Some(host) if loopback(&host) => Vec::new(),
        host => vec![Act::Send(host)],
    }
}

/// What a type of node is called.
fn shown(kind: &str) -> &'static str {
    const NAMES: &[(&str, &str)] = &[
        ("1", "start"),
        ("2", "end"),
        ("3", "llm"),
        ("4", "plugin"),
        ("5", "code"),
        ("6", "knowledge-read"),
        ("8", "if"),
        ("9", "workflow"),
        ("12", "sql"),
        ("13", "message"),
        ("15", "text"),
        ("18", "question"),
        ("19", "break"),
        ("20", "set-variable"),
        ("21", "loop"),
        ("22", "intent"),
        ("27", "knowledge-write"),
        ("28", "batch"),
        ("29", "continue"),
        ("30", "input"),
        ("32", "merge"),
        ("40", "assign"),
        ("42", "database-update"),
        ("43", "database-read"),
        ("44", "database-delete"),
        ("45", "http"),
        ("46", "database-insert"),
        ("58", "to-json"),
        ("59", "from-json"),
        ("60", "knowledge-delete"),
    ];
    NAMES.iter().find(|(id, _)| *id == kind).map_or("conversation", |(_, name)| name)
}

/// Keys that are written into the header of a request or its authorisation.
pub(super) fn secrets(facts: &mut Facts, file: usize, root: &Node) {
    for canvas in canvases(root) {
        for node in canvas.get("nodes").map(Node::items).unwrap_or_default() {
            let data = node.at(&["data", "inputs", "auth", "authData", "bearerTokenData"]);
            for row in data.map(Node::items).unwrap_or_default() {
                let value = row.at(&["input", "value"]);
                let literal = value.filter(|value| value.text_of("type") == "literal");
                if let Some(content) =
                    literal.and_then(|value| value.get("content")).filter(|text| super::is_key(text.text()))
                {
                    facts.secrets.push((file, content.span.clone()));
                }
            }
        }
    }
}
