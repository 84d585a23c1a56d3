//! Models, prompts, tools, MCP servers and stores as components.

use aws_lc_rs::digest::{SHA256, digest};
use ombud_check::facts::Owner;
use ombud_check::inventory::{Inventory, Launch, McpServer, Model, Prompt, Registry, Store, Tool, Words};
use ombud_check::packages::Ecosystem;
use ombud_core::flow::RecipientKind;
use ombud_gateway::providers::{Provider, ProviderFact};
use serde_json::{Value, json};

use super::Stock;
use super::package::purl;
use super::part::{Names, Part, escaped};
use super::service;

/// All of them.
pub(super) fn all(stock: &Stock<'_>, inventory: &Inventory, names: &Names<'_>) -> Vec<Part> {
    let models = inventory.models.iter().map(|one| model(stock, one, names));
    let prompts = inventory.prompts.iter().map(|one| prompt(one, names));
    let tools = inventory.tools.iter().map(|one| tool(one, names));
    let servers = inventory.servers.iter().filter_map(|one| server(one, names));
    let stores = inventory.stores.iter().map(|one| store(stock, one, names));
    models.chain(prompts).chain(tools).chain(servers).chain(stores).collect()
}

fn model(stock: &Stock<'_>, model: &Model, names: &Names<'_>) -> Part {
    let name = model.name.as_deref().map(|name| names.clean(name));
    let answers = service::of_model(model, names);
    let who = answers.as_deref().unwrap_or("unknown");
    let reference = match (&name, &model.variable) {
        (None, Some(variable)) => format!("model:{who}:${}", names.clean(variable)),
        _ => format!("model:{who}:{}", name.as_deref().unwrap_or("unknown")),
    };
    let mut part = Part::component("machine-learning-model", reference, name.as_deref().unwrap_or("unknown"));
    part.say("kind", "model");
    part.at(&model.place);
    if name.is_none() {
        part.unknown.insert("name");
    }
    if let Some(variable) = &model.variable {
        part.say("variable", names.clean(variable));
    }
    if model.local {
        part.say("runs", "on this machine");
    }
    match model.provider.as_deref().and_then(|id| stock.providers.by_id(id)) {
        Some(provider) => known(stock, provider, &mut part),
        None => {
            part.unknown.insert("provider");
        }
    }
    part.needs.extend(answers);
    part
}

/// What the registry knows about the provider.
fn known(stock: &Stock<'_>, provider: &Provider, part: &mut Part) {
    part.set("supplier", json!({"name": provider.name}));
    part.say("provider", &provider.id);
    if provider.local {
        return;
    }
    if provider.country == "unknown" {
        part.unknown.insert("processing-country");
    } else {
        part.say("processing-country", &provider.country);
    }
    let facts = stock.providers.facts_of(provider);
    if facts.is_empty() {
        part.unknown.insert("retention");
        part.unknown.insert("training");
        return;
    }
    let rows: Vec<(String, String)> = facts.iter().flat_map(|fact| fact_rows(fact)).collect();
    part.set("modelCard", json!({"properties": super::properties(&rows)}));
    let links: Vec<Value> = facts.iter().flat_map(|fact| links(fact)).collect();
    if !links.is_empty() {
        part.set("externalReferences", links);
    }
}

/// Each fact with its id: a provider has several where its tiers differ.
fn fact_rows(fact: &ProviderFact) -> Vec<(String, String)> {
    let days = fact.retention_days.map_or_else(|| "unknown".to_owned(), |days| days.to_string());
    let checked = fact.checked.clone().unwrap_or_else(|| "unknown".to_owned());
    let rows = [
        ("trains-by-default", fact.trains_default.clone()),
        ("retention-days", days),
        ("retention-note", fact.retention_note.clone()),
        ("region", fact.region.clone()),
        ("zero-retention", fact.zdr.clone()),
        ("checked", checked),
        ("confidence", fact.confidence.clone()),
    ];
    let said = rows.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| (format!("ombud:{}:{name}", fact.id), value)).collect()
}

fn links(fact: &ProviderFact) -> Vec<Value> {
    let first = |source: &String| source.split_whitespace().next().unwrap_or_default().to_owned();
    let urls = fact.sources.iter().map(first).filter(|url| url.starts_with("https://"));
    urls.map(|url| json!({"type": "documentation", "url": url})).collect()
}

