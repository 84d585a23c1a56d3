//! Apps without a graph (chat, agent-chat, completion), read as a single function.

use super::nodes::{offered, recipient};
use crate::facts::{Call, Deed, Entry, Facts, Function, Store, Taint};
use crate::providers::Providers;
use crate::tree::Node;

/// Reads `model_config`.
pub(super) fn read(facts: &mut Facts, file: usize, root: &Node, providers: &Providers) {
    let Some(config) = root.get("model_config") else { return };
    let name = root.at(&["app", "name"]).unwrap_or(root);
    let at = config.get("model").unwrap_or(config);
    let provider = config.at(&["model", "provider"]).map_or("", Node::text);
    let who = recipient(provider, providers);
    crate::low_code::asks(facts, file, &at.span, &who, config.at(&["model", "name"]));
    let model = Deed::Model { recipient: who, content: Taint::USER };
    let mut calls = vec![Call {
        span: at.span.start..at.span.start,
        target: "model".into(),
        does: vec![model],
        ..Call::default()
    }];
    if let Some(prompt) = config.get("pre_prompt") {
        crate::low_code::told(facts, file, prompt);
    }
    let datasets =
        config.at(&["dataset_configs", "datasets", "datasets"]).map(Node::items).unwrap_or_default();
    for dataset in
        datasets.iter().filter_map(|row| row.get("dataset")).filter(|dataset| dataset.is_on("enabled"))
    {
        let id = dataset.get("id").unwrap_or(dataset);
        let short: String = id.text().chars().take(8).collect();
        facts.stores.push(Store {
            name: format!("dify:{short}"),
            product: "dify".into(),
            through_edge: false,
            host: None,
            remembers_people: false,
            own: false,
        });
        let does = vec![Deed::Retrieve(facts.stores.len() - 1)];
        calls.push(Call { span: id.span.clone(), target: "dataset".into(), does, ..Call::default() });
    }
    let agent = config.get("agent_mode").filter(|agent| agent.is_on("enabled"));
    for tool in agent.and_then(|agent| agent.get("tools")).map(Node::items).unwrap_or_default() {
        if tool.is_on("enabled") {
            facts.tools.extend(offered(tool, file));
        }
    }
    if agent.is_some_and(|agent| agent.text_of("max_iteration").parse::<u32>().is_ok_and(|limit| limit > 50))
    {
        calls.push(Call {
            span: at.span.start..at.span.start,
            target: "agent".into(),
            does: vec![Deed::Unlimited],
            ..Call::default()
        });
    }
    facts.functions.push(Function {
        name: name.text().to_owned(),
        file,
        span: name.span.clone(),
        entry: Some(Entry::Handler),
        calls,
        ..Function::default()
    });
}
