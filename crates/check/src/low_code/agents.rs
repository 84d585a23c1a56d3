//! Agents declared in YAML: `agents.yaml` with `providers` and `agents`, as read by the tools of Bailian and Ark.

use std::collections::BTreeSet;
use std::ops::Range;

use ombud_core::effect::{Hints, classify};

use super::graph::{Act, Graph, Step, provider_of, recipient, store};
use crate::facts::{Facts, Recipient, Server, Spanned, Taint, Tool};
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
        if let Some(prompt) = node.get("instructions") {
            super::told(facts, file, prompt);
        }
        graph.steps.push(step(facts, file, root, (name, node), default, providers));
    }
    servers(facts, file, root);
    for (section, node) in root.fields() {
        if section != "agents" && !node.fields().is_empty() {
            *facts.kinds.entry(format!("agents:{section}")).or_default() += node.fields().len();
        }
    }
    graph.assemble(facts, file);
}

fn step(
    facts: &mut Facts,
    file: usize,
    root: &Node,
    (name, node): (&str, &Node),
    default: &str,
    providers: &Providers,
) -> Step {
    let place = node.get("model").map_or_else(|| node.span.clone(), |model| model.span.clone());
    let told = [node.text_of("provider"), default].into_iter().find(|name| !name.is_empty());
    let id = match told.unwrap_or_else(|| node.text_of("model")) {
        "bailian" | "qoder" | "dashscope" => "dashscope",
        "claude" => "anthropic",
        "ark" => "ark",
        other => provider_of(other),
    };
    // The platform is the provider: its address cannot be changed.
    let who = Recipient { open: false, ..recipient(id, providers) };
    super::asks(facts, file, &place, &who, node.get("model"));
    let mut acts = vec![(place.clone(), Act::Model(who))];
    if let Some(memory) = node.get("memory").filter(|memory| memory.text() != "false") {
        let store = store(facts, "agents:memory", true);
        acts.push((memory.span.clone(), Act::Read(store)));
        acts.push((memory.span.clone(), Act::Write(store)));
    }
    for memory in node.get("memory_stores").map(Node::items).unwrap_or_default() {
        acts.extend(remembered(facts, root, node, memory));
    }
    Step {
        id: name.to_owned(),
        name: name.to_owned(),
        span: place,
        entry: true,
        adds: Taint::USER,
        passes: true,
        acts,
        ..Step::default()
    }
}

/// Returns the acts on a platform store that every conversation with the agent reads and writes. A store filled by this file
/// belongs to the developer; one described as holding people's data belongs to users.
fn remembered(facts: &mut Facts, root: &Node, agent: &Node, memory: &Node) -> Vec<(Range<usize>, Act)> {
    let name = [memory.text(), memory.text_of("name")].concat();
    let declared = root.at(&["memory_stores", &name]);
    let filled =
        declared.is_some_and(|store| !store.get("entries").map(Node::items).unwrap_or_default().is_empty());
    let told = declared.map_or("", |store| store.text_of("description"));
    let people =
        !filled && (of_people(&name) || of_people(told) || notes_people(agent.text_of("instructions")));
    let store = store(facts, &format!("agents:{name}"), people);
    if filled && let Some(known) = facts.stores.get_mut(store) {
        known.own = true;
    }
    let mut acts = vec![(memory.span.clone(), Act::Read(store))];
    if people {
        let place = declared
            .map_or(&memory.span, |store| store.get("description").map_or(&store.span, |told| &told.span));
        acts.push((memory.span.clone(), Act::Write(store)));
        acts.push((place.clone(), Act::Shared(name)));
    }
    acts
}

/// Whether a text mentions the people who use an agent.
fn of_people(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "user*",
        "customer*",
        "client*",
        "patient*",
        "guest*",
        "visitor*",
        "member*",
        "student*",
        "people",
        "profile*",
    ];
    const CHINESE: &[&str] =
        &["用户", "客户", "顾客", "会员", "患者", "病人", "访客", "学生", "来访者", "家长", "网友"];
    crate::code::names(text, WORDS) || CHINESE.iter().any(|word| text.contains(word))
}

/// Whether instructions say to note what people say.
fn notes_people(text: &str) -> bool {
    const VERBS: &[&str] = &["remember", "memor", "keep track", "take note", "记住", "记下", "记录", "记忆"];
    const NOT: &[&str] = &["do not", "don't", "never", "不要", "不得", "禁止", "别"];
    text.split(['\n', '.', '。']).any(|line| {
        let line = line.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
        has(VERBS) && of_people(&line) && !has(NOT)
    })
}

/// Adds the platform's tools, except those that require approval for each use.
fn tools(facts: &mut Facts, file: usize, node: &Node) {
    for tool in node.at(&["tools", "builtin"]).map(Node::items).unwrap_or_default() {
        let (name, allowed) = (tool.text().to_owned(), node.at(&["tools", "permissions", tool.text()]));
        if allowed.is_some_and(|allowed| allowed.text() != "allow") {
            continue;
        }
        let effect = classify(&name, Hints { description: "", arguments: &[] });
        let span = allowed.unwrap_or(tool).span.clone();
        facts.tools.push(Tool { name, effect, file, span, function: None, acts: None });
    }
}

/// Adds MCP servers used by agents and those with credentials in a vault, each address once.
fn servers(facts: &mut Facts, file: usize, root: &Node) {
    let vaults = root.get("vaults").map(Node::fields).unwrap_or_default();
    let kept = vaults.iter().filter_map(|(_, vault)| vault.get("credentials")).flat_map(Node::items);
    let agents = root.get("agents").map(Node::fields).unwrap_or_default();
    let reached = agents.iter().filter_map(|(_, agent)| agent.get("mcp_servers")).flat_map(Node::items);
    let mut seen = BTreeSet::new();
    for one in kept.chain(reached) {
        let Some(url) = one.get("mcp_server_url").or_else(|| one.get("url")) else { continue };
        if seen.insert(url.text().to_owned()) {
            facts.servers.push(Server {
                name: one.text_of("name").to_owned(),
                file,
                span: one.span.clone(),
                command: Spanned::default(),
                arguments: Vec::new(),
                url: Some(Spanned { text: url.text().to_owned(), span: url.span.clone() }),
                described: Vec::new(),
                disabled: false,
            });
        }
    }
}

/// Reports hard-coded provider keys and credentials.
pub(super) fn secrets(facts: &mut Facts, file: usize, root: &Node) {
    for (_, provider) in root.get("providers").map(Node::fields).unwrap_or_default() {
        if let Some(key) = provider.get("api_key").filter(|key| super::is_key(key.text())) {
            facts.secrets.push((file, key.span.clone()));
        }
    }
    let vaults = root.get("vaults").map(Node::fields).unwrap_or_default();
    let kept = vaults.iter().filter_map(|(_, vault)| vault.get("credentials")).flat_map(Node::items);
    for (name, value) in kept.flat_map(Node::fields) {
        if super::is_credential(name) && super::is_key(value.text()) {
            facts.secrets.push((file, value.span.clone()));
        }
    }
}
