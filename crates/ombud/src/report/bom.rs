//! What the agent is made of, as a machine-learning bill of materials: `CycloneDX` 1.6 in JSON.
//!
//! Two runs over the same project give the same bytes: the serial number is derived from the content, and there is no
//! timestamp unless `SOURCE_DATE_EPOCH` sets one. It holds no prompt texts, only their hashes. What is not known is marked
//! as unknown.
//!
//! Format: <https://cyclonedx.org/docs/1.6/json/>

mod component;
mod package;
mod part;
mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use aws_lc_rs::digest::{SHA256, digest};
use ombud_check::packages::Packages;
use ombud_gateway::providers::Providers;
use serde_json::{Value, json};

use super::View;
use part::{Names, Part, properties};

/// What the document is built from.
pub(crate) struct Stock<'a> {
    /// The report with the inventory and the flow map.
    pub view: &'a View<'a>,
    /// What is known about providers.
    pub providers: &'a Providers,
    /// What the manifests say.
    pub packages: Packages,
    /// Name and version of the project.
    pub project: (String, Option<String>),
    /// Seconds since 1970, if `SOURCE_DATE_EPOCH` sets them.
    pub epoch: Option<i64>,
}

/// The size of the document, for a line beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    /// Components.
    pub components: usize,
    /// Services.
    pub services: usize,
    /// Parts with unknown properties.
    pub unknown: usize,
}

/// Takes stock of a project: reads its manifests and the name it gives itself.
pub(crate) fn stock<'a>(view: &'a View<'a>, providers: &'a Providers, path: &Path) -> Stock<'a> {
    let folder =
        path.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let named = ombud_check::packages::project(path);
    Stock {
        view,
        providers,
        packages: ombud_check::packages::packages(path),
        project: named.unwrap_or_else(|| (folder.unwrap_or_else(|| "agent".to_owned()), None)),
        epoch: std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|epoch| epoch.trim().parse().ok()),
    }
}

/// The document, and its size.
pub(crate) fn text(stock: &Stock<'_>) -> Result<(String, Count)> {
    let names = Names { detector: stock.view.detector };
    let (components, services) = parts(stock, &names);
    let all = || components.values().chain(services.values());
    let count = Count {
        components: components.len(),
        services: services.len(),
        unknown: all().filter(|part| !part.unknown.is_empty()).count(),
    };
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata(stock, &names),
        "components": components.values().map(Part::json).collect::<Vec<_>>(),
        "services": services.values().map(Part::json).collect::<Vec<_>>(),
        "dependencies": dependencies(all()),
        "compositions": compositions(all()),
    });
    let serial = serial(&serde_json::to_vec(&document)?);
    if let Some(fields) = document.as_object_mut() {
        fields.insert("serialNumber".to_owned(), Value::String(serial));
        fields.insert("$schema".to_owned(), json!("http://cyclonedx.org/schema/bom-1.6.schema.json"));
    }
    if let (Some(time), Some(metadata)) = (stock.epoch.and_then(time), document.get_mut("metadata")) {
        metadata.as_object_mut().and_then(|fields| fields.insert("timestamp".to_owned(), json!(time)));
    }
    Ok((serde_json::to_string_pretty(&document)?, count))
}

type Parts = BTreeMap<String, Part>;

fn parts(stock: &Stock<'_>, names: &Names<'_>) -> (Parts, Parts) {
    let (mut components, mut services) = (Parts::new(), Parts::new());
    let inventory = &stock.view.report.inventory;
    for part in
        component::all(stock, inventory, names).into_iter().chain(package::all(&stock.packages, names))
    {
        merge(&mut components, part);
    }
    for part in service::all(stock, inventory, names) {
        merge(&mut services, part);
    }
    // A part cannot depend on what is not in the document.
    let known: BTreeSet<String> = components.keys().chain(services.keys()).cloned().collect();
    for part in components.values_mut().chain(services.values_mut()) {
        part.needs.retain(|need| known.contains(need));
    }
    (components, services)
}

/// The same thing in several places is one part.
fn merge(all: &mut Parts, part: Part) {
    match all.get_mut(&part.reference) {
        Some(known) => known.join(part),
        None => {
            all.insert(part.reference.clone(), part);
        }
    }
}

const ROOT: &str = "agent";

fn metadata(stock: &Stock<'_>, names: &Names<'_>) -> Value {
    let (name, version) = &stock.project;
    let mut component = json!({"type": "application", "bom-ref": ROOT, "name": names.clean(name)});
    if let (Some(version), Some(fields)) = (version, component.as_object_mut()) {
        fields.insert("version".to_owned(), json!(names.clean(version)));
    }
    let tool = json!({"type": "application", "name": "ombud", "version": env!("CARGO_PKG_VERSION")});
    json!({
        "component": component,
        "lifecycles": [{"phase": "pre-build"}],
        "tools": {"components": [tool]},
        "properties": properties(&not_seen(stock, names)),
    })
}

/// What was not checked: nobody may take the list for complete.
fn not_seen(stock: &Stock<'_>, names: &Names<'_>) -> Vec<(String, String)> {
    const SHOWN: usize = 100;
    let gaps = stock.view.report.gaps.iter();
    let paths: BTreeSet<&str> = gaps.map(|gap| gap.path.as_str()).filter(|path| !path.is_empty()).collect();
    let mut found = vec![("ombud:not-looked-at:count".to_owned(), paths.len().to_string())];
    found.extend(paths.iter().take(SHOWN).map(|path| ("ombud:not-looked-at".to_owned(), names.clean(path))));
    let unread = stock.packages.unread.iter();
    found.extend(unread.map(|path| ("ombud:manifest-not-read".to_owned(), names.clean(path))));
    if stock.packages.read.is_empty() {
        found.push(("ombud:unknown".to_owned(), "packages".to_owned()));
    }
    found
}

fn dependencies<'p>(all: impl Iterator<Item = &'p Part>) -> Vec<Value> {
    let (mut direct, mut rows) = (BTreeSet::new(), Vec::new());
    for part in all {
        if part.direct {
            direct.insert(part.reference.as_str());
        }
        if part.needs_known {
            rows.push(json!({"ref": part.reference, "dependsOn": part.needs}));
        }
    }
    rows.insert(0, json!({"ref": ROOT, "dependsOn": direct}));
    rows
}

/// Source shows what is there, not that nothing else is.
fn compositions<'p>(all: impl Iterator<Item = &'p Part>) -> Vec<Value> {
    let unknown: Vec<&str> =
        all.filter(|part| !part.needs_known).map(|part| part.reference.as_str()).collect();
    let mut rows = vec![json!({"aggregate": "incomplete", "assemblies": [ROOT], "dependencies": [ROOT]})];
    if !unknown.is_empty() {
        rows.push(json!({"aggregate": "unknown", "dependencies": unknown}));
    }
    rows
}

/// A UUID of version 8 (RFC 9562), derived from the content.
fn serial(content: &[u8]) -> String {
    let hash = digest(&SHA256, content);
    let mut bytes = [0_u8; 16];
    bytes.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    format!("urn:uuid:{}", uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

fn time(epoch: i64) -> Option<String> {
    jiff::Timestamp::from_second(epoch).ok().map(|time| time.to_string())
}

#[cfg(test)]
mod tests;
