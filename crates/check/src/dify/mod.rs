//! Dify exports: a node becomes a function, an edge a call.
//!
//! Format: `kind: app`, `app.mode` (chat, agent-chat, completion, advanced-chat, workflow), `workflow.graph.{nodes,edges}` or
//! `model_config`; versions 0.1 to 0.5 are the same in the parts read here.

mod conditions;
mod nodes;
mod simple;

use std::collections::BTreeMap;

use crate::tree::{Fault, Node, yaml};

use crate::facts::{Call, Entry, Facts, Function, FunctionId, Gap, GapKind};
use crate::low_code;
use crate::providers::Providers;

/// Whether a file looks like a Dify export.
pub(crate) fn is_export(path: &str, text: &str) -> bool {
    let yaml = low_code::is_yaml(path);
    let has = |wanted: &str| text.lines().any(|line| line.starts_with(wanted));
    yaml && has("kind: app") && has("app:")
}

/// Reads an export into facts.
pub(crate) fn read(facts: &mut Facts, file: usize, providers: &Providers) {
    let Some(source) = facts.files.get(file).cloned() else { return };
    match yaml::parse(&source.text) {
        Ok(root) => {
            secrets(facts, file, &root);
            review(facts, file, &root);
            let kinds = root.at(&["workflow", "graph", "nodes"]).map(Node::items).unwrap_or_default();
            for node in kinds {
                let kind = node.at(&["data", "type"]).map(Node::text).filter(|kind| !kind.is_empty());
                *facts.kinds.entry(format!("dify:{}", kind.unwrap_or("note"))).or_default() += 1;
            }
            graph(facts, file, &root, providers);
            // Neither steps nor a simple app: nothing could be followed, which must not be mistaken for clean.
            if root.at(&["workflow", "graph", "nodes"]).or_else(|| root.get("model_config")).is_none() {
                facts.gaps.push(Gap { path: source.path, line: 0, why: GapKind::Syntax });
            }
        }
        Err(Fault { line, too_complex }) => {
            let why = if too_complex { GapKind::TooComplex } else { GapKind::Syntax };
            facts.gaps.push(Gap { path: source.path, line, why });
        }
    }
}

/// Reports values of secret variables and keys of requests: Dify exports both in the clear if asked to.
fn secrets(facts: &mut Facts, file: usize, root: &Node) {
    let variables = root.at(&["workflow", "environment_variables"]).map(Node::items).unwrap_or_default();
    let values = variables
        .iter()
        .filter(|one| one.text_of("value_type") == "secret")
        .filter_map(|one| one.get("value"));
    let nodes = root.at(&["workflow", "graph", "nodes"]).map(Node::items).unwrap_or_default();
    let keys = nodes.iter().filter_map(|node| node.at(&["data", "authorization", "config", "api_key"]));
    let headers = nodes.iter().filter_map(|node| node.at(&["data", "headers"]));
    facts
        .secrets
        .extend(headers.filter(|headers| holds_key(headers.text())).map(|one| (file, one.span.clone())));
    for value in values.chain(keys) {
        let text = value.text();
        let masked = low_code::repeats(text) || text.chars().all(|ch| matches!(ch, '*' | '•' | 'x' | 'X'));
        if !text.is_empty() && !text.contains("{{") && !masked {
            facts.secrets.push((file, value.span.clone()));
        }
    }
}

/// Whether headers (one `name:value` per line) contain a hard-coded key.
fn holds_key(headers: &str) -> bool {
    headers.lines().filter_map(|line| line.split_once(':')).any(|(name, value)| {
        let value = value.trim();
        let value = value.strip_prefix("Bearer ").unwrap_or(value);
        low_code::is_credential(name) && low_code::is_key(value)
    })
}

/// Records if the platform's content review is switched off in a chat app.
fn review(facts: &mut Facts, file: usize, root: &Node) {
    let chat =
        matches!(root.at(&["app", "mode"]).map_or("", Node::text), "chat" | "advanced-chat" | "agent-chat");
    let switches = root
        .at(&["workflow", "features", "sensitive_word_avoidance", "enabled"])
        .or_else(|| root.at(&["model_config", "sensitive_word_avoidance", "enabled"]));
    if let Some(off) = switches.filter(|switch| chat && switch.text() == "false") {
        facts.unreviewed.push((file, off.span.clone()));
    }
}

fn graph(facts: &mut Facts, file: usize, root: &Node, providers: &Providers) {
    let Some(graph) = root.at(&["workflow", "graph"]) else {
        simple::read(facts, file, root, providers);
        return;
    };
    let all: Vec<(&str, &Node, &Node)> = graph
        .get("nodes")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|node| Some((node.get("id")?.text(), node, node.get("data")?)))
        .collect();
    let first = facts.functions.len();
    let ids: BTreeMap<&str, FunctionId> =
        all.iter().enumerate().map(|(at, (id, ..))| (*id, first + at)).collect();
    let taints = nodes::taints(&all);
    for (_, node, data) in &all {
        let kind = data.text_of("type");
        let title = data.get("title").unwrap_or(node);
        let name = if title.text().is_empty() { kind.to_owned() } else { title.text().to_owned() };
        let entry =
            matches!(kind, "start" | "trigger-webhook" | "trigger-schedule").then_some(Entry::Handler);
        facts.functions.push(Function { name, file, span: title.span.clone(), entry, ..Function::default() });
    }
    // The functions of code inside nodes are appended after those of the nodes.
    for (at, (_, _, data)) in all.iter().enumerate() {
        let reader = nodes::Reader { facts, file, providers, taints: &taints };
        let calls = reader.calls(data);
        if let Some(function) = facts.functions.get_mut(first + at) {
            function.calls = calls;
        }
    }
    for edge in graph.get("edges").map(Node::items).unwrap_or_default() {
        let (Some(from), Some(to)) = (edge.get("source"), edge.get("target")) else { continue };
        let (Some(&source), Some(&callee)) = (ids.get(from.text()), ids.get(to.text())) else { continue };
        let condition = all.iter().find(|(id, ..)| *id == from.text()).map(|(.., data)| *data);
        let handle = edge.text_of("sourceHandle");
        let consented = condition.is_some_and(|data| conditions::consented(data, handle, root));
        let span = facts.functions.get(source).map_or(0..0, |function| function.span.clone());
        if let Some(function) = facts.functions.get_mut(source) {
            let target = to.text().to_owned();
            function.calls.push(Call { span, target, callees: vec![callee], consented, ..Call::default() });
        }
    }
    // Nodes inside an iteration or a loop are entered through it.
    for (id, node, _) in &all {
        let (Some(parent), Some(&callee)) = (node.get("parentId").map(Node::text), ids.get(id)) else {
            continue;
        };
        if let Some(function) = ids.get(parent).and_then(|&caller| facts.functions.get_mut(caller)) {
            let span = function.span.clone();
            function.calls.push(Call {
                span,
                target: (*id).to_owned(),
                callees: vec![callee],
                ..Call::default()
            });
        }
    }
}
