//! What the nodes of a workflow do.

use std::collections::BTreeMap;
use std::ops::Range;

use ombud_core::effect::{Hints, classify};

use crate::facts::{Call, Deed, Facts, Recipient, Sink, Store, StoreId, Taint, Tool};
use crate::low_code;
use crate::low_code::graph::Act;
use crate::low_code::http::{self, Request};
use crate::low_code::inside::{self, Language};
use crate::providers::Providers;
use crate::tree::Node;

/// The origins of each node's outputs.
pub(super) type Taints = BTreeMap<String, Taint>;

/// Computes the origins of all nodes' outputs, through templates and code, up to a fixed point.
pub(super) fn taints(all: &[(&str, &Node, &Node)]) -> Taints {
    let mut found: Taints = BTreeMap::new();
    found.insert("sys".into(), Taint::USER);
    found.insert("conversation".into(), Taint::USER);
    for _ in 0..=all.len().min(64) {
        let mut changed = false;
        for (id, _, data) in all {
            let taint = output(data, &found);
            changed |= found.insert((*id).to_owned(), taint) != Some(taint);
        }
        if !changed {
            break;
        }
    }
    found
}

fn output(data: &Node, taints: &Taints) -> Taint {
    match data.text_of("type") {
        "start" => Taint::USER,
        "llm" | "agent" | "parameter-extractor" => Taint::MODEL,
        // Documents that the developer uploaded.
        "knowledge-retrieval" => Taint::FILE,
        "http-request" | "tool" => Taint::WEB,
        "document-extractor" => Taint::USER | Taint::UPLOAD,
        "question-classifier" | "if-else" => Taint::NONE,
        _ => used(data, taints),
    }
}

/// Returns the origins of everything that a node refers to: `{{#node.field#}}` and selectors.
pub(super) fn used(data: &Node, taints: &Taints) -> Taint {
    let mut sum = Taint::NONE;
    let mut texts = Vec::new();
    data.texts(&mut texts);
    for text in texts {
        sum |= mentioned(text.text(), taints);
    }
    selectors(data, taints, &mut sum, 0);
    sum
}

/// Returns the origins of the references in a text.
fn mentioned(text: &str, taints: &Taints) -> Taint {
    let references = text.split("{{#").skip(1).filter_map(|rest| rest.split_once("#}}"));
    references.fold(Taint::NONE, |sum, (reference, _)| {
        let node = reference.split('.').next().unwrap_or_default();
        sum | taints.get(node).copied().unwrap_or_default()
    })
}

fn selectors(node: &Node, taints: &Taints, sum: &mut Taint, depth: usize) {
    if depth > 16 {
        return;
    }
    for (key, value) in node.fields() {
        if key.ends_with("selector") || key == "value" {
            let first = value.items().first().map(Node::text).unwrap_or_default();
            *sum |= taints.get(first).copied().unwrap_or_default();
        }
        selectors(value, taints, sum, depth + 1);
    }
    node.items().iter().for_each(|item| selectors(item, taints, sum, depth + 1));
}

/// Reads a node into facts.
pub(super) struct Reader<'r> {
    pub facts: &'r mut Facts,
    pub file: usize,
    pub providers: &'r Providers,
    pub taints: &'r Taints,
}