/// A prompt is identified by its hash; its words concern only the developer.
fn prompt(prompt: &Prompt, names: &Names<'_>) -> Part {
    let (path, line) = (names.clean(&prompt.place.path), prompt.place.line);
    let hash = match &prompt.words {
        Words::All(text) | Words::Template(text) => Some(hex(digest(&SHA256, text.as_bytes()).as_ref())),
        Words::Unknown => None,
    };
    let short = hash.as_deref().and_then(|hash| hash.get(..16)).map(str::to_owned);
    let reference = short.map_or_else(|| format!("prompt:{path}:{line}"), |hash| format!("prompt:{hash}"));
    let name = if prompt.whole_file { path } else { format!("{path}:{line}") };
    let mut part = Part::component("data", reference, &name);
    part.say("kind", if prompt.whole_file { "instructions" } else { "prompt" });
    part.set("data", json!([{"type": "definition"}]));
    part.at(&prompt.place);
    match hash {
        Some(hash) => part.set("hashes", json!([{"alg": "SHA-256", "content": hash}])),
        None => {
            part.unknown.insert("text");
        }
    }
    if matches!(prompt.words, Words::Template(_)) {
        part.say("hash-of", "the text with {} for what is put in while it runs");
    }
    part
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

fn tool(tool: &Tool, names: &Names<'_>) -> Part {
    let name = names.clean(&tool.name);
    let path = names.clean(&tool.place.path);
    let reference = if tool.of_library { format!("tool:{name}") } else { format!("tool:{path}:{name}") };
    let mut part = Part::component("library", reference, &name);
    part.say("kind", "tool");
    part.say("from", if tool.of_library { "library" } else { "project" });
    part.say("effect", effect(tool.effect));
    part.at(&tool.place);
    if tool.effect == ombud_core::effect::Effect::Unknown {
        part.unknown.insert("effect");
    }
    part
}

fn effect(effect: ombud_core::effect::Effect) -> String {
    serde_json::to_value(effect).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A server that is started on this machine; a remote one is a service.
fn server(server: &McpServer, names: &Names<'_>) -> Option<Part> {
    let name = names.clean(&server.name);
    let reference = service::of_server(server, names);
    let mut part = Part::component("application", reference, &name);
    part.say("kind", "mcp-server");
    part.at(&server.place);
    if server.disabled {
        part.say("disabled", "true");
    }
    match &server.launch {
        Launch::Remote { .. } => return None,
        Launch::Program(program) => {
            part.say("program", names.clean(program));
            part.unknown.insert("version");
        }
        Launch::Package { registry, name, version, fixed } => {
            let version = version.as_deref().map(|version| names.clean(version));
            package(*registry, &names.clean(name), version, *fixed, &mut part);
        }
    }
    Some(part)
}

/// The package of a server; without a pinned version it may change any day.
fn package(registry: Registry, name: &str, version: Option<String>, fixed: bool, part: &mut Part) {
    let pinned = version.as_deref().filter(|_| fixed);
    part.say("package", name);
    match registry {
        Registry::Npm => part.set("purl", purl(Ecosystem::Npm, name, pinned)),
        Registry::PyPi => part.set("purl", purl(Ecosystem::PyPi, name, pinned)),
        Registry::Image => {
            part.set("type", "container");
            part.set("purl", image(name, pinned));
        }
        Registry::Repository => {
            let host = name.split('/').next().is_some_and(|host| host.contains('.'));
            let url = if host { format!("https://{name}") } else { format!("https://github.com/{name}") };
            part.set("externalReferences", json!([{"type": "vcs", "url": url}]));
        }
    }
    if let Some(version) = pinned {
        part.set("version", version);
    } else {
        part.unpinned();
    }
    if let Some(asked) = version.filter(|_| !fixed) {
        part.say("range", asked);
    }
}

/// `pkg:docker/acme/tools@1.2?repository_url=ghcr.io`
fn image(name: &str, version: Option<&str>) -> String {
    let (host, path) =
        name.split_once('/').filter(|(host, _)| host.contains(['.', ':'])).unwrap_or(("", name));
    let path: Vec<String> = path.split('/').map(escaped).collect();
    let version = version.map(|version| format!("@{}", escaped(version))).unwrap_or_default();
    let from = if host.is_empty() { String::new() } else { format!("?repository_url={host}") };
    format!("pkg:docker/{}{version}{from}", path.join("/"))
}

fn store(stock: &Stock<'_>, store: &Store, names: &Names<'_>) -> Part {
    let name = names.clean(&store.name);
    let mut part = Part::component("data", format!("store:{name}"), &name);
    part.say("kind", "store");
    part.say("product", names.clean(&store.product));
    part.say("through-memory-edge", store.through_edge.to_string());
    part.places.extend(store.places.iter().cloned());
    let owner = match store.owner {
        Owner::User => "user",
        Owner::Developer => "developer",
        Owner::Unknown => "unknown",
    };
    if store.owner == Owner::Unknown {
        part.unknown.insert("owner");
    }
    let mut data = json!({"type": "dataset", "name": name, "classification": owner});
    let kept = categories(stock, &store.name);
    if let (Some(fields), false) = (data.as_object_mut(), kept.is_empty()) {
        fields.insert("sensitiveData".to_owned(), json!(kept));
    }
    part.set("data", json!([data]));
    match &store.host {
        Some(host) => part.needs.extend(Some(service::of_host(&names.clean(host)))),
        None => {
            part.unknown.insert("location");
        }
    }
    part
}

/// Categories of data that go into a store, by the flow map.
fn categories(stock: &Stock<'_>, store: &str) -> Vec<String> {
    let flows = stock.view.report.flow.recipients.iter();
    let own = flows.filter(|(who, _)| who.kind == RecipientKind::Store && who.name == store);
    own.flat_map(|(_, flow)| flow.data.keys()).map(|category| category.id().to_owned()).collect()
}
