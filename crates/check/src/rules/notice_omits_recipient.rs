//! `notice-omits-recipient`
//!
//! What it does: if the project contains its published notice (`PRIVACY.md`, `privacy-policy.md`, `隐私政策.md`), searches it for
//! each provider that receives what people say, by name and hosts. One finding per provider that no notice mentions. A model on
//! this machine and a recipient whose name is unknown are not reported. A notice that refers to another document for the list
//! (`SUBPROCESSORS.md`) is not compared.
//!
//! Why it matters: people agreed to what they were told, and nobody told them about this company.
//!
//! Reference: PIPL Art. 17 and 23, GDPR Art. 13 (1) (e); risk P04. `ombud notice check` also compares the kinds of data.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::facts::{Deed, Taint};
use crate::notice::{hands_on, is_notice, speaks_of};

pub(super) const RULE: Rule = Rule {
    id: RuleId("notice-omits-recipient"),
    risks: &["P04"],
    severity: Severity::Warning,
    title: Text {
        en: "the notice omits a recipient of what users say", zh: "隐私说明没有写明接收方"
    },
    harm: Text {
        en: "People read the notice, agree, and never learn that this company receives what they write.",
        zh: "用户看了说明、点了同意，却不知道这家公司会看到他们写的内容。",
    },
    fix: Text {
        en: "Name the provider, its country and the purpose; `ombud notice -o PRIVACY.md` generates the notice from the code and the traffic, and `ombud notice check` verifies it.",
        zh: "在隐私说明中写明该服务商、所在国家和用途；`ombud notice -o PRIVACY.md` 可根据代码和流量生成，`ombud notice check` 可核对。",
    },
    example: "+ What you write goes to DeepSeek (China), which answers it.\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let notices: Vec<usize> = (0..facts.files.len())
        .filter(|id| facts.files.get(*id).is_some_and(|file| is_notice(&file.path)))
        .collect();
    let Some(first) = notices.first().copied() else { return Vec::new() };
    if notices.iter().any(|id| facts.files.get(*id).is_some_and(|file| hands_on(&file.text))) {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (function, call) in project.reach.calls(facts) {
        for deed in &call.does {
            let Deed::Model { recipient, content } = deed else { continue };
            let said = project.reach.sources(function, *content).has(Taint::PERSON | Taint::RETRIEVED);
            let known = recipient.provider.as_deref().and_then(|id| project.providers.by_id(id));
            let Some(known) = known.filter(|known| said && !recipient.local && !known.local) else {
                continue;
            };
            let told = |id: &usize| facts.files.get(*id).is_some_and(|file| speaks_of(&file.text, known));
            if !seen.insert(known.id.clone()) || notices.iter().any(told) {
                continue;
            }
            let name = &known.name;
            let message = Bilingual::new(
                format!(
                    "this notice does not say that {name} receives what users write, but the code sends it there"
                ),
                format!("此说明没有写明 {name} 会收到用户的内容，而代码会发送给它"),
            );
            let way = vec![facts.step(function, call.span.clone())];
            let one =
                finding(&RULE, Severity::Warning, Confidence::Medium, facts.place(first, 0..0), message);
            found.push(Finding { subject: known.id.clone(), path: way, ..one });
        }
    }
    found
}
