//! `memory-write-without-consent`
//!
//! What it does: the counterpart of `retrieval-without-consent` for writes: what a person says is written to a store that
//! outlives the conversation, on a path without consent.
//!
//! Why it matters: people do not expect a chat to be kept; what is kept can be read, leaked and asked for later.
//!
//! Reference: PIPL Art. 13–15, GDPR Art. 6–7; risk P03.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity, Step};

use super::no_erase_path::is_gone;
use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Deed, Owner, Store, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("memory-write-without-consent"),
    risks: &["P03", "P01"],
    severity: Severity::Error,
    title: Text {
        en: "what users say is stored without consent", zh: "未经同意就长期保存用户的话"
    },
    harm: Text {
        en: "What people say in passing is kept for good, although they never agreed to be remembered.",
        zh: "用户随口说的话被长期保存，而他们从未同意过被记住。",
    },
    fix: Text {
        en: "Ask before the first write and put `@user_consent_required(\"memory.personalise\")` (JavaScript: `userConsentRequired(\"memory.personalise\", …)`) from Ombud's SDK (`sdk/` in its repository) on the function that writes. In a workflow, let only the “yes” branch reach this node.",
        zh: "首次写入前先询问用户，并在写入函数上加 Ombud SDK（在其代码库的 `sdk/` 中）的 `@user_consent_required(\"memory.personalise\")`（JavaScript 为 `userConsentRequired(\"memory.personalise\", …)`）。工作流只让同意的分支到达此节点。",
    },
    example: "- def remember(text):\n+ @user_consent_required(\"memory.personalise\")\n+ def remember(text):\n      notes.add(ids=[new_id()], documents=[text])\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let (mut found, mut written) = (Vec::new(), BTreeSet::new());
    for (function, call) in project.reach.calls(facts) {
        for deed in &call.does {
            let Deed::Store(id, content) = deed else { continue };
            let Some(store) =
                facts.stores.get(*id).filter(|store| !store.through_edge && !is_gone(project, store))
            else {
                continue;
            };
            let said = project.reach.sources(function, *content);
            if project.reach.owner(facts, *id) != Owner::User || !said.has(Taint::SAID) {
                continue;
            }
            // Further writes of the same function to the same file or table need the same consent.
            if store.is_plain() && !written.insert((function, store.name.as_str())) {
                continue;
            }
            let Some(path) = project.reach.unasked(facts, function, call) else { continue };
            found.push(told(store, facts.call_place(function, call), path));
        }
    }
    found
}

fn told(store: &Store, place: Place, path: Vec<Step>) -> Finding {
    let name = &store.name;
    let message = Bilingual::new(
        format!("what users say is written to `{name}`, and nobody was asked first"),
        format!("用户说的话被写入 `{name}`，而此前没有征求过同意"),
    );
    let mut one = on_the_way(finding(&RULE, Severity::Error, Confidence::High, place, message), path);
    one.subject.clone_from(name);
    one
}
