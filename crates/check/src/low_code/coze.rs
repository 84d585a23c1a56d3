//! Coze: Coze Studio canvases, and what the coze.cn canvas copies to the clipboard. Node types are numbers, as listed in the
//! project's `node_meta.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::graph::{Act, Graph, Step, recipient, store};
use super::http::{self, Request};
use super::inside::{self, Language};
use crate::facts::{Facts, Sink, Taint};
use crate::providers::Providers;
use crate::tree::Node;

/// Returns the canvases of a document: its root, or the copied ones.
pub(super) fn canvases(root: &Node) -> Vec<&Node> {
    if is_canvas(root) {
        return vec![root];
    }
    let copied = |node: &&Node| node.text_of("type") == "coze-workflow-clipboard-data";
    let all = std::iter::once(root).chain(root.fields().iter().map(|(_, node)| node));
    all.filter(copied).filter_map(|node| node.get("json")).collect()
}

/// Whether a document's nodes have numeric types.
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
        let mut all = Vec::new();
        nodes(canvas.get("nodes"), &mut all, 0);
        let written = written(&all);
        let taints = taints(&all, &written);
        let mut graph = Graph::default();
        let mut reader = Reader { facts, file, providers, written: &written, taints: &taints };
        for node in &all {
            let kind = node.text_of("type");
            *reader.facts.kinds.entry(format!("coze:{}", shown(kind))).or_default() += 1;
            let step = reader.step(node, kind);
            // Blocks inside a loop are entered through it.
            for inner in node.get("blocks").map(Node::items).unwrap_or_default() {
                graph.edges.push((step.id.clone(), inner.text_of("id").to_owned()));
            }
            graph.steps.push(step);
        }
        edges(canvas, &mut graph, 0);
        graph.assemble(facts, file);
    }
}

/// Collects all nodes, including those inside loops.
fn nodes<'n>(all: Option<&'n Node>, found: &mut Vec<&'n Node>, depth: usize) {
    for node in all.map(Node::items).unwrap_or_default() {
        found.push(node);
        if depth < 8 {
            nodes(node.get("blocks"), found, depth + 1);
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

/// Returns the knowledge bases and tables that the canvas writes to.
fn written(all: &[&Node]) -> BTreeSet<String> {
    let writes = all.iter().filter(|node| matches!(node.text_of("type"), "27" | "42" | "46"));
    writes.map(|node| storage(node)).collect()
}

/// Returns the knowledge base or table of a node.
fn storage(node: &Node) -> String {
    let inputs = node.at(&["data", "inputs"]);
    let tables = inputs.and_then(|inputs| inputs.get("databaseInfoList")).map(Node::items);
    match tables.and_then(<[Node]>::first) {
        Some(table) => format!("table:{}", table.text_of("databaseInfoID")),
        None => dataset(inputs),
    }
}

/// The origins of each node's outputs.
type Taints<'n> = BTreeMap<&'n str, Taint>;

/// Computes the origins along the references, up to a fixed point.
fn taints<'n>(all: &[&'n Node], written: &BTreeSet<String>) -> Taints<'n> {
    let mut found = Taints::new();
    for _ in 0..=all.len().min(64) {
        let mut changed = false;
        for node in all {
            let taint = output(node, &found, written);
            changed |= found.insert(node.text_of("id"), taint) != Some(taint);
        }
        if !changed {
            break;
        }
    }
    found
}

fn output(node: &Node, taints: &Taints<'_>, written: &BTreeSet<String>) -> Taint {
    match node.text_of("type") {
        "1" | "30" | "18" => Taint::USER,
        "3" | "22" => Taint::MODEL,
        "4" | "45" => Taint::WEB,
        "6" | "12" | "43" if !written.contains(&storage(node)) => Taint::FILE,
        "6" | "12" | "43" | "37" | "54" => Taint::RETRIEVED,
        _ => referred(node, taints),
    }
}

/// Returns the origins of everything that a node refers to.
fn referred(node: &Node, taints: &Taints<'_>) -> Taint {
    let own = taints.get(node.text_of("blockID")).copied().unwrap_or_default();
    let fields = node.fields().iter().map(|(_, inner)| inner);
    fields.chain(node.items()).fold(own, |sum, inner| sum | referred(inner, taints))
}