impl Reader<'_> {
    /// Returns what a node does, as calls.
    pub(super) fn calls(mut self, data: &Node) -> Vec<Call> {
        let kind = data.text_of("type").to_owned();
        let content = used(data, self.taints);
        let place = data.get("title").unwrap_or(data).span.clone();
        let acts = self.acts(data, &kind, content, &place);
        let mut calls: Vec<Call> =
            acts.into_iter().map(|(span, act)| act.call(span, kind.clone(), content)).collect();
        let does = self.deeds(data, &kind, content);
        if !does.is_empty() {
            calls.push(Call { span: place, target: kind, does, ..Call::default() });
        }
        calls
    }

    fn deeds(&mut self, data: &Node, kind: &str, content: Taint) -> Vec<Deed> {
        match kind {
            "llm" | "parameter-extractor" | "question-classifier" => {
                self.asks(data.get("model"), "name", data);
                model(data, content, self.providers)
            }
            "agent" => {
                self.asks(data.at(&["agent_parameters", "model", "value"]), "model", data);
                self.facts.tools.extend(tools(data, self.file));
                let mut does = agent(data, content, self.providers);
                does.extend(unlimited(data).then_some(Deed::Unlimited));
                does
            }
            "knowledge-retrieval" => datasets(self.facts, data),
            "tool" => tool(self.facts, data, content, self.file),
            _ => Vec::new(),
        }
    }

    /// Returns the acts of a node that have a span of their own.
    fn acts(
        &mut self,
        data: &Node,
        kind: &str,
        content: Taint,
        place: &Range<usize>,
    ) -> Vec<(Range<usize>, Act)> {
        match kind {
            "llm" | "agent" => self.prompts(data),
            "http-request" => {
                let Some(url) = data.get("url") else { return Vec::new() };
                let request = Request { url, method: data.text_of("method"), body: data.get("body") };
                http::acts(self.facts, self.file, request, self.providers)
            }
            "code" => self.code(data, content, place),
            _ => Vec::new(),
        }
    }

    /// Records the model that a node calls.
    fn asks(&mut self, model: Option<&Node>, name: &str, data: &Node) {
        let who = recipient(model.map_or("", |model| model.text_of("provider")), self.providers);
        let name = model.and_then(|model| model.get(name));
        low_code::asks(self.facts, self.file, &data.get("title").unwrap_or(data).span, &who, name);
    }

    /// Reads the developer's prompts, and what is inserted into them.
    fn prompts(&mut self, data: &Node) -> Vec<(Range<usize>, Act)> {
        let rows = data.get("prompt_template").map(Node::items).unwrap_or_default();
        let system = rows.iter().filter(|row| row.text_of("role") == "system");
        let mut prompts: Vec<&Node> =
            system.filter_map(|row| row.get("jinja2_text").or_else(|| row.get("text"))).collect();
        prompts.extend(data.at(&["agent_parameters", "instruction", "value"]));
        let mut acts = Vec::new();
        for prompt in prompts {
            low_code::told(self.facts, self.file, prompt);
            acts.push((prompt.span.clone(), Act::System(self.put_in(prompt.text()))));
        }
        acts
    }

    /// Returns the outside content in a system prompt. What the user entered in the app's own form counts as an instruction;
    /// only words of the conversation belong in a separate message.
    fn put_in(&self, text: &str) -> Taint {
        let other = mentioned(text, self.taints).without(Taint::USER | Taint::MODEL);
        if text.contains("{{#sys.query#}}") { other | Taint::USER } else { other }
    }

    fn code(&mut self, data: &Node, content: Taint, place: &Range<usize>) -> Vec<(Range<usize>, Act)> {
        let Some(code) = data.get("code") else { return Vec::new() };
        let script = data.text_of("code_language") == "javascript";
        let language = if script { Language::Script } else { Language::Python };
        let read = inside::main(self.facts, self.file, code.text(), &code.span, language, self.providers);
        let runs = || runs(code.text()).filter(|_| content != Taint::NONE).map(Act::Run);
        let unread = if read.is_none() { runs() } else { None };
        let read = read.map(|act| (code.span.clone(), act));
        read.into_iter().chain(unread.map(|act| (place.clone(), act))).collect()
    }
}

/// Returns the recipient for a provider; plugins are named `author/plugin/provider`.
pub(super) fn recipient(provider: &str, providers: &Providers) -> Recipient {
    const NAMES: &[(&str, &str)] = &[
        ("tongyi", "dashscope"),
        ("zhipuai", "zhipu"),
        ("volcengine_maas", "ark"),
        ("wenxin", "qianfan"),
        ("google", "gemini"),
        ("x", "xai"),
        ("mistralai", "mistral"),
    ];
    let name = provider.rsplit('/').next().unwrap_or(provider);
    let id = NAMES.iter().find(|(dify, _)| *dify == name).map_or(name, |(_, id)| id);
    let known = providers.by_id(id);
    Recipient {
        provider: known.map(|known| known.id.clone()),
        host: None,
        // The export does not contain the address of a model.
        fixed: false,
        open: known.is_some(),
        local: known.is_some_and(|known| known.local),
    }
}

