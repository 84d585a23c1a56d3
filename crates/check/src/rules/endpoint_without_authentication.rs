//! `endpoint-without-authentication`
//!
//! What it does: finds webhooks and public chats of a workflow that ask nobody who they are and lead to a model, a store or
//! something that runs.
//!
//! Why it matters: whoever finds the address spends the developer's money and reads or writes what users stored.
//!
//! Reference: OWASP API2; risks S10 and S13.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Deed, Endpoint, Facts, FunctionId};

pub(super) const RULE: Rule = Rule {
    id: RuleId("endpoint-without-authentication"),
    risks: &["S10", "S13"],
    severity: Severity::Warning,
    title: Text { en: "anybody may call this", zh: "任何人都能调用此入口" },
    harm: Text {
        en: "Whoever finds the address can use the agent, see what it tells other users, and spend your money.",
        zh: "任何人找到这个地址就能使用智能体、看到它给其他用户的内容，并花你的钱。",
    },
    fix: Text {
        en: "Set an authentication on the node (header, JWT or basic), and give every caller a key of their own.",
        zh: "在节点上设置身份验证（请求头、JWT 或 Basic），并为每个调用方分配各自的密钥。",
    },
    example: "  \"type\": \"n8n-nodes-base.webhook\",\n+ \"authentication\": \"headerAuth\"\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    facts
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.open)
        .filter_map(|endpoint| one(facts, endpoint))
        .collect()
}

fn one(facts: &Facts, endpoint: &Endpoint) -> Option<Finding> {
    let start = facts
        .functions
        .iter()
        .position(|function| function.file == endpoint.file && function.span == endpoint.span)?;
    let (en, zh) = leads_to(facts, start)?;
    let name = &endpoint.name;
    let message = Bilingual::new(
        format!("`{name}` asks nobody who they are, and leads to {en}"),
        format!("`{name}` 不验证调用者身份，却通向{zh}"),
    );
    let place = facts.place(endpoint.file, endpoint.span.clone());
    Some(finding(&RULE, Severity::Warning, Confidence::Medium, place, message))
}

/// What can be reached from a function, the gravest first.
fn leads_to(facts: &Facts, start: FunctionId) -> Option<(&'static str, &'static str)> {
    let mut seen = BTreeSet::from([start]);
    let mut queue = vec![start];
    let mut grave = None;
    while let Some(id) = queue.pop() {
        for call in facts.functions.get(id).map(|function| &function.calls).into_iter().flatten() {
            queue.extend(call.callees.iter().copied().filter(|callee| seen.insert(*callee)));
            for deed in &call.does {
                let weight = match deed {
                    Deed::Run { .. } => (3, ("something that runs what it is given", "会执行传入内容的节点")),
                    Deed::Store(..) | Deed::Retrieve(_) | Deed::Erase(_) => (2, ("a store", "数据存储")),
                    Deed::Model { .. } => (1, ("a model that you pay for", "由你付费的模型")),
                    _ => continue,
                };
                grave = grave.max(Some(weight));
            }
        }
    }
    grave.map(|(_, words)| words)
}