/// Returns the origins of a text's placeholders: `{{name}}` for a node's inputs, `{{block_output_1001.name}}` for the canvas.
fn put_in(inputs: &Node, text: &str, taints: &Taints<'_>) -> Taint {
    let given = inputs.get("inputParameters").map(Node::items).unwrap_or_default();
    let holes = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    holes.fold(Taint::NONE, |sum, (hole, _)| {
        let name = hole.split(['.', '[']).next().unwrap_or_default().trim();
        let block = name.strip_prefix("block_output_").and_then(|id| taints.get(id)).copied();
        let own = given.iter().filter(|row| row.text_of("name") == name);
        own.fold(sum | block.unwrap_or_default(), |sum, row| sum | referred(row, taints))
    })
}

/// Returns the value of a row in a list: `{name, input: {value: {content}}}`.
fn row<'n>(inputs: &'n Node, list: &str, name: &str) -> Option<&'n Node> {
    let rows = inputs.get(list).map(Node::items).unwrap_or_default();
    rows.iter().find(|row| row.text_of("name") == name)?.at(&["input", "value", "content"])
}

struct Reader<'r> {
    facts: &'r mut Facts,
    file: usize,
    providers: &'r Providers,
    written: &'r BTreeSet<String>,
    taints: &'r Taints<'r>,
}

impl Reader<'_> {
    fn step(&mut self, node: &Node, kind: &str) -> Step {
        let title = node.at(&["data", "nodeMeta", "title"]);
        let place = title.map_or_else(|| node.span.clone(), |title| title.span.clone());
        let name = title.map(Node::text).filter(|title| !title.is_empty()).unwrap_or_else(|| shown(kind));
        let nothing = Node::default();
        let inputs = node.at(&["data", "inputs"]).unwrap_or(&nothing);
        let content = if kind == "45" { self.sent(inputs) } else { referred(inputs, self.taints) };
        Step {
            id: node.text_of("id").to_owned(),
            name: name.to_owned(),
            span: place.clone(),
            entry: kind == "1",
            content: Some(content),
            acts: self.acts(node, inputs, kind, &place),
            ..Step::default()
        }
    }

    /// Returns the origins of what a request carries: its address, parameters, headers and body, but not its credentials.
    fn sent(&self, inputs: &Node) -> Taint {
        let mut texts = Vec::new();
        let parts = ["apiInfo", "body", "params", "headers"].map(|part| inputs.get(part));
        let refers = parts.iter().flatten().fold(Taint::NONE, |sum, part| {
            part.texts(&mut texts);
            sum | referred(part, self.taints)
        });
        texts.iter().fold(refers, |sum, text| sum | put_in(inputs, text.text(), self.taints))
    }

    fn acts(
        &mut self,
        node: &Node,
        inputs: &Node,
        kind: &str,
        place: &Range<usize>,
    ) -> Vec<(Range<usize>, Act)> {
        let here = |act| vec![(place.clone(), act)];
        match kind {
            "3" => self.model(inputs, place),
            // The platform's own models, which belong to the provider of Doubao.
            "18" | "22" => here(Act::Model(recipient("ark", self.providers))),
            "6" => self.recall(node, inputs, place),
            "27" => here(Act::Write(store(self.facts, &storage(node), false))),
            "44" | "60" => here(Act::Erase(store(self.facts, &storage(node), false))),
            "12" => sql(inputs),
            "42" | "46" => here(Act::Keep),
            "45" => self.request(inputs),
            "4" => here(Act::Send(None)),
            "5" => self.code(inputs),
            _ => Vec::new(),
        }
    }

    fn model(&mut self, inputs: &Node, place: &Range<usize>) -> Vec<(Range<usize>, Act)> {
        let who = recipient("ark", self.providers);
        // The platform misspells it.
        let listed = ["modleName", "modelName"].iter().find_map(|name| row(inputs, "llmParam", name));
        let name = listed.or_else(|| inputs.at(&["llmParam", "modelName"]));
        super::asks(self.facts, self.file, place, &who, name);
        let mut acts = vec![(place.clone(), Act::Model(who))];
        if let Some(prompt) = row(inputs, "llmParam", "systemPrompt") {
            let put = put_in(inputs, prompt.text(), self.taints);
            acts.push((prompt.span.clone(), Act::System(put)));
            super::told(self.facts, self.file, prompt);
        }
        acts
    }

    /// Reads a knowledge base. One that users' words are written to is shared by everyone, unless reads are limited to one's
    /// own data.
    fn recall(&mut self, node: &Node, inputs: &Node, place: &Range<usize>) -> Vec<(Range<usize>, Act)> {
        let name = storage(node);
        let own = row(inputs, "datasetParam", "isPersonalOnly").is_some_and(|only| only.text() == "true");
        let mut acts = vec![(place.clone(), Act::Read(store(self.facts, &name, false)))];
        if self.written.contains(&name) && !own {
            acts.push((place.clone(), Act::Shared(name)));
        }
        acts
    }

    fn request(&mut self, inputs: &Node) -> Vec<(Range<usize>, Act)> {
        let Some(url) = inputs.at(&["apiInfo", "url"]) else { return Vec::new() };
        let method = inputs.at(&["apiInfo", "method"]).map_or("", Node::text);
        let request = Request { url, method, body: inputs.get("body") };
        http::acts(self.facts, self.file, request, self.providers)
    }

    /// Reads a code node; language 3 is Python, 5 is TypeScript.
    fn code(&mut self, inputs: &Node) -> Vec<(Range<usize>, Act)> {
        let Some(code) = inputs.get("code") else { return Vec::new() };
        let language = if inputs.text_of("language") == "5" { Language::Script } else { Language::Python };
        let act = inside::main(self.facts, self.file, code.text(), &code.span, language, self.providers);
        act.into_iter().map(|act| (code.span.clone(), act)).collect()
    }
}