fn model(data: &Node, content: Taint, providers: &Providers) -> Vec<Deed> {
    let provider = data.at(&["model", "provider"]).map_or("", Node::text);
    // With memory enabled, the question is sent along implicitly.
    let asked = if data.at(&["memory"]).is_some_and(|memory| !memory.fields().is_empty()) {
        Taint::USER
    } else {
        Taint::NONE
    };
    vec![Deed::Model { recipient: recipient(provider, providers), content: content | asked }]
}

fn agent(data: &Node, content: Taint, providers: &Providers) -> Vec<Deed> {
    let provider = data.at(&["agent_parameters", "model", "value", "provider"]).map_or("", Node::text);
    vec![Deed::Model { recipient: recipient(provider, providers), content }]
}

/// Whether an agent's round limit is so high that it is none.
fn unlimited(data: &Node) -> bool {
    let limit = data.at(&["agent_parameters", "maximum_iterations", "value"]).map_or("", Node::text);
    limit.parse::<u32>().is_ok_and(|limit| limit > 50)
}

fn tools(data: &Node, file: usize) -> Vec<Tool> {
    let listed = data.at(&["agent_parameters", "tools", "value"]).map(Node::items).unwrap_or_default();
    listed
        .iter()
        .filter(|tool| tool.text_of("enabled") != "false")
        .filter_map(|tool| offered(tool, file))
        .collect()
}

/// Returns a tool that a model can call.
pub(super) fn offered(tool: &Node, file: usize) -> Option<Tool> {
    let name = tool.get("tool_name").filter(|name| !name.text().is_empty())?;
    let hints = Hints { description: tool.text_of("tool_description"), arguments: &[] };
    Some(Tool {
        name: name.text().to_owned(),
        effect: classify(name.text(), hints),
        file,
        span: name.span.clone(),
        function: None,
        acts: None,
    })
}

fn datasets(facts: &mut Facts, data: &Node) -> Vec<Deed> {
    let ids = data.get("dataset_ids").map(Node::items).unwrap_or_default();
    let names: Vec<String> =
        ids.iter().map(|id| format!("dify:{}", id.text().chars().take(8).collect::<String>())).collect();
    let names = if names.is_empty() { vec!["dify:dataset".to_owned()] } else { names };
    names.into_iter().map(|name| Deed::Retrieve(store(facts, name, None, false))).collect()
}

fn store(facts: &mut Facts, name: String, host: Option<String>, remembers_people: bool) -> StoreId {
    if let Some(id) = facts.stores.iter().position(|store| store.name == name) {
        return id;
    }
    let product = name.split(':').next().unwrap_or_default().to_owned();
    facts.stores.push(Store { name, product, through_edge: false, host, remembers_people, own: false });
    facts.stores.len() - 1
}

/// Guesses from its text what unparsable code runs.
fn runs(text: &str) -> Option<Sink> {
    let runs = |name: &str| {
        text.match_indices(name).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let line = text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
            let comment = line.trim_start().starts_with(['#', '/']);
            let part = before.is_some_and(|ch| ch.is_alphanumeric() || matches!(ch, '_' | '.'));
            !part && !comment
        })
    };
    if runs("exec(") || runs("eval(") {
        Some(Sink::Code)
    } else {
        (runs("os.system(") || runs("subprocess.")).then_some(Sink::Shell)
    }
}

fn tool(facts: &mut Facts, data: &Node, content: Taint, _file: usize) -> Vec<Deed> {
    let provider = format!("{}/{}", data.text_of("provider_id"), data.text_of("tool_name"));
    if !["mem0", "zep", "memobase"].iter().any(|name| provider.contains(name)) {
        return vec![Deed::Send { host: None, content }];
    }
    let id = store(facts, data.text_of("provider_name").to_owned(), None, true);
    let name = data.text_of("tool_name");
    vec![if name.contains("delete") {
        Deed::Erase(id)
    } else if ["add", "save", "store", "insert"].iter().any(|verb| name.contains(verb)) {
        Deed::Store(id, content)
    } else {
        Deed::Retrieve(id)
    }]
}
