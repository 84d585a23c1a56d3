//! External services: model providers, remote MCP servers, hosts of stores, and other hosts that receive data.

use ombud_check::inventory::{Inventory, Launch, McpServer, Model, Store};
use ombud_core::flow::{Flow, RecipientKind};
use serde_json::{Value, json};

use super::Stock;
use super::part::{Names, Part};

/// All of them.
pub(super) fn all(stock: &Stock<'_>, inventory: &Inventory, names: &Names<'_>) -> Vec<Part> {
    let models = inventory.models.iter().filter_map(|model| provider(stock, model, names));
    let servers = inventory.servers.iter().filter_map(|server| remote(server, names));
    let stores = inventory.stores.iter().filter_map(|one| store(stock, one, names));
    let flows = stock.view.report.flow.recipients.iter();
    let hosts = flows.filter(|(who, _)| who.kind == RecipientKind::Host);
    let hosts = hosts.map(|(who, flow)| host(&names.clean(&who.name), flow));
    models.chain(servers).chain(stores).chain(hosts).collect()
}

/// The reference of a model's provider; `None` if it is unknown.
pub(super) fn of_model(model: &Model, names: &Names<'_>) -> Option<String> {
    let provider = model.provider.as_ref().map(|id| format!("provider:{id}"));
    provider.or_else(|| model.host.as_deref().map(|host| of_host(&names.clean(host))))
}

/// The reference of an MCP server: two files may give different servers the same name.
pub(super) fn of_server(server: &McpServer, names: &Names<'_>) -> String {
    format!("mcp:{}:{}", names.clean(&server.place.path), names.clean(&server.name))
}

/// The reference of a host.
pub(super) fn of_host(host: &str) -> String {
    format!("host:{host}")
}

fn provider(stock: &Stock<'_>, model: &Model, names: &Names<'_>) -> Option<Part> {
    let reference = of_model(model, names)?;
    let known = model.provider.as_deref().and_then(|id| stock.providers.by_id(id));
    let host = model.host.as_deref().map(|host| names.clean(host));
    let id = known.map(|known| known.id.as_str()).or(model.host.as_deref()).unwrap_or_default();
    let name = known.map(|known| known.name.clone()).or_else(|| host.clone()).unwrap_or_default();
    let mut part = Part::service(reference, &name);
    part.say("kind", "model-provider");
    part.at(&model.place);
    if let Some(known) = known {
        part.set("provider", json!({"name": known.name}));
        part.set("endpoints", json!([known.base]));
        if known.country != "unknown" {
            part.say("processing-country", &known.country);
        } else if !known.local {
            part.unknown.insert("processing-country");
        }
    } else {
        part.set("endpoints", json!([address(&host.unwrap_or_default())]));
        part.unknown.extend(["provider", "processing-country"]);
    }
    part.set("x-trust-boundary", !model.local);
    let flows = stock.view.report.flow.recipients.iter();
    for (_, flow) in flows.filter(|(who, _)| who.kind == RecipientKind::Provider && who.name == id) {
        carries(flow, &mut part);
    }
    Some(part)
}

/// A reference to a host whose scheme is unknown.
fn address(host: &str) -> String {
    format!("//{host}")
}

/// A server run by somebody else. What it receives is known only at run time.
fn remote(server: &McpServer, names: &Names<'_>) -> Option<Part> {
    let Launch::Remote { origin, far } = &server.launch else { return None };
    let name = names.clean(&server.name);
    let mut part = Part::service(of_server(server, names), &name);
    part.say("kind", "mcp-server");
    part.at(&server.place);
    if server.disabled {
        part.say("disabled", "true");
    }
    match origin {
        Some(origin) => part.set("endpoints", json!([names.clean(origin)])),
        None => {
            part.unknown.insert("endpoint");
        }
    }
    part.unknown.extend(["data", "version"]);
    part.set("x-trust-boundary", *far);
    Some(part)
}

fn store(stock: &Stock<'_>, store: &Store, names: &Names<'_>) -> Option<Part> {
    let host = names.clean(store.host.as_deref()?);
    let mut part = Part::service(of_host(&host), &host);
    part.say("kind", "store");
    part.set("endpoints", json!([address(&host)]));
    part.set("x-trust-boundary", store.far);
    part.unknown.insert("processing-country");
    let flows = stock.view.report.flow.recipients.iter();
    let own = flows.filter(|(who, _)| who.kind == RecipientKind::Store && who.name == store.name);
    own.for_each(|(_, flow)| carries(flow, &mut part));
    Some(part)
}

fn host(name: &str, flow: &Flow) -> Part {
    let mut part = Part::service(of_host(name), name);
    part.say("kind", "host");
    part.set("endpoints", json!([address(name)]));
    part.set("x-trust-boundary", true);
    part.unknown.insert("processing-country");
    carries(flow, &mut part);
    part
}

/// What it receives, by Ombud's category ids.
fn carries(flow: &Flow, part: &mut Part) {
    let rows: Vec<Value> = flow
        .data
        .keys()
        .map(|category| json!({"flow": "outbound", "classification": category.id()}))
        .collect();
    for (category, amount) in &flow.data {
        if amount.clear == 0 && amount.masked > 0 {
            part.say("masked", category.id());
        }
    }
    if rows.is_empty() {
        part.unknown.insert("data");
    } else {
        part.set("data", rows);
    }
    part.places.extend(flow.evidence.iter().filter_map(|at| place(at)));
}

/// `path:line`
fn place(at: &str) -> Option<(String, u32)> {
    let (path, line) = at.rsplit_once(':')?;
    Some((path.to_owned(), line.parse().ok()?))
}