fn dataset(inputs: Option<&Node>) -> String {
    let list = inputs.and_then(|inputs| row(inputs, "datasetParam", "datasetList"));
    let id = list.and_then(|list| list.items().first()).map_or("", Node::text);
    // The first digits of an id are its creation time.
    let short: String = id.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
    format!("coze:{short}")
}

/// Finds a statement with a text inserted instead of bound: `{{name}}` inside quotes.
fn sql(inputs: &Node) -> Vec<(Range<usize>, Act)> {
    let Some(statement) = inputs.get("sql") else { return Vec::new() };
    let open = ["'{{", "\"{{", "'%{{"].iter().any(|sign| statement.text().contains(sign));
    if open { vec![(statement.span.clone(), Act::Run(Sink::Sql))] } else { Vec::new() }
}

/// Returns the name of a node type.
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

/// Reports keys in the headers or the authorisation of a request.
pub(super) fn secrets(facts: &mut Facts, file: usize, root: &Node) {
    for canvas in canvases(root) {
        let mut all = Vec::new();
        nodes(canvas.get("nodes"), &mut all, 0);
        for inputs in all.iter().filter_map(|node| node.at(&["data", "inputs"])) {
            let data = inputs.at(&["auth", "authData"]).map(Node::fields).unwrap_or_default();
            let keys = data.iter().flat_map(|(_, rows)| rows.items()).filter_map(literal);
            let headers = inputs.get("headers").map(Node::items).unwrap_or_default();
            let headers = headers.iter().filter(|row| super::is_credential(row.text_of("name")));
            for key in keys.chain(headers.filter_map(literal)).filter(|key| super::is_key(key.text())) {
                facts.secrets.push((file, key.span.clone()));
            }
        }
    }
}

/// Returns the value of a row if it is a literal.
fn literal(row: &Node) -> Option<&Node> {
    let value = row.at(&["input", "value"]).filter(|value| value.text_of("type") == "literal");
    value.and_then(|value| value.get("content"))
}

/// Whether a document is a plugin manifest.
pub(super) fn is_manifest(root: &Node) -> bool {
    root.at(&["manifest", "auth"]).is_some() && root.at(&["manifest", "name_for_human"]).is_some()
}

/// Reports the key of a plugin's service, which its manifest holds as fields or as JSON in a string.
pub(super) fn manifest(facts: &mut Facts, file: usize, root: &Node) {
    *facts.kinds.entry("coze:manifest".to_owned()).or_default() += 1;
    let Some(auth) = root.at(&["manifest", "auth"]) else { return };
    let payload = auth.get("payload");
    let inner = payload.and_then(|payload| crate::tree::json::parse(payload.text()).ok());
    let secret = |node: &Node| {
        let named = node.fields().iter().filter(|(name, _)| super::is_credential(name) && name != "key");
        named.map(|(_, value)| value).any(|value| super::is_key(value.text()))
    };
    let holder = match (payload, inner) {
        (Some(payload), Some(inner)) if secret(&inner) => Some(payload),
        (Some(payload), None) if secret(payload) => Some(payload),
        _ => Some(auth).filter(|auth| secret(auth)),
    };
    facts.secrets.extend(holder.map(|holder| (file, holder.span.clone())));
}
