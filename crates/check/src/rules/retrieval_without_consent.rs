//! `retrieval-without-consent`
//!
//! What it does: for each read of a store that holds what users said or provided, looks for a path from an entry point to that
//! read without consent. A decorator `user_consent_required`, a check that returns on “no”, and a store reached through Ombud's
//! memory edge each close a path. A check that always says yes closes none.
//!
//! Why it matters: an old conversation resurfaces in a new one before the user had a chance to say no.
//!
//! Reference: PIPL Art. 13–15, GDPR Art. 6–7; risk P03.

use std::collections::BTreeSet;

use ombud_core::finding::{Bilingual, Confidence, Finding, Place, RuleId, Severity, Step};

use super::no_erase_path::is_gone;
use super::{Project, Rule, Text, finding, on_the_way};
use crate::facts::{Call, Deed, Entry, Facts, FunctionId, Owner, Reach, Sites, Store, Taint};

pub(super) const RULE: Rule = Rule {
    id: RuleId("retrieval-without-consent"),
    risks: &["P03"],
    severity: Severity::Error,
    title: Text { en: "memory is read without the user's consent", zh: "未经用户同意就读取记忆" },
    harm: Text {
        en: "What users told the agent earlier resurfaces without their having been asked, perhaps in front of someone else.",
        zh: "用户以前说过的话会在未征得同意的情况下被重新翻出来，甚至可能被旁人看到。",
    },
    fix: Text {
        en: "Put `@user_consent_required(\"memory.personalise\")` (JavaScript: `userConsentRequired(\"memory.personalise\", …)`) from Ombud's SDK (`sdk/` in its repository) on the function that reads, or access the store through Ombud's memory edge (OMBUD_MEMORY_<NAME>). In a workflow, ask in the conversation first and let only the “yes” branch reach this node.",
        zh: "在读取函数上加 Ombud SDK（在其代码库的 `sdk/` 中）的 `@user_consent_required(\"memory.personalise\")`（JavaScript 为 `userConsentRequired(\"memory.personalise\", …)`），或者经由 Ombud 的记忆入口（OMBUD_MEMORY_<名称>）访问存储。工作流请先在对话中询问，只让同意的分支到达此节点。",
    },
    example: "- def recall(query):\n+ @user_consent_required(\"memory.personalise\")\n+ def recall(query):\n      return notes.query(query_texts=[query])\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let (sites, asks) = (Sites::new(facts, project.reach), Reach::calls_model(facts));
    let mut found: Vec<(bool, Finding)> = Vec::new();
    let (mut asked, mut read) = (BTreeSet::new(), BTreeSet::new());
    for (function, call) in project.reach.calls(facts) {
        for deed in &call.does {
            let Deed::Retrieve(id) = deed else { continue };
            let Some(store) =
                facts.stores.get(*id).filter(|store| !store.through_edge && !is_gone(project, store))
            else {
                continue;
            };
            let owner = project.reach.owner(facts, *id);
            if owner == Owner::Developer || project.reach.unasked(facts, function, call).is_none() {
                continue;
            }
            // If the owner is unknown, the store is reported once, not at each read.
            if owner == Owner::Unknown && !asked.insert(store.name.clone()) {
                continue;
            }
            for (function, call) in places(project, &sites, &asks, store, (function, call)) {
                // Further reads of the same store in one function need no second consent.
                if store.is_plain() && !read.insert((function, store.name.as_str())) {
                    continue;
                }
                let Some(path) = project.reach.unasked(facts, function, call) else { continue };
                let one = told(store, owner, facts.call_place(function, call), path);
                if !found.iter().any(|(_, other)| other.place == one.place && other.subject == one.subject) {
                    found.push((founds(facts, &asks, function), one));
                }
            }
        }
    }
    // Data read in a constructor is reported where it is used later, if such a use is found.
    let used: BTreeSet<String> =
        found.iter().filter(|(held, _)| !held).map(|(_, one)| one.subject.clone()).collect();
    found
        .into_iter()
        .filter(|(held, one)| !held || !used.contains(&one.subject))
        .map(|(_, one)| one)
        .collect()
}

/// Returns where the data that was read resurfaces. For a vector store that is the search itself. A table or a file is
/// typically read by a helper, so the location is where a model is called with the helper's result.
pub(super) fn places<'f>(
    project: &'f Project<'_>,
    sites: &Sites<'f>,
    asks: &[bool],
    store: &Store,
    read: (FunctionId, &'f Call),
) -> Vec<(FunctionId, &'f Call)> {
    if !store.is_plain() {
        return vec![read];
    }
    let leads = |id: FunctionId| {
        asks.get(id) == Some(&true) || Sites::composes(project.facts, id) || founds(project.facts, asks, id)
    };
    let used = sites.used(project.facts, read.0, Taint::RETRIEVED, |id| asks.get(id) == Some(&true));
    // For example, the reply to a command.
    let offered =
        project.facts.functions.get(read.0).is_some_and(|known| known.entry == Some(Entry::Program));
    let alone = used.is_empty() && !matches!(store.product.as_str(), "files" | "table") && !offered;
    let found: Vec<_> = used.into_iter().filter(|(function, _)| leads(*function)).collect();
    if alone || found.is_empty() && (asks.get(read.0) == Some(&true) || is_tool(project, read.0)) {
        vec![read]
    } else {
        found
    }
}

/// Whether a function is the constructor of a class that calls a model in another method: what it reads is kept until then.
fn founds(facts: &Facts, asks: &[bool], id: FunctionId) -> bool {
    let Some(known) = facts.functions.get(id) else { return false };
    let class = known.name.strip_suffix(".__init__").or_else(|| known.name.strip_suffix(".constructor"));
    let Some(class) = class else { return false };
    let own = |name: &str| name.strip_prefix(class).is_some_and(|rest| rest.starts_with('.'));
    let mut all = facts.functions.iter().zip(asks);
    all.any(|(one, asks)| *asks && one.file == known.file && own(&one.name))
}

/// Whether a function is a tool, whose result goes to the model.
fn is_tool(project: &Project<'_>, function: FunctionId) -> bool {
    let entry = project.facts.functions.get(function).and_then(|known| known.entry);
    entry == Some(Entry::Tool)
}

fn told(store: &Store, owner: Owner, place: Place, path: Vec<Step>) -> Finding {
    let name = &store.name;
    let (severity, confidence, message) = if owner == Owner::User {
        let message = Bilingual::new(
            format!("`{name}` holds what users said, and this read can be reached without anyone's consent"),
            format!("`{name}` 中存有用户说过的内容，而这次读取之前没有征求过任何人的同意"),
        );
        (Severity::Error, Confidence::High, message)
    } else {
        let message = Bilingual::new(
            format!(
                "it is unclear whose data `{name}` holds; if it is users' data, this read needs their consent"
            ),
            format!("看不出 `{name}` 里是谁的数据；如果是用户的数据，这次读取需要先征得同意"),
        );
        (Severity::Warning, Confidence::Medium, message)
    };
    let mut one = on_the_way(finding(&RULE, severity, confidence, place, message), path);
    one.subject.clone_from(name);
    one
}
