//! `retrieval-without-consent`
//!
//! What it does: for each read of a store that holds what users said or gave, it looks for a way from where people come in
//! to that read on which nobody was asked. A decorator `user_consent_required`, a check whose “no” leaves, and a store that is
//! reached through Ombud's memory edge each close a way. A check that always says yes closes none.
//!
//! Why it matters: an old conversation comes up again in a new one, before the person had a chance to say no.
//!
//! Reference: PIPL Art. 13–15, GDPR Art. 6–7; risk P03.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Deed, Owner};

pub(super) const RULE: Rule = Rule {
    id: RuleId("retrieval-without-consent"),
    risks: &["P03"],
    severity: Severity::Error,
    title: Text { en: "memory is read without the user's consent", zh: "未经用户同意就读取记忆" },
    harm: Text {
        en: "What somebody told the agent earlier comes up again without their having been asked, perhaps in front of somebody else.",
        zh: "用户以前说过的话会在未征得同意的情况下被重新翻出来，甚至可能被旁人看到。",
    },
    fix: Text {
        en: "Put `@user_consent_required(\"memory\")` of the package `ombud` on the function that reads, or reach the store through Ombud's memory edge (OMBUD_MEMORY_<NAME>). In a workflow, ask in the conversation first and lead only a yes to this node.",
        zh: "在读取函数上加 `ombud` 包的 `@user_consent_required(\"memory\")`，或者经由 Ombud 的记忆入口（OMBUD_MEMORY_<名称>）访问存储。工作流请先在对话中询问，只让同意的分支到达此节点。",
    },
    example: "- def recall(query):\n+ @user_consent_required(\"memory.personalise\")\n+ def recall(query):\n      return notes.query(query_texts=[query])\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let mut found = Vec::new();
    let mut asked = BTreeSet::new();
    for (function, call) in project.reach.calls(facts) {
        for deed in &call.does {
            let Deed::Retrieve(id) = deed else { continue };
            let Some(store) = facts.stores.get(*id).filter(|store| !store.through_edge) else { continue };
            let owner = project.reach.owner(facts, *id);
            if owner == Owner::Developer {
                continue;
            }
            let Some(path) = project.reach.unasked(facts, function, call) else { continue };
            // One question for the store, not one for each place that reads it.
            if owner == Owner::Unknown && !asked.insert(store.name.clone()) {
                continue;
            }
            let name = &store.name;
            let (severity, confidence, message) = if owner == Owner::User {
                let message = Bilingual::new(
                    format!(
                        "`{name}` holds what users said, and this read is reached without anybody having been asked"
                    ),
                    format!("`{name}` 中存有用户说过的内容，而这次读取之前没有征求过任何人的同意"),
                );
                (Severity::Error, Confidence::High, message)
            } else {
                let message = Bilingual::new(
                    format!(
                        "nothing shows whose data `{name}` holds; if it is users' data, this read needs their consent"
                    ),
                    format!("看不出 `{name}` 里是谁的数据；如果是用户的数据，这次读取需要先征得同意"),
                );
                (Severity::Warning, Confidence::Medium, message)
            };
            let place = facts.call_place(function, call);
            let mut one = on_the_way(finding(&RULE, severity, confidence, place, message), path);
            one.subject.clone_from(name);
            found.push(one);
        }
    }
    found
}
