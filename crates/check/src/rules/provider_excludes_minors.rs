//! `provider-excludes-minors`
//!
//! What it does: with `--profile kids`, or, if nothing is declared, where the system prompt says that the agent is for
//! children: checks in the registry whether the terms of each provider called exclude services for minors. One finding per
//! provider. Unknown terms are not reported.
//!
//! Why it matters: the provider may close the account while children rely on it, and has no safeguards for them.
//!
//! Reference: `registry/providers.json`, with sources and dates; Regulations on the Protection of Minors in Cyberspace (China,
//! 2024); risks C03 and P07.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, separate_consent_missing};
use crate::facts::Deed;
use crate::profile::Profile;

pub(super) const RULE: Rule = Rule {
    id: RuleId("provider-excludes-minors"),
    risks: &["C03", "P07"],
    severity: Severity::Warning,
    title: Text {
        en: "the provider's terms exclude minors", zh: "服务商条款不允许面向未成年人"
    },
    harm: Text {
        en: "What children write goes to a service that is not made for them and may be cut off overnight.",
        zh: "孩子写下的内容会发给一家并非为其设计的服务，对方也可能随时停止服务。",
    },
    fix: Text {
        en: "Choose a provider whose terms allow services for minors (`ombud providers`), or keep minors out: ask for the user's age before the first message.",
        zh: "换用条款允许面向未成年人的服务商（`ombud providers`），或不让未成年人使用：在第一条消息之前确认年龄。",
    },
    example: "$ ombud providers\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let declared = project.options.profile;
    let guess = declared.is_none() && !project.options.gateway;
    let shown = || separate_consent_missing::shown(project).map(|(profile, _)| profile);
    if declared.or_else(|| guess.then(shown).flatten()) != Some(Profile::Kids) {
        return Vec::new();
    }
    // Without a declaration, the profile is a guess based on the prompts.
    let sure = if declared.is_some() { Confidence::High } else { Confidence::Medium };
    let (facts, mut seen, mut found) = (project.facts, BTreeSet::new(), Vec::new());
    for (function, call) in project.reach.calls(facts) {
        for deed in &call.does {
            let Deed::Model { recipient, .. } = deed else { continue };
            let known = recipient.provider.as_deref().and_then(|id| project.providers.by_id(id));
            let Some(known) = known.filter(|known| known.no_minors && seen.insert(known.id.clone())) else {
                continue;
            };
            let name = &known.name;
            let message = Bilingual::new(
                format!("the terms of {name} exclude services for minors, but this agent is for them"),
                format!("{name} 的条款不允许面向未成年人的服务，而此智能体正是面向他们"),
            );
            let place = facts.call_place(function, call);
            let one = finding(&RULE, Severity::Warning, sure, place, message);
            found.push(Finding { subject: known.id.clone(), ..one });
        }
    }
    found
}
