//! `provider-trains-by-default`
//!
//! What it does: checks in the registry whether each provider that the code calls trains on what it receives unless the
//! developer opts out. One finding per provider. Unknown practice is not reported; `ombud plan` lists it as open.
//!
//! Why it matters: what a model has learnt cannot be taken back.
//!
//! Reference: `registry/providers.json`, with sources and dates; risk P05.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::Deed;

pub(super) const RULE: Rule = Rule {
    id: RuleId("provider-trains-by-default"),
    risks: &["P05"],
    severity: Severity::Warning,
    title: Text {
        en: "the provider may train on what users say", zh: "服务商可能用用户的话训练模型"
    },
    harm: Text {
        en: "What users say may become part of a model, from which it can never be taken back.",
        zh: "用户说的话可能成为模型的一部分，再也无法收回。",
    },
    fix: Text {
        en: "Opt out of training with the provider, choose one that does not train, or disclose it in the notice (`ombud providers`, `ombud notice`).",
        zh: "在服务商处关闭训练、换用不训练的服务商，或在隐私说明中写明（`ombud providers`、`ombud notice`）。",
    },
    example: "$ ombud providers\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (function, call) in project.reach.calls(facts) {
        for deed in &call.does {
            let Deed::Model { recipient, .. } = deed else { continue };
            let Some(known) = recipient.provider.as_deref().and_then(|id| project.providers.by_id(id)) else {
                continue;
            };
            // Unknown practice is not reported: `ombud plan` lists it as open.
            if known.local
                || matches!(known.trains.as_str(), "no" | "unknown")
                || !seen.insert(known.id.clone())
            {
                continue;
            }
            let name = &known.name;
            let message = Bilingual::new(
                format!("{name} may train on what it receives unless you opt out"),
                format!("除非主动关闭，{name} 可能会用收到的内容训练模型"),
            );
            let place = facts.call_place(function, call);
            let mut one = finding(&RULE, Severity::Warning, Confidence::Medium, place, message);
            one.subject.clone_from(&known.id);
            found.push(one);
        }
    }
    found
}
