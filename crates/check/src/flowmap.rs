//! The flow map of the code: which data goes where.

use std::collections::{BTreeMap, BTreeSet};

use ombud_core::category::DataCategory;
use ombud_core::flow::{FlowMap, Recipient, RecipientKind};
use ombud_core::{Class, finding::Place};
use ombud_detect::Detector;

use crate::facts::{self, Deed, DeviceData, Facts, Owner, Reach, Taint};
use crate::memory::Memory;
use crate::providers::Providers;

/// Builds the flow map of reachable code. Amounts count call sites, not values.
pub(crate) fn flow(
    memory: &mut Memory,
    facts: &Facts,
    reach: &Reach,
    providers: &Providers,
    detector: &Detector,
) -> FlowMap {
    let mut map = FlowMap::default();
    let asked_for = DeviceData::asked_for(facts, reach);
    let mut written: BTreeMap<usize, BTreeSet<DataCategory>> = BTreeMap::new();
    for (function, call) in reach.calls(facts) {
        // Most calls carry nothing, so the location is only computed when needed.
        let place = || facts.call_place(function, call);
        for deed in &call.does {
            match deed {
                Deed::Model { recipient, content } if !recipient.local => {
                    let mut categories = carried(reach.sources(function, *content));
                    let file = facts.functions.get(function).map_or(usize::MAX, |function| function.file);
                    let here =
                        written.entry(file).or_insert_with(|| written_out(memory, facts, file, detector));
                    categories.extend(here.iter().copied());
                    let device = reach.sources(function, *content).has(Taint::DEVICE);
                    categories.extend(asked_for.iter().filter(|_| device).map(|kind| kind.category()));
                    let masked = reach.sources(function, *content).has(Taint::MASKED);
                    add(&mut map, provider(recipient, providers), &categories, masked, &place());
                }
                Deed::Store(store, content) => {
                    if let Some(known) = facts.stores.get(*store) {
                        let mut categories = carried(reach.sources(function, *content));
                        if reach.owner(facts, *store) == Owner::User {
                            categories.insert(DataCategory::MemLongterm);
                        }
                        add(&mut map, self::store(known), &categories, false, &place());
                    }
                }
                Deed::Retrieve(store) => {
                    if let Some(known) = facts.stores.get(*store) {
                        add(&mut map, self::store(known), &BTreeSet::new(), false, &place());
                    }
                }
                Deed::Send { host: Some(host), content } if !facts::loopback(host) => {
                    let categories = carried(reach.sources(function, *content));
                    let who = Recipient {
                        kind: RecipientKind::Host,
                        name: host.clone(),
                        country: "unknown".into(),
                        inspected: false,
                    };
                    add(&mut map, who, &categories, false, &place());
                }
                _ => {}
            }
        }
    }
    map
}

fn add(map: &mut FlowMap, who: Recipient, categories: &BTreeSet<DataCategory>, masked: bool, place: &Place) {
    let evidence = format!("{}:{}", place.path, place.line);
    let flow = map.to(who);
    flow.requests += 1;
    flow.shown_by(evidence.clone());
    for category in categories {
        let amount = flow.data.entry(*category).or_default();
        if masked {
            amount.masked += 1;
        } else {
            amount.clear += 1;
        }
        flow.category_shown_by(*category, evidence.clone());
    }
}

fn carried(sources: Taint) -> BTreeSet<DataCategory> {
    let rows = [
        (Taint::USER | Taint::LOCAL, DataCategory::CommChat),
        (Taint::UPLOAD, DataCategory::MediaUpload),
        (Taint::RETRIEVED, DataCategory::MemLongterm),
    ];
    rows.into_iter().filter(|(sign, _)| sources.has(*sign)).map(|(_, category)| category).collect()
}

/// Returns the personal data hard-coded in the file of a model call: example prompts are often real.
fn written_out(
    memory: &mut Memory,
    facts: &Facts,
    file: usize,
    detector: &Detector,
) -> BTreeSet<DataCategory> {
    let Some(file) = facts.files.get(file) else { return BTreeSet::new() };
    memory.written(&file.path, &file.text, || personal(&file.text, detector))
}

fn personal(text: &str, detector: &Detector) -> BTreeSet<DataCategory> {
    let personal = |class: Class| matches!(class, Class::Ordinary | Class::Sensitive);
    // IP addresses and device ids in code are configuration, not people.
    let configuration = [DataCategory::DevIp, DataCategory::DevId, DataCategory::DevLog];
    detector
        .detect(text)
        .into_iter()
        .filter(|found| found.score >= 0.9)
        .map(|found| found.kind.category())
        .filter(|category| personal(category.class()) && !configuration.contains(category))
        .collect()
}

fn provider(recipient: &facts::Recipient, providers: &Providers) -> Recipient {
    let known = recipient.provider.as_deref().and_then(|id| providers.by_id(id));
    let name = known.map(|known| known.id.clone()).or_else(|| recipient.host.clone());
    Recipient {
        kind: RecipientKind::Provider,
        name: name.unwrap_or_else(|| "unknown".to_owned()),
        country: known.map_or_else(|| "unknown".to_owned(), |known| known.country.clone()),
        inspected: true,
    }
}

fn store(store: &facts::Store) -> Recipient {
    Recipient {
        kind: RecipientKind::Store,
        name: store.name.clone(),
        country: "unknown".into(),
        inspected: store.through_edge,
    }
}
